"""WeCom: statistics whose owner stands only in the request, relations of customers, and the XML of callbacks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from support.intake import Intake

DAY = 1_780_243_200  # 2026-06-01 00:00 in China, still May in UTC
NEXT_DAY = DAY + 86_400
GROUP_DAY = {
    "new_chat_cnt": 1,
    "chat_total": 2,
    "chat_has_msg": 2,
    "new_member_cnt": 5,
    "member_total": 60,
    "member_has_msg": 9,
    "msg_total": 40,
}
BEHAVIOUR = {"chat_cnt": 100, "message_cnt": 80, "negative_feedback_cnt": 2, "new_apply_cnt": 6, "new_contact_cnt": 5}
CUSTOMER = "wmCUSTOMER0000000000000000000001"


def pages(endpoint: str, *asked: tuple[dict[str, Any], dict[str, Any]], pulled_at: str = "2026-06-03T02:00:00Z") -> str:
    """JSON Lines as the extractors write them."""
    return "".join(
        json.dumps(
            {"endpoint": endpoint, "request": request, "response": {"errcode": 0, "errmsg": "ok", **response}, "pulled_at": pulled_at}
        )
        + "\n"
        for request, response in asked
    )


def group_days(*owners: str) -> tuple[dict[str, Any], dict[str, Any]]:
    request = {"day_begin_time": DAY, **({"owner_filter": {"userid_list": list(owners)}} if owners else {})}
    return request, {"items": [{"stat_time": DAY, "data": GROUP_DAY}, {"stat_time": NEXT_DAY, "data": {**GROUP_DAY, "msg_total": 41}}]}


def staff_days(request: dict[str, Any], **figures: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return request, {"behavior_data": [{"stat_time": DAY, **BEHAVIOUR, **figures}]}


def test_days_of_groups_are_days_in_china_and_belong_to_whom_the_request_names(intake: Intake) -> None:
    endpoint = "externalcontact/groupchat/statistic_group_by_day"
    content = pages(endpoint, group_days("zhang"), group_days("li"), group_days(), group_days("zhang", "li"))
    landing = intake.ingest("days.jsonl", content, account="corp1")
    assert (landing.source, landing.template, landing.rows, landing.accepted) == ("wecom_stats", "wecom_statistic_group_by_day", 8, 8)
    rows = intake.rows("wecom_stats/group_days", "business_date, _period_date, owners_asked, messages, chats_total, members_total")
    assert rows == [
        (date, date, asked, messages, "2", "60")
        for asked in ("1", "1", None, "2")
        for date, messages in (("2026-06-01", "40"), ("2026-06-02", "41"))
    ]
    owners = [owner for (owner,) in intake.rows("wecom_stats/group_days", "owner")]
    assert owners[4] is None  # everybody: there is no owner
    assert len({owners[0], owners[2], owners[6]}) == 3
    assert not {"zhang", "li"} & set(owners)


def test_a_response_without_its_request_is_of_everybody(intake: Intake) -> None:
    landing = intake.ingest("page.json", json.dumps({"errcode": 0, **group_days()[1]}), account="corp1")
    assert (landing.template, landing.accepted) == ("wecom_statistic_group_by_day", 2)
    assert intake.rows("wecom_stats/group_days", "owner, owners_asked") == [(None, None)] * 2


def test_a_period_of_owners_is_dated_by_the_request(intake: Intake) -> None:
    items = {"total": 1, "items": [{"owner": "zhang", "data": GROUP_DAY}]}
    endpoint = "externalcontact/groupchat/statistic"
    intake.ingest(
        "owners.jsonl", pages(endpoint, ({"day_begin_time": DAY, "day_end_time": NEXT_DAY}, items), ({"day_begin_time": DAY}, items))
    )
    assert intake.rows("wecom_stats/group_owners", "period_begin, period_end, new_members") == [
        ("2026-06-01", "2026-06-02", "5"),
        ("2026-06-01", "2026-06-01", "5"),
    ]


def test_percent_and_minutes_of_staff_become_fraction_and_seconds_and_absent_is_not_zero(intake: Intake) -> None:
    endpoint = "externalcontact/get_user_behavior_data"
    content = pages(endpoint, staff_days({"userid": ["zhang"]}, reply_percentage=60.25, avg_reply_time=2), staff_days({"userid": ["li"]}))
    landing = intake.ingest("staff.jsonl", content, account="corp1")
    assert (landing.template, landing.accepted) == ("wecom_user_behavior", 2)
    columns = "business_date, reply_rate, first_reply_seconds, chats, messages, negative_feedback, applications, new_contacts"
    assert intake.rows("wecom_stats/staff_days", columns) == [
        ("2026-06-01", "0.6025", "120", "100", "80", "2", "6", "5"),
        ("2026-06-01", None, None, "100", "80", "2", "6", "5"),
    ]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"userid": ["zhang", "li"]}, "missing_value"),
        ({"partyid": [1]}, "no_stream"),
        ({"userid": ["zhang"], "partyid": [1]}, "no_stream"),
        ({}, "missing_value"),
    ],
    ids=["several", "a department", "one and a department", "nobody"],
)
def test_figures_of_nobody_in_particular_are_nobodys(intake: Intake, request_: dict[str, Any], reason: str) -> None:
    landing = intake.ingest("staff.jsonl", pages("externalcontact/get_user_behavior_data", staff_days(request_)))
    assert (landing.accepted, landing.quarantined) == (0, 1)
    assert [row[2] for row in intake.quarantined()] == [reason]


@pytest.mark.parametrize(
    ("pulled_at", "is_data"), [("2026-06-01T18:32:00Z", False), ("2026-06-02T00:30:00Z", True)], ids=["02:32", "08:30"]
)
def test_zeros_before_eight_are_no_data(intake: Intake, pulled_at: str, is_data: bool) -> None:
    nothing = dict.fromkeys(BEHAVIOUR, 0)
    content = pages("externalcontact/get_user_behavior_data", staff_days({"userid": ["zhang"]}, **nothing), pulled_at=pulled_at)
    landing = intake.ingest("staff.jsonl", content)
    assert (landing.accepted, landing.quarantined) == ((1, 0) if is_data else (0, 1))
    assert [row[2] for row in intake.quarantined()] == ([] if is_data else ["not_ready"])


def test_a_page_of_an_exceeded_rate_says_to_wait(intake: Intake) -> None:
    page = json.dumps({"errcode": 45009, "errmsg": "api freq out of limit"})
    landing = intake.ingest("page.json", page, source="wecom_stats")
    assert (landing.status, landing.reason_code) == ("rejected", "api_error")
    assert "45009" in (landing.reason or "")
    assert "wait a minute" in (landing.reason or "")


def test_customer_service_is_by_account_and_servicer(intake: Intake) -> None:
    figures = {
        "session_cnt": 2,
        "customer_cnt": 1,
        "customer_msg_cnt": 6,
        "reply_rate": 1,
        "first_reply_average_sec": 17,
        "satisfaction_investgate_cnt": 1,
    }
    request = {"open_kfid": "wk1", "start_time": DAY, "end_time": DAY}
    response = {"statistic_list": [{"stat_time": DAY, "statistic": figures}]}
    intake.ingest("corp.jsonl", pages("kf/get_corp_statistic", (request, response)))
    intake.ingest("servicer.jsonl", pages("kf/get_servicer_statistic", ({**request, "servicer_userid": "zhang"}, response)))
    columns = "open_kfid, servicer_id is null, reply_rate, first_reply_seconds, satisfaction_invitations"
    assert sorted(intake.rows("wecom_stats/service_days", columns)) == [("wk1", False, "1", "17", "1"), ("wk1", True, "1", "17", "1")]


def test_a_table_of_the_console_with_percent_and_minutes(intake: Intake) -> None:
    table = (
        "日期,成员账号,姓名,聊天总数,发送消息数,已回复聊天占比,平均首次回复时长,删除/拉黑成员的客户数,新奇指标\n"
        "2026-06-01,zhang,张三,100,80,60.25%,2,1,9\n"
        "2026-06-02,zhang,张三,3,4,--,--,0,9\n"
    )
    landing = intake.ingest("联系客户统计.csv", table)
    assert (landing.template, landing.accepted) == ("wecom_console_staff", 2)
    assert "新奇指标" in landing.drift["unknown"]
    assert intake.rows("wecom_stats/staff_days", "business_date, reply_rate, first_reply_seconds, negative_feedback") == [
        ("2026-06-01", "0.6025", "120", "1"),
        ("2026-06-02", None, None, "0"),
    ]


def test_a_table_by_display_names_is_refused_by_name(intake: Intake) -> None:
    named = intake.ingest("群聊.csv", "日期,群主,群聊总数,群成员总数\n2026-06-01,张三,2,60\n")
    assert (named.status, named.reason_code) == ("rejected", "wrong_grain")
    assert "群主账号" in (named.reason or "")
    staff = intake.ingest("成员.csv", "日期,成员,聊天总数,新增客户数\n2026-06-01,张三,2,60\n", source="wecom_stats")
    assert (staff.status, staff.reason_code) == ("rejected", "missing_required_column")


def follow(userid: str, **more: Any) -> dict[str, Any]:
    return {"userid": userid, "createtime": DAY, "remark": "李部长", "remark_mobiles": ["13800000001"], "add_way": 3, **more}


def test_a_customer_of_two_members_of_staff_is_two_relations_without_names(intake: Intake) -> None:
    contact = {"external_userid": CUSTOMER, "name": "李四", "type": 1, "unionid": "oUNION"}
    tags = [{"group_name": "等级", "tag_name": "老客", "tag_id": "et1", "type": 1}]
    page = {
        "errcode": 0,
        "external_contact": contact,
        "follow_user": [follow("zhang", tags=tags, oper_userid="zhang"), follow("li", state="k1", oper_userid=CUSTOMER)],
    }
    landing = intake.ingest("customer.json", json.dumps(page), account="corp1", snapshot_at="2026-06-03T12:00:00+08:00")
    assert (landing.source, landing.accepted) == ("wecom_contacts", 2)
    columns = "added_at, add_way, state, contact_type, tag_ids, tag_names, operator_id = member_id"
    assert intake.rows("wecom_contacts/relations", columns) == [
        ("2026-05-31T16:00:00.000000Z", "3", None, "wechat", '["et1"]', '["老客"]', False),
        ("2026-05-31T16:00:00.000000Z", "3", "k1", "wechat", None, None, True),
    ]
    written = b"".join(path.read_bytes() for path in intake.settings.lake.rglob("*.parquet"))
    assert not any(word.encode() in written for word in ("李四", "李部长", "13800000001", CUSTOMER, "oUNION"))


def test_the_batch_of_a_member_of_staff_tells_the_same_customer(intake: Intake) -> None:
    intake.ingest(
        "one.json", json.dumps({"external_contact": {"external_userid": CUSTOMER}, "follow_user": [follow("zhang")]}), account="corp1"
    )
    batch = {
        "external_contact_list": [
            {"external_contact": {"external_userid": CUSTOMER}, "follow_info": follow("zhang", tag_id=["et1", "et2"])}
        ]
    }
    intake.ingest("batch.jsonl", pages("externalcontact/batch/get_by_user", ({"userid_list": ["zhang"]}, batch)), account="corp1")
    rows = set(intake.rows("wecom_contacts/relations", "member_id, staff_id"))
    assert len(rows) == 1
    assert {row[0] for row in intake.rows("wecom_contacts/relations", "tag_ids")} == {None, '["et1", "et2"]'}


def test_customers_of_a_link_need_the_request_that_names_it(intake: Intake) -> None:
    found = {"customer_list": [{"external_userid": CUSTOMER, "userid": "zhang", "chat_status": 1, "state": "c1"}]}
    intake.ingest("link.jsonl", pages("externalcontact/customer_acquisition/customer", ({"link_id": "L1"}, found), ({}, found)))
    assert intake.rows("wecom_contacts/acquisitions", "link_id, chat_status, state") == [("L1", "written", "c1")]
    assert [row[1:3] for row in intake.quarantined()] == [("link_id", "missing_value")]


def callback(*parts: str, time: str = f"<CreateTime>{DAY}</CreateTime>") -> str:
    return (
        f"<xml><ToUserName><![CDATA[ww1]]></ToUserName>{time}<Event>change_external_chat</Event><ChatId>g1</ChatId>{''.join(parts)}</xml>"
    )


JOINED = callback(
    "<ChangeType>update</ChangeType><UpdateDetail>add_member</UpdateDetail><JoinScene>3</JoinScene><MemChangeCnt>2</MemChangeCnt>",
    f"<MemChangeList><Item>{CUSTOMER}</Item><Item>zhang</Item></MemChangeList><LastMemVer>v1</LastMemVer><CurMemVer>v2</CurMemVer>",
)


def test_a_callback_tells_who_joined_with_the_ids_of_the_lists(intake: Intake) -> None:
    landing = intake.ingest("joined.xml", JOINED, account="corp1")
    assert (landing.source, landing.template, landing.rows, landing.accepted) == ("wecom_groups", "wecom_change_external_chat", 3, 3)
    assert intake.rows(
        "wecom_groups/group_events", "chat_id, change_type, update_detail, occurred_at, members_changed, member_version"
    ) == [("g1", "update", "add_member", "2026-05-31T16:00:00.000000Z", "2", "v2")]
    member, staff = intake.rows("wecom_groups/group_event_members", "member_id, actor_type, join_scene")
    assert (member[1:], staff[1:]) == (("member", "3"), ("staff", "3"))
    page = {"errcode": 0, "group_chat": {"chat_id": "g1", "member_list": [{"userid": CUSTOMER, "type": 2}, {"userid": "zhang", "type": 1}]}}
    intake.ingest("page.json", json.dumps(page), account="corp1", snapshot_at="2026-06-01T12:00:00Z")
    assert [row[0] for row in intake.rows("wecom_groups/group_members", "member_id")] == [member[0], staff[0]]


def test_one_member_is_a_list_of_one_and_providers_write_other_names(intake: Intake) -> None:
    left = callback(
        "<ChangeType>update</ChangeType><UpdateDetail>del_member</UpdateDetail><QuitScene>0</QuitScene>",
        f"<MemChangeList><Item>{CUSTOMER}</Item></MemChangeList>",
        time=f"<InfoType>change_external_chat</InfoType><TimeStamp>{DAY}</TimeStamp>",
    )
    dismissed = callback("<ChangeType>dismiss</ChangeType>")
    intake.ingest("two.xml", left + "\n" + dismissed, account="corp1")
    assert intake.rows("wecom_groups/group_events", "change_type, update_detail, quit_scene") == [
        ("update", "del_member", "0"),
        ("dismiss", "", None),
    ]
    assert len(intake.rows("wecom_groups/group_event_members")) == 1


def test_callbacks_may_stand_as_text_in_lines(intake: Intake) -> None:
    lines = [{"endpoint": "change_external_chat", "response": text} for text in (JOINED, "<xml><ChatId>g1</Cha")]
    landing = intake.ingest("callbacks.jsonl", "".join(json.dumps(line) + "\n" for line in lines), account="corp1")
    assert (landing.accepted, landing.quarantined) == (3, 1)


def test_a_callback_says_nothing_of_how_far_the_lists_reach(intake: Intake) -> None:
    landing = intake.ingest("joined.xml", JOINED, account="corp1", snapshot_at="2026-06-09T12:00:00Z")
    assert landing.status == "ingested"
    with sqlite3.connect(intake.settings.ledger_path) as ledger:
        assert ledger.execute("select count(*) from coverage").fetchone() == (0,)


def test_a_customer_who_deletes_staff_is_an_event_of_both(intake: Intake) -> None:
    text = (
        f"<xml><InfoType>change_external_contact</InfoType><TimeStamp>{DAY}</TimeStamp><ChangeType>del_follow_user</ChangeType>"
        f"<UserID>zhang</UserID><ExternalUserID>{CUSTOMER}</ExternalUserID></xml>"
    )
    landing = intake.ingest("left.xml", text, account="corp1")
    assert (landing.source, landing.accepted) == ("wecom_contacts", 1)
    assert intake.rows("wecom_contacts/contact_events", "change_type, occurred_at") == [("del_follow_user", "2026-05-31T16:00:00.000000Z")]


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE xml [<!ENTITY a "x">]><xml><ChatId>&a;</ChatId></xml>',
        '<xml><!DOCTYPE xml SYSTEM "file:///etc/passwd"><ChatId>g</ChatId></xml>',
        "<xml><ChatId>&undefined;</ChatId></xml>",
        "<xml>" + "<a>" * 40 + "x" + "</a>" * 40 + "</xml>",
        "<xml><ChatId>g1</ChatId>",
    ],
    ids=["entity", "inner DTD", "unknown entity", "deep", "cut off"],
)
def test_what_no_callback_does_is_refused_and_followed_nowhere(intake: Intake, content: str) -> None:
    landing = intake.ingest("hostile.xml", content, source="wecom_groups")
    assert landing.status == "rejected"
    assert landing.reason_code in ("unreadable_envelope", "truncated", "no_table")


WORK = "samples/fudiwei_wechat/Wechat.Work.UnitTests"


@pytest.mark.parametrize(
    ("pattern", "source", "rows"),
    [
        ("EventSamples/_/ExternalContact/ChangeExternalChatEvent.*.xml", "wecom_groups", 5),
        ("EventSamples/_/ExternalContact/ChangeExternalContactEvent.*.xml", "wecom_contacts", 7),
        ("ModelSamples/_/CgibinExternalContact/CgibinExternalContactGetResponse.json", "wecom_contacts", 2),
        ("ModelSamples/_/CgibinExternalContact/CgibinExternalContactBatchGetByUserResponse.json", "wecom_contacts", 2),
        ("ModelSamples/_/CgibinExternalContact/GroupChat/CgibinExternalContactGroupChatListResponse.json", "wecom_groups", 2),
        ("ModelSamples/_/CgibinExternalContact/GroupChat/Statistics/*GroupByDayResponse.json", "wecom_stats", 2),
    ],
)
def test_the_samples_of_the_documents_are_recognised_and_taken_whole(
    intake: Intake, shared: Path, pattern: str, source: str, rows: int
) -> None:
    paths = sorted((shared / WORK).glob(pattern))
    if not paths:
        pytest.skip("the samples are not here")
    landings = [intake.ingest(path.name, path.read_bytes(), account="corp1") for path in paths]
    assert {landing.source for landing in landings} == {source}
    assert (sum(landing.accepted for landing in landings), sum(landing.quarantined for landing in landings)) == (rows, 0)
