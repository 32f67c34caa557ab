"""企业微信 to pages in the inbox, in fair and foul weather."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

import pytest

from community_metrics.extractors.failures import (
    ExtractionError,
    NothingToPullError,
    NotReadyError,
    RateLimitedError,
    UnforeseenError,
    UnreachableError,
)
from community_metrics.extractors.run import extract
from support.extraction import DAY, NEXT_MORNING, Runner, wecom_connection
from support.simulated_platforms.server import Reply
from support.simulated_platforms.wecom import CORP, SECRET, SimulatedWeCom, error

GET_FILE = "externalcontact-groupchat-get.2026-11-20.20261121T030000Z.jsonl"
LIST_FILE = "externalcontact-groupchat-list.2026-11-20.20261121T030000Z.jsonl"


def test_every_group_becomes_a_page_and_the_file_declares_the_end_of_the_day(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    report = runner.once("wecom_groups", wecom_connection(simulated_wecom))
    files = runner.files("wecom_groups")
    assert list(files) == [GET_FILE, LIST_FILE]
    assert [page["request"] for page in files[GET_FILE]] == [{"chat_id": f"wr{number:03}", "need_name": 0} for number in range(5)]
    first = files[GET_FILE][0]
    assert list(first) == ["endpoint", "request", "response", "pulled_at"]
    assert first["endpoint"] == "externalcontact/groupchat/get"
    assert first["response"]["group_chat"]["owner"] == "owner1"
    assert first["pulled_at"] == "2026-11-21T03:00:00Z"
    assert (runner.settings.inbox / "wecom_groups" / CORP / GET_FILE).is_file()
    # 23:59:59 of the business date in China; eleven hours after it are 0.458 of the following day.
    declared = {"period": "2026-11-20", "snapshot_at": "2026-11-20T15:59:59.458345+00:00"}
    assert runner.sidecars("wecom_groups") == {f"{name}.meta.json": declared for name in (GET_FILE, LIST_FILE)}
    assert [(group.group, group.status, group.pages) for group in report.groups] == [("groupchat", "delivered", 6)]
    assert not (runner.settings.landing / "extracting" / "wecom_groups").exists()


def test_a_list_in_several_pages_is_read_to_its_end(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.page_size = 2
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert [call.request.get("cursor") for call in simulated_wecom.asked("groupchat/list")] == [None, "2", "4"]
    assert len(runner.pages("wecom_groups", "groupchat/get")) == 5


def test_no_token_stands_in_the_home_or_in_a_log(runner: Runner, simulated_wecom: SimulatedWeCom, caplog: pytest.LogCaptureFixture) -> None:
    simulated_wecom.misbehave("groupchat/get", Reply(broken="closed"), times=2)
    simulated_wecom.misbehave("groupchat/get", error(40014, "invalid access_token token-1-e7c1a9f05b"), after=2)
    simulated_wecom.misbehave("groupchat/get", error(77777, "hint: token-2-e7c1a9f05b"), after=4)
    with caplog.at_level(logging.DEBUG), pytest.raises(ExtractionError) as failed:
        runner.once("wecom_groups", wecom_connection(simulated_wecom))
    everything = runner.all_texts() + caplog.text + str(failed.value)
    assert SECRET not in everything
    assert "e7c1a9f05b" not in everything
    assert "code 77777 hint: ***" in str(failed.value)
    assert set(runner.secrets) == {SECRET, *simulated_wecom.tokens}


def test_a_token_that_expires_in_the_middle_is_renewed_and_nothing_is_asked_twice(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.token_lasts_calls = 3
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert len(simulated_wecom.tokens) == 2
    assert len(runner.pages("wecom_groups", "groupchat/get")) == 5
    assert len(simulated_wecom.asked("groupchat/get")) == 6  # one of them with the token that had expired


def test_a_token_that_is_refused_even_when_new_fails(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.token_lasts_calls = 0
    with pytest.raises(ExtractionError, match="the access token is refused: code 42001"):
        runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert len(simulated_wecom.tokens) == 2


def test_a_wrong_secret_fails_at_once(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    connection = wecom_connection(simulated_wecom)
    object.__setattr__(connection, "password", "wrong-secret")
    with pytest.raises(ExtractionError, match="the access token is refused: code 40001 invalid credential"):
        runner.once("wecom_groups", connection)
    assert [call.endpoint for call in simulated_wecom.calls] == ["gettoken"]


def test_an_address_that_is_not_on_the_allow_list_fails_with_the_remedy(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("gettoken", error(60020, "not allow to access from your ip, from ip: 203.0.113.7"))
    with pytest.raises(ExtractionError, match=r"60020.*from ip: 203\.0\.113\.7.*allow list"):
        runner.once("wecom_groups", wecom_connection(simulated_wecom))


def test_a_minute_s_block_is_slept_through(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("groupchat/get", error(45009, "api freq out of limit"), after=2)
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert runner.clock.sleeps == [60]
    assert len(runner.pages("wecom_groups", "groupchat/get")) == 5


def test_a_block_that_lasts_is_left_to_a_later_attempt_which_asks_only_for_the_rest(
    runner: Runner, simulated_wecom: SimulatedWeCom
) -> None:
    simulated_wecom.misbehave("groupchat/get", error(45009), times=3, after=2)
    with pytest.raises(RateLimitedError) as blocked:
        runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert blocked.value.delay_seconds == 3600
    assert runner.clock.sleeps == [60, 60]
    assert runner.files("wecom_groups") == {}
    simulated_wecom.calls.clear()
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert [call.request.get("chat_id") for call in simulated_wecom.calls] == [None, "wr002", "wr003", "wr004"]  # the first is the token
    assert len(runner.pages("wecom_groups", "groupchat/get")) == 5


def test_retry_after_is_honoured(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("groupchat/list", Reply({}, status=429, headers={"Retry-After": "17"}))
    simulated_wecom.misbehave("groupchat/get", Reply({}, status=503, headers={"Retry-After": "7"}))
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert runner.clock.sleeps == [17, 7]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(broken="closed"),
        Reply({"errcode": 0, "group_chat": {}}, broken="half"),
        Reply(text="<html>Bad gateway</html>", status=502),
        Reply(text="<html>Log in to the hotel's network</html>"),
        Reply({"errcode": -1, "errmsg": "system busy"}),
        Reply({"no": "code"}),
    ],
    ids=["closed", "half", "502", "html", "busy", "no-code"],
)
def test_a_broken_answer_is_asked_for_again_with_growing_pauses(runner: Runner, simulated_wecom: SimulatedWeCom, reply: Reply) -> None:
    simulated_wecom.misbehave("groupchat/get", reply, times=2, after=1)
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert len(runner.pages("wecom_groups", "groupchat/get")) == 5
    first, second = runner.clock.sleeps
    assert 1 <= first <= 2 and 2 <= second <= 3


def test_an_answer_that_trickles_is_cut_off(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("groupchat/get", Reply({"errcode": 0, "padding": "x" * 400}, broken="trickle"))
    runner.once("wecom_groups", wecom_connection(simulated_wecom, exchange_seconds=0.3))
    assert len(runner.pages("wecom_groups", "groupchat/get")) == 5
    assert len(simulated_wecom.asked("groupchat/get")) == 6


def test_a_platform_that_stays_away_is_unreachable_and_later_given_up(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("groupchat/list", Reply(broken="closed"), times=999)
    for _ in range(3):
        with pytest.raises(UnreachableError, match=r"no usable answer: RemoteProtocolError"):
            runner.once("wecom_groups", wecom_connection(simulated_wecom))
    with pytest.raises(ExtractionError, match=r"given up .4 times unreachable.*no usable answer"):
        runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert len(simulated_wecom.asked("groupchat/list")) == 16


def test_an_unknown_code_fails_with_its_own_words(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("groupchat/list", error(99123, "something new"))
    with pytest.raises(ExtractionError, match="WeCom answered code 99123 something new - externalcontact/groupchat/list"):
        runner.once("wecom_groups", wecom_connection(simulated_wecom))


def test_an_answer_of_another_shape_is_tried_three_times_and_does_not_hold_up_the_rest(
    runner: Runner, simulated_wecom: SimulatedWeCom
) -> None:
    simulated_wecom.misbehave("get_user_behavior_data", Reply({"errcode": 0, "behavior_data": [{"day": 1}]}), times=99)
    for _ in range(2):
        with pytest.raises(UnforeseenError, match="unforeseen: KeyError: 'stat_time' - wecom_stats, account ww1a2b3c, behaviour"):
            runner.once("wecom_stats", wecom_connection(simulated_wecom))
    with pytest.raises(ExtractionError, match=r"given up \(3 times unforeseen\)"):
        runner.once("wecom_stats", wecom_connection(simulated_wecom))
    assert len(runner.pages("wecom_stats", "statistic_group_by_day")) == 3


def test_a_group_that_is_gone_since_it_was_listed_is_left_out(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("groupchat/get", error(90501), chat_id="wr001")
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert [page["request"]["chat_id"] for page in runner.pages("wecom_groups", "get")] == ["wr000", "wr002", "wr003", "wr004"]


def test_an_owner_without_permission_is_a_page_of_its_own_and_not_an_empty_owner(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.not_permitted["owner2"] = 60011
    report = runner.once("wecom_groups", wecom_connection(simulated_wecom, owners=["owner1", "owner2", "owner3"]))
    files = runner.files("wecom_groups")
    refused, *fetched = files[GET_FILE]
    assert refused["request"]["owner_filter"] == {"userid_list": ["owner2"]}
    assert refused["response"]["errcode"] == 60011
    assert [page["request"]["chat_id"] for page in fetched] == ["wr000", "wr003", "wr002"]
    assert [page["response"]["errcode"] for page in files[LIST_FILE]] == [0, 60011, 0]
    assert report.groups[0].failed_parts[0].startswith("groups of owner2: code 60011")


def test_a_group_without_permission_is_a_page_of_its_own(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("groupchat/get", error(48002, "api forbidden"), chat_id="wr003")
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    pages = runner.pages("wecom_groups", "groupchat/get")
    assert [page["response"]["errcode"] for page in pages] == [0, 0, 0, 48002, 0]


def test_a_platform_that_refuses_everything_delivers_nothing(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("groupchat/list", error(48002, "api forbidden"), times=999)
    with pytest.raises(ExtractionError, match="refused all of it: groups of everybody: code 48002"):
        runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert runner.files("wecom_groups") == {}


def test_too_many_people_are_asked_for_in_hundreds(runner: Runner) -> None:
    with SimulatedWeCom(owners=250, groups=250, members=1) as platform:
        platform.too_many_people = True
        runner.once("wecom_groups", wecom_connection(platform))
        lists = platform.asked("groupchat/list")
    assert [len(call.request.get("owner_filter", {}).get("userid_list", [])) for call in lists] == [0, 100, 100, 50]
    assert len(runner.pages("wecom_groups", "groupchat/get")) == 250


def test_a_page_that_repeats_another_is_dropped(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.page_size = 2
    repeated = {"errcode": 0, "group_chat_list": [{"chat_id": f"wr00{number}", "status": 0} for number in range(2)], "next_cursor": "again"}
    simulated_wecom.misbehave("groupchat/list", Reply(repeated), cursor="2")
    simulated_wecom.misbehave(
        "groupchat/list",
        Reply({"errcode": 0, "group_chat_list": [{"chat_id": f"wr00{number}"} for number in (2, 3, 4)]}),
        cursor="again",
    )
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert len(simulated_wecom.asked("groupchat/get")) == 5
    assert len(simulated_wecom.asked("groupchat/list")) == 3


def test_a_cursor_that_is_refused_starts_the_list_over(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.page_size = 2
    simulated_wecom.misbehave("groupchat/list", error(40058, "invalid cursor"), cursor="4")
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert [call.request.get("cursor") for call in simulated_wecom.asked("groupchat/list")] == [None, "2", "4", None, "2", "4"]
    assert len(runner.pages("wecom_groups", "groupchat/get")) == 5


def test_cursors_in_a_circle_are_given_up(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    circle = Reply({"errcode": 0, "group_chat_list": [{"chat_id": "wr000"}], "next_cursor": "round"})
    simulated_wecom.misbehave("groupchat/list", circle, times=999)
    with pytest.raises(UnreachableError, match="the list moved 4 times"):
        runner.once("wecom_groups", wecom_connection(simulated_wecom))


def test_an_empty_list_is_believed_at_the_third_look_only(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.empty_lists = 2
    report, waited = runner.until_done("wecom_groups", wecom_connection(simulated_wecom))
    assert [type(error) for error in waited] == [NotReadyError, NotReadyError]
    assert [error.delay_seconds for error in waited] == [3600, 3600]
    assert report.groups[0].pages == 6


def test_a_corporation_without_groups_delivers_nothing(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.groups.clear()
    report, waited = runner.until_done("wecom_groups", wecom_connection(simulated_wecom))
    assert len(waited) == 2
    assert [group.status for group in report.groups] == ["empty"]
    assert runner.files("wecom_groups") == {}


def test_the_past_of_a_list_of_the_present_is_not_made_up(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    with pytest.raises(NothingToPullError, match="the platform lists only the present"):
        runner.once("wecom_groups", wecom_connection(simulated_wecom), DAY - timedelta(days=1))
    assert simulated_wecom.calls == []


def test_a_day_that_is_not_over_is_not_pulled(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    with pytest.raises(NothingToPullError, match="2026-11-21 is not over yet"):
        runner.once("wecom_groups", wecom_connection(simulated_wecom), DAY + timedelta(days=1))


def test_statistics_are_asked_for_per_owner_and_per_person_with_the_restated_days(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    runner.once("wecom_stats", wecom_connection(simulated_wecom))
    statistics = simulated_wecom.asked("statistic_group_by_day")
    assert [call.request["owner_filter"] for call in statistics] == [{"userid_list": [f"owner{number}"]} for number in (1, 2, 3)]
    # 2026-11-18 and 2026-11-20, 00:00 in China.
    assert {(call.request["day_begin_time"], call.request["day_end_time"]) for call in statistics} == {(1794931200, 1795104000)}
    behaviour = simulated_wecom.asked("get_user_behavior_data")
    assert [call.request["userid"] for call in behaviour] == [["owner1"], ["owner2"], ["owner3"]]
    assert all("partyid" not in call.request for call in behaviour)
    assert list(runner.files("wecom_stats")) == [
        "externalcontact-get_user_behavior_data.2026-11-20.20261121T030000Z.jsonl",
        "externalcontact-groupchat-statistic_group_by_day.2026-11-20.20261121T030000Z.jsonl",
    ]
    assert {sidecar["period"] for sidecar in runner.sidecars("wecom_stats").values()} == {"2026-11-20"}
    assert {sidecar["snapshot_at"] for sidecar in runner.sidecars("wecom_stats").values()} == {"2026-11-21T03:00:00Z"}


def test_nothing_is_asked_before_the_hour_that_the_platform_states(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    runner.clock = type(runner.clock)(datetime(2026, 11, 20, 16, 0, 5, tzinfo=UTC))  # 00:00:05 of the following day in China
    with pytest.raises(NotReadyError, match="not asked for before 2026-11-21 08:00") as early:
        runner.once("wecom_stats", wecom_connection(simulated_wecom))
    assert simulated_wecom.calls == []
    assert early.value.delay_seconds == 8 * 3600
    report, waited = runner.until_done("wecom_stats", wecom_connection(simulated_wecom))
    assert len(waited) == 1
    assert [group.status for group in report.groups] == ["delivered", "delivered"]


def test_zeros_of_a_day_that_is_not_computed_are_not_data(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.zeros[DAY] = 6  # three owners and three people
    with pytest.raises(NotReadyError, match="everything is zero or missing on 2026-11-20") as waiting:
        runner.once("wecom_stats", wecom_connection(simulated_wecom))
    assert waiting.value.delay_seconds == 3600
    assert runner.files("wecom_stats") == {}
    runner.once("wecom_stats", wecom_connection(simulated_wecom))
    (page,) = [page for page in runner.pages("wecom_stats", "get_user_behavior_data") if page["request"]["userid"] == ["owner1"]]
    assert page["response"]["behavior_data"][-1]["chat_cnt"] == 20


def test_one_owner_with_figures_makes_the_zeros_of_the_others_true(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.zeros[DAY] = 2
    report, waited = runner.until_done("wecom_stats", wecom_connection(simulated_wecom))
    assert waited == []
    assert [group.status for group in report.groups] == ["delivered", "delivered"]


def test_a_quiet_day_of_an_active_team_is_believed_after_six_looks_and_other_figures_do_not_wait_for_it(
    runner: Runner, simulated_wecom: SimulatedWeCom
) -> None:
    simulated_wecom.quiet.add(DAY)
    with pytest.raises(NotReadyError):
        runner.once("wecom_stats", wecom_connection(simulated_wecom))
    assert [name.split(".")[0] for name in runner.files("wecom_stats")] == ["externalcontact-groupchat-statistic_group_by_day"]
    report, waited = runner.until_done("wecom_stats", wecom_connection(simulated_wecom))
    assert len(waited) == 4
    assert [group.status for group in report.groups] == ["delivered_before", "delivered"]
    assert len(simulated_wecom.asked("statistic_group_by_day")) == 3


def test_a_day_without_any_stock_is_never_believed_while_the_days_before_have_one(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.zeros[DAY] = 10_000
    connection = wecom_connection(simulated_wecom)
    for _ in range(9):
        with pytest.raises(NotReadyError):
            runner.once("wecom_stats", connection)
        runner.clock.go_on(600)
    with pytest.raises(ExtractionError, match=r"given up .10 times not_ready.*everything is zero or missing"):
        runner.once("wecom_stats", connection)


def test_a_settled_day_is_looked_at_three_times_a_minute_apart(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    past = date(2026, 10, 1)
    simulated_wecom.quiet.add(past)
    report, waited = runner.until_done("wecom_stats", wecom_connection(simulated_wecom), past)
    assert [error.delay_seconds for error in waited] == [60, 60]
    assert report.groups[1].status == "delivered"


def test_a_date_beyond_the_history_is_left_out(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    with pytest.raises(NothingToPullError, match="keeps 180 days, 2026-01-01 is older"):
        runner.once("wecom_stats", wecom_connection(simulated_wecom), date(2026, 1, 1))


def test_kf_figures_come_for_each_account_and_servicer_that_is_named(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    runner.once("wecom_stats", wecom_connection(simulated_wecom, open_kfids=["wk1"], kf_servicers=["owner1", "owner2"]))
    assert [page["request"].get("servicer_userid") for page in runner.pages("wecom_stats", "get_servicer_statistic")] == [
        "owner1",
        "owner2",
    ]
    assert len(runner.pages("wecom_stats", "get_corp_statistic")) == 1


def test_customers_come_page_by_page_and_whoever_has_none_is_left_out(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.page_size = 2
    simulated_wecom.customers["owner2"] = []
    runner.once("wecom_contacts", wecom_connection(simulated_wecom, acquisition_links=True))
    relations = runner.pages("wecom_contacts", "batch/get_by_user")
    assert [(page["request"]["userid_list"], page["request"].get("cursor")) for page in relations] == [
        (["owner1"], None),
        (["owner1"], "2"),
        (["owner3"], None),
        (["owner3"], "2"),
    ]
    assert [page["request"]["link_id"] for page in runner.pages("wecom_contacts", "customer_acquisition/customer")] == ["l1", "l2"]


def test_a_crash_while_writing_a_page_loses_that_page_only(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    simulated_wecom.misbehave("groupchat/get", error(99123), after=3)
    with pytest.raises(ExtractionError):
        runner.once("wecom_groups", wecom_connection(simulated_wecom))
    (spool,) = runner.settings.landing.rglob("pages.jsonl")
    spool.write_bytes(spool.read_bytes()[:-7])
    simulated_wecom.calls.clear()
    runner.clock = type(runner.clock)(NEXT_MORNING + timedelta(hours=1))
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert [call.request["chat_id"] for call in simulated_wecom.asked("groupchat/get")] == ["wr002", "wr003", "wr004"]
    assert len(runner.pages("wecom_groups", "groupchat/get")) == 5


def test_a_second_run_of_a_finished_day_pulls_it_anew(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    simulated_wecom.calls.clear()
    runner.clock.go_on(3600)
    runner.once("wecom_groups", wecom_connection(simulated_wecom))
    assert len(simulated_wecom.asked("groupchat/get")) == 5
    assert len(runner.files("wecom_groups")) == 4
    first, second = (runner.sidecars("wecom_groups")[f"{name}.meta.json"] for name in runner.files("wecom_groups") if "-get." in name)
    assert first["period"] == second["period"] and first["snapshot_at"] < second["snapshot_at"] < "2026-11-20T16:00:00"


def test_two_connections_that_pull_one_account_are_refused(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    connection = wecom_connection(simulated_wecom)
    with pytest.raises(ExtractionError, match="two connections pull the account 'ww1a2b3c'"):
        extract(runner.settings, "wecom_groups", DAY, [connection, connection], clock=runner.clock)


def test_two_corporations_stand_in_two_folders(runner: Runner, simulated_wecom: SimulatedWeCom) -> None:
    connections = [wecom_connection(simulated_wecom), wecom_connection(simulated_wecom, account="brand-b")]
    extract(runner.settings, "wecom_groups", DAY, connections, clock=runner.clock)
    assert sorted(path.name for path in (runner.settings.inbox / "wecom_groups").iterdir()) == ["brand-b", CORP]
