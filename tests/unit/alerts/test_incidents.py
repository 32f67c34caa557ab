"""What counts as an incident, and what it is called as long as it lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from community_metrics.alerts.incidents import Facts, SourceCoverage, incidents

FINE = Facts(
    now=datetime(2026, 11, 22, 9, tzinfo=UTC),
    today=date(2026, 11, 22),
    release_id="r1",
    released_at=datetime(2026, 11, 22, 1, tzinfo=UTC),
    refused_at=None,
    refusal_reasons=(),
    sources=(SourceCoverage("orders", "shop", date(2026, 11, 21)),),
)


def keys(facts: Facts) -> list[str]:
    return [incident.key for incident in incidents(facts, stale_after_hours=36, missing_after_days=1)]


def test_nothing_is_wrong() -> None:
    assert keys(FINE) == []


def test_a_new_home_has_no_release_to_be_stale() -> None:
    assert keys(replace(FINE, release_id=None, released_at=None, sources=())) == []


def test_a_release_is_stale_after_its_hours_and_not_on_the_hour() -> None:
    assert keys(replace(FINE, released_at=datetime(2026, 11, 20, 21, tzinfo=UTC))) == []
    stale = replace(FINE, released_at=datetime(2026, 11, 20, 20, 59, 59, tzinfo=UTC))
    assert keys(stale) == ["release_stale release"]
    assert incidents(stale, 36, 1)[0].details == ("r1: 36 h", "> 36 h")


def test_a_day_may_come_on_the_next_one_and_is_missing_on_the_one_after() -> None:
    def covered(until: date | None) -> Facts:
        return replace(FINE, sources=(SourceCoverage("orders", "shop", until), SourceCoverage("events", "", date(2026, 11, 21))))

    assert keys(covered(date(2026, 11, 20))) == []
    assert keys(covered(date(2026, 11, 19))) == ["source_missing orders shop"]
    assert incidents(covered(date(2026, 11, 19)), 36, 1)[0].details == ("2026-11-20 .. 2026-11-20",)
    # Nothing complete in the two weeks that are looked at.
    assert incidents(covered(None), 36, 1)[0].since == "2026-11-08"


def test_a_refusal_keeps_its_key_when_it_is_said_again_for_other_reasons() -> None:
    refused = replace(FINE, refused_at="2026-11-22T08:00:00Z", refusal_reasons=("members add up",))
    again = replace(FINE, refused_at="2026-11-22T08:30:00Z", refusal_reasons=("members add up", "net is gross less refunds"))
    assert keys(refused) == keys(again) == ["release_refused release"]
    assert incidents(again, 36, 1)[0].details == ("members add up", "net is gross less refunds")
