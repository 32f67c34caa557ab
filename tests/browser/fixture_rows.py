"""The rows of the fixture release, by formulas: every mart's generator yields its rows in the order of its columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

LAST_DAY = date(2026, 5, 31)
FIRST_DAY = LAST_DAY - timedelta(days=83)
ORDERS_LAST_DAY = LAST_DAY - timedelta(days=2)
HOSTILE_NAME = "</script><img src=x onerror=\"document.title='owned'\">"

COMMUNITIES = (
    # key, platform, name, size, activity, listed
    ("wecom:corp1:g-readers", "wecom", "城市读书会 · 上海", 486, 0.34, True),
    ("wecom:corp1:g-vip", "wecom", "会员福利一群", 498, 0.27, True),
    ("wecom:corp1:g-run", "wecom", "晨跑打卡营", 211, 0.46, True),
    ("slack:T01:C-general", "slack", "general", 324, 0.22, False),
    ("slack:T01:C-help", "slack", HOSTILE_NAME, 158, 0.31, False),
    ("discord:guild9:ch-lounge", "discord", "lounge ☕", 640, 0.19, False),
)
PLATFORMS = ("wecom", "slack", "discord")
CHANNELS = (("organic", "自然流量", "Organic"), ("referral", "裂变", "Referral"), ("paid", "付费投放", "Paid"), ("kol", "达人", "KOL"))
SOURCES = (
    ("wecom_groups", "corp1"),
    ("chat_export", "T01"),
    ("events", "guild9"),
    ("orders", "shop1"),
    ("refunds", "shop1"),
    ("creator_content", "xhs-01"),
)


@dataclass(frozen=True)
class Scope:
    """`share` scales the community's formulas; `seed` shifts them so that scopes differ."""

    kind: str
    name: str
    size: float
    activity: float
    seed: int
    listed: bool


def scopes() -> list[Scope]:
    communities = [
        Scope("community", key, size, activity, number + 3, listed)
        for number, (key, _, _, size, activity, listed) in enumerate(COMMUNITIES)
    ]
    result = [Scope("all", "all", 2_204, 0.27, 1, True)]
    for number, platform in enumerate(PLATFORMS):
        own = [scope for scope in communities if scope.name.startswith(platform)]
        result.append(
            Scope(
                "platform",
                platform,
                sum(scope.size for scope in own) * 0.97,
                sum(s.activity for s in own) / len(own),
                20 + number,
                platform == "wecom",
            )
        )
    result += communities
    result += [
        Scope("channel", name, 2_204 * share, 0.2 + share / 4, 40 + number, True)
        for number, ((name, _, _), share) in enumerate(zip(CHANNELS, (0.46, 0.28, 0.17, 0.09), strict=True))
    ]
    return result


def days() -> list[date]:
    return [FIRST_DAY + timedelta(days=number) for number in range(84)]


def noise(*parts: float) -> float:
    """A number in [0, 1) that depends on `parts` only."""
    value = math.sin(sum((index + 1) * 12.9898 * part for index, part in enumerate(parts))) * 43758.5453
    return value - math.floor(value)


def growth_rows() -> Iterator[tuple[Any, ...]]:
    for scope in scopes():
        members = round(scope.size * 0.72)
        for number, day in enumerate(days()):
            campaign = 2.6 if 40 <= number <= 44 else 1.0
            new = round(scope.size * 0.0072 * campaign * (0.6 + noise(number, scope.seed)))
            rejoined = round(new * 0.06)
            left = round(scope.size * 0.0038 * (0.5 + noise(number, scope.seed, 5)) * (1.7 if 47 <= number <= 52 else 1))
            members += new + rejoined - left
            listed = scope.listed or number >= 20
            reported = (round(new * 1.04), left, members + 3) if scope.kind == "platform" and scope.name == "wecom" else (None, None, None)
            yield (
                day,
                scope.kind,
                scope.name,
                new + rejoined + round(new * 0.1),
                left + 1,
                left // 2,
                new,
                rejoined,
                left,
                members if listed else None,
                *reported,
            )


