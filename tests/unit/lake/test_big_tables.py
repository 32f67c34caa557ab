"""What makes big tables fast means the same as what it stands for: hashes, dates, dictionaries, files by date, sorted rows."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community_metrics.lake import date_files, extras, hashing, pseudonyms, sorting
from community_metrics.lake.business_dates import business_dates
from community_metrics.lake.pipelining import Stage, ahead
from community_metrics.lake.pseudonyms import Pseudonymiser
from community_metrics.lake.repeating import TextColumn, constant, distinct, plain, spread
from community_metrics.sources.registry import load_registry
from support.intake import Intake

EVENTS = load_registry()["events"].stream("events")
HEADER = "event_id,occurred_at,platform,member_id,event_type\n"
_short = st.one_of(st.none(), st.sampled_from(["", "a", "b", "中文", "\x1e", "a/b", 'q"', "\\", "\n", "\u2028", "\x7f"]))


@pytest.mark.parametrize("key", [b"short", b"longer than a block" * 10])
def test_an_identity_is_hashed_by_hmac_however_it_is_remembered(key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pseudonyms, "_MAX_REMEMBERED", 5)
    hashed = Pseudonymiser(key)
    for ids in (["u1", None, "u1", "u2"], ["u2", "u3", "u4", "u5", "u6"], ["u7"], [None], ["u1", "u7", "社"]):
        count = len(ids)
        found = hashed.hash_ids(constant("x", count), constant("", count), constant("native", count), pa.array(ids, pa.string()))
        apart = hashed.hash_ids(pa.array(["x"] * count), constant("", count), pa.array(["native"] * count), pa.array(ids, pa.string()))
        expected = [one and hmac.digest(key, f"x\x1f\x1fnative\x1f{one}".encode(), "sha256")[:16].hex() for one in ids]
        assert found.to_pylist() == apart.to_pylist() == expected


@pytest.mark.parametrize("most_joined", [2**29, 150, 1])
def test_hashes_are_md5_over_the_joined_columns(most_joined: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_MOST_JOINED", most_joined)
    names = ["event_id", "platform", "account_id", "value", "updated_at"]
    columns: dict[str, TextColumn] = {
        "event_id": pa.array(["e1", "e2", None]),
        "platform": constant("x", 3),
        "account_id": constant(None, 3),
        "value": pa.array(["1", None, "1"]).dictionary_encode(),
        "updated_at": pa.array(["a", "b", "c"]),
    }
    hasher = hashing.RowHasher(EVENTS, names)
    row_hashes, key_hashes = hasher.hashes(columns, 3)
    contents = ["e1\x1fx\x1f\x1e\x1f1", "e2\x1fx\x1f\x1e\x1f\x1e", "\x1e\x1fx\x1f\x1e\x1f1"]
    assert row_hashes.to_pylist() == [hashlib.md5(text.encode()).hexdigest() for text in contents]
    keys = [
        int.from_bytes(hashlib.md5(text.encode()).digest()[8:], "little", signed=True)
        for text in ("x\x1f\x1fe1", "x\x1f\x1fe2", "x\x1f\x1f")
    ]
    assert key_hashes.to_pylist() == hasher.key_hashes(columns, 3).to_pylist() == keys
    hasher.close()


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "UTC"])
def test_a_business_date_is_the_local_one(zone: str) -> None:
    moments = [
        f"20{year}-11-0{day}T{hour:02d}:{minute}:59.999999Z"
        for year in (10, 26)
        for day in (6, 7)
        for hour in range(24)
        for minute in (14, 15, 29, 30, 44, 45)
    ]
    dates = business_dates(EVENTS, pa.array(moments), len(moments), zone, date(2026, 1, 1))
    assert dates.to_pylist() == [datetime.fromisoformat(one).astimezone(ZoneInfo(zone)).date().isoformat() for one in moments]


@settings(max_examples=200, deadline=None)
@given(values=st.lists(_short, max_size=6), repeats=st.sampled_from([1, 300]))
def test_distinct_values_spread_again_are_the_column(values: list[str | None], repeats: int) -> None:
    column = pa.array(values * repeats, pa.string())
    for given_column in (column, column.dictionary_encode()):
        texts, places = distinct(given_column)
        assert plain(spread(texts, places)).to_pylist() == column.to_pylist()


@settings(max_examples=200, deadline=None)
@given(columns=st.dictionaries(st.sampled_from(["h", "标题", "it's", 'q"', "a b"]), st.lists(_short, min_size=3, max_size=3), min_size=1))
def test_undeclared_columns_are_the_json_that_duckdb_writes(columns: dict[str, list[str | None]]) -> None:
    arrays = {header: pa.array(values, pa.string()) for header, values in columns.items()}
    with duckdb.connect() as connection:
        assert extras.extras_as_json(connection, arrays, 3).to_pylist() == extras._by_duckdb(connection, arrays).to_pylist()


def events(days: list[int], keyless: bool = False) -> str:
    return HEADER + "".join(
        f"{'' if keyless else f'e{row}'},2026-06-{day:02d} 12:00:00,x,u{row % 3},message\n" for row, day in enumerate(days)
    )


@pytest.mark.parametrize(
    ("days", "sorters"),
    [
        (sorted([1, 2, 3, 4] * 50), 0),
        (sorted([1, 2, 3, 4] * 50, reverse=True), 0),
        ([1, 2, 3, 4] * 50, 1),
        ([*sorted([1, 2, 3, 4] * 50), 1], 1),
    ],
    ids=["by date", "latest first", "mixed", "one late row"],
)
def test_rows_stand_in_the_file_of_their_date_in_their_order(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, days: list[int], sorters: int
) -> None:
    made = _small_memory(monkeypatch)
    landing = intake.ingest("e.csv", events(days), source="events")
    assert (landing.status, landing.accepted, len(made)) == ("ingested", len(days), sorters)
    for day in {1, 2, 3, 4}:
        path = next((intake.settings.lake / "events" / "events" / f"date=2026-06-{day:02d}").glob("*.parquet"))
        rows = duckdb.execute("select event_id, _row_no, _period_date from read_parquet(?)", [str(path)]).fetchall()
        assert rows == [(f"e{row}", row + 2, f"2026-06-{day:02d}") for row, one in enumerate(days) if one == day]
    assert not list(intake.settings.lake.rglob("*.tmp"))


def test_rows_without_keys_are_told_apart_by_their_order_over_the_whole_file(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _small_memory(monkeypatch)
    with_keys = events([1] * 10).removeprefix(HEADER)
    assert intake.ingest("e.csv", events([1, 2] * 30, keyless=True) + with_keys, source="events").accepted == 70
    assert len(made) == 1
    keys = intake.rows("events/events", "event_id, event_id_is_derived, _row_hash")
    same: dict[str, int] = {}
    for key, is_derived, row_hash in keys[:60]:
        same[row_hash] = same.get(row_hash, 0) + 1
        assert (key, is_derived) == (f"h:{row_hash}:{same[row_hash]}", "true")
    assert keys[60:] == [(f"e{row}", None, keys[60 + row][2]) for row in range(10)]


def _small_memory(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Batches of few rows, two open files, next to nothing pending; the folders of the sorters that were made."""
    from community_metrics.sources.envelopes import delimited

    monkeypatch.setattr(delimited, "BLOCK", 512)
    monkeypatch.setattr(date_files, "MOST_OPEN_FILES", 2)
    monkeypatch.setattr(date_files, "MOST_PENDING_BYTES", 1)
    made: list[Path] = []
    make = sorting.Sorter.__init__

    def remember(self: sorting.Sorter, connection: duckdb.DuckDBPyConnection, folder: Path, *others: object) -> None:
        made.append(folder)
        make(self, connection, folder, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(sorting.Sorter, "__init__", remember)
    return made


def test_reading_ahead_keeps_order_and_failures_and_ends_with_its_reader() -> None:
    def numbers(most: int) -> Iterator[int]:
        try:
            yield from range(most)
            raise ValueError("the end")
        finally:
            ended.append(most)

    ended: list[int] = []
    for most in (0, 1, 2, 50):
        seen: list[int] = []
        with pytest.raises(ValueError, match="the end"):
            for number in ahead(numbers(most)):
                seen.append(number)
        assert seen == list(range(most))
    stopped = ahead(numbers(1000))
    assert [next(stopped) for _ in range(5)] == [0, 1, 2, 3, 4]
    stopped.close()
    assert ended[:4] == [0, 1, 2, 50]


def test_a_stage_runs_tasks_in_order_and_none_after_one_that_failed() -> None:
    done: list[int] = []
    stage = Stage("test")
    for number in range(20):
        stage.submit(done.append, number)
    stage.finish()
    assert done == list(range(20))
    failing = Stage("test")
    failing.submit(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        for _ in range(20):
            failing.submit(done.append, -1)
        failing.finish()
    failing.cancel()
    assert -1 not in done
