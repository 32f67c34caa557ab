"""What a release restates and why, through the real ingest and the real models: one story, each cause known beforehand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_workshop import passed, write_small_site

from community_metrics import pipeline
from community_metrics.dashboard import site
from community_metrics.landing.inbox import land_files
from community_metrics.landing.ledger import Ledger
from community_metrics.releases.candidate import read_candidate
from community_metrics.releases.compare import compare_releases
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.publish import publish_release
from community_metrics.settings import PROJECT_ROOT, Settings

EVENTS = "event_id,occurred_at,platform,member_id,community_id,event_type,updated_at\n"
ORDERS = "order_id,platform,member_id,paid_at,gross_amount,currency,updated_at\n"
LINKS = "platform,member_id,person_id,status\n"


class Story:
    """A home to which news come; `release` builds, and publishes without asking the audit."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sums: dict[str, str] = {}

    def land(self, name: str, source: str, text: str, day: int) -> None:
        folder = self.settings.home / "drop"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        self.sums[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        period, snapshot_at = date(2026, 10, day), datetime(2026, 10, day, 15, tzinfo=UTC)
        (result,) = land_files(self.settings, [path], source=source, period=period, snapshot_at=snapshot_at)
        assert result.outcome == "landed", result

    def release(self) -> str:
        assert pipeline.ingest(self.settings).exit_code == 0
        pipeline.build(self.settings)
        built = read_candidate(self.settings)
        assert built is not None
        return publish_release(self.settings, built.audited(passed(1), "suites")).release_id

    def restated(self, release_id: str, mart: str, metric: str, scope: str = "all") -> list[tuple[str, str, str | None, str, Any]]:
        """(business date, old, new, cause, evidence) of one metric in one scope type."""
        with duckdb.connect(str(self.settings.ops_path), read_only=True) as connection:
            rows = connection.execute(
                "select business_date::varchar, old, new, cause, evidence from ops.restatements"
                " where release_id = ? and mart = ? and metric = ? and json_extract_string(key, 'scope_type') = ? order by 1, key",
                [release_id, mart, metric, scope],
            ).fetchall()
        return [(day, old, new, cause, json.loads(evidence)) for day, old, new, cause, evidence in rows]

    def causes(self, release_id: str) -> set[str]:
        with duckdb.connect(str(self.settings.ops_path), read_only=True) as connection:
            return {
                row[0] for row in connection.execute("select cause from ops.restatements where release_id = ?", [release_id]).fetchall()
            }

    def file(self, cause: str, name: str, source: str, **more: str) -> dict[str, str]:
        return {"cause": cause, "source": source, "account": "", "sha256": self.sums[name], **more}


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    monkeypatch.setattr(site, "build_site", write_small_site)
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "a key for tests")
    told = Story(Settings(home=tmp_path / "home", definitions=tmp_path / "definitions", threads=2, memory_limit="1GB"))
    told.settings.definitions.mkdir()
    told.land(
        "events",
        "events",
        EVENTS
        + "e1,2026-10-01T10:00:00+08:00,p,anna,g,message,\n"
        + "e2,2026-10-01T11:00:00+08:00,p,bela,g,message,\n"
        + "e3,2026-10-01T12:00:00+08:00,p,cleo,g,wave,\n"
        + "e4,2026-10-02T10:00:00+08:00,p,anna,g,message,\n"
        + "e5,2026-10-03T10:00:00+08:00,p,anna,g,message,\n",
        3,
    )
    told.land("orders", "orders", ORDERS + "o1,p,anna,2026-10-01 10:00:00,100,CNY,\no2,p,bela,2026-10-02 10:00:00,50,CNY,\n", 3)
    return told


