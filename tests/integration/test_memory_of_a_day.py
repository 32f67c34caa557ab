"""A day that needs more memory than a day is given takes that of a whole history, once, and says so."""

from __future__ import annotations

import logging
from dataclasses import replace

import duckdb
import pytest

from community_metrics import pipeline
from community_metrics.settings import Settings
from community_metrics.warehouse.dbt import OutOfMemoryError

EVENTS = "event_id,occurred_at,platform,member_id,event_type\n"


def take(home: Settings, day: int) -> None:
    folder = home.inbox / "events" / "a"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"events-{day}.csv").write_text(f"{EVENTS}e{day},2026-10-0{day}T09:00:00+08:00,wechat,m1,message\n")
    pipeline.ingest(home)


def test_a_day_too_large_for_its_memory_is_built_with_more(home: Settings, caplog: pytest.LogCaptureFixture) -> None:
    take(home, 1)
    pipeline.build(home)
    take(home, 2)
    with caplog.at_level(logging.WARNING, "community_metrics"):
        # Enough to open the warehouse, not enough for its models.
        report = pipeline.build(replace(home, daily_memory_limit="14MB"))
    assert not report.full_refresh
    warnings = [record.message.split(" - ")[0] for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == ["build: 14MB was not enough and is taken as 4GB once"]
    with duckdb.connect(str(home.warehouse_path), read_only=True) as connection:
        numbers = connection.execute(
            "select business_date::varchar, dau, wau_7 from marts.mart_activity_daily where scope_type = 'all' order by business_date"
        ).fetchall()
    assert numbers == [("2026-10-01", 1, 1), ("2026-10-02", 1, 1)]


def test_the_second_try_reads_the_definitions_once_more(home: Settings) -> None:
    """dbt writes the SQL of a seed with an absolute path over the seed: who builds again after that must not load SQL as definitions."""
    take(home, 1)
    pipeline.build(home)
    take(home, 2)
    with pytest.raises(OutOfMemoryError):
        pipeline.build(replace(home, memory_limit="14MB", daily_memory_limit="14MB"))
    # After a build that failed all is looked at, definitions included.
    assert not pipeline.build(replace(home, daily_memory_limit="14MB")).full_refresh


def test_too_little_for_a_whole_history_says_which_setting_to_change(home: Settings) -> None:
    take(home, 1)
    with pytest.raises(OutOfMemoryError, match="COMMUNITY_METRICS_MEMORY_LIMIT"):
        pipeline.build(replace(home, memory_limit="14MB"))
