"""Orders and refunds: the mini-program's shop in CNY, a web shop of the members abroad in USD."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from . import rhythm, stream
from .people import Member, World

PRICES_CNY = ("39.90", "68.00", "88.00", "128.00", "168.00", "268.00")
GIFT_BOX_CNY = "298.00"
PRICES_USD = ("12.50", "19.00", "34.00", "58.00")


@dataclass(frozen=True)
class Order:
    order_id: str
    platform: str
    account_id: str
    member_id: str
    id_kind: str
    ordered_at: datetime
    paid_at: datetime
    gross_amount: Decimal
    currency: str
    status: str
    transaction_id: str
    campaign_id: str
    updated_at: datetime

    @property
    def day(self) -> date:
        return rhythm.local_date(self.paid_at)


@dataclass(frozen=True)
class Refund:
    refund_id: str
    platform: str
    account_id: str
    order_id: str
    refunded_at: datetime
    amount: Decimal
    currency: str
    updated_at: datetime

    @property
    def day(self) -> date:
        return rhythm.local_date(self.refunded_at)


@dataclass(frozen=True)
class Trade:
    """Orders as first told, the versions that later files give instead (with the week of that file), and refunds."""

    told: list[Order]
    corrected: list[tuple[int, Order]]
    refunds: list[Refund]

    def truth(self) -> list[Order]:
        """Paid orders in their last version."""
        final = {order.order_id: order for order in self.told}
        final.update({order.order_id: order for _, order in self.corrected})
        return [order for order in final.values() if order.status == "paid"]


def build_trade(world: World) -> Trade:
    rng = stream("orders")
    drafts = [order for member in world.miniprogram for order in _orders_of(member, rng)]
    drafts += [order for member in world.discord for order in _orders_abroad(member, rng)]
    drafts.sort(key=lambda order: (order.paid_at, order.member_id))
    told = [_numbered(order, number) for number, order in enumerate(drafts)]
    corrected = _corrections(told, rng)
    still_paid = Trade(told, corrected, []).truth()
    return Trade(told, corrected, _refunds(still_paid, {order.order_id for _, order in corrected}, rng))


def _orders_of(member: Member, rng: random.Random) -> list[Order]:
    """A first purchase some days after joining, for seven in ten; most buyers come back, and back again."""
    if rng.random() > 0.7:
        return []
    instant = max(member.first_joined_at, rhythm.at(rhythm.FIRST_DAY, 0)) + timedelta(days=rhythm.exponential(rng, 7))
    orders: list[Order] = []
    while rhythm.local_date(instant) <= rhythm.LAST_DAY:
        day = rhythm.local_date(instant)
        in_campaign = rhythm.is_within(day, rhythm.CAMPAIGN_DAYS)
        amount = (
            Decimal(GIFT_BOX_CNY if in_campaign and rng.random() < 0.45 else rng.choice(PRICES_CNY)) * rng.choices((1, 2, 3), (8, 2, 1))[0]
        )
        campaign = rhythm.CAMPAIGN if in_campaign and rng.random() < 0.6 else ""
        orders.append(_order(member, rhythm.moment(rng, day), amount, "CNY", campaign, rng))
        if in_campaign and rng.random() < 0.25:  # a second box on the same day is not a repurchase
            orders.append(_order(member, rhythm.moment(rng, day), Decimal(GIFT_BOX_CNY), "CNY", campaign, rng))
        if rng.random() > 0.74:
            break
        instant += timedelta(days=1 + rhythm.exponential(rng, 10))
    return orders


def _orders_abroad(member: Member, rng: random.Random) -> list[Order]:
    if rng.random() > 0.3:
        return []
    day = rhythm.local_date(max(member.first_joined_at, rhythm.at(rhythm.FIRST_DAY, 0)) + timedelta(days=rhythm.exponential(rng, 12)))
    orders = []
    while day <= rhythm.LAST_DAY:
        orders.append(_order(member, rhythm.moment(rng, day, rhythm.ABROAD_HOURS), Decimal(rng.choice(PRICES_USD)), "USD", "", rng))
        if rng.random() > 0.45:
            break
        day += timedelta(days=2 + round(rhythm.exponential(rng, 18)))
    return orders


def _order(member: Member, paid_at: datetime, amount: Decimal, currency: str, campaign: str, rng: random.Random) -> Order:
    ordered_at = paid_at - timedelta(seconds=20 + rng.randrange(900))
    status = "closed" if rng.random() < 0.02 else "paid"
    updated_at = paid_at + timedelta(minutes=5)
    platform, account = member.platform, member.account_id
    return Order(
        "", platform, account, member.member_id, member.id_kind, ordered_at, paid_at, amount, currency, status, "", campaign, updated_at
    )


def _numbered(order: Order, number: int) -> Order:
    # 19 digits: past what a float or a spreadsheet keeps.
    order_id = f"47{rhythm.local_date(order.paid_at):%Y%m%d}{number * 7919 % 1_000_000_000:09d}"
    return replace(order, order_id=order_id, transaction_id=f"42000{order_id}0{number % 97:02d}" if order.currency == "CNY" else "")


def _corrections(orders: list[Order], rng: random.Random) -> list[tuple[int, Order]]:
    """Back-dated: what the shop put right in October about orders of September."""
    september = [order for order in orders if order.status == "paid" and rhythm.week_index(order.day) in (1, 2)]
    corrected_at = rhythm.at(date(2026, 10, 14), 16)
    corrected = []
    for number, order in enumerate(rng.sample(september, 7)):
        if number < 4:
            changed = replace(order, gross_amount=order.gross_amount - Decimal("10.00"))
        elif number < 6:
            changed = replace(order, status="closed")
        else:
            changed = replace(order, paid_at=order.paid_at - timedelta(days=1), ordered_at=order.ordered_at - timedelta(days=1))
        corrected.append((6, replace(changed, updated_at=corrected_at)))
    return corrected


def _refunds(orders: list[Order], untouched: set[str], rng: random.Random) -> list[Refund]:
    """Seven in a hundred (tea that travelled far: thirty), some in two parts, days or weeks later."""
    refunds: list[Refund] = []
    for order in sorted(orders, key=lambda order: order.order_id):
        share = 0.07 if order.currency == "CNY" else 0.3
        if order.order_id in untouched or rng.random() > share:
            continue
        parts = [order.gross_amount] if rng.random() < 0.6 else [order.gross_amount / 4, order.gross_amount / 4]
        for part in parts:
            day = order.day + timedelta(days=1 + round(rhythm.exponential(rng, 6)))
            if day > rhythm.LAST_DAY:
                continue
            refunded_at = rhythm.moment(rng, day)
            number = f"R{order.order_id[2:]}{len(refunds) % 10}"
            amount = part.quantize(Decimal("0.01"))
            refunds.append(
                Refund(number, order.platform, order.account_id, order.order_id, refunded_at, amount, order.currency, refunded_at)
            )
    return sorted(refunds, key=lambda refund: (refund.refunded_at, refund.refund_id))
