"""What Superset is given: the same bytes every time, nothing about persons, charts of one scope, and metrics that never add up wrongly."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from community_metrics.errors import UsageError
from community_metrics.metrics.registry import project_registry
from community_metrics.serving.superset.bundle import Source, make_bundle, postgres_source, released_file
from community_metrics.serving.superset.datasets import Dataset, expression, project_datasets
from community_metrics.settings import Settings
from support.marts_fixture import TABLES

RELEASE = "20261122T000000Z-00000001"
SOURCE = Source("duckdb:////home/published/current/warehouse.duckdb")

Files = dict[str, dict[str, Any]]


def read(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name.partition("/")[2]: yaml.load(archive.read(name), Loader=yaml.CSafeLoader) for name in archive.namelist()}


@pytest.fixture(scope="module")
def files() -> Files:
    return read(make_bundle(SOURCE, RELEASE).content)


@pytest.fixture(scope="module")
def datasets() -> dict[str, Dataset]:
    return project_datasets(project_registry())


def of(files: Files, folder: str) -> list[dict[str, Any]]:
    return [content for name, content in files.items() if name.startswith(f"{folder}/")]


def test_the_same_input_is_the_same_bundle_and_another_release_is_not() -> None:
    first, second = make_bundle(SOURCE, RELEASE), make_bundle(SOURCE, RELEASE)
    assert first.content == second.content and first.digest == second.digest
    assert make_bundle(SOURCE, "20261123T000000Z-00000002").digest != first.digest


def test_ids_stay_what_they_are(files: Files) -> None:
    """With another id everything would be in Superset twice."""
    assert files["databases/community_metrics.yaml"]["uuid"] == "b6d6c9cc-4dab-5889-acf4-51f81ace4c09"
    assert files["dashboards/growth.yaml"]["uuid"] == "c7a4be14-193d-5ff1-ac5d-f0f47b1e8b16"


def test_there_is_a_dashboard_of_every_domain_in_both_languages(files: Files) -> None:
    assert {dashboard["slug"]: dashboard["dashboard_title"] for dashboard in of(files, "dashboards")} == {
        "community-activity": "活跃 · Activity",
        "community-content": "内容与账号 · Content",
        "community-conversion": "转化 · Conversion",
        "community-growth": "增长 · Growth",
        "community-retention": "留存 · Retention",
        "community-trust": "可信度 · Trust",
    }
    for chart in of(files, "charts"):
        assert " · " in chart["slice_name"], chart["slice_name"]


def test_persons_are_not_offered(files: Files) -> None:
    offered = {dataset["table_name"] for dataset in of(files, "datasets")}
    assert offered == set(TABLES) - {"dim_member"}
    for dataset in of(files, "datasets"):
        assert "dim_member" not in (dataset["sql"] or "")
        assert "member_key" not in {column["column_name"] for column in dataset["columns"]}


def test_a_dataset_has_the_words_of_the_registry(files: Files) -> None:
    dataset = files["datasets/community_metrics/mart_activity_daily.yaml"]
    column = next(column for column in dataset["columns"] if column["column_name"] == "scope_name")
    assert column["verbose_name"] == "范围 · Scope"
    metrics = {metric["metric_name"]: metric for metric in dataset["metrics"]}
    assert metrics["dau"]["verbose_name"] == "日活跃成员 · Daily active members"
    assert metrics["dau"]["description"].startswith("口径：当天有活跃行为的去重成员数")
    assert "does not add up over dates" in metrics["dau"]["extra"]["warning_markdown"]
    assert metrics["messages"]["extra"] == {}
    assert metrics["active_rate"]["d3format"] == ".1%"
    assert dataset["main_dttm_col"] == "business_date"
    assert dataset["extra"]["certification"]["details"] == f"发布 · Release {RELEASE}"


def test_every_chart_of_a_scoped_mart_shows_one_kind_of_scope(files: Files) -> None:
    scoped = {dataset["uuid"] for dataset in of(files, "datasets") if any(c["column_name"] == "scope_type" for c in dataset["columns"])}
    for name, chart in ((name, chart) for name, chart in files.items() if name.startswith("charts/")):
        fixed = [condition for condition in chart["params"]["adhoc_filters"] if condition["subject"] == "scope_type"]
        query = json.loads(chart["query_context"])["queries"][0]
        asked = [condition["val"] for condition in query["filters"] if condition["col"] == "scope_type"]
        assert len(fixed) == len(asked) == (chart["dataset_uuid"] in scoped), name
        assert all(condition["operator"] == "==" for condition in fixed) and [condition["comparator"] for condition in fixed] == asked


def test_what_a_chart_names_is_in_its_dataset(files: Files) -> None:
    """Read from the finished bundle, as Superset will: dashboard -> chart -> dataset."""
    datasets = {dataset["uuid"]: dataset for dataset in of(files, "datasets")}
    charts = {chart["uuid"]: chart for chart in of(files, "charts")}
    placed = []
    for dashboard in of(files, "dashboards"):
        placed += [part["meta"]["uuid"] for part in dashboard["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]
        for choice in dashboard["metadata"]["native_filter_configuration"]:
            for target in choice["targets"]:
                if target:
                    known = {column["column_name"] for column in datasets[target["datasetUuid"]]["columns"]}
                    assert target["column"]["name"] in known
    assert sorted(placed) == sorted(charts)
    for chart in charts.values():
        dataset = datasets[chart["dataset_uuid"]]
        columns = {column["column_name"] for column in dataset["columns"]}
        query = json.loads(chart["query_context"])["queries"][0]
        assert set(query["metrics"] or []) <= {metric["metric_name"] for metric in dataset["metrics"]}
        names = [column["sqlExpression"] if isinstance(column, dict) else column for column in query["columns"]]
        assert {*names, *(condition["col"] for condition in query["filters"])} <= columns


def test_a_filter_concerns_the_charts_of_its_scope_alone(files: Files) -> None:
    dashboard = files["dashboards/growth.yaml"]
    parts = [part for part in dashboard["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]
    numbers = {part["meta"]["chartId"]: part["id"] for part in parts}
    filters = {choice["name"]: choice for choice in dashboard["metadata"]["native_filter_configuration"]}
    assert list(filters) == ["日期 · Dates", "平台 · Platforms", "来源渠道 · Channels", "社群 · Communities"]
    left = set(numbers) - set(filters["平台 · Platforms"]["scope"]["excluded"])
    assert {numbers[number] for number in left} == {"CHART-new_by_platform", "CHART-members_by_platform"}
    assert filters["日期 · Dates"]["scope"]["excluded"] == []


@pytest.fixture(scope="module")
def warehouse() -> duckdb.DuckDBPyConnection:
    """Every mart with every column, and no row."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    for table, columns in TABLES.items():
        connection.execute(f"create table marts.{table} ({columns})")
    return connection


