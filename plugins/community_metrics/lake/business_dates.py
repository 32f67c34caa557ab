"""The business date of each row: the lake's partition."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.repeating import TextColumn, constant, distinct, encoded, spread
from community_metrics.sources.grammar.columns_of_bytes import same_begin
from community_metrics.sources.registry import SNAPSHOT, StreamDefinition

_HOUR, _MINUTE = len("2026-06-01T10"), len("2026-06-01T10:20")
_LEAST_ROWS, _LEAST_NEIGHBOURS = 1_000, 4


def business_dates(stream: StreamDefinition, column: TextColumn | None, count: int, zone: str, snapshot_date: date) -> pa.DictionaryArray:
    """`YYYY-MM-DD` of each row. `column`: the stream's date column in canonical text; None where it has none of its own."""
    if stream.date_column == SNAPSHOT or column is None:
        dates = constant(snapshot_date.isoformat(), count)
    elif stream.column(stream.date_column).kind == "date":
        dates = column
    else:
        dates = _local_dates(column, zone)
    if dates.null_count:
        raise AssertionError(f"{dates.null_count} accepted rows of {stream.name} have no business date")
    return encoded(dates)


def _local_dates(instants: TextColumn, zone: str) -> TextColumn:
    # Whole hours, of which there are few, unless one has a midnight in it, as in zones that are half an hour off.
    values, places = _stretched(instants)
    for length in (_HOUR, _MINUTE):
        stretches = pc.utf8_slice_codeunits(values, 0, length).dictionary_encode()
        spans = [_dates_of(text, zone) for text in stretches.dictionary.to_pylist()]
        if length == _MINUTE or all(first == last for first, last in spans):
            break
    dates = pa.array([first for first, _ in spans], pa.string()).take(stretches.indices)
    return spread(dates, places)


def _stretched(instants: TextColumn) -> tuple[pa.StringArray, pa.Int32Array | None]:
    """`distinct`, or where neighbours mostly share their minute, one value for all neighbours that do."""
    values, places = distinct(instants)
    if places is not None or len(values) < _LEAST_ROWS or values.null_count:
        return values, places
    minutes = same_begin(values, _MINUTE)
    if minutes is None or len(minutes) * _LEAST_NEIGHBOURS > len(values):
        return values, None
    sizes = np.diff(minutes, append=len(values))
    return values.take(pa.array(minutes)), pa.array(np.repeat(np.arange(len(minutes), dtype=np.int32), sizes))


@lru_cache(maxsize=100_000)
def _dates_of(stretch: str, zone: str) -> tuple[str, str]:
    """The local dates at the first and at the last moment of an hour or a minute in UTC."""
    begin = datetime.fromisoformat(stretch + (":00" if len(stretch) == _HOUR else "") + "+00:00")
    length = timedelta(hours=1) if len(stretch) == _HOUR else timedelta(minutes=1)
    first, last = (moment.astimezone(ZoneInfo(zone)).date().isoformat() for moment in (begin, begin + length - timedelta.resolution))
    return first, last
