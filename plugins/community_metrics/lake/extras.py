"""Undeclared columns: kept beside the declared ones as JSON, unless they look personal."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from community_metrics.sources.personal import looks_personal
from community_metrics.sources.readers.model import Drift

MAX_EXTRA_COLUMNS = 200


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
