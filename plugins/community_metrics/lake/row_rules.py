"""What a row must have as a whole, beyond what each of its columns must be."""

from __future__ import annotations

from functools import reduce

import pyarrow.compute as pc

from community_metrics.lake.normalising import NormalisedBatch
from community_metrics.sources.registry import StreamDefinition

REASON = "missing_value"


def require_one_of(definition: StreamDefinition, rows: NormalisedBatch) -> NormalisedBatch:
    """The same rows; those that have a value in none of the stream's `one_of` have a reason."""
    if not definition.one_of:
        return rows
    lacking = reduce(pc.and_, (rows.columns[name].is_null() for name in definition.one_of))
    return rows.refuse(lacking, definition.one_of[0], REASON)