def activity_of(scope: Scope, number: int) -> int:
    weekend = 0.78 if days()[number].weekday() >= 5 else 1.0
    campaign = 1.35 if 40 <= number <= 46 else 1.0
    return round(scope.size * scope.activity * 0.42 * weekend * campaign * (0.85 + 0.3 * noise(number, scope.seed, 2)) * (1 + number / 400))


def activity_rows() -> Iterator[tuple[Any, ...]]:
    for scope in scopes():
        for number, day in enumerate(days()):
            missing = scope.name == "slack:T01:C-general" and 60 <= number <= 62
            if missing:
                yield (day, scope.kind, scope.name, *([None] * 14))
                continue
            dau = activity_of(scope, number)
            wau, mau28, mau30 = round(dau * 2.1), round(dau * 3.4), round(dau * 3.5)
            messages = round(dau * (3.2 + noise(number, scope.seed, 9)))
            present = round(scope.size * (0.75 + number / 400)) if scope.listed else None
            active_present = min(dau, present) if present else None
            top10 = round(messages * 0.38)
            yield (
                *(day, scope.kind, scope.name, dau, wau, mau28, mau30, dau / mau30 if mau30 else None),
                *(round(dau * 0.61), messages, round(dau * 4.9), present, active_present, active_present / present if present else None),
                *(top10, top10 / messages if messages else None, 0.61),
            )


def hourly_rows() -> Iterator[tuple[Any, ...]]:
    for scope in scopes():
        for number, day in enumerate(days()):
            for hour in range(24):
                evening = math.exp(-((hour - 21) ** 2) / 8) * 1.0
                noon = math.exp(-((hour - 12.5) ** 2) / 5) * 0.6
                morning = math.exp(-((hour - 8) ** 2) / 3) * (0.5 if day.weekday() < 5 else 0.1)
                events = round(
                    activity_of(scope, number) * 0.7 * (evening + noon + morning) * (0.8 + 0.4 * noise(hour, number, scope.seed))
                )
                if events:
                    yield (day, hour, scope.kind, scope.name, events, max(1, round(events * 0.4)))


def period_starts(grain: str) -> list[date]:
    if grain == "day":
        return days()
    starts = {day - timedelta(days=day.weekday()) if grain == "week" else day.replace(day=1) for day in days()}
    return sorted(starts)


def period_end(grain: str, start: date) -> date:
    if grain == "day":
        return start
    if grain == "week":
        return start + timedelta(days=6)
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def lifecycle_rows() -> Iterator[tuple[Any, ...]]:
    factor = {"day": 0.42, "week": 0.95, "month": 1.6}
    for scope in scopes():
        for grain in ("day", "week", "month"):
            previous = None
            for number, start in enumerate(period_starts(grain)):
                active = round(scope.size * scope.activity * factor[grain] * (0.8 + 0.4 * noise(number, scope.seed, len(grain))))
                new = round(active * 0.14)
                if previous is None:
                    retained, resurrected, dormant = 0, active - new, None
                else:
                    retained = min(round(active * 0.68), previous)
                    resurrected, dormant = active - new - retained, previous - retained
                # The last week and month end after the last known day only when they are cut by it: here by two days.
                complete = period_end(grain, start) <= LAST_DAY - timedelta(days=2) or grain == "day"
                yield (
                    grain,
                    start,
                    scope.kind,
                    scope.name,
                    active,
                    new,
                    retained,
                    resurrected,
                    dormant,
                    (new + resurrected) / dormant if dormant else None,
                    complete,
                )
                previous = active


FUNNELS = {
    "join_to_purchase": (("Joined", "入群"), ("Spoke", "发言"), ("Bought", "下单")),
    "first_week": (("Joined", "入群"), ("Spoke", "发言"), ("Checked in", "打卡")),
}


def funnel_rows() -> Iterator[tuple[Any, ...]]:
    """Every funnel over all time and for one day; a fifth of the members may still get further."""
    for scope in scopes():
        for definition, steps in FUNNELS.items():
            if definition == "join_to_purchase" and scope.kind == "community":
                continue
            for grain, period, size in (("all", "2000-01-01", round(scope.size)), ("day", str(LAST_DAY), max(1, round(scope.size / 50)))):
                eligible = round(size * 0.8)
                before: int | None = None
                for index, (name, name_zh) in enumerate(steps, start=1):
                    reached, over = round(size * 0.45 ** (index - 1)), round(eligible * 0.5 ** (index - 1))
                    seconds = None if index == 1 or reached == 0 else 90.0 * 60**index / 7
                    key = (definition, grain, period, index, scope.kind, scope.name, name, name_zh)
                    from_previous = None if not before else over / before
                    from_start = over / eligible if eligible else None
                    counts = (size, 0, max(reached, over), eligible, over, before)
                    yield (*key, *counts, from_previous, from_start, seconds, seconds, False, False)
                    before = over