@pytest.mark.laws
def test_every_cause_of_a_story_is_found_with_its_evidence(story: Story) -> None:
    first = story.release()
    assert story.causes(first) == set()

    # The next day's file repeats a row, brings one that is two days late, and the new day, which restates nothing.
    late_rows = "e4,2026-10-02T10:00:00+08:00,p,anna,g,message,\ne6,2026-10-02T18:00:00+08:00,p,bela,g,message,\n"
    story.land("late", "events", EVENTS + late_rows + "e7,2026-10-04T10:00:00+08:00,p,anna,g,message,\n", 4)
    second = story.release()
    evidence = [story.file("late_rows", "late", "events")]
    assert story.restated(second, "mart_activity_daily", "dau") == [("2026-10-02", "1", "2", "late_rows", evidence)]
    assert story.restated(second, "mart_activity_daily", "messages", "community") == [("2026-10-02", "1", "2", "late_rows", evidence)]
    assert story.restated(second, "mart_activity_daily", "mau_30") == []
    assert story.causes(second) == {"late_rows"}

    # A corrected order, one that says the same as before, and a new one.
    corrected = "o1,p,anna,2026-10-01 10:00:00,110,CNY,2026-10-05 10:00:00\no2,p,bela,2026-10-02 10:00:00,50,CNY,2026-10-05 10:00:00\n"
    story.land("corrected", "orders", ORDERS + corrected + "o3,p,anna,2026-10-04 10:00:00,70,CNY,\n", 4)
    third = story.release()
    evidence = [story.file("restated_file", "corrected", "orders")]
    assert story.restated(third, "mart_conversion_daily", "gross_amount") == [("2026-10-01", "100.00", "110.00", "restated_file", evidence)]
    assert story.causes(third) == {"restated_file"}

    # A late row, and a message that was on the third and is now on the second: in one stream and day they cannot be told apart.
    moved = "e5,2026-10-02T19:00:00+08:00,p,anna,g,message,2026-10-05 10:00:00\n"
    story.land("late again", "events", EVENTS + "e8,2026-10-02T18:00:00+08:00,p,anna,g,message,\n", 3)
    story.land("moved", "events", EVENTS + moved, 3)
    mixed = story.release()
    assert [cell[:4] for cell in story.restated(mixed, "mart_activity_daily", "messages")] == [
        ("2026-10-02", "2", "4", "late_rows+restated_file"),
        ("2026-10-03", "1", "0", "late_rows+restated_file"),
    ]
    assert story.restated(mixed, "mart_activity_daily", "dau")[0][4] == [
        story.file("late_rows", "late again", "events"),
        story.file("restated_file", "moved", "events"),
    ]

    # Anna and Bela turn out to be one person.
    story.land("links", "identity_links", LINKS + "p,anna,p1,linked\np,bela,p1,linked\n", 4)
    fourth = story.release()
    evidence = [story.file("identity_change", "links", "identity_links")]
    assert story.restated(fourth, "mart_activity_daily", "dau") == [
        ("2026-10-01", "2", "1", "identity_change", evidence),
        ("2026-10-02", "2", "1", "identity_change", evidence),
    ]
    assert story.causes(fourth) == {"identity_change"}

    # The late file was a mistake. Its new day goes with it: a row that readers had is gone.
    with Ledger(story.settings.ledger_path) as ledger:
        ledger.withdraw(story.sums["late"], "landed by mistake")
    fifth = story.release()
    evidence = [story.file("withdrawn_file", "late", "events", remark="withdrawn: landed by mistake")]
    assert story.restated(fifth, "mart_activity_daily", "messages") == [
        ("2026-10-02", "4", "3", "withdrawn_file", evidence),
        ("2026-10-04", "1", None, "withdrawn_file", evidence),
    ]
    assert story.causes(fifth) == {"withdrawn_file"}

    # A wave counts as activity from now on.
    types = (PROJECT_ROOT / "dbt_project" / "seeds" / "event_types.csv").read_text(encoding="utf-8")
    (story.settings.definitions / "event_types.csv").write_text(types.rstrip("\n") + "\nwave,true,false,Wave,招手\n", encoding="utf-8")
    sixth = story.release()
    (found,) = story.restated(sixth, "mart_activity_daily", "dau")
    assert found[:4] == ("2026-10-01", "1", "2", "definition_version")
    (piece,) = found[4]
    assert (piece["cause"], piece["definition"]) == ("definition_version", "event_types")
    assert piece["old"] != piece["new"]
    assert story.causes(sixth) == {"definition_version"}

    # In another zone the messages of the morning are of the evening before.
    story.settings = replace(story.settings, timezone="America/New_York")
    seventh = story.release()
    assert story.causes(seventh) == {"settings_change"}
    manifest = read_manifest(story.settings.current_release)
    assert {entry["cause"] for entry in manifest["restatements"]} == {"settings_change"}

    # Between any two releases, not only neighbours, in both directions.
    compared = compare_releases(story.settings, first, third, limit=100_000)
    by_cell = {
        (change.mart, change.column, change.key.get("business_date"), change.key.get("scope_type")): change for change in compared.changes
    }
    amount = by_cell["mart_conversion_daily", "gross_amount", "2026-10-01", "all"]
    assert (amount.old, amount.new) == ("100.00", "110.00")
    assert "restated_file" in str(amount.cause)
    assert by_cell["mart_activity_daily", "dau", "2026-10-02", "all"].cause == "late_rows"
    back = compare_releases(story.settings, third, first, limit=100_000)
    cell = next(
        change for change in back.changes if (change.mart, change.column, change.old) == ("mart_conversion_daily", "gross_amount", "110.00")
    )
    assert cell.cause == amount.cause
