"""The second implementation of the funnels, checked by hand: literal events, literal numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from support.naive.marts import naive_marts
from support.naive.records import Event, Funnel, FunnelEvent, Landing, NativeId, Record, Rules

A, B, C, X = (FunnelEvent(name) for name in "abcx")
DAY = timedelta(days=1)
START = datetime(2026, 9, 7, 2, tzinfo=UTC)


def reached(funnel: Funnel, *story: str, grain: str = "all", until: date = date(2026, 10, 1)) -> dict[date, tuple[object, ...]]:
    """Per entry period the members who reached each step, and how many were excluded.

    A story is what one member did: `a0 b1.5` is an `a` at the start and a `b` one and a half hours later.
    """
    rows: list[Record] = [
        Event(
            event_id=f"{number}-{place}",
            member=NativeId("p", "", "native", f"m{number}"),
            occurred_at=START + timedelta(hours=float(word[1:])),
            event_type=word[0],
        )
        for number, words in enumerate(story)
        for place, word in enumerate(words.split())
    ]
    rules = Rules("UTC", 0, frozenset("abcx"), frozenset(), funnels=(funnel,))
    mart = naive_marts([Landing("events", tuple(rows), "1" * 64, period=until)], rules)["mart_funnel"]
    found: dict[date, tuple[object, ...]] = {}
    for (_, row_grain, period, _, scope_type, _), row in sorted(mart.items()):
        if row_grain == grain and scope_type == "all":
            found[period] = (*found.get(period, (row["excluded_members"],)), row["reached_members"])
    return found


ALL_TIME = date(2000, 1, 1)


@pytest.mark.parametrize(
    ("funnel", "story", "expected"),
    [
        (Funnel("in order", ((A,), (B,), (C,)), DAY), "a0 b1 c2", (0, 1, 1, 1)),
        (Funnel("order matters", ((A,), (B,), (C,)), DAY), "a0 c1 b2", (0, 1, 1, 0)),
        (Funnel("others between", ((A,), (B,)), DAY), "a0 x1 b2", (0, 1, 1)),
        (Funnel("the window includes its end", ((A,), (B,)), DAY), "a0 b24", (0, 1, 1)),
        (Funnel("and nothing after it", ((A,), (B,)), DAY), "a0 b24.001", (0, 1, 0)),
        (Funnel("the window runs from step 1", ((A,), (B,), (C,)), DAY), "a0 b20 c30", (0, 1, 1, 0)),
        (Funnel("every start is tried", ((A,), (B,), (C,)), DAY), "a0 a20 b21 c30", (0, 1, 1, 1)),
        (Funnel("one event, one step", ((A,), (A,), (B,)), DAY), "a0 b1", (0, 1, 0, 0)),
        (Funnel("two events, two steps", ((A,), (A,), (B,)), DAY), "a0 a1 b2", (0, 1, 1, 1)),
        (Funnel("one instant counts as in order", ((A,), (B,)), DAY), "b0 a0", (0, 1, 1)),
        (Funnel("in the order that leads furthest", ((A,), (A, B), (A,)), DAY), "a0 a1 b1", (0, 1, 1, 1)),
        (Funnel("strict", ((A,), (B,)), DAY, "strict"), "a0 x1 b2", (0, 1, 0)),
        (Funnel("strict, from a later start", ((A,), (B,)), DAY, "strict"), "a0 x1 a2 b3", (0, 1, 1)),
        (Funnel("strict, one of an instant left over", ((A,), (B,), (C,)), DAY, "strict"), "a0 b1 x1 c2", (0, 1, 1, 0)),
        (Funnel("strict, left over before the first step", ((A,), (B,)), DAY, "strict"), "x0 a0 b1", (0, 1, 1)),
        (Funnel("any order", ((A,), (B,), (C,)), DAY, "unordered"), "c0 a1 b2", (0, 1, 1, 1)),
        (Funnel("any order, two of three", ((A,), (B,), (C,)), DAY, "unordered"), "c0 c1 b2", (0, 1, 1, 0)),
        (Funnel("any order, one event one step", ((A,), (A, B)), DAY, "unordered"), "a0", (0, 1, 0)),
        (Funnel("any order, whichever step is left", ((A,), (A, B)), DAY, "unordered"), "a0 b1", (0, 1, 1)),
        (Funnel("excluded, step 1 included", ((A,), (B,)), DAY, exclusions=((1, 2, X),)), "a0 x1 b2", (1, 0, 0)),
        (Funnel("excluded without the next step", ((A,), (B,)), DAY, exclusions=((1, 2, X),)), "a0 x1", (1, 0, 0)),
        (Funnel("not after the window", ((A,), (B,)), DAY, exclusions=((1, 2, X),)), "a0 x25", (0, 1, 0)),
        (Funnel("not after the last step", ((A,), (B,)), DAY, exclusions=((1, 2, X),)), "a0 b1 x2", (0, 1, 1)),
        (Funnel("not between other steps", ((A,), (B,), (C,)), DAY, exclusions=((2, 3, X),)), "a0 x1 b2 c3", (0, 1, 1, 1)),
        (Funnel("by any attempt", ((A,), (B,)), DAY, exclusions=((1, 2, X),)), "a0 x1 a2 b3", (1, 0, 0)),
    ],
    ids=lambda value: value.name if isinstance(value, Funnel) else None,
)
def test_one_member(funnel: Funnel, story: str, expected: tuple[int, ...]) -> None:
    assert reached(funnel, story) == {ALL_TIME: expected}


def test_a_period_has_the_best_of_the_attempts_that_start_in_it() -> None:
    funnel = Funnel("f", ((A,), (B,)), DAY)
    daily = reached(funnel, "a0 a40 b41", "a1 b2", grain="day")
    assert daily == {date(2026, 9, 7): (0, 2, 1), date(2026, 9, 8): (0, 1, 1)}
    assert reached(funnel, "a0 a40 b41", "a1 b2") == {ALL_TIME: (0, 2, 2)}


def test_who_may_still_get_further_is_in_no_rate() -> None:
    rules = Rules("UTC", 0, frozenset("ab"), frozenset(), funnels=(Funnel("f", ((A,), (B,)), 2 * DAY),))
    rows: list[Record] = [
        Event(event_id=f"{who}{hour}", member=NativeId("p", "", "native", who), occurred_at=START + timedelta(hours=hour), event_type=kind)
        for who, hour, kind in (("ann", 0, "a"), ("ann", 3, "b"), ("ben", 1, "a"), ("cai", 48, "a"), ("cai", 49, "b"), ("ben", 50, "a"))
    ]
    mart = naive_marts([Landing("events", tuple(rows), "1" * 64, period=date(2026, 9, 9))], rules)["mart_funnel"]
    ever = mart["f", "all", ALL_TIME, 2, "all", "all"]
    assert [ever[name] for name in ("entered_members", "reached_members", "eligible_members", "reached_eligible_members")] == [3, 2, 2, 1]
    assert (ever["rate_from_start"], ever["avg_seconds_from_previous"], ever["is_mature"]) == (0.5, 7200.0, False)
    first, last = (mart["f", "day", date(2026, 9, day), 1, "all", "all"] for day in (7, 9))
    assert (first["is_mature"], first["eligible_members"]) == (True, 2)
    assert (last["is_mature"], last["eligible_members"], last["rate_from_start"]) == (False, 0, None)
