"""公众号 to pages in the inbox: two families of articles, delays, and followers that must agree with their number."""

from __future__ import annotations

from datetime import date

import pytest

from community_metrics.extractors.failures import ExtractionError, NotReadyError, RateLimitedError
from support.extraction import DAY, Runner, mp_connection
from support.simulated_platforms.wechat_mp import SimulatedWeChatMp
from support.simulated_platforms.wecom import error


def asked_dates(platform: SimulatedWeChatMp, name: str) -> list[tuple[str, str]]:
    return [(call.request["begin_date"], call.request["end_date"]) for call in platform.asked(f"datacube/{name}")]


def test_a_day_is_asked_for_with_what_is_restated_in_the_spans_that_are_allowed(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    report = runner.once("wechat_mp", mp_connection(simulated_mp))
    assert asked_dates(simulated_mp, "getusersummary") == [("2026-11-18", "2026-11-20")]
    assert asked_dates(simulated_mp, "getusercumulate") == [("2026-11-18", "2026-11-20")]
    assert asked_dates(simulated_mp, "getarticleread") == [(f"2026-11-{day}", f"2026-11-{day}") for day in (18, 19, 20)]
    assert asked_dates(simulated_mp, "getbizsummary") == [("2026-11-18", "2026-11-20")]
    details = asked_dates(simulated_mp, "getarticletotaldetail")
    assert (details[0], details[-1], len(details)) == (("2026-10-22", "2026-10-22"), ("2026-11-20", "2026-11-20"), 30)
    assert simulated_mp.asked("getarticlesummary") == []
    assert list(runner.files("wechat_mp")) == [
        f"datacube-{name}.2026-11-20.20261121T030000Z.jsonl"
        for name in ("getarticleread", "getarticleshare", "getarticletotaldetail", "getbizsummary", "getusercumulate", "getusersummary")
    ]
    assert [group.status for group in report.groups] == ["delivered", "delivered", "delivered", "empty"]


def test_before_november_2025_the_old_family_is_asked(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    runner.once("wechat_mp", mp_connection(simulated_mp), date(2025, 9, 10))
    assert asked_dates(simulated_mp, "getarticlesummary") == [(f"2025-09-{day:02}", f"2025-09-{day:02}") for day in (8, 9, 10)]
    totals = asked_dates(simulated_mp, "getarticletotal")
    assert (totals[0][0], totals[-1][0], len(totals)) == ("2025-09-04", "2025-09-10", 7)
    assert simulated_mp.asked("getarticleread") == []
    assert simulated_mp.asked("getarticletotaldetail") == []


def test_around_the_change_each_day_is_asked_of_the_family_that_has_it(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    runner.once("wechat_mp", mp_connection(simulated_mp), date(2025, 11, 2))
    assert asked_dates(simulated_mp, "getarticlesummary") == [("2025-10-31", "2025-10-31")]
    assert [first for first, _ in asked_dates(simulated_mp, "getarticletotal")] == [f"2025-10-{day}" for day in range(27, 32)]
    assert [first for first, _ in asked_dates(simulated_mp, "getarticleread")] == ["2025-11-01", "2025-11-02"]
    assert [first for first, _ in asked_dates(simulated_mp, "getarticletotaldetail")] == ["2025-11-01", "2025-11-02"]
    assert asked_dates(simulated_mp, "getbizsummary") == [("2025-11-01", "2025-11-02")]


def test_a_delay_that_the_platform_states_is_waited_for_and_only_the_delayed_page_is_asked_again(
    runner: Runner, simulated_mp: SimulatedWeChatMp
) -> None:
    simulated_mp.delays[DAY] = 5  # reads, shares, the account's figures, the details, and once more the reads
    report, waited = runner.until_done("wechat_mp", mp_connection(simulated_mp))
    assert [str(error).split(" - ")[0] for error in waited][-1] == (
        "datacube/getarticleread of 2026-11-20 is delayed, as the platform says (is_delay)"
    )
    assert len(waited) == 2
    assert len(simulated_mp.asked("getarticleread")) == 3 + 2
    assert len(simulated_mp.asked("getarticletotaldetail")) == 30 + 1
    assert all(page["response"].get("is_delay") is False for page in runner.pages("wechat_mp", "getarticleread"))
    assert {group.status for group in report.groups} == {"delivered", "delivered_before"}


def test_a_delay_that_stays_is_given_up_and_never_delivered(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    simulated_mp.delays[DAY] = 10_000
    with pytest.raises(ExtractionError, match=r"given up \(10 times not_ready\).*is_delay"):
        runner.until_done("wechat_mp", mp_connection(simulated_mp))
    assert runner.pages("wechat_mp", "getarticleread") == []
    assert len(runner.pages("wechat_mp", "getusersummary")) == 1


def test_an_empty_summary_is_true_when_the_number_of_followers_has_not_moved(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    simulated_mp.still.add(DAY)
    _, waited = runner.until_done("wechat_mp", mp_connection(simulated_mp))
    assert waited == []


def test_an_empty_summary_is_not_data_while_the_number_of_followers_says_otherwise(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    simulated_mp.empty_summaries[DAY] = 2
    _, waited = runner.until_done("wechat_mp", mp_connection(simulated_mp))
    assert len(waited) == 2
    assert "but nobody is said to have come or gone" in str(waited[0])
    (page,) = runner.pages("wechat_mp", "getusersummary")
    assert [row["ref_date"] for row in page["response"]["list"]][-1] == "2026-11-20"


def test_a_day_that_is_missing_from_the_followers_is_not_ready(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    simulated_mp.missing_cumulates[DAY] = 1
    with pytest.raises(NotReadyError, match="everything is zero or missing on 2026-11-20"):
        runner.once("wechat_mp", mp_connection(simulated_mp))


def test_the_day_s_quota_is_left_until_after_midnight_and_no_call_is_lost(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    simulated_mp.misbehave("getarticletotaldetail", error(45009, "reach max api daily quota limit"), times=1, after=10)
    with pytest.raises(RateLimitedError, match="the day's quota is used up") as used_up:
        runner.once("wechat_mp", mp_connection(simulated_mp))
    # 11:00 in China, back at 00:10.
    assert used_up.value.delay_seconds == (13 * 60 + 10) * 60
    assert runner.clock.sleeps == []
    runner.clock.go_on(used_up.value.delay_seconds)
    runner.once("wechat_mp", mp_connection(simulated_mp))
    assert len(simulated_mp.asked("getarticletotaldetail")) == 30 + 1


def test_the_token_of_other_programs_is_left_alone_unless_it_is_refused(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    simulated_mp.token_lasts_calls = 20
    runner.once("wechat_mp", mp_connection(simulated_mp))
    assert [call.request["force_refresh"] for call in simulated_mp.asked("stable_token")] == [False, True]


def test_an_account_without_the_right_fails_with_the_remedy(runner: Runner, simulated_mp: SimulatedWeChatMp) -> None:
    simulated_mp.misbehave("getusersummary", error(48001, "api unauthorized"))
    with pytest.raises(ExtractionError, match=r"公众号 answered code 48001 api unauthorized.*verified"):
        runner.once("wechat_mp", mp_connection(simulated_mp))
