"""What the brand's other platforms write: 微信支付's bill, 巨量引擎's report, 抖音's and 视频号's lists, and small mapped files.

Nothing here is new to the story's figures: the bill shows payments that the shop has told of, and nobody's orders change.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from . import rhythm, stream
from .commerce import Order
from .formats import Cell, csv_bytes, xlsx_bytes
from .story import ExportFile, Story

MERCHANT, APP = "1900000109", "wx81b0lantern"
ADVERTISER = "1712345678901234"
DOUYIN_ACCOUNT, CHANNELS_ACCOUNT = "lantern_tea", "lantern_channels"
LISTED_DAYS = (date(2026, 10, 25), rhythm.LAST_DAY)

BILL_HEADER = (
    "交易时间", "公众账号ID", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号", "用户标识", "交易类型", "交易状态", "付款银行",
    "货币种类", "应结订单金额", "代金券金额", "微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态",
    "商品名称", "商户数据包", "手续费", "费率", "订单金额", "申请退款金额", "费率备注",
)  # fmt: skip
BILL_TOTALS = ("总交易单数", "应结订单总金额", "退款总金额", "充值券退款总金额", "手续费总金额", "订单总金额", "申请退款总金额")
REPORT_HEADER = (
    "时间", "广告组id", "广告组", "展示数", "点击数", "点击率(%)", "平均点击单价(元)", "平均千次展现费用(元)", "总花费(元)", "转化数",
    "转化成本", "转化率",
)  # fmt: skip
CAMPAIGNS = (("1790000000000000101", "福利官_拉新"), ("1790000000000000102", "中秋礼盒_召回"))
WORK_HEADER = (
    "作品名称", "发布时间", "体裁", "审核状态", "播放量", "完播率", "5s完播率", "封面点击率", "2s跳出率", "平均播放时长", "点赞量",
    "分享量", "评论量", "收藏量", "主页访问量", "粉丝增量",
)  # fmt: skip
CHANNELS_HEADER = (
    "视频描述", "视频ID", "发布时间", "完播率", "平均播放时长", "播放量", "推荐", "喜欢", "评论量", "分享量", "关注量", "转发聊天和朋友圈",
    "设为铃声", "设为状态", "设为朋友圈封面", "企微链接点击次数", "企微链接点击人数", "添加到通讯录次数", "添加到通讯录人数",
)  # fmt: skip
WORKS = ("盖碗泡茶的水温", "一分钟看懂岩茶", "会员日开箱", "茶山日出", "老茶客的一天")


def platform_files(story: Story) -> Iterator[ExportFile]:
    day = rhythm.LAST_DAY + timedelta(days=1)
    yield ExportFile("orders", MERCHANT, day, f"{rhythm.LAST_DAY:%Y%m%d}ALL.csv", _bill(story, rhythm.LAST_DAY))
    yield ExportFile("ad_spend", ADVERTISER, day, "广告组报表_分日.csv", _report())
    for listed in LISTED_DAYS:
        works: list[list[Cell]] = [list(WORK_HEADER), *_works(listed)]
        yield ExportFile(
            "creator_content", DOUYIN_ACCOUNT, listed, "作品列表导出.xlsx", xlsx_bytes(works, rhythm.at(listed, 22), "openpyxl")
        )
        yield ExportFile("creator_content", CHANNELS_ACCOUNT, listed, "动态数据明细.csv", _csv(CHANNELS_HEADER, _channels(listed)))
    paid = [order for order in story.trade.told if order.campaign_id and order.status == "paid"]
    yield ExportFile("touchpoints", "", day, "touchpoints.csv", _touchpoints(paid))
    yield ExportFile("order_items", "", day, "order_items.csv", _order_items(paid))
    yield ExportFile("competitor_accounts", "", day, "competitors.csv", _competitors())


def _csv(header: Sequence[str], rows: Sequence[Sequence[Cell]], encoding: str = "utf-8-sig") -> bytes:
    return csv_bytes(header, [dict(zip(header, row, strict=True)) for row in rows], encoding)


def _bill(story: Story, day: date) -> bytes:
    """Payments and refunds of one day in CNY, every cell marked, the totals in the last line."""
    orders = {order.order_id: order for order in story.trade.told if order.currency == "CNY" and order.status == "paid"}
    lines: list[list[str]] = []
    for order in sorted(orders.values(), key=lambda order: order.paid_at):
        if order.day == day:
            lines.append(_bill_line(order, f"{order.paid_at.astimezone(rhythm.ZONE):%Y-%m-%d %H:%M:%S}", f"{order.gross_amount:.2f}"))
    for refund in story.trade.refunds:
        if refund.day == day and refund.order_id in orders:
            moment = f"{refund.refunded_at.astimezone(rhythm.ZONE):%Y-%m-%d %H:%M:%S}"
            lines.append(_bill_line(orders[refund.order_id], moment, "0.00", f"{refund.amount:.2f}", f"5030{refund.refund_id[1:]}"))
    paid = sum(float(line[24]) for line in lines)
    back = sum(float(line[25]) for line in lines)
    fees = sum(float(line[22]) for line in lines)
    totals = (str(len(lines)), f"{paid:.2f}", f"{back:.2f}", "0.00", f"{fees:.5f}", f"{paid:.2f}", f"{back:.2f}")
    rows = [",".join(BILL_HEADER), *(",".join(f"`{cell}" for cell in line) for line in lines)]
    rows += [",".join(BILL_TOTALS), ",".join(f"`{cell}" for cell in totals)]
    return ("\ufeff" + "\r\n".join(rows) + "\r\n").encode()


def _bill_line(order: Order, moment: str, paid: str, back: str = "0.00", refund_id: str = "0") -> list[str]:
    fee = round((float(paid) - float(back)) * 0.006, 2)
    is_refund = refund_id != "0"
    return [
        *(moment, APP, MERCHANT, "0", "", order.transaction_id, order.order_id, f"o{order.member_id[-20:]}", "JSAPI"),
        *("REFUND" if is_refund else "SUCCESS", "OTHERS", "CNY", paid, "0.00", refund_id, f"RF{refund_id}" if is_refund else "0", back),
        *("0.00", "ORIGINAL" if is_refund else "", "SUCCESS" if is_refund else "", "灯笼茶", f"utm_campaign={order.campaign_id}"),
        *(f"{fee:.5f}", "0.60%", paid, back, ""),
    ]


def _report() -> bytes:
    """Four weeks by campaign, and the row of totals that would double the spend."""
    rng = stream("advertising")
    rows: list[list[Cell]] = []
    sums = [0, 0, 0.0, 0]
    for back in range(28, 0, -1):
        day = rhythm.LAST_DAY - timedelta(days=back - 1)
        for campaign_id, name in CAMPAIGNS:
            shown = 4000 + rng.randrange(9000)
            clicked = round(shown * (0.012 + 0.02 * rng.random()))
            cost = round(clicked * (0.8 + 0.9 * rng.random()), 2)
            converted = round(clicked * 0.06 * rng.random())
            rows.append([str(day), campaign_id, name, *_figures(shown, clicked, cost, converted)])
            sums = [sums[0] + shown, sums[1] + clicked, round(sums[2] + cost, 2), sums[3] + converted]
    rows.append(["总计", "-", "-", *_figures(int(sums[0]), int(sums[1]), sums[2], int(sums[3]))])
    return _csv(REPORT_HEADER, rows, "gb18030")


def _figures(shown: int, clicked: int, cost: float, converted: int) -> list[Cell]:
    per_conversion = f"{cost / converted:.2f}" if converted else "-"
    rates = (f"{100 * clicked / shown:.2f}", f"{cost / clicked:.2f}", f"{1000 * cost / shown:.2f}")
    return [f"{shown:,}", str(clicked), *rates, f"{cost:.2f}", str(converted), per_conversion, f"{100 * converted / clicked:.2f}%"]


def _reached(listed: date, number: int) -> tuple[date, float]:
    """When a work was published and which part of its final counts it has: 0 before."""
    published = date(2026, 10, 8) + timedelta(days=5 * number)
    age = (listed - published).days + 1
    return published, 0.0 if age <= 0 else 1.0 - math.pow(0.5, age / 3)


def _works(listed: date) -> Iterator[list[Cell]]:
    for number, title in enumerate(WORKS):
        published, part = _reached(listed, number)
        if part:
            plays = math.floor(4000 * (number + 1) * part)
            rates = ("0.089", "0.373904", "-" if number == 3 else "0.1234", "0.35", "6.5")
            counts = (plays * 3 // 100, plays // 400, plays // 250, plays // 90, plays // 60, plays // 300 - 2)
            yield [f"{title} #灯笼茶", f"{published} 18:30:0{number}", "1-3min视频", "公开", str(plays), *rates, *map(str, counts)]


def _channels(listed: date) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for number, title in enumerate(WORKS[:3]):
        published, part = _reached(listed, number)
        if part:
            plays = math.floor(1500 * (number + 2) * part)
            counts = [plays, plays // 50, plays // 70, plays // 200, plays // 80, plays // 150, plays // 90, 0, 0, 0]
            private = [plays // 100, plays // 110, plays // 300, plays // 310]
            described = f'{title}\n完整版见"企微福利官" #灯笼茶'
            rows.append([described, f"export/LTvideo{number:02d}", f"{published:%Y/%m/%d}", "28.64%", "14.73秒", *counts, *private])
    return rows


def _touchpoints(orders: Sequence[Order]) -> bytes:
    """Who came to the shop by a tracked link, some hours before the order; half of the links were encoded twice."""
    header = ("occurred_at", "platform", "account_id", "member_id", "id_kind", "utm_source", "utm_medium", "utm_campaign", "landing_url")
    rows: list[list[Cell]] = []
    for number, order in enumerate(orders):
        moment = (order.ordered_at - timedelta(hours=1 + number % 20)).astimezone(rhythm.ZONE).isoformat(timespec="seconds")
        source = ("WeCom", "%E4%BC%81%E5%BE%AE", "%25E4%25BC%2581%25E5%25BE%25AE", "(direct)")[number % 4]
        medium = "(none)" if number % 4 == 3 else "Group "
        person = (order.platform, order.account_id, order.member_id, order.id_kind)
        rows.append([moment, *person, source, medium, order.campaign_id, f"https://shop.example/?utm_source={source}"])
    return _csv(header, rows, "utf-8")


def _order_items(orders: Sequence[Order]) -> bytes:
    header = ("platform", "account_id", "order_id", "line", "product_id", "category", "quantity", "amount")
    rows = [
        [
            order.platform,
            order.account_id,
            order.order_id,
            "1",
            f"SKU{int(order.order_id[-3:]) % 7}",
            "礼盒",
            "1",
            f"{order.gross_amount:.2f}",
        ]
        for order in orders
    ]
    return _csv(header, rows, "utf-8")


def _competitors() -> bytes:
    header = ("platform", "account_id", "business_date", "competitor", "account_name", "followers", "posts")
    rows: list[list[Cell]] = []
    for week in range(rhythm.WEEKS):
        day = rhythm.FIRST_DAY + timedelta(days=6 + 7 * week)
        rows.append(["douyin", "shanqing_tea", str(day), "山青茶", "山青茶官方", f"{12 + week / 10:.1f}万", str(3 + week % 3)])
        rows.append(["xiaohongshu", "yunwu_tea", str(day), "云雾茶", "云雾茶铺", f"{8200 + 130 * week:,}", str(2 + week % 4)])
    return _csv(header, rows, "utf-8")
