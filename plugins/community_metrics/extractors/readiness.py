"""Telling a day without activity from a day that the platform has not computed yet.

Both arrive as "success with zeros" or as an empty list. The decision, with its reasons, stands in `docs/decisions.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from community_metrics.extractors.failures import NotReadyError

SETTLED_AFTER = timedelta(hours=48)
LOOKS_AT_QUIET = 3
LOOKS_AT_ACTIVE = 6


@dataclass(frozen=True)
class Observation:
    """What one page says of one day: whether any of its figures is not zero."""

    day: date
    is_active: bool


@dataclass(frozen=True)
class Readiness:
    """When figures of a date can be believed.

    `not_before`: local time of the following day. `zeros`: `believed` (the platform says itself when it is not ready),
    `confirmed` (after several looks) or `impossible` (a stock that stood above zero does not vanish).
    """

    not_before: time = time(0, 10)
    zeros: str = "believed"

    def ready_at(self, business_date: date, zone: ZoneInfo) -> datetime:
        return datetime.combine(business_date + timedelta(days=1), self.not_before, zone)


@dataclass(frozen=True)
class Waits:
    """How long to wait between two looks, in seconds."""

    not_ready: float = 3600.0
    settled: float = 60.0


def refuse_too_early(readiness: Readiness, business_date: date, now: datetime, zone: ZoneInfo, where: str) -> None:
    """Raises `NotReadyError` before the hour that the platform states."""
    ready_at = readiness.ready_at(business_date, zone)
    if now < ready_at:
        local = ready_at.astimezone(zone)
        raise NotReadyError(
            f"figures of {business_date} are not asked for before {local:%Y-%m-%d %H:%M}",
            where,
            "nothing has to be done",
            (ready_at - now).total_seconds() + 5,
            counts=False,
        )


def judge_zeros(
    readiness: Readiness,
    business_date: date,
    observations: Iterable[Observation],
    looks: int,
    now: datetime,
    zone: ZoneInfo,
    where: str,
    waits: Waits,
) -> None:
    """Raises `NotReadyError` while zeros of the business date are not to be believed. `looks`: how many pulls have said so,
    this one included.

    One figure that is not zero makes all of the date ready: the platform computes a date for everybody together.
    """
    if readiness.zeros == "believed":
        return
    active = dict.fromkeys((business_date,), False)
    for observation in observations:
        active[observation.day] = active.get(observation.day, False) or observation.is_active
    if active[business_date]:
        return
    settled = now >= readiness.ready_at(business_date, zone) + SETTLED_AFTER
    was_active = any(is_active for day, is_active in active.items() if day < business_date)
    if readiness.zeros == "confirmed" or not was_active:
        wanted = LOOKS_AT_ACTIVE if was_active and not settled else LOOKS_AT_QUIET
        if looks >= wanted:
            return
    raise NotReadyError(
        f"everything is zero or missing on {business_date}, which the platform also says of days that it has not computed",
        where,
        "it is asked again later; the days that the next run pulls again include this one",
        waits.settled if settled else waits.not_ready,
    )
