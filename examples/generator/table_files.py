"""Orders, refunds, memberships, members, identity links and account figures as mapped files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from . import rhythm, stream
from .commerce import Order, Refund
from .formats import Cell, csv_bytes, xlsx_bytes
from .people import MINI_PROGRAM, Member, Spell
from .publishing import ACCOUNTS, AccountDay
from .story import ExportFile, Story

ORDER_COLUMNS = (
    "order_id", "platform", "account_id", "member_id", "id_kind", "ordered_at", "paid_at", "gross_amount", "currency", "status",
    "transaction_id", "campaign_id", "updated_at",
)  # fmt: skip
REFUND_COLUMNS = ("refund_id", "platform", "account_id", "order_id", "refunded_at", "amount", "currency", "status", "updated_at")
MEMBERSHIP_COLUMNS = (
    "platform", "account_id", "community_id", "member_id", "id_kind", "joined_at", "left_at", "channel", "referrer_member_id", "updated_at",
)  # fmt: skip
MEMBER_COLUMNS = ("platform", "account_id", "member_id", "id_kind", "region", "tags", "actor_type", "created_at", "updated_at")
LINK_COLUMNS = ("platform", "account_id", "member_id", "id_kind", "person_id", "evidence", "status", "updated_at")
ACCOUNT_COLUMNS = (
    "platform",
    "account_id",
    "business_date",
    "followers",
    "gained",
    "lost",
    "reads",
    "plays",
    "likes",
    "comments",
    "shares",
)

WORKBOOK_WEEK = 6  # the shop's back office was down: the team sent the week's orders as a workbook
BROKEN_ORDER_WEEK = 3
REGIONS = ("上海", "杭州", "成都", "广州", "北京", "福州", "武汉")
LINK_DAYS = (date(2026, 9, 14), date(2026, 10, 5), date(2026, 10, 19))


def table_files(story: Story) -> Iterator[ExportFile]:
    for week in range(rhythm.WEEKS):
        day = rhythm.export_day(week)
        yield _order_file(story, week, day)
        refunds = [_refund_row(refund) for refund in story.trade.refunds if rhythm.week_index(refund.day) == week]
        yield ExportFile("refunds", "", day, "refunds.csv", csv_bytes(REFUND_COLUMNS, refunds, "utf-8"))
        spells = list(_membership_rows(story, week))
        yield ExportFile("memberships", "", day, "memberships.csv", csv_bytes(MEMBERSHIP_COLUMNS, spells, "utf-8"))
    yield from _member_files(story)
    yield from _link_files(story)
    yield from _account_files(story)


def _text(instant: datetime | None) -> str:
    return "" if instant is None else instant.astimezone(rhythm.ZONE).isoformat(timespec="seconds")


def _order_file(story: Story, week: int, day: date) -> ExportFile:
    orders = [order for order in story.trade.told if rhythm.week_index(order.day) == week]
    orders += [order for file_week, order in story.trade.corrected if file_week == week]
    rows = [_order_row(order) for order in orders]
    if week == BROKEN_ORDER_WEEK:
        rows.insert(20, {**rows[20], "order_id": "4799999999000000001", "gross_amount": "-128.00"})
    if week == WORKBOOK_WEEK:
        cells: list[list[Cell]] = [list(ORDER_COLUMNS)]
        cells += [[float(str(row[name])) if name == "gross_amount" else row[name] for name in ORDER_COLUMNS] for row in rows]
        content = xlsx_bytes(cells, rhythm.at(day, 9, 12), "shop back office")
        return ExportFile("orders", "", day, "orders.xlsx", content)
    return ExportFile("orders", "", day, "orders.csv", csv_bytes(ORDER_COLUMNS, rows, "utf-8-sig"))


def _order_row(order: Order) -> dict[str, Cell]:
    row: dict[str, Any] = {name: getattr(order, name) for name in ORDER_COLUMNS}
    instants = {name: _text(row[name]) for name in ("ordered_at", "paid_at", "updated_at")}
    return {**row, **instants, "gross_amount": f"{order.gross_amount:.2f}"}


def _refund_row(refund: Refund) -> dict[str, Cell]:
    row: dict[str, Any] = {name: getattr(refund, name) for name in REFUND_COLUMNS if name != "status"}
    instants = {name: _text(row[name]) for name in ("refunded_at", "updated_at")}
    return {**row, **instants, "status": "success", "amount": f"{refund.amount:.2f}"}


def _membership_rows(story: Story, week: int) -> Iterator[dict[str, Cell]]:
    """Who joined or left in that week (the first file also holds everybody from before), as known on its last evening."""
    end = rhythm.at(rhythm.export_day(week), 0)
    begin = rhythm.at(rhythm.FIRST_DAY, 0) - timedelta(days=400) if week == 0 else end - timedelta(days=7)
    changed: list[tuple[datetime, Member, Spell]] = []
    for member in (*story.world.miniprogram, *story.world.discord):
        for spell in member.spells:
            moments = [instant for instant in (spell.joined_at, spell.left_at) if instant is not None and begin <= instant < end]
            if moments:
                changed.append((max(moments), member, spell))
    for updated_at, member, spell in sorted(changed, key=lambda item: (item[0], item[1].member_id, item[2].community.community_id)):
        left_at = spell.left_at if spell.left_at is not None and spell.left_at < end else None
        yield {
            "platform": member.platform,
            "account_id": member.account_id,
            "community_id": spell.community.community_id,
            "member_id": member.member_id,
            "id_kind": member.id_kind,
            "joined_at": _text(spell.joined_at),
            "left_at": _text(left_at),
            "channel": spell.channel,
            "referrer_member_id": spell.referrer_id or "",
            "updated_at": _text(updated_at),
        }


def created_at(member: Member) -> datetime:
    """When the mini-program's account was made: on the day of the first circle or up to three days before."""
    return member.first_joined_at - timedelta(hours=int(member.member_id.encode().hex()[-4:], 16) % 72)


