"""Files of the lake that are not what was written: found before anything is built from them, and read anew from the landing."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from community_metrics.errors import CommunityMetricsError
from community_metrics.lake import files
from community_metrics.lake.soundness import damaged_files, look_over, require_sound
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.store import object_path
from support.erased import erase_from_landing
from support.intake import Intake

HEADER = "event_id,occurred_at,platform,member_id,event_type\n"
ROWS = [("e1", "2026-06-01"), ("e2", "2026-06-02"), ("f1", "2026-06-01")]


def fill(intake: Intake) -> None:
    """Two small files that share lake files, and one of a source of its own."""
    intake.drop("events/_/dt=2026-06-03/e.csv", HEADER + "e1,2026-06-01,x,u,message\ne2,2026-06-02,x,u,message\n")
    intake.drop("events/_/dt=2026-06-03/f.csv", HEADER + "f1,2026-06-01,x,v,message\n")
    intake.drop("members/_/dt=2026-06-03/m.csv", "platform,member_id\nx,u\n")
    assert len(intake.run().landings) == 3


def lake_file(intake: Intake, stream: str = "events/events") -> Path:
    return min(path for path in (intake.settings.lake / stream).rglob("*.parquet") if path.name != "schema.parquet")


def flip(path: Path) -> None:
    with path.open("r+b") as handle:
        handle.seek(path.stat().st_size // 2)
        byte = handle.read(1)
        handle.seek(-1, os.SEEK_CUR)
        handle.write(bytes([byte[0] ^ 0x10]))


def flip_unseen(path: Path) -> None:
    """As a disk does it: size and time say nothing of it."""
    before = path.stat()
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def damaged(intake: Intake, is_thorough: bool = False) -> list[str]:
    with Ledger(intake.settings.ledger_path) as ledger:
        return damaged_files(intake.settings, ledger, is_thorough=is_thorough)


@pytest.mark.parametrize("harm", [flip, lambda path: os.truncate(path, 100), lambda path: os.truncate(path, 0), Path.unlink])
def test_what_a_damaged_file_was_made_of_is_read_anew(intake: Intake, harm: object) -> None:
    fill(intake)
    path = lake_file(intake)
    harm(path)  # type: ignore[operator]
    assert damaged(intake) == [path.relative_to(intake.settings.home).as_posix()]
    with Ledger(intake.settings.ledger_path) as ledger, pytest.raises(CommunityMetricsError, match="community-metrics ingest"):
        require_sound(intake.settings, ledger)

    again = intake.run().landings
    assert [(landing.source, landing.status, landing.revision) for landing in again] == [("events", "ingested", 2)] * 2
    assert damaged(intake) == []
    assert not path.exists()
    with Ledger(intake.settings.ledger_path) as ledger:
        assert [landing.revision for landing in ledger.landings() if landing.source == "members"] == [1]
        in_use = [str(intake.settings.home / found) for found, _ in ledger.lake_files_in_use(["events"])]
    rows = duckdb.execute("select event_id, _period_date from read_parquet(?, hive_partitioning = false)", [in_use]).fetchall()
    assert sorted(rows) == ROWS
    assert intake.run().landings == ()


def test_a_file_of_other_bytes_but_the_same_size_and_time_is_found_by_a_thorough_look_and_from_then_on(intake: Intake) -> None:
    fill(intake)
    flip_unseen(lake_file(intake))
    assert damaged(intake) == []
    assert len(damaged(intake, is_thorough=True)) == 1
    assert len(damaged(intake)) == 1
    assert len(intake.run().landings) == 2
    assert damaged(intake, is_thorough=True) == []


def test_a_home_with_other_times_is_sound_and_is_asked_only_once(intake: Intake) -> None:
    fill(intake)
    path = lake_file(intake)
    os.utime(path, (1, 1))
    assert damaged(intake) == []
    with mock.patch("community_metrics.lake.soundness.sum_of", side_effect=AssertionError("computed again")):
        assert damaged(intake) == []


def test_other_sources_are_left_to_their_own_ingest(intake: Intake) -> None:
    fill(intake)
    flip(lake_file(intake, "members/members"))
    assert intake.run(sources=["events"]).landings == ()
    assert [landing.source for landing in intake.run(sources=["members"]).landings] == ["members"]


def test_nothing_is_given_up_where_the_landed_bytes_are_gone_too(intake: Intake) -> None:
    fill(intake)
    with Ledger(intake.settings.ledger_path) as ledger:
        [member_file] = [landing for landing in ledger.landings() if landing.source == "members"]
    object_path(intake.settings, member_file.sha256).unlink()
    lake_file(intake, "members/members").unlink()
    with pytest.raises(CommunityMetricsError, match="restore the home from a backup"):
        intake.run()
    with Ledger(intake.settings.ledger_path) as ledger:
        assert ledger.landing(member_file.landing_id).status == "ingested"


def test_a_damaged_schema_file_is_written_anew(intake: Intake) -> None:
    fill(intake)
    path = intake.settings.lake / "events" / "events" / "schema.parquet"
    before = path.read_bytes()
    os.truncate(path, 20)
    intake.run()
    assert path.read_bytes() == before


@pytest.mark.parametrize("count", [1, 3])
def test_a_full_disk_rejects_no_file(intake: Intake, count: int) -> None:
    """Whether a file is ingested alone or in a group: it waits, and the next ingest takes it."""
    fill(intake)
    for number in range(count):
        intake.drop(f"events/_/dt=2026-06-03/{number}.csv", HEADER + f"n{number},2026-06-01,x,u,message\n")
    full = OSError(errno.ENOSPC, "No space left on device")
    with mock.patch.object(files.ParquetFile, "write", side_effect=full), pytest.raises(OSError, match="No space left"):
        intake.run()
    with Ledger(intake.settings.ledger_path) as ledger:
        assert [landing.status for landing in ledger.landings()].count("landed") == count
    assert [landing.status for landing in intake.run().landings] == ["ingested"] * count


def test_every_byte_of_landing_and_lake_is_looked_over_and_landing_again_mends_what_was_received(intake: Intake) -> None:
    fill(intake)
    with Ledger(intake.settings.ledger_path) as ledger:
        [member_file] = [landing for landing in ledger.landings() if landing.source == "members"]
    assert look_over(intake.settings).to_dict() == {"files": 6, "lake": (), "landed": (), "is_sound": True}

    landed = object_path(intake.settings, member_file.sha256)
    received = landed.read_bytes()
    flip_unseen(landed)
    flip_unseen(lake_file(intake, "members/members"))
    looked = look_over(intake.settings)
    assert looked.landed == (member_file.sha256,)
    assert [Path(path).parts[1] for path in looked.lake] == ["members"]
    # What the lake could be made of anew is damaged too: no number is made of it.
    with pytest.raises(CommunityMetricsError, match="so are the landed bytes"):
        intake.run()

    intake.drop("members/_/dt=2026-06-03/m.csv", "platform,member_id\nx,u\n")
    assert [landing.status for landing in intake.run().landings] == ["ingested"]
    assert landed.read_bytes() == received
    assert look_over(intake.settings).is_sound


def test_what_an_erasure_has_left_is_sound_and_nothing_else_in_its_place(intake: Intake) -> None:
    fill(intake)
    erase_from_landing(intake.settings, "x", "u")
    assert look_over(intake.settings).is_sound
    # Whoever shared a lake file with the person is not read anew for it.
    assert [landing.revision for landing in intake.run().landings if landing.original_name == "f.csv"] == []
    [rewritten] = [path for path in (intake.settings.landing / "objects").rglob("*.erased") if b"e1" not in path.read_bytes()][:1]
    flip_unseen(rewritten)
    assert look_over(intake.settings).landed == (rewritten.name.removesuffix(".erased"),)
