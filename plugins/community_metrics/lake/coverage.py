"""Up to which business date a landing is complete, per platform account. Never from the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from community_metrics.lake.staging import WrittenStream
from community_metrics.landing.records import Coverage, Landing
from community_metrics.sources.registry import SNAPSHOT, SourceDefinition
from community_metrics.sources.templates import Template


def cover(
    landing: Landing, source: SourceDefinition, template: Template, written: Mapping[str, WrittenStream], snapshot_date: date
) -> list[Coverage]:
    """The declared period; else the day before a declared snapshot (of an observation the day itself); else the last date in
    the file. A list without dates of its own (members, users) says nothing of completeness unless its snapshot is declared,
    and single events say nothing of it ever. A file is complete in what its layout holds: a bill with refunds in it makes a
    day without one a day of none, a list of refunds says nothing of orders."""
    covering = [stream.definition for stream in template.streams if stream.definition.covers]
    declared: date | None = landing.period
    if declared is None and landing.snapshot_is_declared:
        is_observation = all(stream.replaces == "observation" for stream in covering)
        declared = snapshot_date if is_observation else snapshot_date - timedelta(days=1)
    extents: dict[tuple[str, str], tuple[date, date]] = {}
    for stream in source.streams:
        has_dates = stream.date_column != SNAPSHOT or stream.replaces == "observation"
        if stream.name not in written or not stream.covers or not (has_dates or declared):
            continue
        for key, (first, last) in written[stream.name].extent.items():
            if key in extents and not has_dates:
                continue
            known = extents.get(key, (first, last))
            extents[key] = (min(first, known[0]), max(last, known[1]))
    if not extents and declared is not None and covering:
        extents[template.constants.get("platform", ""), landing.account_id] = (declared, declared)
    # One date for the whole file: an account that fell silent before the others is known to be silent.
    until = declared or max((last for _, last in extents.values()), default=None)
    if until is None:
        return []
    of_sources = sorted({stream.known_source for stream in covering})
    return [
        Coverage(*key, first_date=min(first, until), observed_until=until, source=of_source)
        for of_source in of_sources
        for key, (first, _) in sorted(extents.items())
    ]