def _member_files(story: Story) -> Iterator[ExportFile]:
    """Records of the mini-program's members, each export holding those made since the last."""
    rng = stream("member records")
    previous = rhythm.at(date(2026, 1, 1), 0)
    records = []
    for member in story.world.miniprogram:
        tags = "|".join(tag for tag in ("新客", "会员日", "礼盒") if rng.random() < 0.2)
        records.append((created_at(member), member, rng.choice(REGIONS), tags))
    for day in (date(2026, 8, 31), date(2026, 10, 5), date(2026, 11, 2)):
        rows: list[dict[str, Cell]] = [
            {
                "platform": member.platform,
                "account_id": member.account_id,
                "member_id": member.member_id,
                "id_kind": member.id_kind,
                "region": region,
                "tags": tags,
                "actor_type": "member",
                "created_at": _text(created),
                "updated_at": _text(created),
            }
            for created, member, region, tags in records
            if previous <= created < rhythm.at(day, 0)
        ]
        previous = rhythm.at(day, 0)
        yield ExportFile("members", MINI_PROGRAM, day, "members.csv", csv_bytes(MEMBER_COLUMNS, rows, "utf-8-sig"))


def _link_files(story: Story) -> Iterator[ExportFile]:
    """The CRM's mapping of WeCom customers to mini-program users; the last file takes one link back."""
    pairs = [story.world.unlinked, *story.world.linked]
    numbered = [(f"crm-{number:05d}", pair) for number, pair in enumerate(pairs, start=1)]
    parts = ((numbered[:60], "linked"), (numbered[60:], "linked"), (numbered[:1], "unlinked"))
    for day, (people, status) in zip(LINK_DAYS, parts, strict=True):
        updated_at = _text(rhythm.at(day, 6))
        rows: list[dict[str, Cell]] = [
            {
                "platform": member.platform,
                "account_id": member.account_id,
                "member_id": member.member_id,
                "id_kind": member.id_kind,
                "person_id": person_id,
                "evidence": "phone_hash",
                "status": status,
                "updated_at": updated_at,
            }
            for person_id, pair in people
            for member in pair
        ]
        yield ExportFile("identity_links", "", day, "identity_links.csv", csv_bytes(LINK_COLUMNS, rows, "utf-8"))


def _account_files(story: Story) -> Iterator[ExportFile]:
    """Every three weeks per account, beginning again two days before the last export ended."""
    for platform, account_id, *_ in ACCOUNTS:
        for last_week in (2, 5, 8):
            day = rhythm.export_day(last_week)
            first = day - timedelta(days=21 + (0 if last_week == 2 else 2))
            own = [row for row in story.account_days if row.platform == platform and first <= row.business_date < day]
            rows = [_account_row(row) for row in own]
            yield ExportFile("account_daily", account_id, day, f"{platform}_daily.csv", csv_bytes(ACCOUNT_COLUMNS, rows, "utf-8-sig"))


def _account_row(account_day: AccountDay) -> dict[str, Cell]:
    row: dict[str, Any] = {name: getattr(account_day, name) for name in ACCOUNT_COLUMNS}
    # The 公众号 page writes thousands separators, and a dash where it reports nothing.
    numbers = {name: "-" if value is None else f"{value:,}" for name, value in row.items() if name not in ACCOUNT_COLUMNS[:3]}
    return {**row, **numbers, "business_date": str(account_day.business_date)}