RETENTION_LEVEL = {"member": 0.46, "activity": 0.58, "purchase": 0.17, "membership": 0.93}


def retention_rows() -> Iterator[tuple[Any, ...]]:
    horizon = {"day": 30, "week": 11, "month": 2}
    for scope in scopes():
        for definition, level in RETENTION_LEVEL.items():
            if definition == "purchase" and scope.kind == "community":
                continue
            for grain in ("day", "week", "month"):
                starts = period_starts(grain)[-40:]
                for number, start in enumerate(starts):
                    cohort = max(
                        1,
                        round(scope.size * {"day": 0.007, "week": 0.05, "month": 0.2}[grain] * (0.7 + 0.6 * noise(number, scope.seed, 7))),
                    )
                    for index in range(min(len(starts) - number, horizon[grain] + 1)):
                        last = period_end(grain, starts[number + index])
                        mature = last <= LAST_DAY - timedelta(days=3)
                        rate = (
                            1.0
                            if index == 0
                            else level * (0.55 + 0.45 / math.sqrt(index)) * (0.85 + 0.3 * noise(number, index, scope.seed))
                        )
                        retained = cohort if index == 0 else min(cohort, round(cohort * rate * (1 if mature else 0.35)))
                        within = cohort if index == 0 else min(cohort, round(cohort * min(1.0, rate * (1 + index * 0.08))))
                        rolling = cohort if index == 0 else max(retained, min(cohort, round(cohort * rate * 1.2)))
                        eligible = cohort if mature else 0
                        rolling_mature = mature and number + index < len(starts) - 2
                        yield (
                            *(
                                definition,
                                grain,
                                start,
                                index,
                                scope.kind,
                                scope.name,
                                cohort,
                                eligible,
                                retained,
                                retained if mature else 0,
                                rolling,
                                within,
                            ),
                            *(
                                retained / cohort if mature else None,
                                rolling / cohort if rolling_mature else None,
                                within / cohort if mature else None,
                            ),
                            *(mature, rolling_mature),
                        )


def conversion_rows() -> Iterator[tuple[Any, ...]]:
    for scope in scopes():
        if scope.kind == "community":
            continue
        for currency, weight in (("CNY", 1.0), ("USD", 0.12)):
            for number, day in enumerate(days()):
                if day > ORDERS_LAST_DAY:
                    continue
                dau = activity_of(scope, number)
                payers = round(scope.size * 0.012 * weight * (0.5 + noise(number, scope.seed, 11)) * (2.2 if 40 <= number <= 43 else 1))
                orders = round(payers * 1.15)
                gross = round(orders * (86.4 + 40 * noise(number, scope.seed, 13)), 2)
                refunds = round(gross * 0.04, 2) if number % 4 == 1 else 0.0
                present = round(scope.size * 0.8) if scope.listed else None
                first = round(payers * 0.55)
                yield (
                    *(
                        day,
                        currency,
                        scope.kind,
                        scope.name,
                        payers,
                        orders,
                        gross,
                        refunds,
                        round(gross - refunds, 2),
                        1 if refunds else 0,
                    ),
                    *(gross / orders if orders else None, (gross - refunds) / payers if payers else None, first, payers - first),
                    *(min(payers, dau), dau, min(payers, dau) / dau if dau else None),
                    *(min(payers, present) if present else None, present, min(payers, present) / present if present else None),
                )


