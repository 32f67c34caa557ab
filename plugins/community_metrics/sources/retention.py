"""How long a platform keeps a day, and when one that has not come yet is about to be lost.

`mart_data_status` says until which date each day can be fetched again (`available_until`); what is urgent depends on today, so it is
asked where somebody looks: in the audit, by `status` and on the trust page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

DEADLINES = """
select source, account_id, max(business_date), max(available_until)
from {relation}
where complete and available_until is not null
group by source, account_id
"""
"""SQL over a `mart_data_status`: of each account whose platform forgets, the last complete day and until when that one is kept."""

# An account that has been silent for so long is taken to have ended, as in `mart_data_status`: nothing is owed any more.
_SAID_FOR_DAYS = 35


@dataclass(frozen=True)
class Deadline:
    """The day after `complete_until` can be fetched up to `fetch_by`, and is lost after it. `days_left`: below zero, lost already."""

    source: str
    account: str
    complete_until: date
    fetch_by: date
    days_left: int
    state: Literal["kept", "soon", "lost"]

    @property
    def sentence(self) -> str:
        """What to do, for a terminal or a result of the audit."""
        following = self.complete_until + timedelta(days=1)
        whose = f"{self.source} {self.account}".strip()
        if self.state == "lost":
            return f"{whose}: {following} and later can no longer be fetched since {self.fetch_by}"
        return f"{whose}: fetch {following} by {self.fetch_by}, {self.days_left} days left"


def read_deadlines(rows: Iterable[tuple[str, str, date, date]], today: date) -> list[Deadline]:
    """Out of the rows of `DEADLINES`: the most urgent first, without accounts that ended long ago."""
    found = [_deadline(*row, today) for row in rows]
    return sorted(
        (deadline for deadline in found if deadline.days_left >= -_SAID_FOR_DAYS),
        key=lambda deadline: (deadline.days_left, deadline.source, deadline.account),
    )


def warning_days(kept_days: int) -> int:
    """How many days before the loss it is said: a quarter of what the platform keeps, two days at least and two weeks at most.

    Of five days (WeCom's message archive) that is the third day, of thirty the last week.
    """
    return max(2, min(14, kept_days // 4))


def _deadline(source: str, account: str, complete_until: date, kept_until: date, today: date) -> Deadline:
    fetch_by = kept_until + timedelta(days=1)
    left = (fetch_by - today).days
    state: Literal["kept", "soon", "lost"] = "kept"
    if left < 0:
        state = "lost"
    elif left <= warning_days((kept_until - complete_until).days):
        state = "soon"
    return Deadline(source, account, complete_until, fetch_by, left, state)
