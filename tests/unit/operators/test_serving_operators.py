"""Which Postgres a release is loaded into, which Superset is brought to it, and when a run has nothing to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics.errors import CommunityMetricsError
from community_metrics.operators.serving import LoadPostgresOperator, RefreshSupersetOperator
from community_metrics.releases import pointer
from community_metrics.serving import postgres
from community_metrics.serving.postgres import LoadReport
from community_metrics.serving.superset import refreshing
from community_metrics.serving.superset.bundle import Source
from community_metrics.serving.superset.client import Server, SupersetError
from community_metrics.serving.superset.refreshing import RefreshReport

RELEASE = "20261122T000000Z-00000001"


@pytest.fixture
def loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a release was loaded to."""
    addresses: list[str] = []

    def load_release(_: Any, uri: str) -> LoadReport:
        addresses.append(uri)
        return LoadReport(RELEASE, 3, ("mart_funnel",), (), 12, 0.1)

    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path))
    monkeypatch.setattr(pointer, "current_release_id", lambda _: RELEASE)
    monkeypatch.setattr(postgres, "load_release", load_release)
    return addresses


def connect(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_COMMUNITY_METRICS_POSTGRES", json.dumps({"conn_type": "generic", **values}))


def test_the_connection_says_where(loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, host="db", port=5433, login="loader", password="p@ss/word:1", schema="metrics")
    assert LoadPostgresOperator(task_id="load").execute({}) == {"release_id": RELEASE, "loaded": ["mart_funnel"], "rows": 12}
    assert loads == ["postgresql://loader:p%40ss%2Fword%3A1@db:5433/metrics"]


def test_without_a_connection_or_a_release_there_is_nothing_to_do(loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowSkipException, match="no connection community_metrics_postgres"):
        LoadPostgresOperator(task_id="load").execute({})
    connect(monkeypatch, host="db")
    monkeypatch.setattr(pointer, "current_release_id", lambda _: None)
    with pytest.raises(AirflowSkipException, match="nothing is published yet"):
        LoadPostgresOperator(task_id="load").execute({})
    assert loads == []


def test_what_postgres_says_makes_the_task_red(loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> LoadReport:
        raise CommunityMetricsError("Postgres says: no such database", "the database of the marts", "look at its log")

    connect(monkeypatch, host="db")
    monkeypatch.setattr(postgres, "load_release", fail)
    with pytest.raises(AirflowFailException, match="no such database"):
        LoadPostgresOperator(task_id="load").execute({})


@pytest.fixture
def refreshes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Server, Source]]:
    """The Supersets that were brought to the release, and what they read."""
    asked: list[tuple[Server, Source]] = []

    def refresh(_: Any, server: Server, source: Source) -> RefreshReport:
        asked.append((server, source))
        return RefreshReport(RELEASE, "ab" * 32, True, 6, 59, 3.0)

    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path))
    monkeypatch.setattr(pointer, "current_release_id", lambda _: RELEASE)
    monkeypatch.setattr(refreshing, "refresh", refresh)
    return asked


def connect_superset(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_COMMUNITY_METRICS_SUPERSET", json.dumps({"conn_type": "http", **values}))


def test_the_connection_says_which_superset_and_what_it_reads(refreshes: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"database_uri": "postgresql://reader:p%40ss@db:5433/metrics"}
    connect_superset(monkeypatch, schema="https", host="bi.example.com", port=443, login="importer", password="secret", extra=extra)
    done = RefreshSupersetOperator(task_id="refresh").execute({})
    assert done == {"release_id": RELEASE, "imported": True, "charts": 59}
    reads = Source("postgresql+psycopg2://reader:XXXXXXXXXX@db:5433/metrics", "p@ss")
    assert refreshes == [(Server("https://bi.example.com:443", "importer", "secret"), reads)]


def test_a_superset_without_postgres_reads_the_released_file(refreshes: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    connect_superset(monkeypatch, host="127.0.0.1", password="secret")
    RefreshSupersetOperator(task_id="refresh").execute({})
    server, source = refreshes[0]
    assert server == Server("http://127.0.0.1:8088", "admin", "secret")
    assert source.address.startswith(f"duckdb:///{tmp_path}/published/current/warehouse.duckdb?access_mode=read_only")


def test_without_a_superset_or_a_release_nothing_is_refreshed(refreshes: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowSkipException, match="no connection community_metrics_superset"):
        RefreshSupersetOperator(task_id="refresh").execute({})
    connect_superset(monkeypatch, host="bi")
    monkeypatch.setattr(pointer, "current_release_id", lambda _: None)
    with pytest.raises(AirflowSkipException, match="nothing is published yet"):
        RefreshSupersetOperator(task_id="refresh").execute({})
    assert refreshes == []


def test_a_chart_that_cannot_be_shown_makes_the_task_red(refreshes: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> RefreshReport:
        raise SupersetError("charts cannot be shown: growth: 新增成员", "1 of 59 charts", "see the log of Superset")

    connect_superset(monkeypatch, host="bi", password="secret")
    monkeypatch.setattr(refreshing, "refresh", fail)
    with pytest.raises(AirflowFailException, match="charts cannot be shown"):
        RefreshSupersetOperator(task_id="refresh").execute({})
