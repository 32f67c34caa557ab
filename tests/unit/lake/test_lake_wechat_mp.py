"""公众号 by interface and as exported from the console: days, channels beside their whole, and totals that are no days."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.intake import Intake, workbook


def page(*rows: dict[str, Any], **root: Any) -> str:
    return json.dumps({"list": list(rows), **root}, ensure_ascii=False)


def wrapped(endpoint: str, *rows: dict[str, Any], **root: Any) -> str:
    return (
        json.dumps({"endpoint": f"datacube/{endpoint}", "request": {}, "response": {"list": list(rows), **root}}, ensure_ascii=False) + "\n"
    )


def test_followers_come_by_source_and_stand_at_the_end_of_the_day(intake: Intake) -> None:
    day = {"ref_date": "2026-06-01"}
    intake.ingest(
        "a.json",
        page({**day, "user_source": 0, "new_user": 3, "cancel_user": 1}, {**day, "user_source": 161, "new_user": 4, "cancel_user": 0}),
    )
    intake.ingest("b.json", page({**day, "user_source": 0, "cumulate_user": 1003}))
    assert intake.rows("wechat_mp/fan_days", "business_date, user_source, gained, lost") == [
        ("2026-06-01", "0", "3", "1"),
        ("2026-06-01", "161", "4", "0"),
    ]
    assert intake.rows("wechat_mp/account_days", "business_date, followers, gained") == [("2026-06-01", "1003", None)]


def test_nobody_came_is_told_from_not_counted_yet(intake: Intake) -> None:
    nothing = wrapped("getusersummary", {"ref_date": "2026-06-01", "user_source": 0, "new_user": 0, "cancel_user": 0})
    early = intake.ingest("early.jsonl", nothing, snapshot_at="2026-06-02T07:30:00+08:00")
    later = intake.ingest("later.jsonl", nothing, snapshot_at="2026-06-02T10:30:00+08:00")
    assert (early.accepted, early.quarantined, later.accepted) == (0, 1, 1)
    assert [row[2] for row in intake.quarantined()] == ["not_ready"]


SUMMARY = {
    "read_user": 4123,
    "share_user": 366,
    "zaikan_user": 191,
    "like_user": 386,
    "comment_count": 33,
    "collection_user": 233,
    "send_page_count": 2,
}
CHANNELS = [
    {"user_count": 4123, "scene_desc": "全部"},
    {"user_count": 234, "scene_desc": "公众号消息"},
    {"user_count": 3900, "scene_desc": "朋友圈"},
]


def test_the_whole_beside_its_channels_is_a_total(intake: Intake) -> None:
    row = {"ref_date": "2026-06-01", "detail": {**SUMMARY, "read_user_source": CHANNELS}}
    landing = intake.ingest("biz.json", page(row, is_delay=False))
    assert (landing.template, landing.rows, landing.accepted, landing.totals) == ("wechat_mp_bizsummary", 4, 3, 1)
    assert intake.rows("wechat_mp/account_days", "readers, sharers, hearts, likes, savers, published_items") == [
        ("4123", "366", "191", "386", "233", "2")
    ]
    assert intake.rows("wechat_mp/reader_sources", "channel, readers") == [("公众号消息", "234"), ("朋友圈", "3900")]


def test_a_delayed_page_is_not_ready(intake: Intake) -> None:
    delayed = wrapped("getarticleread", is_delay=True)
    landing = intake.ingest("delayed.jsonl", delayed)
    assert (landing.status, landing.reason_code) == ("rejected", "not_ready")
    good = wrapped("getarticleread", {"ref_date": "2026-06-01", "msgid": "7_1", "detail": {"read_user": 12}}, is_delay=False)
    both = intake.ingest("both.jsonl", delayed + good)
    assert (both.accepted, both.quarantined) == (1, 1)
    assert intake.rows("wechat_mp/article_days", "content_id, business_date, readers") == [("7_1", "2026-06-01", "12")]


def test_totals_of_an_article_keep_their_units_and_their_last_day(intake: Intake) -> None:
    detail = {"read_user": 120, "praise_money": 361, "read_finish_rate": 0.63, "read_avg_activetime": 1.5, "read_subscribe_user": 3}
    row = {
        "ref_date": "2026-06-01",
        "msgid": "12003_3",
        "publish_type": 1,
        "title": "标题",
        "detail_list": [{**detail, "stat_date": "2026-06-01"}, {**detail, "read_user": 150, "stat_date": "2026-06-02"}],
    }
    landing = intake.ingest("detail.json", page(row, is_delay=False), account="gh1")
    assert (landing.template, landing.accepted) == ("wechat_mp_articletotaldetail", 2)
    columns = "content_key, stat_date, published_at, readers, reward_amount, finish_rate, average_seconds, follows, publish_type"
    assert intake.rows("wechat_mp/article_totals", columns) == [
        ("12003_3", "2026-06-01", "2026-05-31T16:00:00.000000Z", "120", "3.61", "0.63", "90", "3", "not_notified"),
        ("12003_3", "2026-06-02", "2026-05-31T16:00:00.000000Z", "150", "3.61", "0.63", "90", "3", "not_notified"),
    ]


def test_all_channels_of_the_old_interface_are_the_account_and_hours_are_no_days(intake: Intake) -> None:
    def read(source: int, readers: int, **more: Any) -> dict[str, Any]:
        return {"ref_date": "2020-02-18", "user_source": source, "int_page_read_user": readers, "int_page_read_count": 2 * readers, **more}

    landing = intake.ingest("read.json", page(read(99999999, 500), read(0, 380), read(7, 130), read(0, 9, ref_hour=1200)))
    assert (landing.template, landing.accepted, landing.quarantined) == ("wechat_mp_userread", 3, 1)
    assert intake.rows("wechat_mp/account_days", "readers, reads") == [("500", "1000")]
    assert intake.rows("wechat_mp/reader_sources", "channel, readers") == [("公众号消息", "380"), ("搜一搜", "130")]


HTML = (
    "<html><meta charset='utf-8'><table>"
    "<tr><th>时间</th><th>新关注人数</th><th>取消关注人数</th><th>净增关注人数</th><th>累积关注人数</th></tr>"
    "<tr><td>2026-06-02</td><td>20</td><td>25</td><td>-5</td><td>10,033</td></tr>"
    "<tr><td>2026-06-01</td><td>18</td><td>4</td><td>14</td><td>10,038</td></tr></table></html>"
)


def test_followers_of_the_console_whatever_the_file_is_called(intake: Intake) -> None:
    expected = [("2026-06-02", "20", "25", "10033"), ("2026-06-01", "18", "4", "10038")]
    landing = intake.ingest("user_analysis.xls", HTML)
    assert (landing.source, landing.template, landing.accepted) == ("wechat_mp", "wechat_mp_user_analysis", 2)
    assert intake.rows("wechat_mp/account_days", "business_date, gained, lost, followers") == expected


TREND = [
    ["数据趋势概况"],
    ["日期", "渠道", "阅读人数", None, "日期", "分享人数", "跳转阅读原文", "微信收藏人数", "发表篇数"],
    ["2026-06-01", "全部", 15, None, "2026-06-01", 3, 0, 4, 1],
    ["2026-06-01", "公众号消息", 10, None, "2026-06-02", 2, 1, 1, 0],
    ["2026-06-01", "朋友圈", 5, None, None, None, None, None, None],
]


def test_two_tables_side_by_side_are_two_and_channels_are_never_added(intake: Intake) -> None:
    landing = intake.ingest("tendency.xlsx", workbook(TREND))
    assert (landing.template, landing.rows, landing.accepted, landing.quarantined) == ("wechat_mp_tendency", 5, 5, 0)
    assert sorted(intake.rows("wechat_mp/account_days", "business_date, readers, sharers, savers, published_items"), key=str) == [
        ("2026-06-01", "15", None, None, None),
        ("2026-06-01", None, "3", "4", "1"),
        ("2026-06-02", None, "2", "1", "0"),
    ]
    assert intake.rows("wechat_mp/reader_sources", "channel, readers") == [("公众号消息", "10"), ("朋友圈", "5")]


CONTENTS = (
    "数据来源概况\n"
    "内容标题,发表时间,总阅读人数,总阅读次数,总分享人数,总分享次数,阅读后关注人数,送达人数,送达阅读率,阅读完成率,内容url\n"
    '"一, ""二""",20260601,1204,1.2万,20,24,6,10038,7.97%,43.21%,http://mp.weixin.qq.com/s?__biz=X&mid=2247490098&idx=1\n'
    "短链,20260602,3,4,0,0,0,10038,0.1%,50%,https://mp.weixin.qq.com/s/abcdef\n"
)


