"""What a mart is made of, read off the models' text: a small project where the answer is plain, and the project itself."""

from __future__ import annotations

from pathlib import Path

from community_metrics.warehouse.lineage import ancestries

MODELS = {
    "staging/stg_orders__orders.sql": "{{ newest_rows('orders', 'orders', ['order_id']) }}",
    "staging/stg_events__events.sql": "select * from {{ lake('events', 'events', touched='activity') }}",
    "staging/stg_refunds__refunds.sql": "select * from {{ lake('refunds', 'refunds') }}",
    "intermediate/int_status__known.sql": "select * from {{ ref('stg_events__events') }}",
    "intermediate/int_commerce__money.sql": "{% for model in ['stg_orders__orders'] %} from {{ ref(model) }} {% endfor %}",
    "intermediate/int_identity__members.sql": "select 1",
    "intermediate/int_identity__actors.sql": "select 2",
    "marts/mart_conversion_daily.sql": "{{ banded() }} from {{ ref('int_commerce__money') }} join {{ ref('int_status__known') }}",
    "marts/mart_data_status.sql": "select * from {{ ref('int_status__known') }}",
}
MACROS = "{% macro banded() %} select * from {{ ref('price_bands') }} {% endmacro %}"


def project(folder: Path, **changed: str) -> Path:
    for name, text in {**MODELS, **changed}.items():
        path = folder / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, text in (("macros/macros.sql", MACROS), ("seeds/price_bands.csv", "a\n"), ("seeds/holidays.csv", "a\n")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_streams_and_definitions_of_a_mart_are_found_through_macros_and_loops(tmp_path: Path) -> None:
    found = ancestries(project(tmp_path))
    assert found["mart_conversion_daily"].streams == {("orders", "orders")}
    assert found["mart_conversion_daily"].seeds == {"price_bands"}
    assert found["mart_data_status"].streams == {("events", "events")}


def test_changed_sql_shows_in_the_marts_below_it_only(tmp_path: Path) -> None:
    before = ancestries(project(tmp_path / "before"))
    changed = {"intermediate/int_commerce__money.sql": "{{ ref('stg_orders__orders') }} -- mended"}
    after = ancestries(project(tmp_path / "after", **changed))
    assert before["mart_conversion_daily"].code != after["mart_conversion_daily"].code
    assert before["mart_data_status"].code == after["mart_data_status"].code


def test_the_projects_own_marts_descend_from_what_they_are_about() -> None:
    found = ancestries()
    assert ("chat_export", "messages") in found["mart_activity_daily"].streams
    assert ("orders", "orders") not in found["mart_activity_daily"].streams
    assert {("orders", "orders"), ("orders", "refunds"), ("refunds", "refunds")} <= found["mart_conversion_daily"].streams
    assert found["mart_account_daily"].streams == {
        ("account_daily", "account_daily"),
        ("creator_content", "account_days"),
        ("wechat_mp", "account_days"),
        ("wechat_mp", "fan_days"),
    }
    assert "funnel_steps" in found["mart_funnel"].seeds
    assert "funnel_steps" not in found["mart_retention"].seeds
    assert found["dim_date"].seeds == {"holidays"}
    assert "int_identity__members" in found["mart_activity_daily"].models
