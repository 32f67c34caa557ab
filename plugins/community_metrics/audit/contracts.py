"""What the lake promises of a stream's columns, as SQL: the source registry says it once, the sources gate asks for it.

Each function gives a condition that is true for a row that breaks the promise. Suites write it as `{required_missing}`,
`{not_canonical}` and `{not_pseudonyms}`.
"""

from __future__ import annotations

from collections.abc import Iterable

from community_metrics.sources.registry import ColumnDefinition, StreamDefinition

_WHOLE = "-?(0|[1-9][0-9]*)"
_DECIMAL = _WHOLE + "([.][0-9]*[1-9])?"
_FORMATS = {
    "integer": _WHOLE,
    "decimal": _DECIMAL,
    "fraction": _DECIMAL,
    "seconds": _DECIMAL,
    "amount": _DECIMAL,
    "boolean": "true|false",
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "instant": "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z",
}
_TYPES = {"date": "date", "instant": "timestamp"}
_PSEUDONYM = "[0-9a-f]{32}"
_TECHNICAL = ("_file_sha256", "_row_no", "_snapshot_at", "_period_date", "_template")


def conditions(stream: StreamDefinition) -> dict[str, str]:
    """The placeholders of a source suite for one stream."""
    return {
        "required_missing": required_missing(stream),
        "not_canonical": not_canonical(stream),
        "not_pseudonyms": not_pseudonyms(stream),
    }


def required_missing(stream: StreamDefinition) -> str:
    """A required value or one of the pipeline's own columns is missing."""
    required = [f"{_name(column)} is null or {_name(column)} = ''" for column in stream.stored_columns if column.required]
    return _any([*required, *(f"{name} is null" for name in _TECHNICAL)])


def not_canonical(stream: StreamDefinition) -> str:
    """A value is not written in the one form of its kind, so that the warehouse could not read it or would read it differently."""
    return _any(
        condition
        for column in (*stream.stored_columns, ColumnDefinition("_snapshot_at", "instant"), ColumnDefinition("_period_date", "date"))
        for condition in _column_conditions(column)
    )


def not_pseudonyms(stream: StreamDefinition) -> str:
    """An identifier of a person is not a keyed hash."""
    return _any(
        f"not regexp_full_match({_name(column)}, '{_PSEUDONYM}')" for column in stream.stored_columns if column.namespace is not None
    )


def _column_conditions(column: ColumnDefinition) -> Iterable[str]:
    name = _name(column)
    if column.kind in _FORMATS:
        yield f"not regexp_full_match({name}, '{_FORMATS[column.kind]}')"
    if column.kind in _TYPES:
        yield f"({name} is not null and try_cast({name} as {_TYPES[column.kind]}) is null)"
    if column.kind == "json":
        yield f"not json_valid({name})"
    if not column.allow_negative:
        yield f"{name} like '-%'"
    if column.case:
        yield f"{name} <> {column.case}({name})"


def _name(column: ColumnDefinition) -> str:
    return f'"{column.name}"'


def _any(parts: Iterable[str]) -> str:
    return "(" + (" or ".join(parts) or "false") + ")"
