"""The bundled exports through the whole line, compared with what their generator counted from its own story (`examples/facts.json`)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from community_metrics import pipeline
from community_metrics.settings import Settings, load_settings
from community_metrics.warehouse.dbt import run_dbt
from support.doc_pages import BLOCK

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FACTS: dict[str, Any] = json.loads((EXAMPLES / "facts.json").read_text(encoding="utf-8"))
LAST_DAY = "2026-11-01"


@dataclass(frozen=True)
class Example:
    """One run over the bundled exports: its home, its report and the released database."""

    settings: Settings
    report: pipeline.RunReport
    marts: duckdb.DuckDBPyConnection

    def one(self, query: str, *parameters: object) -> Any:
        """The only value of the only row."""
        rows = self.marts.execute(query, list(parameters)).fetchall()
        assert len(rows) == 1, f"{len(rows)} rows: {query} {parameters}"
        return rows[0][0] if len(rows[0]) == 1 else rows[0]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    settings = load_settings(home=tmp_path_factory.mktemp("home"), environ={})
    shutil.copytree(EXAMPLES / "exports", settings.inbox)
    report = pipeline.run(settings)
    with duckdb.connect(str(settings.current_release / "warehouse.duckdb"), read_only=True) as connection:
        yield Example(settings, report, connection)


def scope_of(name: str) -> tuple[str, str]:
    """`all`, `platform` or `platform/community` of the facts -> scope_type and the scope_id's pattern."""
    platform, _, community = name.partition("/")
    if community:
        return "community", f"{platform}:%:{community}"
    return ("all", "all") if name == "all" else ("platform", platform)


def test_the_release_is_published_and_the_broken_rows_are_told(example: Example) -> None:
    assert example.report.outcome == "published"
    assert example.report.exit_code == 4
    quarantined: dict[str, int] = {}
    for file in example.report.ingest.troubled:
        assert file.status == "ingested", f"{file.name}: {file.status} {file.reason}"
        quarantined[str(file.source)] = quarantined.get(str(file.source), 0) + file.quarantined
    assert quarantined == FACTS["quarantined_rows"]


@pytest.mark.parametrize("scope", FACTS["messages_and_replies"])
def test_every_message_of_a_member_is_counted_once(example: Example, scope: str) -> None:
    query = "select sum(messages) from marts.mart_activity_daily where scope_type = ? and scope_id = ?"
    assert example.one(query, *scope_of(scope)) == FACTS["messages_and_replies"][scope]


def test_every_deed_of_a_member_is_counted_once(example: Example) -> None:
    interactions = example.one("select sum(interactions) from marts.mart_activity_daily where scope_type = 'all'")
    assert interactions == sum(FACTS["events_by_type"].values())


ACTIVE = [
    (fact, column, day, scope, members)
    for fact, column in (("daily_active_members", "dau"), ("active_members_in_7_days", "wau_7"), ("active_members_in_30_days", "mau_30"))
    for day, scopes in FACTS[fact].items()
    for scope, members in scopes.items()
]


@pytest.mark.parametrize(("fact", "column", "day", "scope", "members"), ACTIVE)
def test_active_members_are_distinct_persons_of_the_scope(
    example: Example, fact: str, column: str, day: str, scope: str, members: int
) -> None:
    query = f"select {column} from marts.mart_activity_daily where business_date = ? and scope_type = ? and scope_id like ?"
    assert example.one(query, day, *scope_of(scope)) == members


def test_hours_are_local(example: Example) -> None:
    day = FACTS["events_by_hour"]["business_date"]
    rows = example.marts.execute(
        "select hour, events from marts.mart_activity_hourly where business_date = ? and scope_type = 'all'", [day]
    )
    assert {str(hour): events for hour, events in rows.fetchall()} == FACTS["events_by_hour"]["events"]


@pytest.mark.parametrize("currency", FACTS["orders"])
def test_orders_and_refunds_sum_up_per_currency(example: Example, currency: str) -> None:
    fact = FACTS["orders"][currency]
    query = """
        select sum(orders), sum(gross_amount), sum(refund_amount), sum(orders) filter (where business_date = '2026-09-24')
        from marts.mart_conversion_daily where currency = ? and scope_type = 'all'
    """
    orders, gross, refunds, on_one_day = example.one(query, currency)
    assert orders == fact["orders"]
    assert gross == Decimal(fact["gross_amount"])
    assert refunds == Decimal(fact["refund_amount"])
    assert (on_one_day or 0) == fact["orders_on_2026-09-24"]


@pytest.mark.parametrize(("platform", "currency"), [("miniprogram", "CNY"), ("discord", "USD")])
def test_a_repurchase_is_on_a_later_day(example: Example, platform: str, currency: str) -> None:
    query = """
        select sum(first_order_members), sum(repurchased_members) from marts.mart_repurchase
        where cohort_grain = 'month' and horizon_days = 365 and scope_type = 'platform' and scope_id = ?
    """
    buyers, repeat_buyers = example.one(query, platform)
    assert buyers == FACTS["orders"][currency]["paying_members"]
    assert repeat_buyers == FACTS["orders"][currency]["members_with_a_second_purchase_day"]


LISTED = [(chat, day, members) for chat, days in FACTS["group_members_listed"].items() for day, members in days.items()]


@pytest.mark.parametrize(("chat", "day", "members"), LISTED)
def test_a_group_has_the_members_on_its_list(example: Example, chat: str, day: str, members: int) -> None:
    query = "select members_at_end from marts.mart_growth_daily where business_date = ? and scope_type = 'community' and scope_id like ?"
    assert example.one(query, day, f"wecom:%:{chat}") == members


