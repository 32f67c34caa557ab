"""Items and account days as the creator consoles write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from community_metrics.landing.ledger import Ledger
from support.intake import Intake, workbook

ITEMS = "creator_content/content_snapshots"
DAYS = "creator_content/account_days"

WORKS = [
    *("作品名称", "发布时间", "体裁", "审核状态", "播放量", "完播率", "5s完播率", "封面点击率", "2s跳出率", "平均播放时长"),
    *("点赞量", "分享量", "评论量", "收藏量", "主页访问量", "粉丝增量"),
]


def test_the_work_list_of_douyin(intake: Intake) -> None:
    rows = [
        [
            *("甲 #话题", "2026-06-01 20:00:01", "1-3min视频", "公开", "12345", "0.018947", "0.37", "-", "0.35"),
            *("6.5", "120", "3", "8", "40", "22", "-2"),
        ],
        [*("甲 #话题", "2026-06-02 20:00:01", "图文", "自见", "0", "-", "-", "-", "-"), *("-", "5", "0", "0", "1", "0", "0")],
    ]
    landing = intake.ingest("作品列表导出.xlsx", workbook([WORKS, *rows]), snapshot_at="2026-06-04T00:00:00Z")
    assert (landing.source, landing.template, landing.accepted, landing.drift.get("missing")) == (
        "creator_content",
        "douyin_work_list",
        2,
        ["作品时长"],
    )
    columns = "platform, published_at, content_kind, visibility, plays, finish_rate, click_rate, likes, shares, comments, follows"
    assert intake.rows(ITEMS, columns) == [
        ("douyin", "2026-06-01T12:00:01.000000Z", "1-3min视频", "公开", "12345", "0.018947", None, "120", "3", "8", "-2"),
        ("douyin", "2026-06-02T12:00:01.000000Z", "图文", "自见", "0", None, None, "5", "0", "0", "0"),
    ]


def test_the_newer_work_list_has_other_columns_in_another_order(intake: Intake) -> None:
    header = [
        *("作品名称", "发布时间", "体裁", "发布状态", "播放量", "完播率", "5s完播率", "作品时长", "2s跳出率", "平均播放时长"),
        *("点赞量", "评论量", "分享量", "收藏量", "主页访问量", "粉丝增量"),
    ]
    row = [*("甲", "2026-06-01 20:00:01", "图文", "公开", "1", "0.1", "0.2", "1分20秒", "0.3", "2"), *("10", "20", "30", "40", "50", "60")]
    intake.ingest("作品列表导出 (1).xlsx", workbook([header, row]), snapshot_at="2026-06-04T00:00:00Z")
    assert intake.rows(ITEMS, "likes, comments, shares, duration_seconds, visibility, click_rate") == [
        ("10", "20", "30", "80", "公开", None)
    ]


def test_a_file_of_one_figure_fills_only_its_column(intake: Intake) -> None:
    intake.ingest("数据表现_作品点赞数据.xlsx", workbook([["日期", "作品点赞"], ["2026-06-01", -21], ["2026-06-02", 18]]), account="a")
    intake.ingest("数据表现_封面点击率数据.xlsx", workbook([["日期", "封面点击率"], ["2026-06-01", "15.61%"]]), account="a")
    assert sorted(intake.rows(DAYS, "business_date, likes, click_rate, plays"), key=str) == [
        ("2026-06-01", "-21", None, None),
        ("2026-06-01", None, "0.1561", None),
        ("2026-06-02", "18", None, None),
    ]


def test_account_days_say_nothing_of_items(intake: Intake) -> None:
    landing = intake.ingest("数据表现_播放量数据.xlsx", workbook([["日期", "播放量"], ["2026-06-01", 5]]), account="a")
    with Ledger(intake.settings.ledger_path) as ledger:
        ledger.pass_gate(landing.landing_id)
        assert [(entry.source, entry.account_id) for entry in ledger.observed_until()] == [("account_daily", "a")]


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (["发布时间", "体裁", "垂类", "周期内投稿量", "条均点击率", "条均5s完播率", "播放量中位数"], "作品列表"),
        (["视频名称", "发布时间", "播放量", "5s完播率", "2s跳出率", "平均播放时长"], "作品列表"),
    ],
)
def test_a_table_of_the_wrong_grain_names_the_right_export(intake: Intake, header: list[str], named: str) -> None:
    landing = intake.ingest("投稿分析.xlsx", workbook([header, ["2026-06-01", *["1"] * (len(header) - 1)]]), source="creator_content")
    assert (landing.status, landing.reason_code) == ("rejected", "wrong_grain")
    assert named in (landing.reason or "")


def test_channels_call_the_like_recommendation(intake: Intake) -> None:
    header = (
        "视频描述,视频ID,发布时间,完播率,平均播放时长,播放量,推荐,喜欢,评论量,分享量,关注量,转发聊天和朋友圈,设为铃声,设为状态,设为朋友圈封面,"
        "企微链接点击次数,企微链接点击人数,添加到通讯录次数,添加到通讯录人数"
    )
    row = '"第一行\n第二行 ""引"" #话题",export/X1,2026/06/01,4.41%,14.73秒,406,2,7,1,0,3,9,0,0,0,5,4,2,1'
    landing = intake.ingest("动态数据明细.csv", ("\ufeff" + header + "\n" + row + "\n").encode(), snapshot_at="2026-06-04T00:00:00Z")
    assert (landing.template, landing.accepted) == ("wechat_channels_items", 1)
    columns = "content_key, published_at, finish_rate, average_seconds, plays, likes, favorites, saves, follows, chat_shares"
    assert intake.rows(ITEMS, columns) == [("export/X1", "2026-05-31T16:00:00.000000Z", "0.0441", "14.73", "406", "2", "7", None, "3", "9")]
    assert intake.rows(ITEMS, "wecom_link_clicks, wecom_link_visitors, contact_adds, contact_adders") == [("5", "4", "2", "1")]


def test_bilibili_rates_with_stars(intake: Intake) -> None:
    header = "视频标题,发布时间,播放量,封标点击率,3秒跳出率,涨粉量,取关量,点赞量,平均播放进度\n"
    rows = "示例,2026年06月01日 16:41:25,1.2万,3.5星,55.9%,3,1,0,27%\n"
    landing = intake.ingest("近期稿件对比.csv", ("\ufeff" + header + rows).encode(), snapshot_at="2026-06-04T00:00:00Z")
    assert landing.template == "bilibili_comparison"
    columns = "published_at, plays, click_stars, bounce_rate, follows, unfollows, average_progress"
    assert intake.rows(ITEMS, columns) == [("2026-06-01T08:41:25.000000Z", "12000", "3.5", "0.559", "3", "1", "0.27")]


def test_weibo_posts_are_named_by_the_end_of_their_address(intake: Intake) -> None:
    rows = [
        ["发布时间", "微博内容", "阅读数", "转评赞数", "点击数", "URL"],
        ["2026-06-01 12:30", "甲", "100万+", "3", "-", "https://weibo.com/1234567890/QxYz12AbC"],
    ]
    landing = intake.ingest("微博数据.xlsx", workbook(rows), snapshot_at="2026-06-04T00:00:00Z")
    assert (landing.template, landing.accepted) == ("weibo_posts", 1)
    assert intake.rows(ITEMS, "content_id, reads, published_at") == [("QxYz12AbC", "1000000", "2026-06-01T04:30:00.000000Z")]


def test_zhihu_writes_text_and_calls_it_a_workbook(intake: Intake) -> None:
    landing = intake.ingest("日报表.xls", "日期,阅读,播放,点赞,喜欢,评论,收藏,分享\n2026-06-01,20,0,1,4,0,2,0\n", account="z")
    assert (landing.template, landing.accepted) == ("zhihu_account_days", 1)
    assert intake.rows(DAYS, "platform, business_date, reads, likes, favorites, saves") == [("zhihu", "2026-06-01", "20", "1", "4", "2")]


def test_the_sum_under_the_header_of_toutiao_is_no_day(intake: Intake) -> None:
    header = ["时间", "展现量", "粉丝展现量", "阅读(播放)量", "粉丝阅读(播放)量", "点赞量", "评论量"]
    rows = [["累计", 300, 11, 30, 3, 3, 0], ["2026-06-01", 100, 5, 10, 1, 1, 0], ["2026-06-02", 200, 6, 20, 2, 2, 0]]
    landing = intake.ingest("数据趋势_2026.xlsx", workbook([header, *rows]), account="t")
    assert (landing.template, landing.rows, landing.accepted, landing.totals) == ("toutiao_account_days", 3, 2, 1)
    assert landing.drift["totals"] == [{"header": "展现量", "stated": "300", "found": "300"}]


def test_each_sheet_of_xiaohongshu_is_one_figure(intake: Intake) -> None:
    whole = [["指标", "数值"], ["曝光", 300], ["观看", 30]]
    sheets = {
        "曝光趋势": [["日期", "数值"], ["2026年06月01日", 100]],
        "观看趋势": [["日期", "数值"], ["2026年06月01日", 10], ["2026年06月02日", 20]],
    }
    landing = intake.ingest("近30日观看数据.xlsx", workbook(whole, **sheets), account="x")
    assert (landing.template, landing.rows, landing.accepted) == ("xiaohongshu_account_days", 3, 3)
    assert sorted(intake.rows(DAYS, "business_date, impressions, views"), key=str) == [
        ("2026-06-01", "100", None),
        ("2026-06-01", None, "10"),
        ("2026-06-02", None, "20"),
    ]


def test_days_of_the_open_platform_are_quoted_numbers(intake: Intake) -> None:
    def wrapped(endpoint: str, *days: dict[str, str], **request: str) -> str:
        response = {"data": {"error_code": "0", "description": "", "result_list": list(days)}, "extra": {"error_code": 0}}
        return json.dumps(
            {"endpoint": endpoint, "request": {"open_id": "o1", **request}, "response": response, "pulled_at": "2026-06-03T02:00:00Z"}
        )

    fans = wrapped("data/external/user/fans/", {"date": "2026-06-01", "new_fans": "5", "total_fans": "105"})
    likes = wrapped("data/external/user/like/", {"date": "2026-06-01", "new_like": "-3"})
    landing = intake.ingest("user.jsonl", f"{fans}\n{likes}\n")
    assert (landing.template, landing.accepted, landing.quarantined) == ("douyin_open_user_days", 2, 0)
    assert intake.rows(DAYS, "account_id, business_date, gained, followers, likes") == [
        ("o1", "2026-06-01", "5", "105", None),
        ("o1", "2026-06-01", None, None, "-3"),
    ]
    item = wrapped("data/external/item/like/", {"date": "2026-06-01", "like": "2"}, item_id="@8hxd==")
    assert intake.ingest("item.jsonl", item + "\n").template == "douyin_open_item_days"
    assert intake.rows("creator_content/content_days", "account_id, content_id, business_date, likes, plays") == [
        ("o1", "@8hxd==", "2026-06-01", "2", None)
    ]


def test_the_open_platform_says_in_the_body_that_it_failed(intake: Intake) -> None:
    page = {"data": {"error_code": 2190002, "description": "access_token无效", "result_list": []}}
    wrapped = {"endpoint": "data/external/user/fans/", "request": {}, "response": page}
    landing = intake.ingest("user.jsonl", json.dumps(wrapped) + "\n", source="creator_content")
    assert (landing.status, landing.reason_code) == ("rejected", "api_error")


SAMPLES = {
    "douyin/作品列表导出.xlsx": "douyin_work_list",
    "douyin/数据表现_封面点击率数据.xlsx": "douyin_account_metric",
    "douyin/数据表现_作品点赞数据.xlsx": "douyin_account_metric",
    "wechat_channels/动态数据明细.csv": "wechat_channels_items",
    "bilibili/近期稿件对比.csv": "bilibili_comparison",
    "xiaohongshu/笔记列表明细表.xlsx": "xiaohongshu_note_list",
    "zhihu/日报表.xls": "zhihu_account_days",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_recognised_and_taken_whole(intake: Intake, shared: Path, name: str) -> None:
    file = shared / "samples" / "synthetic" / name
    if not file.exists():
        pytest.skip(f"the sample {name} is not there")
    landing = intake.ingest(file.name, file.read_bytes(), snapshot_at="2026-06-04T00:00:00Z")
    assert (landing.source, landing.template, landing.quarantined) == ("creator_content", SAMPLES[name], 0)
    assert landing.accepted == landing.rows > 0


def test_articles_of_toutiao_have_ids_of_their_own(intake: Intake) -> None:
    header = "标题,发布时间,ID,链接,展现量,粉丝展现量,阅读量,点击率,点赞量,评论量,转发量,分享量\n"
    row = '甲,2026-06-01 12:30:00,7400000000000000001,https://x,"1,000",10,200,20%,3,2,1,4\n'
    landing = intake.ingest("作品数据.csv", header + row, snapshot_at="2026-06-04T00:00:00Z")
    assert (landing.template, landing.quarantined) == ("toutiao_items", 0)
    assert intake.rows(ITEMS, "content_key, impressions, reads, click_rate, shares") == [("7400000000000000001", "1000", "200", "0.2", "4")]
