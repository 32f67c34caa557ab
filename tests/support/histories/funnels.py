"""Declared funnels for generated histories, and the definition files that declare them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from support.naive.records import Funnel, FunnelEvent

UNITS = (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))

JOIN, PURCHASE, ACTIVITY = FunnelEvent("join"), FunnelEvent("purchase"), FunnelEvent("activity")
MESSAGE, REPLY, REACTION, CHECK_IN = (FunnelEvent(name) for name in ("message", "reply", "reaction", "check_in"))

# What a history without special fields has: few, because every build of every law test makes them.
FUNNELS = (
    Funnel("join_to_purchase", ((JOIN,), (MESSAGE, REPLY), (PURCHASE,)), timedelta(days=20)),
    Funnel("twice_and_reply", ((MESSAGE,), (MESSAGE,), (REPLY,)), timedelta(days=9), exclusions=((1, 3, CHECK_IN),)),
    Funnel("strictly", ((ACTIVITY,), (MESSAGE,), (ACTIVITY,)), timedelta(days=12), "strict"),
    Funnel("whichever", ((JOIN,), (MESSAGE,), (ACTIVITY,)), timedelta(hours=60), "unordered"),
)


def write_funnels(folder: Path, funnels: Iterable[Funnel]) -> None:
    """The four files of funnels in a definitions folder. Equal filters share a name."""
    filters: dict[tuple[tuple[str, str, str], ...], str] = {}

    def named(event: FunnelEvent) -> str:
        return filters.setdefault(event.filter, f"filter {len(filters) + 1}") if event.filter else ""

    rows: dict[str, list[Sequence[object]]] = {
        "funnel_definitions": [("definition", "name_en", "name_zh", "window_length", "window_unit", "step_order")],
        "funnel_steps": [("definition", "step_index", "name_en", "name_zh", "event", "event_filter")],
        "funnel_exclusions": [("definition", "from_step", "to_step", "event", "event_filter")],
        "event_filters": [("event_filter", "field", "operator", "value")],
    }
    for funnel in funnels:
        seconds = int(funnel.window / timedelta(seconds=1))
        unit, size = next((unit, size) for unit, size in UNITS if seconds % size == 0)
        rows["funnel_definitions"].append((funnel.name, funnel.name, funnel.name, seconds // size, unit, funnel.order))
        for index, (events, names) in enumerate(zip(funnel.steps, funnel.names, strict=True), start=1):
            rows["funnel_steps"] += [(funnel.name, index, *names, event.event, named(event)) for event in events]
        rows["funnel_exclusions"] += [(funnel.name, first, last, event.event, named(event)) for first, last, event in funnel.exclusions]
    rows["event_filters"] += [(name, *condition) for conditions, name in filters.items() for condition in conditions]
    for file, lines in rows.items():
        with (folder / f"{file}.csv").open("w", newline="", encoding="utf-8") as handle:
            csv.writer(handle, lineterminator="\n").writerows(lines)
