"""Which Postgres a release is loaded into, and when a run has nothing to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics.errors import CommunityMetricsError
from community_metrics.operators.serving import LoadPostgresOperator
from community_metrics.releases import pointer
from community_metrics.serving import postgres
from community_metrics.serving.postgres import LoadReport

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
