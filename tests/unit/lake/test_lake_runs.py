"""Ingests one after the other, repeated, killed, and under other settings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from community_metrics.landing.ledger import Ledger
from support.intake import Intake

HEADER = "event_id,occurred_at,platform,member_id,event_type\n"


def lake_bytes(intake: Intake) -> dict[str, bytes]:
    """Every lake file in force, by its path: equal after any number of crashes."""
    with Ledger(intake.settings.ledger_path) as ledger:
        for landing in ledger.landings_to_gate():
            ledger.pass_gate(landing.landing_id)
        return {file.path: (intake.settings.home / file.path).read_bytes() for file in ledger.active_lake_files()}


def test_a_second_run_finds_nothing_new(intake: Intake) -> None:
    intake.drop("events/_/e.csv", HEADER + "e1,2026-06-01,x,u,message\n")
    assert len(intake.run().landings) == 1
    assert intake.run().landings == ()


def test_an_unrecognised_file_is_reported_by_one_run_and_again_on_retry(intake: Intake) -> None:
    from community_metrics.landing.inbox import land_files

    land_files(intake.settings, [intake.write("x.csv", "a,b\n1,2\n")])
    assert [landing.status for landing in intake.run().landings] == ["unrecognised"]
    assert intake.run().landings == ()
    assert [landing.status for landing in intake.run(retry=True).landings] == ["unrecognised"]


def test_another_time_zone_ingests_everything_anew(intake: Intake) -> None:
    intake.drop("events/_/e.csv", HEADER + "e1,2026-06-01T20:00:00Z,x,u,message\n")
    intake.run()
    assert intake.rows("events/events", "_period_date") == [("2026-06-02",)]
    intake.settings = replace(intake.settings, timezone="UTC")
    [landing] = intake.run().landings
    assert (landing.status, landing.revision) == ("ingested", 2)
    with Ledger(intake.settings.ledger_path) as ledger:
        assert [file.business_date.isoformat() for file in ledger.lake_files(landing.landing_id)] == ["2026-06-01"]


def test_another_id_key_ingests_everything_anew(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    intake.drop("events/_/e.csv", HEADER + "e1,2026-06-01,x,u,message\n")
    intake.run()
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "another key")
    intake.settings = replace(intake.settings)
    [landing] = intake.run().landings
    assert landing.revision == 2
    assert len({row[0] for row in intake.rows("events/events", "member_id")}) == 2


def test_only_the_asked_source_is_ingested(intake: Intake) -> None:
    intake.drop("events/_/e.csv", HEADER + "e1,2026-06-01,x,u,message\n")
    intake.drop("members/_/m.csv", "platform,member_id\nx,u\n")
    assert [landing.source for landing in intake.run(sources=["members"]).landings] == ["members"]
    assert [landing.source for landing in intake.run().landings] == ["events"]


def test_files_in_the_wrong_place_are_in_the_report(intake: Intake) -> None:
    intake.drop("ordres/_/o.csv", "x")
    report = intake.run()
    assert [result.outcome for result in report.refused] == ["refused"]
    assert "known sources" in report.to_dict()["refused"][0]["reason"]


@pytest.mark.chaos
def test_an_ingest_killed_at_any_moment_and_repeated_gives_the_same_lake(intake: Intake, tmp_path: Path) -> None:
    def fill(other: Intake) -> None:
        for number in range(6):
            lines = (f"e{number}-{row},2026-06-{1 + row % 9:02}T0{row % 9}:00:00Z,x,u{row % 50},message\n" for row in range(20_000))
            other.drop(f"events/_/dt=2026-07-01/{number}.csv", HEADER + "".join(lines))

    undisturbed = Intake(tmp_path / "undisturbed")
    fill(undisturbed)
    undisturbed.run()
    fill(intake)
    program = (
        "from pathlib import Path; import sys; from community_metrics.lake.batch import ingest_waiting;"
        "from community_metrics.settings import Settings; ingest_waiting(Settings(home=Path(sys.argv[1])))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3] / "plugins")}
    for delay in (0.9, 1.1, 1.3, 1.6, 2.0, 2.5):
        process = subprocess.Popen([sys.executable, "-c", program, str(intake.settings.home)], env=environment, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    intake.run()
    killed, expected = lake_bytes(intake), lake_bytes(undisturbed)
    assert len(expected) == 54
    assert killed == expected
    assert list(intake.settings.inbox.rglob("*.csv")) == []


def test_small_files_of_one_run_keep_their_own_rows(intake: Intake) -> None:
    """What DuckDB remembers of a file goes by path, size and second: scratch files of equal size were once mistaken for each other."""
    members = [f"{number * 7919 % 10_000:04d}" for number in range(40 * 15)]
    for number in range(40):
        own = enumerate(members[number * 15 : (number + 1) * 15])
        rows = (f"{member},2026-06-{1 + index % 3:02}T00:00:{index:02}Z,x,m{member},message\n" for index, member in own)
        intake.drop(f"events/_/{number:02}.csv", HEADER + "".join(rows))
    assert {landing.status for landing in intake.run().landings} == {"ingested"}
    assert sorted(row[0] for row in intake.rows("events/events", "event_id")) == sorted(members)
