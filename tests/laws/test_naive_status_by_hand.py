"""The second implementation of the data status on a case counted on paper: what is owed, what is late, what has ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from support.naive.records import Event, Landing, NativeId
from support.naive.status import data_status

FIRST = date(2026, 9, 1)


def landing(account: str, *days: int, until: int) -> Landing:
    rows = tuple(
        Event(
            event_id=f"{account}{day}",
            member=NativeId("app", account, "native", "ann"),
            occurred_at=datetime(2026, 9, 1, 4, tzinfo=UTC) + timedelta(days=day),
            event_type="message",
        )
        for day in days
    )
    return Landing("events", rows, account.ljust(64, "0"), period=FIRST + timedelta(days=until))


def test_a_source_owes_what_another_is_complete_to_and_not_for_ever() -> None:
    landings = [
        landing("ahead", 0, 50, until=50),
        landing("behind", 0, until=47),
        landing("ended", 0, until=14),
        landing("slow", 0, until=15),
    ]
    status = data_status(landings, "Asia/Shanghai")

    def told(account: str, offset: int) -> tuple[bool, bool, bool] | None:
        row = status.get(("events", account, FIRST + timedelta(days=offset)))
        return (row["expected"], row["complete"], row["late"]) if row else None

    assert told("ahead", 50) == (True, True, False)
    assert [told("behind", day) for day in (47, 48, 50, 51)] == [(True, True, False), (True, False, True), (True, False, True), None]
    # Thirty-six days of silence: nothing is owed. Thirty-five: everything since.
    assert [told("ended", day) for day in (14, 15)] == [(True, True, False), None]
    assert [told("slow", day) for day in (16, 50)] == [(True, False, True), (True, False, True)]