def test_articles_of_the_console_are_totals_as_of_the_export(intake: Intake) -> None:
    landing = intake.ingest("total.csv", "\ufeff" + CONTENTS, snapshot_at="2026-06-04T09:00:00+08:00")
    assert (landing.template, landing.rows, landing.accepted) == ("wechat_mp_notified_content", 2, 2)
    columns = "content_id, title, stat_date, published_at, readers, reads, delivered, delivery_read_rate, finish_rate"
    first, second = intake.rows("wechat_mp/article_totals", columns)
    assert first == ("2247490098_1", '一, "二"', "2026-06-04", "2026-05-31T16:00:00.000000Z", "1204", "12000", "10038", "0.0797", "0.4321")
    assert second[:2] == (None, "短链")
    [(key,)] = intake.rows("wechat_mp/article_totals", "content_key", "content_id is null")
    assert len(key) == 32


def test_one_article_s_own_page_is_refused_with_what_to_export(intake: Intake) -> None:
    landing = intake.ingest("single.csv", "日期,传播渠道,阅读人数,阅读次数,分享人数,分享次数\n2026-06-01,全部,1,2,0,0\n")
    assert (landing.status, landing.reason_code) == ("rejected", "wrong_grain")
    assert "已通知内容" in (landing.reason or "")


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [
        ("synthetic/wechat_mp/*", 9),
        ("wechatpy/datacube_get*summary.json", 2),
        ("wechatpy/datacube_getarticletotal.json", 1),
        ("wechatpy/datacube_getuserread.json", 1),
        ("fudiwei_wechat/Wechat.Api.UnitTests/ModelSamples/DataCube/User/*Response.json", 2),
        ("fudiwei_wechat/Wechat.Api.UnitTests/ModelSamples/DataCube/Article/DataCubeGetArticle*Response.json", 2),
        ("fudiwei_wechat/Wechat.Api.UnitTests/ModelSamples/DataCube/Article/DataCubeGetUserReadResponse.json", 2),
    ],
)
def test_the_samples_are_recognised_and_taken_whole(intake: Intake, shared: Path, pattern: str, rows: int) -> None:
    paths = [path for path in sorted((shared / "samples").glob(pattern)) if "interface" not in path.name]
    if not paths:
        pytest.skip("the samples are not here")
    landings = [intake.ingest(path.name, path.read_bytes(), account="gh1") for path in paths]
    assert {landing.source for landing in landings} == {"wechat_mp"}
    assert (sum(landing.accepted for landing in landings), sum(landing.quarantined for landing in landings)) == (rows, 0)
