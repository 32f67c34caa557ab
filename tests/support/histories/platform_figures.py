"""Bills, groups and chats of one corporation, and what the platforms say of them themselves: as records, and as the files they land in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from support.histories.files import ExportFile

ZONE = ZoneInfo("Asia/Shanghai")
MERCHANT, CORPORATION = "1900000109", "ww1"
FIRST = date(2026, 6, 1)
LENGTH = 7
# Lists and messages are complete to the sixth day. The platform's figures end a day later, and the last two were asked for too early.
KNOWN_UNTIL, FINAL_UNTIL = FIRST + timedelta(days=5), FIRST + timedelta(days=4)
_BILL = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


@dataclass(frozen=True)
class Line:
    """A line of a bill. `buyer` None: nobody can say whose it is. `refund`: the line pays `amount` back."""

    minute: int
    order: str
    amount: Decimal
    buyer: str | None = "o-ann"
    refund: str | None = None
    is_revoked: bool = False
    is_processing: bool = False
    transaction: str | None = None
    currency: str = "CNY"


@dataclass(frozen=True)
class Bill:
    """All lines of one day. `made`: which of the day's bills it is; `rounding`: by how much its own sum of orders is above them."""

    day: date
    lines: tuple[Line, ...]
    made: int = 0
    rounding: Decimal = Decimal(0)

    @property
    def snapshot_at(self) -> datetime:
        return datetime.combine(self.day + timedelta(days=1), time(2 + self.made), UTC)


@dataclass(frozen=True)
class MappedOrder:
    """An order out of a mapped file, which is newer than any bill. `platform` is `shop` or `wechat_pay`."""

    platform: str
    order: str
    day: date
    amount: Decimal
    buyer: str = "o-ann"
    transaction: str | None = None
    is_deleted: bool = False


@dataclass(frozen=True)
class Stay:
    """`group` None: the row is put aside."""

    member: str
    group: str | None
    joined: date
    left: date | None = None


@dataclass(frozen=True)
class Message:
    """`kind` None: the row is put aside."""

    member: str
    group: str | None
    day: date
    kind: str | None = "message"


@dataclass(frozen=True)
class GroupDay:
    """What the platform counts, of everybody (`owner` None) or of the groups of one owner."""

    day: date
    owner: str | None = None
    chats: int | None = None
    chats_with_messages: int | None = None
    members: int | None = None
    messages: int | None = None


@dataclass
class PlatformHistory:
    """`actors`: id -> staff, bot or test, of buyers (`o-...`) and of members; `links`: member -> person."""

    bills: list[Bill] = field(default_factory=list)
    orders: list[MappedOrder] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    figures: list[GroupDay] = field(default_factory=list)
    followers: dict[date, int] = field(default_factory=dict)
    actors: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def files(self) -> list[ExportFile]:
        return list(self._files())

    def _files(self) -> Iterator[ExportFile]:
        for bill in self.bills:
            yield ExportFile(f"bill-{bill.day}-{bill.made}.csv", "orders", (), bill_file(bill).encode(), bill.snapshot_at)
        rows = [
            (
                *(row.platform, MERCHANT, row.order, row.buyer, "openid", f"{row.day} 12:00:00", row.amount, "CNY", "paid"),
                *(row.transaction or "", "2026-07-01 00:00:00", "true" if row.is_deleted else ""),
            )
            for row in self.orders
        ]
        names = "platform,account_id,order_id,member_id,id_kind,paid_at,gross_amount,currency,status,transaction_id,updated_at,is_deleted"
        yield from _mapped("orders", "orders", names, rows, FIRST + timedelta(days=LENGTH))
        stays = [
            ("wecom", CORPORATION, s.group or "", s.member, f"{s.joined} 09:00:00", f"{s.left} 10:00:00" if s.left else "")
            for s in self.stays
        ]
        yield from _mapped("memberships", "stays", "platform,account_id,community_id,member_id,joined_at,left_at", stays, KNOWN_UNTIL)
        said = [
            (f"e{number}", f"{m.day} 20:00:00", "wecom", CORPORATION, m.member, m.group or "", m.kind or "")
            for number, m in enumerate(self.messages)
        ]
        yield from _mapped(
            "events", "events", "event_id,occurred_at,platform,account_id,member_id,community_id,event_type", said, KNOWN_UNTIL
        )
        records = [
            (*(("wechat_pay", MERCHANT, who, "openid") if who.startswith("o-") else ("wecom", CORPORATION, who, "native")), kind)
            for who, kind in self.actors.items()
        ]
        yield from _mapped("members", "records", "platform,account_id,member_id,id_kind,actor_type", records, KNOWN_UNTIL)
        joined = [("wecom", CORPORATION, member, person) for member, person in self.links.items()]
        yield from _mapped("identity_links", "links", "platform,account_id,member_id,person_id", joined, KNOWN_UNTIL)
        for owned in (False, True):
            figures = [f for f in self.figures if (f.owner is not None) == owned]
            rows = [(f.day, f.owner or "", f.chats, f.chats_with_messages, f.members, f.messages) for f in figures]
            header = "日期,群主账号,群聊总数,有过消息的群聊数,群成员总数,群消息总数"
            if rows:
                lines = [",".join("" if cell is None else str(cell) for cell in (row if owned else (row[0], *row[2:]))) for row in rows]
                content = "\n".join([header if owned else header.replace("群主账号,", ""), *lines]) + "\n"
                yield ExportFile(f"groups-{owned}.csv", "wecom_stats", (), content.encode(), None, FINAL_UNTIL, CORPORATION)
        counted = [("wecom", CORPORATION, day, count) for day, count in self.followers.items()]
        yield from _mapped("account_daily", "followers", "platform,account_id,business_date,followers", counted, FINAL_UNTIL)