def test_all_sql_of_the_bundle_runs(files: Files, warehouse: duckdb.DuckDBPyConnection) -> None:
    for dataset in of(files, "datasets"):
        relation = f"({dataset['sql']})" if dataset["sql"] else f"marts.{dataset['table_name']}"
        metrics = ", ".join(metric["expression"] for metric in dataset["metrics"]) or "1"
        names = ", ".join(f'"{column["column_name"]}"' for column in dataset["columns"])
        warehouse.execute(f"select {metrics} from {relation} as dataset").fetchall()
        warehouse.execute(f"select {names} from {relation} as dataset").fetchall()


def number(connection: duckdb.DuckDBPyConnection, mart: str, column: str, where: str = "true") -> Any:
    registry = project_registry()
    metric = registry.metric_of(mart, column)
    assert metric is not None
    row = connection.execute(f"select {expression(registry, registry.marts[mart], column, metric)} from rows where {where}").fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def rows() -> duckdb.DuckDBPyConnection:
    """Two days of everything and of one platform; on the third nothing but the stock is known."""
    connection = duckdb.connect()
    connection.execute("""
        create table rows as
        select * from (values
            (date '2026-10-01', 'all', 'all', 10, 100, 4, 8, 'CNY', 30.00, 2),
            (date '2026-10-02', 'all', 'all', 20, 50, 1, 2, 'CNY', 50.00, 3),
            (date '2026-10-03', 'all', 'all', null, null, null, 4, 'CNY', null, 7),
            (date '2026-10-01', 'platform', 'wecom', 9, 90, 4, 7, 'CNY', 30.00, 2)
        ) as given (business_date, scope_type, scope_id, dau, messages, active_present_members, present_members,
            currency, net_amount, paying_members)
    """)
    connection.execute("alter table rows add column members_at_end bigint")
    connection.execute("update rows set members_at_end = day(business_date) * 100")
    connection.execute("alter table rows add column message_gini double")
    connection.execute("update rows set message_gini = 0.5")
    return connection


