"""The SQL of Superset's datasets on a real Postgres: it is written for two engines, and DuckDB's half is tested beside the bundle."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
import yaml

from community_metrics.serving.superset.bundle import make_bundle, postgres_source
from support.marts_fixture import TABLES


@pytest.fixture(scope="module")
def datasets() -> list[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(make_bundle(postgres_source("postgresql://bi@db/m"), "any").content)) as archive:
        names = [name for name in archive.namelist() if "/datasets/" in name]
        return [yaml.load(archive.read(name), Loader=yaml.CSafeLoader) for name in names]


def test_all_of_it_runs_and_guards_its_sums(uri: str, datasets: list[dict[str, Any]]) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute("create schema marts")
        for table, columns in TABLES.items():
            cursor.execute(f"create table marts.{table} ({columns.replace(' double', ' double precision')})")
        for dataset in datasets:
            relation = f"({dataset['sql']})" if dataset["sql"] else f"marts.{dataset['table_name']}"
            metrics = ", ".join(metric["expression"] for metric in dataset["metrics"]) or "1"
            names = ", ".join(f'"{column["column_name"]}"' for column in dataset["columns"])
            cursor.execute(f"select {metrics} from {relation} as dataset")
            cursor.execute(f"select {names} from {relation} as dataset")
        cursor.execute("""
            insert into marts.mart_growth_daily (business_date, scope_type, scope_id, new_members, members_at_end)
            values ('2026-10-01', 'all', 'all', 2, 10), ('2026-10-02', 'all', 'all', 3, 13), ('2026-10-01', 'platform', 'wecom', 2, 10)
        """)
        growth = next(dataset for dataset in datasets if dataset["table_name"] == "mart_growth_daily")
        shown = {metric["metric_name"]: metric["expression"] for metric in growth["metrics"]}
        asked = f"select {shown['new_members']}, {shown['members_at_end']} from ({growth['sql']}) as dataset"
        cursor.execute(f"{asked} where scope_type = 'all'")
        assert [int(value) for value in cursor.fetchone()] == [5, 13]
        cursor.execute(asked)
        assert cursor.fetchone() == (None, None)
