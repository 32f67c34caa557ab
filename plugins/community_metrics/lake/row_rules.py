"""What a row must have as a whole, beyond what each of its columns must be."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.normalising import NormalisedBatch
from community_metrics.sources.registry import StreamDefinition

REASON = "missing_value"


def require_one_of(definition: StreamDefinition, rows: NormalisedBatch) -> NormalisedBatch:
    """The same rows; those that have a value in none of the stream's `one_of` have a reason."""
    if not definition.one_of:
        return rows
    lacking = reduce(pc.and_, (rows.columns[name].is_null() for name in definition.one_of))
    bad = pc.and_(lacking, rows.reasons.is_null())
    if not pc.any(bad, min_count=0).as_py():
        return rows
    return replace(
        rows,
        reasons=pc.if_else(bad, pa.scalar(REASON), rows.reasons),
        bad_columns=pc.if_else(bad, pa.scalar(definition.one_of[0]), rows.bad_columns),
    )