def test_dates_become_one_number_as_the_registry_says(rows: duckdb.DuckDBPyConnection) -> None:
    everything = "scope_id = 'all'"
    assert number(rows, "mart_activity_daily", "messages", everything) == 150
    assert number(rows, "mart_activity_daily", "dau", everything) == 15
    assert number(rows, "mart_growth_daily", "members_at_end", everything) == 300
    # 4 + 1 over 8 + 2: a day of which one side is not known counts on neither.
    assert number(rows, "mart_activity_daily", "active_rate", everything) == 0.5
    assert number(rows, "mart_conversion_daily", "arpu", everything) == 16
    assert number(rows, "mart_activity_daily", "message_gini", everything) is None
    assert number(rows, "mart_activity_daily", "message_gini", f"{everything} and business_date = date '2026-10-01'") == 0.5


@pytest.mark.parametrize("column", ["messages", "dau", "active_rate"])
def test_scopes_are_never_added_up(rows: duckdb.DuckDBPyConnection, column: str) -> None:
    assert number(rows, "mart_activity_daily", column) is None
    assert number(rows, "mart_activity_daily", column, "scope_type = 'platform'") is not None


def test_currencies_are_never_added_up(rows: duckdb.DuckDBPyConnection) -> None:
    rows.execute("update rows set currency = 'USD' where business_date = date '2026-10-02'")
    assert number(rows, "mart_conversion_daily", "net_amount", "scope_type = 'all'") is None
    assert number(rows, "mart_conversion_daily", "net_amount", "scope_type = 'all' and currency = 'USD'") == 50


def test_two_communities_of_one_name_stay_two(files: Files) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for table in ("mart_growth_daily", "dim_community", "dim_channel"):
            connection.execute(f"create table marts.{table} ({TABLES[table]})")
        connection.execute("""
            insert into marts.dim_community (community_key, community_name)
            values ('wecom:a:1', '福利群'), ('wecom:a:2', '福利群'), ('wecom:a:3', '茶友'), ('wecom:a:4', null)
        """)
        connection.execute("insert into marts.dim_channel (channel, name_en, name_zh) values ('kol', 'KOL', '达人')")
        scopes = [("community", f"wecom:a:{number}") for number in range(1, 6)]
        for kind, scope in [*scopes, ("all", "all"), ("platform", "wecom"), ("platform", "other"), ("channel", "kol")]:
            connection.execute("insert into marts.mart_growth_daily (scope_type, scope_id) values (?, ?)", [kind, scope])
        query = files["datasets/community_metrics/mart_growth_daily.yaml"]["sql"]
        named = dict(connection.execute(f"select scope_id, scope_name from ({query})").fetchall())
    assert named == {
        "wecom:a:1": "福利群 wecom:a:1",
        "wecom:a:2": "福利群 wecom:a:2",
        "wecom:a:3": "茶友",
        "wecom:a:4": "wecom:a:4",
        "wecom:a:5": "wecom:a:5",
        "all": "全部 · Everything",
        "wecom": "企业微信 · WeCom",
        "other": "other",
        "kol": "达人 · KOL",
    }


def test_the_released_file_is_opened_so_that_nothing_else_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "published" / "current" / "warehouse.duckdb"
    options = "access_mode=read_only&enable_external_access=false&lock_configuration=true"
    assert released_file(Settings(home=tmp_path)) == Source(f"duckdb:///{path}?{options}")


def test_the_database_takes_no_writing(files: Files) -> None:
    database = files["databases/community_metrics.yaml"]
    refused = ("allow_ctas", "allow_cvas", "allow_dml", "allow_file_upload", "allow_run_async")
    assert not any(database[name] for name in refused)


def test_a_password_is_in_no_file() -> None:
    source = postgres_source("postgresql://superset_reader:p%40ss%2F@db.example.com/community_metrics")
    assert source == Source("postgresql+psycopg2://superset_reader:XXXXXXXXXX@db.example.com:5432/community_metrics", "p@ss/")
    assert "p@ss" not in repr(source)
    bundle = make_bundle(source, RELEASE)
    assert bundle.passwords == {"databases/community_metrics.yaml": "p@ss/"}
    assert "p@ss" not in json.dumps(read(bundle.content), default=str)
    assert postgres_source("postgresql://bi@db:5433/m") == Source("postgresql+psycopg2://bi@db:5433/m")


@pytest.mark.parametrize("uri", ["", "mysql://a:b@c/d", "postgresql:///d", "postgresql://host/d", "postgresql://a:b@c:port/d"])
def test_another_address_is_refused_without_telling_it(uri: str) -> None:
    with pytest.raises(UsageError, match="not an address of a Postgres") as refused:
        postgres_source(uri)
    assert uri == "" or uri not in str(refused.value)
