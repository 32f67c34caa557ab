"""Rows of the input contracts as files: the same rows may be written in many ways."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from support.naive.records import Event, Landing, Link, MemberRecord, Membership, NativeId, Order, Record, Refund


@dataclass(frozen=True)
class Style:
    """How a file is written: csv or jsonl, and its instants in UTC, with an offset, or local without one."""

    form: str = "csv"
    instants: str = "utc"
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True)
class ExportFile:
    """A file that somebody lands, with what they declare about it."""

    name: str
    source: str
    rows: tuple[Record, ...]
    content: bytes
    snapshot_at: datetime | None = None
    period: date | None = None
    account: str | None = None

    def landing(self, order: int) -> Landing:
        return Landing(self.source, self.rows, hashlib.sha256(self.content).hexdigest(), self.snapshot_at, self.period, order)


def export_file(
    name: str, source: str, rows: Iterable[Record], style: Style, snapshot_at: datetime | None = None, period: date | None = None
) -> ExportFile:
    rows = tuple(rows)
    return ExportFile(f"{name}.{style.form}", source, rows, render([_cells(row) for row in rows], style), snapshot_at, period)


def render(rows: Sequence[dict[str, Any]], style: Style) -> bytes:
    texts = [{name: _text(value, style) for name, value in row.items() if value is not None} for row in rows]
    if style.form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in texts).encode()
    names = list(dict.fromkeys(name for row in rows for name in row))
    handle = io.StringIO()
    writer = csv.DictWriter(handle, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(texts)
    return handle.getvalue().encode("utf-8-sig" if style.instants == "offset" else "utf-8")


def _text(value: Any, style: Style) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, datetime):
        return str(value)
    if style.instants == "utc":
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    local = value.astimezone(ZoneInfo(style.timezone))
    return local.isoformat() if style.instants == "offset" else local.replace(tzinfo=None).isoformat(sep=" ")


def _member(member: NativeId) -> dict[str, Any]:
    return {"platform": member.platform, "account_id": member.account or None, "member_id": member.id, "id_kind": member.kind}


def _cells(row: Record) -> dict[str, Any]:
    match row:
        case Event():
            cells = {
                "event_id": row.event_id,
                "occurred_at": row.occurred_at,
                **_member(row.member),
                "community_id": row.community,
                "event_type": row.event_type,
                "actor_type": row.actor_type,
                "content_id": row.content,
                "campaign_id": row.campaign,
                "value": row.value,
                "properties": row.properties,
            }
        case Membership():
            cells = {
                **_member(row.member),
                "community_id": row.community,
                "joined_at": row.joined_at,
                "left_at": row.left_at,
                "channel": row.channel,
                "referrer_member_id": row.referrer,
            }
        case MemberRecord():
            cells = {
                **_member(row.member),
                "actor_type": row.actor_type,
                "created_at": row.created_at,
                "first_seen_at": row.first_seen_at,
            }
        case Link():
            cells = {**_member(row.member), "person_id": row.person, "status": row.status}
        case Order():
            cells = {
                "order_id": row.order_id,
                **_member(row.member),
                "paid_at": row.paid_at,
                "gross_amount": row.amount,
                "currency": row.currency,
                "status": row.status,
            }
        case Refund():
            cells = {
                "refund_id": row.refund_id,
                "platform": row.platform,
                "account_id": row.account or None,
                "order_id": row.order_id,
                "refunded_at": row.refunded_at,
                "amount": row.amount,
                "currency": row.currency,
            }
        case _:
            raise TypeError(type(row))
    return {**cells, "updated_at": row.updated_at, "is_deleted": row.is_deleted or None}
