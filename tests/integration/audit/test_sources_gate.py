"""The sources gate holds the landing that is wrong, says why, and lets the others go on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from community_metrics.audit.gates import gate_landings
from community_metrics.audit.suites import load_suites
from community_metrics.errors import SettingsError
from community_metrics.landing.ledger import Ledger
from community_metrics.settings import Settings
from support.landings_fixture import ANA, BEN, DAY, EVENT, GROUP, MEMBER, Rows, events, land


@dataclass(frozen=True)
class Case:
    """A landing that breaks one check and no other."""

    streams: Mapping[str, Rows]
    source: str = "events"
    options: Mapping[str, Any] = field(default_factory=dict)
    history: Callable[[Settings, Ledger], None] | None = None


def known_days(settings: Settings, ledger: Ledger, rows: Mapping[date, int]) -> None:
    for day, count in rows.items():
        landing = land(settings, ledger, {"events": events(count)}, name=f"of {day}", day=day)
        ledger.pass_gate(landing.landing_id)


def eight_equal_weeks(settings: Settings, ledger: Ledger) -> None:
    """The Wednesdays of the weeks before: 10 October, a Saturday, is a make-up workday and is held against workdays."""
    known_days(settings, ledger, {date(2026, 9, 30) - timedelta(days=7 * week): 30 for week in range(6)})


MEMBERS = [MEMBER, {**MEMBER, "member_id": BEN}]

SPEND = {
    "platform": "oceanengine",
    "account_id": "a",
    "business_date": "2026-10-10",
    "campaign_id": "c",
    "ad_id": "",
    "cost": "1",
    "currency": "CNY",
}

DATED = {"platform": "x", "account_id": "a", "business_date": DAY.isoformat()}
ARTICLE = {"platform": "wechat_mp", "account_id": "a", "content_key": "7_1"}

BROKEN: dict[str, Case] = {
    "ad_spend__ad_spend.one_level_of_detail": Case({"ad_spend": [SPEND, {**SPEND, "ad_id": "1"}]}, source="ad_spend"),
    "ad_spend__ad_spend.what_counts_has_a_currency": Case({"ad_spend": [{**SPEND, "currency": None}]}, source="ad_spend"),
    "every_landing.not_everything_is_quarantined": Case({}, options={"quarantined": 3}),
    "every_landing.most_rows_are_usable": Case({"events": events(9)}, options={"quarantined": 11}),
    "every_landing.few_rows_are_quarantined": Case({"events": events(20)}, options={"quarantined": 1}),
    "every_landing.totals_mismatch": Case(
        {"events": events(3)}, options={"drift": {"totals": [{"header": "总花费", "stated": "720", "found": "360"}]}}
    ),
    "every_landing.volume_is_like_other_weeks": Case({"events": events(9)}, history=eight_equal_weeks),
    "every_stream.required_values_are_there": Case({"events": [EVENT, {**EVENT, "occurred_at": None}]}),
    "every_stream.values_are_canonical": Case({"events": [EVENT, {**EVENT, "value": "1,500"}]}),
    "every_stream.persons_are_pseudonyms": Case({"events": [EVENT, {**EVENT, "member_id": "wm13800138000"}]}),
    "every_stream.dates_are_not_after_the_file": Case({"events": [EVENT]}, options={"day": date(2026, 10, 14)}),
    "wecom_groups__groups.a_group_lists_its_members": Case({"groups": [{**GROUP, "members_listed": "0"}]}, source="wecom_groups"),
    "wecom_groups__groups.members_listed_are_members_kept": Case(
        {"groups": [{**GROUP, "members_listed": "3"}], "group_members": MEMBERS}, source="wecom_groups"
    ),
    "wecom_stats__staff_days.reply_rate_is_a_share": Case(
        {"staff_days": [{**DATED, "staff_id": ANA, "reply_rate": "60.25"}]}, source="wecom_stats"
    ),
    "wecom_stats__service_days.service_rates_are_shares": Case(
        {"service_days": [{**DATED, "open_kfid": "wk1", "satisfied_rate": "98"}]}, source="wecom_stats"
    ),
    "wecom_stats__group_days.speakers_need_members": Case(
        {"group_days": [{**DATED, "members_total": "0", "members_with_messages": "3"}]}, source="wecom_stats"
    ),
    "wechat_mp__account_days.followers_follow_who_came_and_went": Case(
        {
            "account_days": [
                {**DATED, "business_date": "2026-10-09", "followers": "1000", "gained": "5", "lost": "1"},
                {**DATED, "followers": "1100", "gained": "5", "lost": "1"},
            ]
        },
        source="wechat_mp",
    ),
    "wechat_mp__article_totals.article_rates_are_shares": Case(
        {"article_totals": [{**ARTICLE, "stat_date": "2026-10-10", "finish_rate": "43.21"}]}, source="wechat_mp"
    ),
    "wechat_mp__article_totals.totals_of_articles_do_not_fall": Case(
        {
            "article_totals": [
                {**ARTICLE, "stat_date": f"2026-10-{day}", "readers": readers} for day, readers in (("09", "100"), ("10", "90"))
            ]
        },
        source="wechat_mp",
    ),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with Ledger(settings.ledger_path) as opened:
        yield opened


def failed_checks(settings: Settings) -> set[str]:
    with duckdb.connect(str(settings.ops_path), read_only=True) as connection:
        rows = connection.execute("select suite, \"check\" from ops.check_results where status <> 'passed'").fetchall()
    return {f"{suite.split('.')[0]}.{check}" for suite, check in rows}


def test_every_check_is_tested_by_breaking_the_data(settings: Settings) -> None:
    assert set(BROKEN) == {f"{suite.name}.{check.name}" for suite in load_suites(settings, "sources") for check in suite.checks}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_landing_fails_exactly_that_check(settings: Settings, ledger: Ledger, broken: str) -> None:
    case = BROKEN[broken]
    if case.history:
        case.history(settings, ledger)
    wrong = land(settings, ledger, case.streams, name="wrong.csv", source=case.source, **case.options)
    right = land(settings, ledger, {"events": events(30)}, name="right.csv", day=DAY - timedelta(days=3))

    results = {result.landing_id: result for result in gate_landings(settings, ledger)}

    expected = {broken}
    if broken == "every_landing.most_rows_are_usable" or broken == "every_landing.not_everything_is_quarantined":
        expected.add("every_landing.few_rows_are_quarantined")  # what is bad in the most is bad in one of a hundred too
    assert failed_checks(settings) == expected
    severities = {f"{suite.name}.{check.name}": check.severity for suite in load_suites(settings, "sources") for check in suite.checks}
    if severities[broken] == "critical":
        assert results[wrong.landing_id].status == "held"
        assert broken.split(".")[1] in " ".join(results[wrong.landing_id].reasons)
        assert ledger.landing(wrong.landing_id).status == "held"
        assert "wm13800138000" not in (ledger.landing(wrong.landing_id).reason or "")
    else:
        assert results[wrong.landing_id].status == "passed"
        assert broken.split(".")[1] in " ".join(results[wrong.landing_id].warnings)
    assert results[right.landing_id].status == "passed"
    assert [landing.landing_id for landing in ledger.landings_to_gate()] == []
    assert right.landing_id in {landing.landing_id for landing in ledger.active_landings()}


def test_right_landings_of_several_sources_pass(settings: Settings, ledger: Ledger) -> None:
    land(settings, ledger, {"events": events(30)})
    land(settings, ledger, {"groups": [GROUP], "group_members": MEMBERS}, name="group.json", source="wecom_groups")
    assert [result.status for result in gate_landings(settings, ledger)] == ["passed", "passed"]
    assert failed_checks(settings) == set()


@pytest.mark.parametrize(
    ("stated", "found", "status"), [("360", "360", "passed"), ("360.01", "360", "passed"), ("2", "3", "held"), ("361.5", "360", "held")]
)
def test_stated_totals_may_differ_by_rounding_only(settings: Settings, ledger: Ledger, stated: str, found: str, status: str) -> None:
    land(settings, ledger, {"events": events(3)}, drift={"totals": [{"header": "总花费", "stated": stated, "found": found}]})
    assert [result.status for result in gate_landings(settings, ledger)] == [status]


def test_a_file_that_is_rightly_empty_passes(settings: Settings, ledger: Ledger) -> None:
    land(settings, ledger, {})
    assert [result.status for result in gate_landings(settings, ledger)] == ["passed"]


def test_a_few_bad_rows_of_a_short_file_hold_nothing(settings: Settings, ledger: Ledger) -> None:
    """The same rows in one long file would not be held: how rows are cut into files must not decide."""
    land(settings, ledger, {"events": events(1)}, quarantined=18)
    assert [result.status for result in gate_landings(settings, ledger)] == ["passed"]


def test_an_unfinished_day_is_not_short_of_rows(settings: Settings, ledger: Ledger) -> None:
    eight_equal_weeks(settings, ledger)
    land(settings, ledger, {"events": events(2)}, snapshot_at=datetime(2026, 10, 10, 9, tzinfo=UTC))
    assert gate_landings(settings, ledger)[0].warnings == ()


WORKDAYS = {date(2026, 9, 7) + timedelta(days=n): 90 for n in range(12) if (date(2026, 9, 7) + timedelta(days=n)).weekday() < 5}
WEEKENDS = {date(2026, 8, 29) + timedelta(days=7 * week + n): 30 for week in range(3) for n in (0, 1)}


@pytest.mark.parametrize(
    ("day", "count", "is_usual"),
    [
        # 10 October 2026 is a Saturday of work: 80 rows are as many as on a workday, 25 as on a Saturday of rest.
        (date(2026, 10, 10), 80, True),
        (date(2026, 10, 10), 25, False),
        # 5 October is a Monday of the National Day week: nobody works.
        (date(2026, 10, 5), 25, True),
        (date(2026, 10, 5), 280, False),
    ],
)
def test_a_day_is_held_against_days_of_its_kind(settings: Settings, ledger: Ledger, day: date, count: int, is_usual: bool) -> None:
    known_days(settings, ledger, {**WORKDAYS, **WEEKENDS})
    land(settings, ledger, {"events": events(count)}, day=day)
    (result,) = gate_landings(settings, ledger)
    assert (result.warnings == ()) == is_usual, result.warnings


def test_holidays_and_make_up_workdays_are_no_baseline_of_ordinary_days(settings: Settings, ledger: Ledger) -> None:
    """Four Saturdays of which one was worked: three ordinary ones are too few to say what is usual."""
    saturdays = {date(2026, 10, 17) + timedelta(days=7 * week): 30 for week in range(3)}
    known_days(settings, ledger, {DAY: 90, **saturdays})
    land(settings, ledger, {"events": events(5)}, day=date(2026, 11, 7), snapshot_at=datetime(2026, 11, 9, 2, tzinfo=UTC))
    assert gate_landings(settings, ledger)[0].warnings == ()


def test_a_calendar_that_is_none_is_named(settings: Settings, ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "holidays.csv").write_text("business_date,is_workday\nsoon,true\n", encoding="utf-8")
    land(settings, ledger, {"events": events(3)})
    with pytest.raises(SettingsError, match=r"not a calendar: .*holidays\.csv"):
        gate_landings(replace(settings, definitions=tmp_path), ledger)


def test_nothing_to_judge_costs_no_import(settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "great_expectations", None)  # an import would raise
    assert gate_landings(settings, ledger) == []


def test_a_landing_is_judged_once(settings: Settings, ledger: Ledger) -> None:
    land(settings, ledger, {"events": events(3)})
    gate_landings(settings, ledger)
    assert gate_landings(settings, ledger) == []


def test_more_failing_landings_than_great_expectations_shows_are_all_held(settings: Settings, ledger: Ledger) -> None:
    for number in range(205):
        land(settings, ledger, {"events": [{**EVENT, "platform": "WeChat"}]}, name=f"{number}.csv")
    assert {result.status for result in gate_landings(settings, ledger)} == {"held"}


def own_check(settings: Settings, name: str, sql: str, severity: str = "critical") -> None:
    folder = settings.home / "expectations" / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yml").write_text(
        f"""
