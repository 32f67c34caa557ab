"""The brand's public accounts: daily followers of three of them, and the life of the notes on Xiaohongshu."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from . import rhythm, stream

# Taken late on the evening of these days: the first Monday, then every Sunday.
SNAPSHOT_DAYS = (rhythm.FIRST_DAY, *(rhythm.FIRST_DAY + timedelta(days=6 + 7 * week) for week in range(rhythm.WEEKS)))
SNAPSHOT_HOUR = 22

XIAOHONGSHU_ACCOUNT = "lantern_xhs"
ACCOUNTS = (
    ("wechat_mp", "gh_81f0lantern", 10_480, 34.0, 17.0),
    ("douyin", "lantern_tea", 24_300, 85.0, 48.0),
    ("xiaohongshu", XIAOHONGSHU_ACCOUNT, 6_120, 29.0, 8.0),
)

SUBJECTS = ("白茶", "岩茶", "普洱", "单丛", "茉莉花茶", "冷泡茶", "盖碗", "紫砂壶", "公道杯", "中秋礼盒", "办公室喝茶", "茶点搭配")
TITLES = ("新手怎么选{}", "{}的三个误区", "一个视频看懂{}", "周末来一杯：{}", "{}到底值不值")


@dataclass(frozen=True)
class AccountDay:
    platform: str
    account_id: str
    business_date: date
    followers: int
    gained: int
    lost: int
    reads: int | None
    plays: int | None
    likes: int
    comments: int
    shares: int


@dataclass(frozen=True)
class Note:
    """One note and what it will have collected in the end; `half_life_days` says how fast."""

    title: str
    kind: str
    published_at: datetime
    half_life_days: float
    impressions: int
    views: int
    likes: int
    comments: int
    saves: int
    follows: int
    shares: int
    seconds: int
    danmaku: int

    def reached(self, day: date) -> float:
        """The part of the final counts that is there on the evening of `day`, 0 before publication."""
        age_days = (rhythm.at(day, SNAPSHOT_HOUR) - self.published_at).total_seconds() / 86400
        return 0.0 if age_days <= 0 else 1.0 - 0.5 ** (age_days / self.half_life_days)


@dataclass(frozen=True)
class NoteCounts:
    """One row of a snapshot: lifetime counts, as the creator page shows them."""

    note: Note
    impressions: int
    views: int
    click_rate: float
    likes: int
    comments: int
    saves: int
    follows: int
    shares: int
    seconds: int
    danmaku: int


# The platform took spam likes away from this note (by number) before the snapshot of that day: a lifetime counter that falls.
FALLING_NOTE, FALLING_DAY, FALLEN_LIKES = 4, date(2026, 10, 11), 60


def build_notes() -> list[Note]:
    rng = stream("notes")
    notes = []
    for number in range(38):
        day = date(2026, 8, 12) + timedelta(days=2 * number + rng.randrange(2))
        published_at = rhythm.at(day, rng.choice((7, 12, 18, 20)), rng.randrange(60)) + timedelta(seconds=rng.randrange(60))
        subject = SUBJECTS[9] if rhythm.is_within(day, rhythm.CAMPAIGN_DAYS) else rng.choice(SUBJECTS)
        title = f"{TITLES[number % len(TITLES)].format(subject)}  No.{number + 1}"
        views = round(300 * math.exp(2.2 * rng.random() + 1.5 * rng.random() ** 4))
        notes.append(_note(title, published_at, views, rng))
    return notes


def _note(title: str, published_at: datetime, views: int, rng: random.Random) -> Note:
    def share(low: float, high: float) -> int:
        return round(views * (low + (high - low) * rng.random()))

    kind = rng.choices(("视频", "图文"), weights=(3, 2))[0]
    return Note(
        title=title,
        kind=kind,
        published_at=published_at,
        half_life_days=rng.choice((1.5, 2.5, 5.0, 9.0)),
        impressions=share(4.0, 8.0),
        views=views,
        likes=share(0.02, 0.12),
        comments=share(0.003, 0.02),
        saves=share(0.01, 0.09),
        follows=share(0.001, 0.012),
        shares=share(0.002, 0.015),
        seconds=rng.randrange(8, 46),
        danmaku=share(0.0, 0.003) if kind == "视频" else 0,
    )


def snapshot(notes: list[Note], day: date) -> list[NoteCounts]:
    """The creator page's list on the evening of `day`, newest first."""
    rows = []
    for number, note in enumerate(notes):
        reached = note.reached(day)
        if reached == 0.0:
            continue
        is_fresh = rhythm.at(day, SNAPSHOT_HOUR) - note.published_at < timedelta(hours=24)
        likes = math.floor(note.likes * reached) - (FALLEN_LIKES if number == FALLING_NOTE and day >= FALLING_DAY else 0)
        rows.append(
            NoteCounts(
                note=note,
                # The platform computes these two a day later: 0 for a note of today is not yet known, as in real exports.
                impressions=0 if is_fresh else math.floor(note.impressions * reached),
                click_rate=0.0 if is_fresh else round(0.4 * note.views / note.impressions, 3),
                views=math.floor(note.views * reached),
                likes=max(likes, 0),
                comments=math.floor(note.comments * reached),
                saves=math.floor(note.saves * reached),
                follows=math.floor(note.follows * reached),
                shares=math.floor(note.shares * reached),
                seconds=0 if is_fresh else note.seconds,
                danmaku=math.floor(note.danmaku * reached),
            )
        )
    return sorted(rows, key=lambda row: row.note.published_at, reverse=True)


def build_account_days() -> list[AccountDay]:
    rows = []
    for platform, account_id, before, mean_gained, mean_lost in ACCOUNTS:
        rng = stream(f"{platform} followers")
        followers = before
        for day in rhythm.days():
            factor = rhythm.activity_factor(day)
            gained, lost = rhythm.poisson(rng, mean_gained * factor), rhythm.poisson(rng, mean_lost)
            followers += gained - lost
            audience = round(followers * factor * (0.05 + 0.04 * rng.random()))
            is_video = platform == "douyin"
            rows.append(
                AccountDay(
                    platform=platform,
                    account_id=account_id,
                    business_date=day,
                    followers=followers,
                    gained=gained,
                    lost=lost,
                    reads=None if is_video else audience,
                    plays=audience * 6 if is_video else None,
                    likes=round(audience * (0.03 + 0.03 * rng.random())),
                    comments=round(audience * 0.008 * rng.random()),
                    shares=round(audience * (0.005 + 0.01 * rng.random())),
                )
            )
    return rows
