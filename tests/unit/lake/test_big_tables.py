"""What makes big tables fast means the same as what it stands for: hashes, dates, dictionaries, files by date, sorted rows."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
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
from community_metrics.lake.repeating import Met, constant, distinct, plain, spread
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


def test_a_column_that_goes_on_is_hashed_as_if_it_were_new() -> None:
    hashed, met = Pseudonymiser(b"key"), Met()
    for ids in (["u1", "u2", "u1"], ["u2", "u3", "u1", "u4"], ["u9"], ["u1", None, "u3", "u9"]):
        values, places = met.places(pa.array(ids, pa.string()))
        column = spread(values, places, were=values)
        count = len(ids)
        found = hashed.hash_ids(constant("x", count), constant("", count), constant("native", count), column)
        assert found.to_pylist() == [one and hmac.digest(b"key", f"x\x1f\x1fnative\x1f{one}".encode(), "sha256")[:16].hex() for one in ids]


@settings(max_examples=200, deadline=None)
@given(batches=st.lists(st.lists(_short, min_size=1, max_size=6), max_size=5), repeats=st.sampled_from([1, 20]))
def test_values_met_before_spread_again_are_the_column(batches: list[list[str | None]], repeats: int) -> None:
    met = Met()
    for batch in batches:
        column = pa.array(batch * repeats, pa.string())
        values, places = met.places(column)
        assert len(values.unique()) == len(values) <= len(column) + len(set(batch))
        assert values.take(places).to_pylist() == plain(spread(values, places, were=values)).to_pylist() == column.to_pylist()


@settings(max_examples=100, deadline=None)
@given(values=st.lists(_short, min_size=3, max_size=3))
def test_duckdb_names_a_row_by_its_content_as_python_does(values: list[str | None]) -> None:
    rows = pa.table({name: pa.array([value], pa.string()) for name, value in zip("abc", values, strict=True)})  # noqa: F841
    with duckdb.connect() as connection:
        found = connection.execute(f"select {hashing.content_hash_sql(['a', 'b', 'c'])} from rows").fetchall()
    assert found == [(hashing.content_hash(values),)]


def test_what_names_a_row_is_what_it_says_and_not_when_it_was_changed() -> None:
    assert hashing.content_hash(["e1", None, "1"]) == hashlib.md5(b"e1\x1f\x1e\x1f1").hexdigest()
    assert not {"updated_at", "event_id_is_derived"} & set(hashing.content_columns(EVENTS))
    assert {"event_id", "member_id", "value", "is_deleted"} < set(hashing.content_columns(EVENTS))


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


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu"])
def test_business_dates_of_rows_by_time_are_the_local_ones(zone: str) -> None:
    begin = datetime(2026, 11, 6, 14, tzinfo=UTC)
    moments = [(begin + timedelta(seconds=7 * row)).strftime("%Y-%m-%dT%H:%M:%S.000000Z") for row in range(6_000)]
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
    keys = intake.rows("events/events", "event_id, event_id_is_derived, *")
    same: dict[str, int] = {}
    names = ["event_id", "event_id_is_derived", *EVENTS.lake_columns]
    for row in keys[:60]:
        cells = dict(zip(names, row, strict=True)) | {"event_id": None}
        content = hashing.content_hash(cells[name] for name in hashing.content_columns(EVENTS))
        same[content] = same.get(content, 0) + 1
        assert row[:2] == (f"h:{content}:{same[content]}", "true")
    assert [row[:2] for row in keys[60:]] == [(f"e{row}", None) for row in range(10)]


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
