"""Dates and instants as exports write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from community_metrics.sources.grammar.model import ColumnType, ValueProblem

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
END = datetime(2101, 1, 1, tzinfo=UTC)
"""No community platform has data before 2000; a date outside [EARLIEST, END) is a wrong unit or a placeholder."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_CHARACTERS = 64

_TIME = (
    r"(?P<hour>[0-9]{1,2})(?:"
    r":(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"|时(?P<cn_minute>[0-9]{1,2})分(?:(?P<cn_second>[0-9]{1,2})秒)?)"
)
_OFFSET = r"(?P<offset>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)"
_GENERAL = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})(?P<gap>[Tt]|\s+)?"
    r"|年(?P<cn_month>[0-9]{1,2})月(?P<cn_day>[0-9]{1,2})日(?P<cn_gap>\s*))"
    rf"(?:{_TIME}\s*{_OFFSET}?)?"
)
_COMPACT = re.compile(r"(?P<date>[0-9]{8})(?:[T ]?(?P<time>[0-9]{6})(?:\.(?P<fraction>[0-9]{1,9}))?(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
# Tue, 11 Jul 2026 12:00:00 +0800 (mail), Tue Jul 11 12:00:00 +0800 2026 (Weibo)
_MAIL = re.compile(
    r"(?:[A-Za-z]{3},\s*)?(?P<day>[0-9]{1,2}) (?P<month>[A-Za-z]{3}) (?P<year>[0-9]{4}) "
    rf"{_CLOCK} (?P<offset>[+-][0-9]{{4}}|GMT|UTC|Z)"
)
_WEIBO = re.compile(
    rf"[A-Za-z]{{3}} (?P<month>[A-Za-z]{{3}}) +(?P<day>[0-9]{{1,2}}) {_CLOCK} (?P<offset>[+-][0-9]{{4}}) (?P<year>[0-9]{{4}})"
)
_UNIX = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?")


def parse_instant(token: str, column: ColumnType) -> datetime:
    """A token (guards off, half-width, no null token) as aware UTC instant, cut to microseconds.

    Without an offset it is local time of `column.zone`; of two equal local times (clocks set back) it is the first.
    A date alone is its midnight. Raises `ValueProblem`: not_a_date, implausible_date.
    """
    if column.unit is not None:
        return _unix_instant(token, column.unit)
    moment = _parse(token, column.formats)
    try:
        instant = (moment if moment.tzinfo else moment.replace(tzinfo=_zone(column.zone))).astimezone(UTC)
    except OverflowError as error:
        raise ValueProblem("implausible_date", token) from error
    if not EARLIEST <= instant < END:
        raise ValueProblem("implausible_date", token)
    return instant


def parse_date(token: str, column: ColumnType) -> date:
    """A token as calendar date; of a local date and time its date, of an instant (with offset or unix time) the date in
    `column.zone`."""
    moment = _unix_instant(token, column.unit) if column.unit is not None else _parse(token, column.formats)
    try:
        day = (moment.astimezone(_zone(column.zone)) if moment.tzinfo else moment).date()
    except OverflowError as error:
        raise ValueProblem("implausible_date", token) from error
    if not EARLIEST.date() <= day < END.date():
        raise ValueProblem("implausible_date", token)
    return day


def instant_text(instant: datetime) -> str:
    """The canonical text of an aware instant: UTC, always with microseconds.

    >>> instant_text(datetime(2026, 6, 1, tzinfo=UTC))
    '2026-06-01T00:00:00.000000Z'
    """
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _unix_instant(token: str, unit: str) -> datetime:
    seconds_per_unit = Decimal(1) if unit == "unix_seconds" else Decimal("0.001")
    if not _UNIX.fullmatch(token):
        raise ValueProblem("not_a_date", token)
    microseconds = int(Decimal(token) * seconds_per_unit * 1_000_000)
    if microseconds >= (END - _EPOCH) // timedelta(microseconds=1):
        raise ValueProblem("implausible_date", token)
    instant = _EPOCH + timedelta(microseconds=microseconds)
    if instant < EARLIEST:
        raise ValueProblem("implausible_date", token)
    return instant


def _parse(token: str, formats: tuple[str, ...]) -> datetime:
    """A datetime, aware only if the token has an offset."""
    if len(token) > _MAX_CHARACTERS:
        raise ValueProblem("not_a_date", token)
    for declared in formats:
        try:
            return datetime.strptime(token, declared)
        except ValueError:
            continue
    for pattern, build in ((_GENERAL, _from_general), (_COMPACT, _from_compact), (_MAIL, _from_named_month), (_WEIBO, _from_named_month)):
        if match := pattern.fullmatch(token):
            try:
                return build(match)
            except ValueError as error:
                raise ValueProblem("not_a_date", token) from error
    raise ValueProblem("not_a_date", token)


def _from_general(match: re.Match[str]) -> datetime:
    if match["mark"] and bool(match["gap"]) != bool(match["hour"]):
        raise ValueError("date and time need one separator")
    return datetime(
        int(match["year"]),
        int(match["month"] or match["cn_month"]),
        int(match["day"] or match["cn_day"]),
        int(match["hour"] or 0),
        int(match["minute"] or match["cn_minute"] or 0),
        int(match["second"] or match["cn_second"] or 0),
        _microseconds(match["fraction"]),
        tzinfo=_offset(match["offset"]),
    )


def _from_compact(match: re.Match[str]) -> datetime:
    day, clock = match["date"], match["time"] or "000000"
    parts = (day[:4], day[4:6], day[6:], clock[:2], clock[2:4], clock[4:])
    year, month, day_of_month, hour, minute, second = (int(part) for part in parts)
    return datetime(year, month, day_of_month, hour, minute, second, _microseconds(match["fraction"]), tzinfo=_offset(match["offset"]))


def _from_named_month(match: re.Match[str]) -> datetime:
    month = _MONTHS.index(match["month"].lower()) + 1
    year, day, hour, minute, second = (int(match[part]) for part in ("year", "day", "hour", "minute", "second"))
    return datetime(year, month, day, hour, minute, second, tzinfo=_offset(match["offset"]))


def _microseconds(fraction: str | None) -> int:
    return int(fraction[:6].ljust(6, "0")) if fraction else 0


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if minutes > 59:
        raise ValueError("an offset has no more than 59 minutes")
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
