"""Events as three suppliers deliver them: the mini-program weekly, the WeCom vendor weekly in GBK, the Discord bot every three weeks.

Deliveries are not clean: a few rows come a week late, the last rows of a week come again with the next, some rows stand twice in
one file, one file carries corrections of an earlier week, and two rows are broken on purpose (`BROKEN_ROWS`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa

from . import rhythm
from .activity import Event, EventStory
from .formats import Cell, csv_bytes, json_lines_bytes, parquet_bytes
from .people import CORP, MINI_PROGRAM
from .story import ExportFile, Story

APP_COLUMNS = (
    "event_id", "occurred_at", "platform", "account_id", "member_id", "id_kind", "community_id", "event_type", "actor_type",
    "content_id", "campaign_id", "properties", "updated_at", "is_deleted",
)  # fmt: skip
# `msg_length` is the vendor's own: an unknown column that the pipeline keeps.
VENDOR_COLUMNS = (
    "event_id", "occurred_at", "platform", "account_id", "community_id", "member_id", "id_kind", "event_type", "actor_type",
    "msg_length", "updated_at", "is_deleted",
)  # fmt: skip
PARQUET_WEEK = 3
PARQUET_TYPES = {
    name: pa.timestamp("us", tz="UTC") if name.endswith("_at") else pa.bool_() if name == "is_deleted" else pa.string()
    for name in APP_COLUMNS
}
REPEATED_TAIL = 12
REPEATED_WITHIN = 4
BROKEN_ROWS = 2


def event_files(story: Story) -> Iterator[ExportFile]:
    for week in range(rhythm.WEEKS):
        day = rhythm.export_day(week)
        stamp = f"{day.isocalendar().year}-W{day.isocalendar().week - 1:02d}"
        app_rows = _delivery(story.events["miniprogram"], week)
        if week == PARQUET_WEEK:
            content = parquet_bytes(PARQUET_TYPES, [_typed_row(event) for event in app_rows])
            yield ExportFile("events", MINI_PROGRAM, day, f"app_events_{stamp}.parquet", content)
        else:
            rows = [_app_row(event) for event in app_rows]
            if week == 1:
                rows.insert(100, {**rows[100], "event_id": "mi-broken-1", "occurred_at": "2026-13-45 25:61:00"})
            yield ExportFile("events", MINI_PROGRAM, day, f"app_events_{stamp}.csv", csv_bytes(APP_COLUMNS, rows, "utf-8-sig"))
        rows = [_vendor_row(event) for event in _delivery(story.events["wecom"], week)]
        if week == 5:
            rows.insert(50, {**rows[50], "event_id": "we-broken-1", "member_id": ""})
        yield ExportFile("events", CORP, day, f"scrm_{stamp}.csv", csv_bytes(VENDOR_COLUMNS, rows, "gb18030"))
    for last_week in (2, 5, 8):
        weeks = [event for week in range(last_week - 2, last_week + 1) for event in _delivery(story.events["discord"], week)]
        yield ExportFile(
            "events", "", rhythm.export_day(last_week), "guild_log.jsonl", json_lines_bytes([_log_row(event) for event in weeks])
        )


def _delivery(story: EventStory, week: int) -> list[Event]:
    """The events in one week's file, in the order of the supplier."""
    own = [event for event in story.told if _file_week(event) == week]
    before = [event for event in story.told if _file_week(event) == week - 1]
    corrections = [event for file_week, event in story.restated if file_week == week]
    return [*before[-REPEATED_TAIL:], *own, *own[:REPEATED_WITHIN], *corrections]


def _file_week(event: Event) -> int:
    """Its own week, or for one event in a hundred the next (it was waiting on a phone without network)."""
    week = rhythm.week_index(event.day)
    is_late = hashlib.sha256(event.event_id.encode()).digest()[0] < 3
    return min(week + 1, rhythm.WEEKS - 1) if is_late else week


def _local(instant: datetime | None) -> str:
    """Local time without an offset: the project's time zone is understood."""
    return "" if instant is None else instant.astimezone(rhythm.ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _app_row(event: Event) -> dict[str, Cell]:
    row: dict[str, Cell] = {name: getattr(event, name) for name in APP_COLUMNS}
    return {**row, "occurred_at": _local(event.occurred_at), "updated_at": _local(event.updated_at), "is_deleted": _flag(event)}


def _typed_row(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in APP_COLUMNS}


def _vendor_row(event: Event) -> dict[str, Cell]:
    row: dict[str, Cell] = {name: getattr(event, name) for name in VENDOR_COLUMNS if name != "msg_length"}
    length = 4 + int(event.event_id[-2:]) if event.event_type in ("message", "reply") else ""
    local = {"occurred_at": _local(event.occurred_at).replace("-", "/"), "updated_at": _local(event.updated_at).replace("-", "/")}
    return {**row, **local, "msg_length": length, "is_deleted": _flag(event)}


def _log_row(event: Event) -> dict[str, Cell]:
    return {
        "event_id": event.event_id,
        "occurred_at": event.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "platform": "Discord",  # the bot capitalises; platforms are compared in lower case
        "member_id": event.member_id,
        "community_id": event.community_id,
        "event_type": event.event_type,
        "actor_type": event.actor_type,
    }


def _flag(event: Event) -> str:
    return "true" if event.is_deleted else ""
