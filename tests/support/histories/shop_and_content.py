"""What shops and consoles add to a generated history: lines of its orders, days and snapshots of content, days of accounts.

Rich in what goes wrong there: counters that fall, files without a column, items seen late, orders that nobody itemised, lines that do
not add up, refunds of orders with several categories, figures that are restated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from support.histories.files import ExportFile, Style, render
from support.histories.generator import FIRST, LENGTH, History, generate_history, style
from support.naive.records import AccountDay, ContentDay, ContentSnapshot, Order, OrderItem, PriceBand, Record
from support.naive.status import LISTS

CATEGORIES = ("tea", "cup", "礼盒", "unknown", None)
BANDS = (
    PriceBand("CNY", "0-50", Decimal(0), Decimal(50)),
    PriceBand("CNY", "50-100", Decimal(50), Decimal("99.99")),
    PriceBand("CNY", "100+", Decimal(100), None),
    PriceBand("USD", "0-100", Decimal(0), Decimal(100)),
)
CHANNELS_PLATFORM = "wechat_channels"
CONSOLE = {"plays": "播放量", "likes": "推荐", "comments": "评论量", "shares": "分享量", "follows": "关注量"}


def generate_shop_history(seed: int, timezone: str | None = None) -> History:
    """The history of the seed with these files among its own."""
    history = generate_history(seed, timezone)
    random = Random(seed + 1)
    rules = replace(history.rules, price_bands=BANDS)
    orders = [row for file in history.files for row in file.rows if isinstance(row, Order)]
    written = style(random, rules)
    rows: dict[str, list[Record]] = {
        "order_items": list(_order_items(random, orders)),
        "content_daily": list(_content_days(random)),
        "account_daily": list(_account_days(random)),
    }
    end = datetime.combine(FIRST + timedelta(days=LENGTH), time(2), UTC)
    # Lists have no dates of their own: one that declares no snapshot would be dated by the clock.
    dated = [replace(file, snapshot_at=file.snapshot_at or end) if file.source in LISTS else file for file in history.files]
    files = [*dated, *(file for source, found in rows.items() for file in _mapped_files(random, source, found, written))]
    files += _snapshot_files(random, rules.timezone, "acc")
    random.shuffle(files)
    # Another account that gives its items the same ids.
    files += _snapshot_files(Random(seed + 2), rules.timezone, "other")
    return History(seed, rules, tuple(files))


def _order_items(random: Random, orders: list[Order]) -> Iterable[OrderItem]:
    for key, order in sorted({(o.member.platform, o.member.account, o.order_id): o for o in orders}.items()):
        if random.random() < 0.4:
            continue  # Nobody says what was in it.
        count = random.choice((1, 1, 2, 3))
        share = (order.amount / count).quantize(Decimal("0.01"))
        for number in range(count):
            # The last line makes up for the rest; some orders have freight, a discount or a line without an amount beside.
            amount: Decimal | None = share if number < count - 1 else order.amount - share * (count - 1)
            oddity = random.random()
            if oddity < 0.1:
                amount = None
            elif oddity < 0.2 and amount is not None:
                amount += 1
            yield OrderItem(
                platform=key[0], account=key[1], order_id=key[2], line=str(number + 1), category=random.choice(CATEGORIES), amount=amount
            )
    yield OrderItem(platform="app", account="", order_id="an-order-that-has-not-landed", line="1", category="tea", amount=Decimal(5))


def _figures(random: Random, names: Iterable[str], least: int = 0) -> tuple[tuple[str, int], ...]:
    return tuple((name, random.randint(least, 500)) for name in names if random.random() < 0.8)


def _content_days(random: Random) -> Iterable[ContentDay]:
    for item in ("v1", "v2", "article"):
        published = datetime.combine(FIRST + timedelta(days=random.randint(0, 20)), time(10), UTC)
        for offset in random.sample(range(LENGTH), 8):
            # A video may be reported by day as well as by its lifetime counters.
            platform = "wechat_mp" if item == "article" else CHANNELS_PLATFORM
            yield ContentDay(
                platform=platform,
                account="acc",
                content_id=item,
                day=FIRST + timedelta(days=offset),
                figures=_figures(random, ("impressions", "reads", "plays", "likes", "comments", "shares", "saves")),
                title=f"{item} {offset % 3}" if random.random() < 0.7 else None,
                published_at=published if random.random() < 0.5 else None,
            )


def _account_days(random: Random) -> Iterable[AccountDay]:
    for platform in ("wechat_mp", "douyin"):
        for offset in random.sample(range(LENGTH), 15):
            figures = _figures(random, ("followers", "gained", "lost", "reads", "plays", "likes", "comments", "shares"))
            yield AccountDay(platform=platform, account="acc", day=FIRST + timedelta(days=offset), figures=figures)


def _mapped_files(random: Random, source: str, rows: list[Record], written: Style) -> Iterable[ExportFile]:
    """The rows in a few files, some of them twice, some told otherwise later, a few taken back."""
    parts: list[list[Record]] = [[] for _ in range(2)]
    for row in rows:
        random.choice(parts).append(row)
    for row in random.sample(rows, len(rows) // 5):
        told_at = datetime(2026, 11, random.randint(1, 3), 8, tzinfo=UTC)
        random.choice(parts).append(_told_again(random, row, told_at))
    end = datetime.combine(FIRST + timedelta(days=LENGTH), time(2), UTC)
    for number, part in enumerate(parts):
        random.shuffle(part)
        stamp = end - timedelta(days=random.choice((0, 0, 2)))
        content = render([_mapped_cells(row) for row in part], written)
        yield ExportFile(f"{source}-{number}.{written.form}", source, tuple(part), content, stamp)


def _told_again(random: Random, row: Record, told_at: datetime) -> Record:
    version = replace(row, updated_at=told_at)
    kind = random.random()
    if kind < 0.2:
        return replace(version, is_deleted=True)
    if kind < 0.4:
        return version
    match version:
        case OrderItem():
            return replace(version, category=random.choice(CATEGORIES), amount=Decimal(random.randint(1, 99)))
        case ContentDay() | AccountDay():
            return replace(version, figures=tuple((name, value + 1) for name, value in version.figures))
    return version


def _mapped_cells(row: Record) -> dict[str, Any]:
    match row:
        case OrderItem():
            cells: dict[str, Any] = {
                "platform": row.platform,
                "account_id": row.account or None,
                "order_id": row.order_id,
                "line": row.line,
                "category": row.category,
                "amount": row.amount,
            }
        case ContentDay():
            cells = {
                "platform": row.platform,
                "account_id": row.account,
                "content_id": row.content_id,
                "business_date": row.day,
                "title": row.title,
                "published_at": row.published_at,
                **dict(row.figures),
            }
        case AccountDay():
            cells = {"platform": row.platform, "account_id": row.account, "business_date": row.day, **dict(row.figures)}
        case _:
            raise TypeError(type(row))
    return {**cells, "updated_at": row.updated_at, "is_deleted": row.is_deleted or None}


def _snapshot_files(random: Random, timezone: str, account: str) -> Iterable[ExportFile]:
    """The console's list on some days: every item that is out by then, with what the export of that day has of columns."""
    published = {item: FIRST + timedelta(days=random.choice((-30, 0, random.randint(1, 50)))) for item in ("v1", "v2", "v3", "v4")}
    totals = {item: dict.fromkeys(CONSOLE, 0) for item in published}
    days = sorted(random.sample(range(5, LENGTH), 7))
    for number, offset in enumerate(days):
        day = FIRST + timedelta(days=offset)
        names = ["plays", *(name for name in list(CONSOLE)[1:] if name in ("likes", "follows") or random.random() < 0.7)]
        rows = []
        for item, on in published.items():
            if on > day or random.random() < 0.1:
                continue
            for name in CONSOLE:
                grown = totals[item][name] + random.choice((0, random.randint(1, 90), -random.randint(1, 3)))
                totals[item][name] = max(grown, 0)
            rows.append(_snapshot(random, account, item, on, day, {name: totals[item][name] for name in names}))
        if rows:
            yield _snapshot_file(f"{account}-snapshot-{number}", rows, names, day, timezone)
            if random.random() < 0.4:
                again = [replace(row, figures=tuple((name, value + 2) for name, value in row.figures)) for row in rows[:2]]
                yield _snapshot_file(f"{account}-snapshot-{number}-again", again, names, day, timezone)


