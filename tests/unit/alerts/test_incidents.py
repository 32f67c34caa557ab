"""What counts as an incident, and what it is called as long as it lasts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import duckdb
import pytest

from community_metrics.alerts.incidents import Facts, SourceCoverage, incidents, read_facts
from community_metrics.alerts.messages import Message
from community_metrics.settings import PROJECT_ROOT, Settings
from community_metrics.sources.retention import read_deadlines

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


def clock(today: date, complete_until: date = date(2026, 11, 18), kept_until: date = date(2026, 11, 23)) -> Facts:
    """An account of WeCom's message archive, which keeps five days."""
    return replace(FINE, today=today, deadlines=tuple(read_deadlines([("wecom_archive", "ww1", complete_until, kept_until)], today)))


def test_a_day_that_is_about_to_be_lost_is_one_incident_until_it_has_come_or_nobody_asks_any_more() -> None:
    assert keys(clock(date(2026, 11, 21))) == []
    for day in (date(2026, 11, 22), date(2026, 11, 24), date(2026, 11, 25), date(2026, 12, 29)):
        assert [key for key in keys(clock(day)) if key.startswith("retention")] == ["retention_clock wecom_archive ww1"], day
    assert [key for key in keys(clock(date(2026, 12, 30))) if key.startswith("retention")] == []
    come = clock(date(2026, 11, 22), date(2026, 11, 20), date(2026, 11, 25))
    assert keys(come) == []


def test_the_message_of_the_clock_says_in_both_languages_what_is_lost_when() -> None:
    (incident,) = [found for found in incidents(clock(date(2026, 11, 22)), 36, 1) if found.kind == "retention_clock"]
    assert (incident.since, incident.details) == ("2026-11-19", ("wecom_archive ww1: fetch 2026-11-19 by 2026-11-24, 2 days left",))
    message = Message(incident, is_over=False)
    assert message.title == "[告警 alert] 平台即将不再保留 About to be lost at the platform: wecom_archive ww1"
    assert "再也取不到" in message.lines[0] and "nobody can fetch it" in message.lines[1]
    assert (PROJECT_ROOT / incident.runbook).is_file()
    assert Message(incident, is_over=True).title.startswith("[已恢复 resolved] 平台即将不再保留")


@pytest.mark.parametrize("has_clock", [True, False])
def test_the_clock_is_read_from_the_release_and_an_older_release_has_none(home: Settings, has_clock: bool) -> None:
    folder = home.releases / "20261122T010000Z-aaaaaaaa"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"created_at": "2026-11-22T01:00:00Z"}))
    until = ", date '2026-11-23' as available_until" if has_clock else ""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "create schema marts; create table marts.mart_data_status as select 'wecom_archive' as source, 'ww1' as account_id,"
            f" date '2026-11-18' as business_date, true as complete, false as expected{until}"
        )
    home.published.mkdir()
    home.current_release.symlink_to(folder, target_is_directory=True)
    facts = read_facts(home, datetime(2026, 11, 22, 4, tzinfo=UTC))
    assert [deadline.state for deadline in facts.deadlines] == (["soon"] if has_clock else [])
    assert keys(facts) == (["retention_clock wecom_archive ww1"] if has_clock else [])
