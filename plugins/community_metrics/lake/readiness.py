"""A day of nothing but zeros that was fetched before the platform had counted it is no day of zeros.

Two platforms answer "success" with zeros or with nothing in the early morning and with the figures later the same day. The
template says from what time of the following day its figures can be relied on; the file's own snapshot says when it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.lake.normalising import NormalisedBatch
from community_metrics.lake.repeating import plain
from community_metrics.landing.records import Landing
from community_metrics.sources.grammar import NUMERIC_KINDS
from community_metrics.sources.readers.model import SourceBatch
from community_metrics.sources.registry import SNAPSHOT
from community_metrics.sources.templates import Template

REASON = "not_ready"


def mark_unready(
    template: Template,
    batch: SourceBatch,
    rows: NormalisedBatch,
    landings: Sequence[Landing],
    zone: ZoneInfo,
    places: pa.Int32Array | None = None,
) -> NormalisedBatch:
    """The same rows; those of days that were not ready when the file was made, and that say nothing but zero, have a reason.

    Only where somebody said when the file was made: the moment of landing proves nothing. `places`: of which of the landings
    each row is; None: all are of the first.
    """
    definition = template.stream(batch.stream).definition
    column = definition.date_column
    if template.ready_at is None or column == SNAPSHOT or not len(batch.row_numbers):
        return rows
    if definition.column(column).kind != "date":
        return rows
    counted = [rows.columns[one.name] for one in definition.columns if one.kind in NUMERIC_KINDS and one.name in batch.columns]
    if not counted:
        return rows
    is_zero = reduce(pc.and_, (pc.fill_null(pc.equal(values, "0"), True) for values in counted))
    bounds = pa.array([_first_unready(template.ready_at, template, landing, zone) for landing in landings], pa.string())
    bound = bounds[0] if places is None else bounds.take(places)
    is_early = pc.fill_null(pc.greater_equal(plain(rows.columns[column]), bound), False)
    return rows.refuse(pc.and_(is_zero, is_early), column, REASON)


def _first_unready(ready_at: str, template: Template, landing: Landing, zone: ZoneInfo) -> str | None:
    """The first date whose figures could not be relied on when the file was made; None if nobody says when that was."""
    if not landing.snapshot_is_declared:
        return None
    local: datetime = landing.snapshot_at.astimezone(ZoneInfo(template.zone) if template.zone else zone)
    is_before = local.time() < time.fromisoformat(ready_at)
    return (local.date() - timedelta(days=1 if is_before else 0)).isoformat()