def _mapped(source: str, name: str, header: str, rows: Iterable[tuple[object, ...]], period: date) -> Iterator[ExportFile]:
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    if lines:
        # Lists are dated by their snapshot: one that the clock would date is no history.
        snapshot = datetime.combine(period + timedelta(days=1), time(1), UTC)
        yield ExportFile(f"{name}.csv", source, (), ("\n".join([header, *lines]) + "\n").encode(), snapshot, period, CORPORATION)


def bill_file(bill: Bill) -> str:
    rows = [_bill_line(bill.day, line) for line in bill.lines]
    paid = sum((line.amount for line in bill.lines if line.refund is None), Decimal(0)) + bill.rounding
    back = sum((line.amount for line in bill.lines if line.refund is not None), Decimal(0))
    totals = f"`{len(rows)},`{paid},`{back},`0.00,`0.00000,`{paid},`{back}"
    return "\r\n".join([_BILL, *rows, _TOTALS, totals, ""])


def _bill_line(day: date, line: Line) -> str:
    at = f"{day} {line.minute // 60:02d}:{line.minute % 60:02d}:00"
    status = "REVOKED" if line.is_revoked else "SUCCESS" if line.refund is None else "REFUND"
    paid, back = (line.amount, "0.00") if line.refund is None else ("0.00", line.amount)
    outcome = "" if line.refund is None else "PROCESSING" if line.is_processing else "SUCCESS"
    transaction = line.transaction or f"42{line.order}"
    cells = [
        at,
        "wx1",
        MERCHANT,
        "0",
        "",
        transaction,
        line.order,
        line.buyer or "",
        "JSAPI",
        status,
        "OTHERS",
        line.currency,
        paid,
        "0.00",
    ]
    cells += [line.refund or "0", line.refund or "0", back, "0.00", "ORIGINAL", outcome, "tea", "", "0.00000", "0.60%", paid, back, ""]
    return ",".join(f"`{cell}" for cell in cells)


def generate_platform_history(seed: int) -> PlatformHistory:
    """A week in which everything that can come between a platform's figure and ours may happen, often together."""
    random = Random(seed)
    history = PlatformHistory(actors={"o-staff": "staff", "o-test": "test", "boss": "staff", "robot": "bot", "probe": "test"})
    days = [FIRST + timedelta(days=n) for n in range(LENGTH)]
    for day in random.sample(days, 5):
        for made in range(random.choice((1, 1, 2))):
            lines = tuple(_random_line(random, day, number) for number in range(random.randint(1, 12)))
            rounding = Decimal(random.choice(("0", "0", "0.01", "-0.01")))
            # A bill of which nothing can be used is held; it has a line that can be.
            history.bills.append(Bill(day, (Line(1, f"{day:%d}first", Decimal("1.00")), *lines), made, rounding))
    orders = sorted({(line.order, bill.day) for bill in history.bills for line in bill.lines})
    for order, day in random.sample(orders, len(orders) // 5):
        moved = day if random.random() < 0.5 else random.choice(days)
        history.orders.append(MappedOrder("wechat_pay", order, moved, Decimal(random.randint(1, 40)), is_deleted=random.random() < 0.2))
    for order, _ in random.sample(orders, len(orders) // 5):
        history.orders.append(MappedOrder("shop", f"s{order}", random.choice(days), Decimal(9), transaction=f"42{order}"))
    history.orders += [MappedOrder("wechat_pay", f"extra{n}", random.choice(days), Decimal("2.50")) for n in range(3)]
    people = [*(f"m{n}" for n in range(9)), "boss", "robot", "probe"]
    history.links = {member: f"p{n // 2}" for n, member in enumerate(random.sample(people[:9], 4))}
    for member in people:
        for group in random.sample(["g1", "g2", None], random.choice((1, 2))):
            joined = random.choice(days[:6])
            left = random.choice([None, None, *(day for day in days if day >= joined)])
            history.stays.append(Stay(member, group, joined, left))
    history.stays.append(Stay("m0", "g1", FIRST))
    kinds = ("message", "message", "message", "reaction", None)
    history.messages = [
        Message(random.choice(people), random.choice(("g1", "g2", None)), random.choice(days[:6]), random.choice(kinds)) for _ in range(60)
    ]
    history.messages += [Message("m0", "g1", day) for day in (days[0], days[5])]
    for day in days:
        if random.random() < 0.8:
            history.figures.append(_random_figure(random, day, None))
        for owner in ("zhang", "li"):
            if random.random() < 0.7:
                history.figures.append(_random_figure(random, day, owner))
        if random.random() < 0.7:
            history.followers[day] = random.randint(0, 14)
    return history


def _random_line(random: Random, day: date, number: int) -> Line:
    order = f"{day:%d}o{number if random.random() < 0.9 else 0}"
    buyer = random.choice(("o-ann", "o-ben", "o-ann", "o-staff", "o-test", None))
    minute, amount = random.randint(0, 1439), Decimal(random.randint(100, 5000)) / 100
    kind = random.random()
    if kind < 0.3:
        return Line(minute, order, amount, buyer, refund=f"r{day:%d}{number}", is_processing=random.random() < 0.3)
    if kind < 0.4:
        return Line(minute, order, amount, buyer or "o-ann", is_revoked=True)
    return Line(minute, order, amount, buyer)


def _random_figure(random: Random, day: date, owner: str | None) -> GroupDay:
    def figure(most: int) -> int | None:
        return random.randint(0, most) if random.random() < 0.9 else None

    return GroupDay(day, owner, figure(3), figure(3), figure(16), figure(20))