def repurchase_rows() -> Iterator[tuple[Any, ...]]:
    for scope in scopes():
        if scope.kind == "community":
            continue
        for grain in ("day", "week", "month"):
            for number, start in enumerate(period_starts(grain)):
                if start > ORDERS_LAST_DAY:
                    continue
                cohort = max(
                    1, round(scope.size * {"day": 0.004, "week": 0.03, "month": 0.12}[grain] * (0.7 + 0.6 * noise(number, scope.seed, 17)))
                )
                for horizon in (7, 14, 30, 60, 90, 180, 365):
                    mature = period_end(grain, start) + timedelta(days=horizon) <= ORDERS_LAST_DAY
                    eligible = cohort if mature else 0
                    again = round(cohort * 0.36 * (1 - math.exp(-horizon / 40)) * (1 if mature else 0.4))
                    yield (
                        grain,
                        start,
                        horizon,
                        scope.kind,
                        scope.name,
                        cohort,
                        again,
                        eligible,
                        again if mature else 0,
                        again / cohort if mature else None,
                        mature,
                    )


MEASURES = ("impressions", "reads", "plays", "views", "likes", "comments", "shares", "saves", "follows")
TITLES = (
    "换季收纳，一次讲清楚",
    "晨跑第 21 天，我学会了慢",
    "读书会书单（五月）",
    "会员日攻略 | 三分钟看完",
    HOSTILE_NAME,
    "How we plan a month of events",
    "新手礼包怎么领",
)


def content_rows() -> Iterator[tuple[Any, ...]]:
    for number in range(len(TITLES)):
        published = FIRST_DAY + timedelta(days=9 * number + 5)
        totals = [0] * len(MEASURES)
        for day in days():
            if day <= published:
                continue
            age = (day - published).days
            reads = round(900 * (1 + number % 3) * math.exp(-age / 9) * (0.7 + 0.6 * noise(age, number)))
            increments: list[int | None] = [reads * 6, reads, None, None, reads // 14, reads // 60, reads // 80, reads // 30, reads // 150]
            totals = [total + (increment or 0) for total, increment in zip(totals, increments, strict=True)]
            shown = [total if increment is not None else None for total, increment in zip(totals, increments, strict=True)]
            yield (f"xiaohongshu:xhs-01:note{number}", day, "xiaohongshu", "xhs-01", 1, *increments, *shown, False, 0.081, None, 21.5)


def account_rows() -> Iterator[tuple[Any, ...]]:
    for seed, (platform, account, base) in enumerate((("wechat_mp", "gh_reading", 48_210), ("xiaohongshu", "xhs-01", 12_870))):
        followers = base
        for number, day in enumerate(days()):
            gained, lost = round(90 * (0.5 + noise(number, seed, 3))), round(38 * (0.5 + noise(number, seed, 4)))
            followers += gained - lost
            reads = round(2_100 * (0.6 + noise(number, seed, 6))) if platform == "wechat_mp" else None
            yield (platform, account, day, followers, gained, lost, gained - lost, reads, None, None, None, None)


def status_rows() -> Iterator[tuple[Any, ...]]:
    for seed, (source, account) in enumerate(SOURCES):
        for number, day in enumerate(days()):
            late = day > ORDERS_LAST_DAY and source in ("orders", "refunds")
            missing = (source == "chat_export" and 60 <= number <= 62) or late
            expected = not (source == "creator_content" and number < 12)
            received = expected and not missing
            accepted = round(400 * (0.6 + noise(number, seed))) if received else 0
            held = 1 if source == "events" and number == 70 else 0
            complete = received and not held
            restated = int(source == "orders" and 50 <= number <= 54)
            quarantined = 7 if source == "orders" and number in (33, 34) else 0
            kept_until = day + timedelta(days=30) if source == "creator_content" else None
            is_late = late and expected
            yield (source, account, day, expected, received, complete, is_late, restated, accepted, quarantined, held, kept_until)


def dimension_rows() -> dict[str, list[tuple[Any, ...]]]:
    return {
        "dim_community": [
            (key, platform, key.split(":")[1], key.split(":")[2], name, FIRST_DAY, FIRST_DAY) for key, platform, name, *_ in COMMUNITIES
        ],
        "dim_content": [
            (
                f"xiaohongshu:xhs-01:note{number}",
                "xiaohongshu",
                "xhs-01",
                f"note{number}",
                title,
                "note",
                FIRST_DAY + timedelta(days=9 * number + 5),
                FIRST_DAY,
            )
            for number, title in enumerate(TITLES)
        ],
        "dim_channel": [(name, english, chinese) for name, chinese, english in CHANNELS],
    }
