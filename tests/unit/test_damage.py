"""DuckDB files cut short or changed on the disk: told from whole ones, and set aside."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from community_metrics.damage import damage_of, set_aside, shows_damage
from community_metrics.errors import CommunityMetricsError, NoRoomError
from community_metrics.ops import open_ops
from community_metrics.settings import Settings
from community_metrics.warehouse.repairs import told_when_full, with_repairs

Harm = Callable[[Path], None]


def cut(size: int) -> Harm:
    return lambda path: os.truncate(path, size)


def flip(at: int) -> Harm:
    def harm(path: Path) -> None:
        with path.open("r+b") as handle:
            handle.seek(at)
            handle.write(bytes(byte ^ 0x5A for byte in os.pread(handle.fileno(), 64, at)))

    return harm


def write_database(path: Path, rows: int = 200_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.numbers as select hash(range) as number from range({rows})")


@pytest.mark.parametrize("harm", [cut(0), cut(100), cut(12_288), cut(400_000), flip(10), flip(4_100), flip(12_300), flip(600_000)])
def test_a_damaged_database_is_told(tmp_path: Path, harm: Harm) -> None:
    path = tmp_path / "warehouse.duckdb"
    write_database(path)
    assert path.stat().st_size > 1_000_000
    assert damage_of(path) is None
    harm(path)
    problem = damage_of(path)
    assert problem is not None and shows_damage(problem)


def test_damage_that_is_met_while_rows_are_handed_over_is_told(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    write_database(path, rows=3_000_000)
    flip(path.stat().st_size - 600_000)(path)
    problem = damage_of(path)
    assert problem is not None and shows_damage(problem)


def test_a_missing_database_and_one_that_somebody_else_has_open_are_not_damaged(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    assert damage_of(path) is None
    with duckdb.connect(str(path)):
        assert damage_of(path) is None
    assert not shows_damage("IO Error: Could not set lock on file")


def test_the_last_damaged_database_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    for _ in range(2):
        write_database(path, rows=1)
        path.with_name("warehouse.duckdb.wal").write_text("of the old one")
        set_aside(path, "damaged")
        assert [found.name.split("-")[0] for found in tmp_path.iterdir()] == ["warehouse.duckdb.damaged"]


def test_the_tables_about_runs_begin_anew_when_they_are_damaged(home: Settings) -> None:
    write_database(home.ops_path, rows=1)
    os.truncate(home.ops_path, 5_000)
    with open_ops(home) as connection:
        connection.execute("create table ops.check_results (check_name varchar)")
    with open_ops(home) as connection:
        assert connection.execute("select count(*) from ops.check_results").fetchone() == (0,)
    assert len(list(home.warehouse.glob("ops.duckdb.damaged-*"))) == 1


def test_a_step_that_fails_over_a_damaged_warehouse_is_taken_once_more_without_it(home: Settings) -> None:
    write_database(home.warehouse_path)
    flip(600_000)(home.warehouse_path)
    tries = []

    def step() -> str:
        tries.append(home.warehouse_path.exists())
        if home.warehouse_path.exists():
            raise CommunityMetricsError("the build failed")
        return "built"

    assert with_repairs(home, step) == "built"
    assert tries == [True, False]


def test_a_step_that_fails_over_sound_state_just_fails(home: Settings) -> None:
    write_database(home.warehouse_path, rows=1)
    tries = []

    def step() -> None:
        tries.append(1)
        raise CommunityMetricsError("the build failed", "mart_x", "mend the model")

    with pytest.raises(CommunityMetricsError, match="mend the model"):
        with_repairs(home, step)
    assert tries == [1]
    assert home.warehouse_path.exists()


@pytest.mark.parametrize(
    "said",
    [
        "[Errno 28] No space left on device: 'x'",
        "1 of 9 steps of the build failed: mart_x (error): IO Error: Could not write all bytes to file x: wanted=262144 wrote=0",
        "database or disk is full",
    ],
)
def test_a_full_disk_is_told_as_one_and_nothing_is_tried_again(home: Settings, said: str) -> None:
    tries = []

    def step() -> None:
        tries.append(1)
        raise OSError(said)

    with pytest.raises(NoRoomError, match=r"the disk is full: .* - .*home - make room, then `community-metrics run`"), told_when_full(home):
        with_repairs(home, step)
    assert tries == [1]
