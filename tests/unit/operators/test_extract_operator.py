"""What the extract task makes of a run, of its connection, and of an extraction that is not finished."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics.errors import UsageError
from community_metrics.extractors import run as extraction
from community_metrics.extractors.failures import ExtractionError, LaterError, NothingToPullError, NotReadyError, UnreachableError
from community_metrics.observability import masking
from community_metrics.observability.runs import recorded
from community_metrics.operators.extract import ComeBackPolicy, ExtractOperator, business_date
from community_metrics.settings import Settings

SHANGHAI = Settings(home=Path("nowhere"))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path))


def context(end: datetime | None = None, conf: dict[str, Any] | None = None, run_after: datetime | None = None) -> dict[str, Any]:
    return {
        "data_interval_end": end,
        "dag_run": SimpleNamespace(dag_id="ingest_wecom_groups", run_id="scheduled__1", conf=conf, run_after=run_after),
    }


def operator(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> ExtractOperator:
    def extract(*arguments: Any, **options: Any) -> Any:
        raise error or AssertionError("not expected")

    monkeypatch.setattr(extraction, "extract", extract)
    monkeypatch.setenv("AIRFLOW_CONN_COMMUNITY_METRICS_WECOM", '{"conn_type": "http", "login": "ww1", "password": "s"}')
    return ExtractOperator(task_id="extract", source="wecom_groups", connection_id="community_metrics_wecom")


def test_the_business_date_is_the_last_day_of_the_data_interval_in_the_project_s_zone() -> None:
    # The run of 2026-11-20 in China ends at 16:00 UTC.
    assert business_date(context(datetime(2026, 11, 20, 16, tzinfo=UTC)), SHANGHAI) == date(2026, 11, 20)
    assert business_date(context(datetime(2026, 11, 21, 0, tzinfo=UTC)), Settings(home=Path("nowhere"), timezone="UTC")) == date(
        2026, 11, 20
    )


def test_a_run_by_hand_is_about_yesterday_or_the_date_that_it_names() -> None:
    evening = datetime(2026, 11, 21, 17, tzinfo=UTC)  # already the 22nd in China
    assert business_date(context(run_after=evening), SHANGHAI) == date(2026, 11, 21)
    assert business_date(context(conf={"business_date": "2026-11-03"}, run_after=evening), SHANGHAI) == date(2026, 11, 3)
    with pytest.raises(UsageError, match=r"'3\. November' is no date"):
        business_date(context(conf={"business_date": "3. November"}), SHANGHAI)


def test_without_a_connection_nothing_is_pulled_and_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    task = operator(monkeypatch)
    monkeypatch.delenv("AIRFLOW_CONN_COMMUNITY_METRICS_WECOM")
    monkeypatch.setattr("community_metrics.operators.extract._connections", lambda connection_id: [])
    with pytest.raises(AirflowSkipException, match="no connection community_metrics_wecom: nothing is pulled"):
        task.execute(context(datetime(2026, 11, 20, 16, tzinfo=UTC)))


def test_a_connection_may_name_others_of_the_same_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str | None]] = []

    def extract(settings: Any, source: str, day: date, connections: Any, **options: Any) -> Any:
        asked.append([connection.login for connection in connections])
        return SimpleNamespace(groups=(), to_dict=dict)

    task = operator(monkeypatch)
    monkeypatch.setattr(extraction, "extract", extract)
    first = {"conn_type": "generic", "login": "ww1", "password": "s", "extra": {"connections": ["wecom_of_brand_b"]}}
    monkeypatch.setenv("AIRFLOW_CONN_COMMUNITY_METRICS_WECOM", json.dumps(first))
    monkeypatch.setenv("AIRFLOW_CONN_WECOM_OF_BRAND_B", '{"conn_type": "generic", "login": "ww2", "password": "t"}')
    task.execute(context(datetime(2026, 11, 20, 16, tzinfo=UTC)))
    assert asked == [["ww1", "ww2"]]


@pytest.mark.parametrize(
    ("error", "conf", "expected"),
    [
        (NotReadyError("zeros"), None, NotReadyError),
        (NotReadyError("zeros"), {"wait": False}, AirflowSkipException),
        (UnreachableError("closed"), None, UnreachableError),
        (UnreachableError("closed"), {"wait": False}, AirflowFailException),
        (ExtractionError("no permission"), None, AirflowFailException),
        (NothingToPullError("too old"), None, AirflowSkipException),
    ],
)
def test_what_an_extraction_ends_with_decides_whether_the_task_waits_fails_or_skips(
    monkeypatch: pytest.MonkeyPatch, error: Exception, conf: dict[str, Any] | None, expected: type[Exception]
) -> None:
    with pytest.raises(expected, match=str(error)):
        operator(monkeypatch, error).execute(context(datetime(2026, 11, 20, 16, tzinfo=UTC), conf))


def test_a_platform_says_itself_when_to_come_back_and_the_unforeseen_is_tried_three_times() -> None:
    policy = ComeBackPolicy()
    waiting = policy.evaluate(NotReadyError("zeros", delay_seconds=3600), 17, 40)
    assert (waiting.action.value, waiting.retry_delay) == ("retry", timedelta(hours=1))
    assert policy.evaluate(ValueError(), 2, 40).action.value == "retry"
    assert policy.evaluate(ValueError(), 3, 40).action.value == "fail"


def test_more_attempts_are_granted_to_the_task_than_all_kinds_of_failure_may_take() -> None:
    from community_metrics.operators.extract import ATTEMPTS

    kinds = LaterError.__subclasses__()
    assert sum(kind.tries for kind in kinds) + 5 <= ATTEMPTS


def test_no_secret_of_a_connection_or_a_platform_is_in_the_log_of_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def extract(settings: Settings, *arguments: Any, on_secret: Callable[[str], None], **options: Any) -> Any:
        on_secret("planted-password")
        on_secret("planted-token")
        with recorded(settings, "extract"):
            said = logging.getLogger("community_metrics.extractors.client")
            said.warning("refused planted-token of planted-password", extra={"source": "wecom_groups"})
            raise ExtractionError("the token planted-token is refused", "wecom", "renew planted-password")

    task = operator(monkeypatch)
    monkeypatch.setattr(extraction, "extract", extract)
    monkeypatch.setattr(masking, "_secrets", set())
    with pytest.raises(AirflowFailException):
        task.execute(context(datetime(2026, 11, 20, 16, tzinfo=UTC)))
    written = "".join(path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert "refused *** of ***" in written and "planted" not in written
    (log,) = (tmp_path / "logs").glob("*.jsonl")
    line = json.loads(log.read_text(encoding="utf-8").splitlines()[0])
    assert (line["step"], line["source"]) == ("extract", "wecom_groups")
    with duckdb.connect(str(tmp_path / "warehouse" / "ops.duckdb"), read_only=True) as connection:
        row = connection.execute("select run_id, triggered_by, status, error from ops.pipeline_runs").fetchone()
    assert row == (line["run_id"], "ingest_wecom_groups scheduled__1", "failed", "the token *** is refused - wecom - renew ***")
