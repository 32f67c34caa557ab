"""When things happen: the nine weeks, the week's and the day's shape, the campaign and the holiday."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(2026, 8, 31)
LAST_DAY = date(2026, 11, 1)
WEEKS = 9

CAMPAIGN = "midautumn-2026"
CAMPAIGN_DAYS = (date(2026, 9, 18), date(2026, 9, 27))
HOLIDAY_DAYS = (date(2026, 10, 1), date(2026, 10, 7))

WEEKDAY_FACTORS = (1.0, 0.95, 1.0, 1.05, 1.2, 0.9, 0.8)
# Index = local hour: little at night, a lunch peak, the evening the strongest.
SHANGHAI_HOURS = (2, 1, 1, 0.5, 0.5, 1, 3, 6, 9, 11, 12, 12, 16, 12, 9, 9, 10, 11, 12, 16, 21, 22, 15, 7)
# Members abroad, seen from Shanghai: Europe's and America's days fall into the evening and the night.
ABROAD_HOURS = (12, 11, 9, 7, 5, 4, 3, 3, 4, 5, 5, 5, 5, 6, 8, 11, 13, 14, 15, 16, 17, 17, 15, 13)


def days(first: date = FIRST_DAY, last: date = LAST_DAY) -> Iterator[date]:
    """Every date from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def is_within(day: date, period: tuple[date, date]) -> bool:
    return period[0] <= day <= period[1]


def activity_factor(day: date) -> float:
    """How busy a day is: weekday, campaign and holiday together; an ordinary Monday is 1."""
    factor = WEEKDAY_FACTORS[day.weekday()]
    if is_within(day, CAMPAIGN_DAYS):
        factor *= 1.5
    if is_within(day, HOLIDAY_DAYS):
        factor *= 0.7
    return factor


def week_index(day: date) -> int:
    """0 for the first exported week; negative before it."""
    return (day - FIRST_DAY).days // 7


def export_day(week: int) -> date:
    """The Monday on which the export of a week is taken."""
    return FIRST_DAY + timedelta(days=7 * (week + 1))


def moment(rng: random.Random, day: date, hours: Sequence[float] = SHANGHAI_HOURS) -> datetime:
    """An instant of that local day, in UTC, to the second."""
    hour = rng.choices(range(24), weights=hours)[0]
    local = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), tzinfo=ZONE)
    return local.astimezone(UTC)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A named local time of a day, in UTC."""
    return datetime.combine(day, time(hour, minute), tzinfo=ZONE).astimezone(UTC)


def local_date(instant: datetime) -> date:
    return instant.astimezone(ZONE).date()


def poisson(rng: random.Random, mean: float) -> int:
    """A count with that mean (Knuth's method: fine for the small means of these examples)."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def exponential(rng: random.Random, mean: float) -> float:
    return -mean * math.log(1.0 - rng.random())
