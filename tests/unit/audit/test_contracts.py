"""The conditions that the registry's declarations turn into, tried on single values."""

from __future__ import annotations

import duckdb
import pytest

from community_metrics.audit.contracts import not_canonical, not_pseudonyms, required_missing
from community_metrics.sources.registry import TECHNICAL_COLUMNS, ColumnDefinition, Namespace, StreamDefinition, load_streams

TECHNICAL = {
    "_file_sha256": "f" * 64,
    "_row_no": 1,
    "_snapshot_at": "2026-10-12T02:00:00.000000Z",
    "_period_date": "2026-10-10",
    "_account_id": "",
    "_template": "events",
    "_extra": None,
}


def stream_of(column: ColumnDefinition) -> StreamDefinition:
    return StreamDefinition("source", "stream", "rows", "snapshot", (), (column,))


def breaks(condition: str, name: str, value: str | None, **technical: object) -> bool:
    row = {name: value, **TECHNICAL, **technical}
    columns = ", ".join(f'cast(? as {"bigint" if TECHNICAL_COLUMNS.get(key) == "bigint" else "varchar"}) as "{key}"' for key in row)
    found = duckdb.execute(f"select {condition} from (select {columns})", list(row.values())).fetchone()
    assert found is not None
    return bool(found[0])


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("integer", ["0", "12", "-3"], ["1.0", "1e3", "012", "+1", "1,000", "", " 1", "一"]),
        ("decimal", ["0", "-1.25", "0.1"], ["1.50", ".5", "1.", "NaN", "1e2", "0x1"]),
        ("amount", ["8911407.9"], ["8,911,407.9", "¥1"]),
        ("fraction", ["0.123"], ["12.3%"]),
        ("seconds", ["80"], ["1:20"]),
        ("boolean", ["true", "false"], ["True", "1", "yes", ""]),
        ("date", ["2026-10-10"], ["2026-10-1", "2026-02-30", "20261010"]),
        (
            "instant",
            ["2026-10-10T01:02:03.000000Z"],
            ["2026-10-10T01:02:03Z", "2026-10-10 01:02:03.000000Z", "2026-02-30T01:02:03.000000Z"],
        ),
        ("json", ['{"a": "b:c"}', "[]"], ["{a", ""]),
        ("text", ["", "any thing", "=cmd|x"], []),
    ],
)
def test_only_the_canonical_form_of_a_kind_passes(kind: str, right: list[str], wrong: list[str]) -> None:
    condition = not_canonical(stream_of(ColumnDefinition("value", kind)))
    assert [text for text in right if breaks(condition, "value", text)] == []
    assert [text for text in wrong if not breaks(condition, "value", text)] == []
    assert not breaks(condition, "value", None)


def test_a_declared_sign_and_case_are_kept() -> None:
    assert breaks(not_canonical(stream_of(ColumnDefinition("value", "integer", allow_negative=False))), "value", "-1")
    assert breaks(not_canonical(stream_of(ColumnDefinition("value", "text", case="lower"))), "value", "WeChat")


@pytest.mark.parametrize(("column", "value"), [("_period_date", "2026-02-30"), ("_snapshot_at", "2026-10-12")])
def test_the_pipelines_own_dates_must_be_canonical(column: str, value: str) -> None:
    condition = not_canonical(stream_of(ColumnDefinition("value", "text")))
    assert breaks(condition, "value", "x", **{column: value})


def test_required_values_and_the_pipelines_own_columns_must_be_there() -> None:
    condition = required_missing(stream_of(ColumnDefinition("value", "text", required=True)))
    assert breaks(condition, "value", None)
    assert breaks(condition, "value", "")
    assert breaks(condition, "value", "x", _template=None)
    assert not breaks(condition, "value", "x")


@pytest.mark.parametrize(("value", "is_wrong"), [("0123456789abcdef" * 2, False), ("13800138000", True), ("A" * 32, True), (None, False)])
def test_an_identifier_must_be_a_keyed_hash(value: str | None, is_wrong: bool) -> None:
    condition = not_pseudonyms(stream_of(ColumnDefinition("member_id", "id", namespace=Namespace("native"))))
    assert breaks(condition, "member_id", value) is is_wrong


@pytest.mark.parametrize("stream", load_streams(), ids=lambda stream: f"{stream.source}__{stream.name}")
def test_every_stream_of_the_registry_gives_conditions_that_an_empty_lake_answers(stream: StreamDefinition) -> None:
    columns = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in stream.lake_columns.items())
    for condition in (required_missing(stream), not_canonical(stream), not_pseudonyms(stream)):
        assert duckdb.execute(f"select count(*) from (select {columns} where false) where {condition}").fetchone() == (0,)