meaning: Ours
meaning_zh: 自定
checks:
  - {{name: ours, severity: {severity}, meaning: Our own rule, meaning_zh: 自定规则, unexpected_rows: "{sql}"}}
""",
        encoding="utf-8",
    )


def test_checks_in_the_home_are_run_too(settings: Settings, ledger: Ledger) -> None:
    own_check(settings, "events__events", "select _landing, event_type from {batch} where event_type = 'message'")
    land(settings, ledger, {"events": [EVENT]})
    assert gate_landings(settings, ledger)[0].reasons == ("Our own rule - home/events__events.ours - 1 rows, such as event_type=message",)


def test_a_check_that_cannot_be_evaluated_holds_what_it_was_to_judge(settings: Settings, ledger: Ledger) -> None:
    own_check(settings, "events__events", "select _landing from {batch} where no_such_column = 1", severity="info")
    unjudged = land(settings, ledger, {"events": [EVENT]})
    other = land(settings, ledger, {"groups": [GROUP], "group_members": MEMBERS}, name="group.json", source="wecom_groups")
    results = {result.landing_id: result for result in gate_landings(settings, ledger)}
    assert results[unjudged.landing_id].status == "held"
    assert "could not be evaluated" in results[unjudged.landing_id].reasons[0]
    assert results[other.landing_id].status == "passed"


def test_a_check_that_does_not_say_which_landing_is_wrong_holds_all(settings: Settings, ledger: Ledger) -> None:
    own_check(settings, "events__events", "select 'x' as _landing from {batch}")
    land(settings, ledger, {"events": [EVENT]})
    assert gate_landings(settings, ledger)[0].status == "held"


def test_a_wrong_suite_is_refused_before_anything_is_judged(settings: Settings, ledger: Ledger) -> None:
    own_check(settings, "events__events", "select 1 from {batch}")
    landing = land(settings, ledger, {"events": [EVENT]})
    with pytest.raises(SettingsError, match=r"events__events\.yml: ours"):
        gate_landings(settings, ledger)
    assert ledger.landing(landing.landing_id).needs_gate
