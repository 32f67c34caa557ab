"""Days, weeks and months that a report is about, and what each is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from community_metrics.metrics.entries import Text

Kind = Literal["day", "week", "month"]
KINDS: tuple[Kind, ...] = ("day", "week", "month")

_DAY = timedelta(days=1)
_WEEKDAYS = (
    *(Text("周一", "Monday"), Text("周二", "Tuesday"), Text("周三", "Wednesday"), Text("周四", "Thursday")),
    *(Text("周五", "Friday"), Text("周六", "Saturday"), Text("周日", "Sunday")),
)


@dataclass(frozen=True, order=True)
class Period:
    """The business dates `first` to `last`, both in it."""

    kind: Kind
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return list(dates(self.first, self.last))

    @property
    def previous(self) -> Period:
        """The one that ends where this one begins."""
        last = self.first - _DAY
        if self.kind == "month":
            return Period("month", last.replace(day=1), last)
        return Period(self.kind, self.first - (self.last - self.first) - _DAY, last)

    @property
    def comparisons(self) -> list[Comparison]:
        """What it is held against: the period before and, for a day, the same weekday a week earlier."""
        found = [Comparison("previous", self.previous)]
        if self.kind == "day":
            week_before = self.first - 7 * _DAY
            found.append(Comparison("same_weekday", Period("day", week_before, week_before)))
        return found

    @property
    def name(self) -> Text:
        """`2026-11-01 周日`, `2026-10-26 至 2026-11-01`, `2026-10`."""
        if self.kind == "day":
            weekday = _WEEKDAYS[self.first.weekday()]
            return Text(f"{self.first} {weekday.zh}", f"{weekday.en} {self.first}")
        if self.kind == "week":
            return Text(f"{self.first} 至 {self.last}", f"{self.first} to {self.last}")
        return Text(f"{self.first.year} 年 {self.first.month} 月", f"{self.first:%Y-%m}")


@dataclass(frozen=True)
class Comparison:
    """A period that another one is held against, and why it is this one."""

    reason: Literal["previous", "same_weekday"]
    period: Period


def period_of(kind: Kind, day: date, week_start: str) -> Period:
    """The day, week or month that `day` lies in; `week_start`: monday or sunday."""
    if kind == "day":
        return Period(kind, day, day)
    if kind == "week":
        first = day - _DAY * ((day.weekday() + (1 if week_start == "sunday" else 0)) % 7)
        return Period(kind, first, first + 6 * _DAY)
    first = day.replace(day=1)
    return Period(kind, first, (first + 31 * _DAY).replace(day=1) - _DAY)


def dates(first: date, last: date) -> Iterator[date]:
    """All from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + number * _DAY
