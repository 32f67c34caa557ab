"""Undeclared columns: kept beside the declared ones as JSON, unless they look personal."""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.repeating import distinct
from community_metrics.sources.personal import looks_personal
from community_metrics.sources.readers.model import Drift

MAX_EXTRA_COLUMNS = 200

_TO_ESCAPE = r'["\\\x00-\x1f\x7f]'


def keep_extras(unknown: Mapping[str, pa.StringArray], drift: Drift) -> dict[str, pa.StringArray]:
    """Those undeclared columns that may leave the landing; what becomes of each is noted in `drift`."""
    kept: dict[str, pa.StringArray] = {}
    for header, values in unknown.items():
        if looks_personal(header):
            drift.dropped.add(header)
        elif len(kept) < MAX_EXTRA_COLUMNS:
            drift.unknown.add(header)
            kept[header] = values
        else:
            drift.warnings["too_many_columns"] = f"of the undeclared columns only the first {MAX_EXTRA_COLUMNS} are kept"
    return kept


def extras_as_json(connection: duckdb.DuckDBPyConnection, extras: Mapping[str, pa.StringArray], count: int) -> pa.StringArray:
    """One JSON object per row with the values that are there, in the order of the file; null where there are none."""
    if not extras or not count:
        return pa.nulls(count, pa.string())
    if len(extras) == 1:
        [(header, column)] = extras.items()
        values, places = distinct(column)
        objects = _plain_objects({header: values})
        return _by_duckdb(connection, extras) if objects is None else objects if places is None else objects.take(places)
    objects = _plain_objects(extras)
    return _by_duckdb(connection, extras) if objects is None else objects


def _plain_objects(extras: Mapping[str, pa.StringArray]) -> pa.StringArray | None:
    """None if a header or a value has a character that JSON writes in another way."""
    members = []
    for header, values in extras.items():
        if re.search(_TO_ESCAPE, header) or pc.any(pc.match_substring_regex(values, _TO_ESCAPE)).as_py():
            return None
        pairs = pc.binary_join_element_wise(f',"{header}":"', values, '"', "")
        members.append(pc.if_else(pc.greater(pc.binary_length(values), 0), pairs, ""))
    inside = pc.binary_join_element_wise(*members, "", null_handling="replace", null_replacement="")
    objects = pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(inside, 1), "}", "")
    return pc.if_else(pc.equal(pc.binary_length(inside), 0), pa.scalar(None, pa.string()), objects)


def _by_duckdb(connection: duckdb.DuckDBPyConnection, extras: Mapping[str, pa.StringArray]) -> pa.StringArray:
    table = pa.table({f"c{index}": values for index, values in enumerate(extras.values())})
    pairs = ", ".join(f"{_literal(header)}, nullif(c{index}, '')" for index, header in enumerate(extras))
    connection.register("extras", table)
    try:
        # A merge into the empty object takes off the keys without a value.
        query = f"select nullif(cast(json_merge_patch('{{}}', json_object({pairs})) as varchar), '{{}}') as extra from extras"
        return connection.execute(query).to_arrow_table().column("extra").combine_chunks()
    finally:
        connection.unregister("extras")


def _literal(text: str) -> str:
    return "'" + text.replace("\x00", "").replace("'", "''") + "'"