def _snapshot(random: Random, account: str, item: str, on: date, day: date, figures: dict[str, int]) -> ContentSnapshot:
    has_rates = random.random() < 0.6
    return ContentSnapshot(
        platform=CHANNELS_PLATFORM,
        account=account,
        content_id=item,
        day=day,
        title=f"{item} on {day:%d}",
        published_on=on,
        figures=tuple(figures.items()),
        finish_rate=random.randint(0, 10000) / 10000 if has_rates else None,
        average_seconds=random.randint(0, 4000) / 100 if has_rates else None,
    )


def _snapshot_file(name: str, rows: list[ContentSnapshot], names: list[str], day: date, timezone: str) -> ExportFile:
    """As 视频号助手 writes it; what the export lacks is no column."""
    header = ["视频描述", "视频ID", "发布时间", "完播率", "平均播放时长", *(CONSOLE[name] for name in names)]
    lines = [",".join(header)]
    for row in rows:
        finish = f"{row.finish_rate * 100:.2f}%" if row.finish_rate is not None else ""
        seconds = f"{row.average_seconds:.2f}秒" if row.average_seconds is not None else ""
        figures = [str(value) for _, value in row.figures]
        lines.append(",".join([row.title, row.content_id, f"{row.published_on:%Y/%m/%d}", finish, seconds, *figures]))
    end_of_day = datetime.combine(day, time(23, 59, 59), ZoneInfo(timezone)).astimezone(UTC)
    content = ("\ufeff" + "\n".join(lines) + "\n").encode()
    return ExportFile(f"{name}.csv", "creator_content", tuple(rows), content, end_of_day, account=rows[0].account)