def test_a_group_that_could_not_be_fetched_keeps_its_members(example: Example) -> None:
    chat = "wrOgQhDgAALanternC3nLp5Vu6qTg2m3"
    assert "2026-09-27" not in FACTS["group_members_listed"][chat]
    query = """
        select sum(leaves) from marts.mart_growth_daily
        where business_date between '2026-09-21' and '2026-09-30' and scope_type = 'community' and scope_id = ?
    """
    assert example.one(query, f"wecom:ww5f1a9c02lantern:{chat}") == 0


def test_who_comes_back_to_a_group_is_a_rejoined_member(example: Example) -> None:
    query = """
        select sum(rejoined_members) from marts.mart_growth_daily
        where business_date = '2026-10-09' and scope_type = 'community' and scope_id like 'wecom:%A1mHf0Qz7tYb9c1'
    """
    assert example.one(query) == 1


@pytest.mark.parametrize("community", FACTS["communities"])
def test_joins_and_leaves_of_a_community(example: Example, community: str) -> None:
    fact = FACTS["communities"][community]
    query = """
        select sum(joins), sum(leaves) from marts.mart_growth_daily
        where business_date between '2026-08-31' and ? and scope_type = 'community' and scope_id like ?
    """
    assert example.one(query, LAST_DAY, f"%:{community}") == (fact["joins"], fact["leaves"])
    query = "select members_at_end from marts.mart_growth_daily where business_date = ? and scope_type = 'community' and scope_id like ?"
    for day, members in fact["members_at_end"].items():
        assert example.one(query, day, f"%:{community}") == members


def test_a_cohort_of_the_guild_returns_as_the_story_tells(example: Example) -> None:
    fact = FACTS["guild_cohort"]
    rows = example.marts.execute(
        """
        select period_index, cohort_members, retained_members, retained_members_within from marts.mart_retention
        where definition = 'member' and period_grain = 'week' and cohort_start = ? and scope_type = 'platform' and scope_id = 'discord'
            and period_index between 1 and 5
        order by period_index
        """,
        [fact["cohort_start"]],
    ).fetchall()
    assert {str(index): retained for index, _, retained, _ in rows} == fact["retained_members"]
    assert {str(index): within for index, _, _, within in rows} == fact["retained_members_within"]
    assert {members for _, members, _, _ in rows} == {fact["cohort_members"]}


@pytest.mark.parametrize("title", FACTS["notes"])
def test_a_note_gains_the_difference_of_two_snapshots(example: Example, title: str) -> None:
    fact = FACTS["notes"][title]
    query = """
        select daily.increment_days, daily.views_total, daily.views, daily.likes_total, daily.likes, daily.has_falling_counter
        from marts.mart_content_daily as daily inner join marts.dim_content using (content_key)
        where dim_content.title = ? and daily.business_date = ?
    """
    values = (fact["days_between"], fact["views_total"], fact["views"], fact["likes_total"], fact["likes"], fact["likes"] < 0)
    assert example.one(query, title, fact["business_date"]) == values


@pytest.mark.parametrize("platform", FACTS["followers"])
def test_followers_are_as_reported(example: Example, platform: str) -> None:
    fact = FACTS["followers"][platform]
    query = "select followers, gained, lost from marts.mart_account_daily where business_date = ? and platform = ?"
    assert example.one(query, LAST_DAY, platform) == (fact["followers"], fact["gained"], fact["lost"])


def test_ids_and_names_of_people_stay_out_of_the_release(example: Example) -> None:
    """A customer, an operator and a nickname of the exports, looked for in every text of every mart."""
    texts = example.marts.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and data_type = 'VARCHAR'"
    )
    found = []
    for table, column in texts.fetchall():
        query = f"select count(*) from marts.{table} where regexp_matches({column}, 'wmIzZiFsRw2AUzbyKDBftRoO6aCJIQ|LinXiaoHe|老周')"
        if example.one(query):
            found.append(f"{table}.{column}")
    assert found == []
    assert example.one("select bool_and(regexp_full_match(member_key, '[0-9a-f]{32}')) from marts.dim_member") is True


def test_the_models_pass_their_unit_tests(example: Example) -> None:
    results = run_dbt(
        example.settings, example.settings.warehouse / "definitions", ["test", "--select", "test_type:unit", "--no-write-json"]
    )
    assert {result.status for result in results} == {"pass"}
    assert len(results) >= 13


def test_the_recipes_of_the_page_on_bi_tools_read_this_release(example: Example) -> None:
    page = (EXAMPLES.parent / "docs" / "bi.md").read_text(encoding="utf-8")
    recipes = [
        block["text"].replace("var/published", str(example.settings.published))
        for block in BLOCK.finditer(page)
        if block["kind"] == "python"
    ]
    assert len(recipes) == 3
    found: dict[str, Any] = {}
    for recipe in recipes:
        exec(recipe, found)
    assert (
        found["rows"]
        == example.marts.execute(
            "select business_date, dau, wau_7, mau_30 from marts.mart_activity_daily where scope_type = 'all' order by business_date"
        ).fetchall()
    )
    assert len(found["growth"]) == example.one("select count(*) from marts.mart_growth_daily where scope_type = 'community'")
    assert (
        len(found["first_day"])
        == example.one("select count(*) from marts.mart_retention where scope_type = 'all' and period_index = 1 and is_mature")
        > 0
    )
