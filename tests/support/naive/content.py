"""mart_content_daily, mart_content_lifetime, mart_account_daily and dim_content, from daily files and lifetime snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from support.naive.activity import Mart
from support.naive.calendar import ONE_DAY, business_date
from support.naive.records import AccountDay, ContentDay, ContentSnapshot, Landing
from support.naive.versions import in_force, restated_keys

COUNTERS = ("impressions", "reads", "readers", "plays", "views", "likes", "comments", "shares", "sharers", "saves", "savers", "follows")
ACCOUNT_FIGURES = ("followers", "gained", "lost", "reads", "plays", "likes", "comments", "shares")
RATES = ("finish_rate", "average_seconds")


def content_days(landings: Sequence[Landing]) -> list[ContentDay]:
    return in_force(landings, "content_daily", _day_key)


def snapshots(landings: Sequence[Landing]) -> list[ContentSnapshot]:
    return in_force(landings, "creator_content", _day_key)


def account_days(landings: Sequence[Landing]) -> list[AccountDay]:
    return in_force(landings, "account_daily", lambda row: (row.platform, row.account, row.day))


def _day_key(row: ContentDay | ContentSnapshot) -> tuple[str, str, str, date]:
    return (row.platform, row.account, row.content_id, row.day)


def _item(row: ContentDay | ContentSnapshot) -> str:
    return f"{row.platform}:{row.account}:{row.content_id}"


def published_at(snapshot: ContentSnapshot) -> datetime:
    """The console names a day, of China whatever the project's time zone is."""
    return datetime.combine(snapshot.published_on, time(), ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def account_daily(landings: Sequence[Landing]) -> Mart:
    mart: Mart = {}
    for row in account_days(landings):
        figures = dict(row.figures)
        gained, lost = figures.get("gained"), figures.get("lost")
        mart[row.platform, row.account, row.day] = {
            **{name: figures.get(name) for name in ACCOUNT_FIGURES},
            "net": gained - lost if gained is not None and lost is not None else None,
        }
    return mart


def content_daily(landings: Sequence[Landing], timezone: str) -> Mart:
    """What a platform reports of a day is taken as it is; else the day is the difference of two lifetime counters."""
    mart: Mart = {}
    taken = snapshots(landings)
    for item in {_item(row) for row in taken}:
        own = sorted((row for row in taken if _item(row) == item), key=lambda row: row.day)
        totals: dict[str, int] = {}
        for number, row in enumerate(own):
            of_account = sorted({o.day for o in taken if (o.platform, o.account) == (row.platform, row.account) and o.day < row.day})
            mart[item, row.day] = _difference(row, own[number - 1] if number else None, of_account, totals, timezone)
            totals |= dict(row.figures)
    for day in content_days(landings):
        figures = dict(day.figures)
        mart[_item(day), day.day] = {
            "platform": day.platform,
            "account_id": day.account,
            "increment_days": 1,
            **{name: figures.get(name) for name in COUNTERS},
            **{f"{name}_total": None for name in COUNTERS},
            "has_falling_counter": False,
            **{f"reported_{name}": None for name in ("click_rate", *RATES)},
        }
    return mart


def _difference(
    row: ContentSnapshot, before: ContentSnapshot | None, of_account: list[date], totals: dict[str, int], timezone: str
) -> dict[str, Any]:
    published = business_date(published_at(row), timezone)
    if before is not None:
        base: date | None = before.day
    elif of_account and published > of_account[-1]:
        base = of_account[-1]  # It did not exist when the account was last looked at: all of it came since.
    elif published == row.day:
        base = row.day - ONE_DAY
    else:
        base = None
    figures = dict(row.figures)
    increments: dict[str, int | None] = {}
    for name in COUNTERS:
        if name in figures and name in totals:
            increments[name] = figures[name] - totals[name]
        else:
            increments[name] = figures.get(name) if before is None and base is not None else None
    return {
        "platform": row.platform,
        "account_id": row.account,
        "increment_days": (row.day - base) // timedelta(days=1) if base else None,
        **increments,
        **{f"{name}_total": figures.get(name) for name in COUNTERS},
        "has_falling_counter": any(value is not None and value < 0 for value in increments.values()),
        "reported_click_rate": None,
        **{f"reported_{name}": getattr(row, name) for name in RATES},
    }


def content_lifetime(landings: Sequence[Landing]) -> Mart:
    """Lifetime counters as last stated; days are never summed up."""
    mart: Mart = {}
    taken, reported = snapshots(landings), content_days(landings)
    twice = restated_keys(landings, "creator_content", _day_key)
    described = descriptions(landings)
    for item in {_item(row) for row in (*taken, *reported)}:
        own = sorted((row for row in taken if _item(row) == item), key=lambda row: row.day)
        dates = {row.day for row in (*taken, *reported) if _item(row) == item}
        last: dict[str, Any] = {}
        falls = 0
        for row in own:
            falls += any(value < last[name] for name, value in row.figures if name in last)
            last |= dict(row.figures) | {name: value for name in RATES if (value := getattr(row, name)) is not None}
        instants = [instant for _, instant, _ in described[item] if instant]
        platform, account, _ = item.split(":", 2)
        mart[(item,)] = {
            "platform": platform,
            "account_id": account,
            "published_at": instants[-1].replace(tzinfo=None) if instants else None,
            "first_date": min(dates),
            "last_date": max(dates),
            "covered_days": len(dates),
            "first_snapshot_date": own[0].day if own else None,
            "last_snapshot_date": own[-1].day if own else None,
            "snapshots": len(own),
            **{f"{name}_total": last.get(name) for name in COUNTERS},
            "falling_snapshots": falls,
            "has_falling_counter": falls > 0,
            "is_restated": any(_day_key(row) in twice for row in own),
            "reported_click_rate": None,
            **{f"reported_{name}": last.get(name) for name in RATES},
        }
    return mart


def descriptions(landings: Sequence[Landing]) -> dict[str, list[tuple[date, datetime | None, str | None]]]:
    """Per item what it was said to be: (date, published, title), oldest first; of one date a title that sorts lower is believed."""
    found: dict[str, list[tuple[date, datetime | None, str | None]]] = {}
    for row in snapshots(landings):
        found.setdefault(_item(row), []).append((row.day, published_at(row), row.title))
    for day in content_days(landings):
        found.setdefault(_item(day), []).append((day.day, day.published_at, day.title))
    for said in found.values():
        said.sort(key=lambda entry: (entry[0], entry[1] or datetime.min.replace(tzinfo=UTC)))
    return found


def dim_content(landings: Sequence[Landing]) -> Mart:
    mart: Mart = {}
    for item, said in descriptions(landings).items():
        titled = [entry for entry in said if entry[2] is not None]
        newest = max((entry[0] for entry in titled), default=None)
        instants = [instant for _, instant, _ in said if instant]
        platform, account, content_id = item.split(":", 2)
        mart[(item,)] = {
            "platform": platform,
            "account_id": account,
            "content_id": content_id,
            "title": min(str(title) for day, _, title in titled if day == newest) if titled else None,
            "content_kind": None,
            "published_at": instants[-1].replace(tzinfo=None) if instants else None,
            "first_date": said[0][0],
        }
    return mart
