"""The digest: what it must not see (order, run) and what it must (every value)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community_metrics.releases.digest import RowsHash, combine, digest_database, digest_parquet, digest_relation, hash_partitions
from community_metrics.releases.marts import columns_of


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def digest_of(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    connection.execute(f"create or replace table probe as {query}")
    return digest_relation(connection, "probe", "mart_probe").digest


def test_the_order_of_rows_does_not_matter(connection: duckdb.DuckDBPyConnection) -> None:
    rows = "select i as day, i / 7.0::double as rate, 's' || i as scope from range(5000) t(i)"
    assert digest_of(connection, rows) == digest_of(connection, f"{rows} order by hash(i)")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select null::varchar as a", "select '' as a"),
        ("select null::varchar as a", "select 'n' as a"),
        ("select null::varchar as a, 'x' as b", "select 'x' as a, null::varchar as b"),
        ("select 'a|vb' as a, 'c' as b", "select 'a' as a, 'b|vc' as b"),
        ("select 'a\\' as a, 'b' as b", "select 'a' as a, '\\b' as b"),
        ("select 'a|' as a", "select 'a\\|' as a"),
        ("select 1 as a", "select 1 as b"),
        ("select 1 as a", "select '1' as a"),
        ("select 1.50::decimal(18,2) as a", "select 1.51::decimal(18,2) as a"),
        ("select 1 as a", "select 1 as a union all select 1"),
        ("select date '2026-01-01' as a", "select date '2026-01-02' as a"),
        ("select 0.25::double as a", "select 0.2500000000001::double as a"),
        ("select null::double as a", "select 'nan'::double as a"),
        ("select ['a', 'b'] as a", "select ['a, b'] as a"),
        ("select true as a", "select false as a"),
    ],
)
def test_values_that_differ_give_another_digest(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    assert digest_of(connection, one) != digest_of(connection, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "select (0.1 + 0.2)::double as a union all select 0.1::double + 0.2::double",
            "select 0.3::double as a union all select 0.3::double",
        ),
        ("select case when range = 0 then -0.0::double end as a from range(1)", "select 0.0::double as a"),
        ("select 7::integer as a", "select 7::bigint as a"),
        ("select timestamptz '2026-01-01 08:00:00+08' as a", "select timestamptz '2026-01-01 00:00:00+00' as a"),
    ],
)
def test_one_value_written_in_two_ways_gives_one_digest(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    assert digest_of(connection, one) == digest_of(connection, other)


def test_the_zone_of_whoever_looks_does_not_matter(connection: duckdb.DuckDBPyConnection) -> None:
    instant = "select timestamptz '2026-01-01 00:00:00+00' as a"
    connection.execute("set TimeZone = 'Asia/Shanghai'")
    in_shanghai = digest_of(connection, instant)
    connection.execute("set TimeZone = 'UTC'")
    assert digest_of(connection, instant) == in_shanghai


def test_the_digest_of_known_rows_is_what_plain_python_gives(connection: duckdb.DuckDBPyConnection) -> None:
    """Releases of today must verify in years: this only changes together with a decision to break that."""
    query = (
        "select date '2026-01-01' as business_date, 'a|b' as scope_id, 3::bigint as dau, 0.5::double as stickiness, null::varchar as note"
        " union all select date '2026-01-02', '', 4, 1 / 3.0::double, 'x'"
    )
    hashes = [
        int.from_bytes(hashlib.md5(row).digest(), "little")
        for row in (rb"v2026-01-01|va\|b|v3|v0.5|n", rb"v2026-01-02|v|v4|v0.333333333333333|vx")
    ]
    header = "business_date:date,scope_id:varchar,dau:integer,stickiness:double,note:varchar"
    sums = f"{sum(hash >> 64 for hash in hashes)}\n{sum(hash % 2**64 for hash in hashes)}"
    assert digest_of(connection, query) == hashlib.sha256(f"mart_probe\n{header}\n2\n{sums}\n".encode()).hexdigest()


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(*(st.none() | st.text(r"a|\vn社", max_size=5) for _ in range(2)), st.none() | st.integers(-5, 5)), min_size=1))
def test_rows_of_any_texts_are_hashed_as_plain_python_hashes_them(rows: list[tuple[str | None, str | None, int | None]]) -> None:
    def cell(value: object) -> str:
        return "n" if value is None else "v" + str(value).replace("\\", "\\\\").replace("|", "\\|")

    texts = ["|".join(cell(value) for value in row).encode() for row in rows]
    hashes = [int.from_bytes(hashlib.md5(text).digest(), "little") for text in texts]
    with duckdb.connect() as opened:
        opened.execute("create table probe (a varchar, b varchar, c bigint)")
        opened.executemany("insert into probe values (?, ?, ?)", rows)
        found = hash_partitions(opened, "probe", columns_of(opened, "probe"))[None]
    assert found == RowsHash(len(rows), sum(hash >> 64 for hash in hashes), sum(hash % 2**64 for hash in hashes))


def test_an_empty_mart_has_a_digest(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table probe (a integer)")
    digest = digest_relation(connection, "probe", "mart_probe")
    assert digest.rows == 0
    assert len(digest.digest) == 64


def test_partitions_add_up_to_the_whole(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table probe as select date '2026-01-01' + (i % 7)::integer as day, i from range(1000) t(i)")
    columns = columns_of(connection, "probe")
    parts = hash_partitions(connection, "probe", columns, "day")
    assert len(parts) == 7
    assert sorted(part.rows for part in parts.values())[0] == 142
    assert combine("mart_probe", columns, parts.values()) == digest_relation(connection, "probe", "mart_probe")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.none() | st.text(max_size=5), st.none() | st.integers(-5, 5)), max_size=8), st.randoms())
def test_equal_multisets_and_only_these_have_equal_digests(rows: list[tuple[str | None, int | None]], random) -> None:  # type: ignore[no-untyped-def]
    def digest(content: list[tuple[str | None, int | None]]) -> str:
        with duckdb.connect() as opened:
            opened.execute("create table probe (a varchar, b bigint)")
            if content:
                opened.executemany("insert into probe values (?, ?)", content)
            return digest_relation(opened, "probe", "mart_probe").digest

    shuffled = random.sample(rows, len(rows))
    assert digest(shuffled) == digest(rows)
    assert digest([*rows, ("another", 99)]) != digest(rows)


def test_parquet_and_database_of_one_mart_agree(tmp_path: Path) -> None:
    database, parquet = tmp_path / "warehouse.duckdb", tmp_path / "mart_[odd]*.parquet"
    with duckdb.connect(str(database)) as opened:
        opened.execute("create schema marts")
        opened.execute(
            """create table marts.mart_probe as
            select date '2026-01-01' + i::integer as d, i::bigint as n, i / 3.0::double as r, (i / 100.0)::decimal(18,2) as amount,
                   case when i % 2 = 0 then '社群|' || i end as label, i % 3 = 0 as flag, timestamptz '2026-01-01 00:00:00+08' as at
            from range(100) t(i)"""
        )
        opened.execute(f"copy marts.mart_probe to '{parquet}' (format parquet, compression zstd)")
    assert digest_database(database) == [digest_parquet(parquet, "mart_probe")]
