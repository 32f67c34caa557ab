"""The second implementation of the reconciliation on cases counted on paper: each step has one in which it is what comes between."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from support.histories.platform_figures import (
    CORPORATION,
    FIRST,
    MERCHANT,
    Bill,
    GroupDay,
    Line,
    MappedOrder,
    Message,
    PlatformHistory,
    Stay,
)
from support.naive.reconciliation import reconcile

SECOND, SIXTH, SEVENTH = (FIRST + timedelta(days=n) for n in (1, 5, 6))


def told(history: PlatformHistory, metric: str, day: date = FIRST) -> tuple[Any, dict[str, Any], Any, str | None]:
    """Theirs, the steps that are not zero, ours, and the assessment of what is left."""
    account = ("wechat_pay", MERCHANT) if metric in ("orders", "gross_amount", "refund_amount") else ("wecom", CORPORATION)
    rows = {key[-1]: row for key, row in reconcile(history).items() if key[:-1] == (metric, *account, day)}
    rest = rows["unexplained"]
    return rest["reported"], {reason: row["change"] for reason, row in rows.items() if row["change"]}, rest["ours"], rest["assessment"]


def bill(*lines: Line, **options: Any) -> PlatformHistory:
    return PlatformHistory(bills=[Bill(FIRST, lines, **options)], actors={"o-staff": "staff", "o-bot": "bot", "o-test": "test"})


def line(order: str, amount: str = "10.00", **options: Any) -> Line:
    return Line(600, order, Decimal(amount), **options)


def test_a_bill_of_members_is_ours() -> None:
    history = bill(line("a"), line("b", "2.50"))
    assert told(history, "orders") == (2, {}, 2, "within")
    assert told(history, "gross_amount") == (Decimal("12.50"), {}, Decimal("12.50"), "within")
    assert told(history, "refund_amount") == (0, {}, 0, "within")


def test_a_line_without_a_buyer_is_put_aside() -> None:
    history = bill(line("a"), line("b", "2.50", buyer=None))
    assert told(history, "orders") == (2, {"quarantined": -1}, 1, "within")
    assert told(history, "gross_amount") == (Decimal("12.50"), {"quarantined": Decimal("-2.50")}, 10, "within")


def test_a_bill_counts_refunds_among_its_lines() -> None:
    history = bill(line("a"), line("z", "3.00", refund="r"))
    assert told(history, "orders") == (2, {"other_lines": -1}, 1, "within")
    assert told(history, "refund_amount") == (3, {}, 3, "within")


def test_a_line_that_was_told_again_stands_once() -> None:
    twice = bill(line("a"), line("a", "11.00"))
    assert told(twice, "orders") == (2, {"superseded": -1}, 1, "within")
    # The sum of the newest of the two is 11.
    assert told(twice, "gross_amount") == (21, {"superseded": -10}, 11, "within")
    moved = bill(line("a"))
    moved.orders.append(MappedOrder("wechat_pay", "a", SECOND, Decimal(10)))
    assert told(moved, "orders") == (1, {"superseded": -1}, 0, "within")


def test_what_was_revoked_or_is_on_its_way_is_no_money() -> None:
    history = bill(line("a"), line("b", "4.00", is_revoked=True), line("z", "3.00", refund="r", is_processing=True))
    assert told(history, "gross_amount") == (14, {"not_successful": -4}, 10, "within")
    assert told(history, "refund_amount") == (3, {"not_successful": -3}, 0, "within")


def test_an_order_of_a_shop_counts_there() -> None:
    history = bill(line("a"), line("b", "4.00"), line("b", "1.00", refund="r"))
    history.orders.append(MappedOrder("shop", "s1", FIRST, Decimal(4), transaction="42b"))
    assert told(history, "orders") == (3, {"other_lines": -1, "duplicates": -1}, 1, "within")
    assert told(history, "refund_amount") == (1, {"duplicates": -1}, 0, "within")


def test_staff_bots_and_tests_are_no_members() -> None:
    history = bill(
        line("a"), line("b", buyer="o-staff"), line("c", buyer="o-bot"), line("d", buyer="o-test"), line("b", "1.00", refund="r")
    )
    assert told(history, "orders") == (5, {"other_lines": -1, "staff": -1, "bot": -1, "test": -1}, 1, "within")
    assert told(history, "refund_amount") == (1, {"staff": -1}, 0, "within")


def test_an_order_that_came_with_another_file_is_late() -> None:
    history = bill(line("a"))
    history.orders.append(MappedOrder("wechat_pay", "b", FIRST, Decimal("2.50")))
    assert told(history, "gross_amount") == (10, {"late": Decimal("2.50")}, Decimal("12.50"), "within")


def test_the_newest_bill_of_a_day_is_the_platforms_word() -> None:
    history = PlatformHistory(bills=[Bill(FIRST, (line("a"), line("b"))), Bill(FIRST, (line("a", "12.00"),), made=1)])
    assert told(history, "gross_amount") == (12, {"late": 10}, 22, "within")


def test_a_sum_that_no_line_accounts_for_is_unexplained() -> None:
    history = bill(line("a"), rounding=Decimal("0.01"))
    assert told(history, "gross_amount") == (Decimal("10.01"), {"unexplained": Decimal("-0.01")}, 10, "within")
    history = bill(line("a"), rounding=Decimal("0.02"))
    assert told(history, "gross_amount")[3] == "warning"
    history = bill(line("a"), rounding=Decimal("1.01"))
    assert told(history, "gross_amount")[3] == "critical"


def test_a_day_without_a_bill_has_no_figure() -> None:
    third = FIRST + timedelta(days=2)
    history = PlatformHistory(bills=[Bill(FIRST, (line("a"),)), Bill(third, (line("c"),))])
    history.orders.append(MappedOrder("wechat_pay", "b", SECOND, Decimal(1)))
    rows = [row for key, row in reconcile(history).items() if key[0] == "orders" and key[3] == SECOND]
    assert len(rows) == 10
    assert {(row["reported"], row["change"], row["ours"], row["assessment"]) for row in rows} == {(None, None, 1, None)}


def group(members: int | None = None, chats: int | None = 1, messages: int | None = None, day: date = FIRST, **options: Any) -> GroupDay:
    return GroupDay(day, chats=chats, chats_with_messages=chats, members=members, messages=messages, **options)


def test_members_are_those_of_the_groups_less_staff_bots_and_tests() -> None:
    history = PlatformHistory(figures=[group(5)], actors={"boss": "staff", "robot": "bot", "probe": "test"})
    history.stays = [Stay(member, "g1", FIRST) for member in ("ann", "ben", "boss", "robot", "probe")]
    assert told(history, "members") == (5, {"staff": -1, "bot": -1, "test": -1}, 2, "within")


def test_two_ids_of_one_person_count_once_in_a_group_and_twice_in_two() -> None:
    history = PlatformHistory(figures=[group(3, chats=2)], links={"ann": "p", "ann2": "p"})
    history.stays = [Stay("ann", "g1", FIRST), Stay("ann2", "g1", FIRST), Stay("ann2", "g2", FIRST)]
    assert told(history, "members") == (3, {"merged_identities": -1}, 2, "within")


def test_rows_put_aside_explain_as_many_as_they_are() -> None:
    history = PlatformHistory(figures=[group(9)])
    history.stays = [Stay("ann", "g1", FIRST), Stay("ben", None, FIRST), Stay("cem", None, SECOND)]
    assert told(history, "members") == (9, {"quarantined": -1, "unexplained": -7}, 1, "warning")


def test_groups_that_nobody_fetched_are_not_covered() -> None:
    history = PlatformHistory(figures=[group(9, chats=2)])
    history.stays = [Stay("ann", "g1", FIRST)]
    assert told(history, "members") == (9, {"not_covered": -8}, 1, "within")


def test_followers_who_are_in_no_list_are_not_covered_and_members_who_follow_nobody_are_unexplained() -> None:
    history = PlatformHistory(followers={FIRST: 4, SECOND: 0}, stays=[Stay("ann", "g1", FIRST)])
    assert told(history, "followers") == (4, {"not_covered": -3}, 1, "within")
    assert told(history, "followers", SECOND) == (0, {"unexplained": 1}, 1, "within")


def test_a_day_that_was_not_over_is_late_and_one_without_lists_is_not_known() -> None:
    history = PlatformHistory(figures=[group(1), group(1, day=SIXTH), group(7, day=SEVENTH)])
    history.stays = [Stay("ann", "g1", FIRST), Stay("ben", "g1", SIXTH)]
    assert told(history, "members", SIXTH) == (1, {"late": 1}, 2, "within")
    assert told(history, "members", SEVENTH) == (7, {}, None, None)


def test_owners_add_up_once_every_owner_has_reported() -> None:
    history = PlatformHistory(stays=[Stay("ann", "g1", FIRST), Stay("ben", "g2", FIRST)])
    history.figures = [group(1, owner="li"), group(1, owner="zhang"), group(2, day=SECOND, owner="li"), group(2, chats=2, day=SIXTH)]
    assert told(history, "members") == (2, {}, 2, "within")
    assert told(history, "members", SECOND) == (None, {}, 2, None)
    assert told(history, "members", SIXTH) == (2, {}, 2, "within")


def test_messages_are_those_of_members_in_groups() -> None:
    history = PlatformHistory(figures=[group(messages=5)], actors={"boss": "staff", "robot": "bot", "probe": "test"})
    history.messages = [Message(member, "g1", FIRST) for member in ("ann", "boss", "robot", "probe")]
    history.messages += [Message("ann", None, FIRST), Message("ann", "g1", FIRST, "reaction"), Message("ann", "g1", FIRST, None)]
    assert told(history, "messages") == (5, {"staff": -1, "bot": -1, "test": -1, "quarantined": -1}, 1, "within")
