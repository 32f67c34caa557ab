"""Damaged state under a running pipeline: what can be made anew is, and what cannot is told with what to do."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pytest
from chaos_story import DAYS, Story
from exports import drop_day

from community_metrics.landing.ledger import Ledger

pytestmark = pytest.mark.chaos


def flip(path: Path, place: float) -> None:
    """Change 64 bytes, `place` (0 to 1) of the way through a file."""
    with path.open("r+b") as handle:
        at = int(place * path.stat().st_size)
        handle.seek(at)
        handle.write(bytes(byte ^ 0x5A for byte in os.pread(handle.fileno(), 64, at)))


def blocks_of(database: Path, schema: str) -> list[int]:
    """The blocks of a DuckDB file in which the tables of a schema stand."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = ?", [schema]).fetchall()
        blocks = [
            connection.execute(f"select block_id from pragma_storage_info('{schema}.{table}') where block_id >= 0").fetchall()
            for (table,) in tables
        ]
    return sorted({row[0] for found in blocks for row in found})


def flip_in_block(database: Path, block: int) -> None:
    """Change 64 bytes in the middle of a block; three headers of 4 KiB stand before the first."""
    flip(database, (3 * 4_096 + (block + 0.5) * 262_144) / database.stat().st_size)


def lake_files(story: Story, source: str) -> list[Path]:
    with Ledger(story.home.settings.ledger_path) as ledger:
        return [story.home.path / file.path for file in ledger.active_lake_files() if file.source == source]


def test_a_corrupt_lake_a_truncated_warehouse_and_truncated_tables_about_runs_heal_with_the_next_day(story: Story) -> None:
    home = story.begin_after(DAYS - 1)
    drop_day(home.settings.inbox, DAYS)
    flip(lake_files(story, "events")[0], 0.5)
    os.truncate(lake_files(story, "orders")[0], 200)
    lake_files(story, "memberships")[-1].unlink()
    os.truncate(home.settings.warehouse_path, home.settings.warehouse_path.stat().st_size // 2)
    os.truncate(home.settings.ops_path, 4_096)
    with home.read_throughout():
        done = home.run()
    assert "3 files of the lake are not as they were written" in done.err
    assert "warehouse.duckdb is damaged and set aside" in done.err
    assert "ops.duckdb is damaged and set aside" in done.err
    story.assert_as_undisturbed(DAYS)


def test_blocks_that_are_found_damaged_in_the_middle_of_a_build_are_made_anew(story: Story) -> None:
    home = story.begin_after(DAYS - 1)
    drop_day(home.settings.inbox, DAYS)
    blocks = blocks_of(home.settings.warehouse_path, "intermediate")
    assert blocks
    for block in blocks:
        flip_in_block(home.settings.warehouse_path, block)
    with home.read_throughout():
        done = home.run()
    assert "warehouse.duckdb is damaged and set aside" in done.err
    story.assert_as_undisturbed(DAYS)


def test_a_build_does_not_begin_on_a_damaged_lake_and_a_lost_ledger_stops_everything(story: Story) -> None:
    home = story.begin_after(DAYS)
    with home.read_throughout():
        flip(lake_files(story, "orders")[0], 0.5)
        done = home.command("build")
        assert done.code == 1
        assert "error: 1 files of the lake are damaged or missing - " in done.err
        assert "run `community-metrics ingest`" in done.err

        ledger = home.settings.ledger_path
        shutil.move(ledger, ledger.with_name("kept"))
        for content in (None, b"", b"what a disk makes of it" * 1000):
            if content is not None:
                ledger.write_bytes(content)
            done = home.command("run")
            assert done.code == 1, done
            assert "error: the ledger " in done.err and "restore the home from its last backup" in done.err, done
        assert len(list(home.settings.releases.glob("2*"))) == DAYS
