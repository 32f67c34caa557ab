"""Everything that a template can say, said in a team's own folder and read through the whole way into the lake."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import Any

import pytest

from community_metrics.errors import SettingsError
from community_metrics.sources.explaining import explain
from community_metrics.sources.template_files import load_templates
from support.intake import Intake, workbook

BILL = """
    name: bill
    source: orders
    reader: table
    title: {en: A bill, zh: 账单}
    signature: {headers: [单号, 状态]}
    constants: {platform: shop, currency: CNY}
    cell_prefix: "`"
    totals:
      line_start: 总单数
      checks: {总单数: $rows, 总金额: orders.gross_amount}
    streams:
      orders:
        where: {状态: [成功, 退款]}
        columns:
          order_id: {headers: [单号], required: value}
          member_id: {headers: [买家], required: value}
          paid_at: {headers: [时间], required: value}
          gross_amount: {headers: [金额], required: value}
          status: {headers: [状态], values: {成功: paid, "*": refunded}}
"""


def teach(intake: Intake, text: str) -> None:
    content = dedent(text).lstrip()
    name = content.split("\n", 1)[0].removeprefix("name: ")
    folder = intake.settings.own_templates
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yml").write_text(content, encoding="utf-8")


def bill(*rows: str, totals: str = "`2,`30.50") -> str:
    return "\n".join(["时间,单号,买家,状态,金额", *rows, "总单数,总金额", totals, ""])


GOOD = ("`2026-06-01 16：33：45,`1,`a,`成功,`10.50", "`2026-06-02 10:00:00,`2,`b,`退款,`20.00")


def test_marked_cells_translated_words_and_a_line_of_totals(intake: Intake) -> None:
    teach(intake, BILL)
    landing = intake.ingest("bill.csv", bill(*GOOD))
    assert (landing.template, landing.rows, landing.accepted, landing.totals, landing.quarantined) == ("bill", 4, 2, 2, 0)
    assert intake.rows("orders/orders", "order_id, gross_amount, status, currency, paid_at") == [
        ("1", "10.5", "paid", "CNY", "2026-06-01T08:33:45.000000Z"),
        ("2", "20", "refunded", "CNY", "2026-06-02T02:00:00.000000Z"),
    ]
    assert landing.drift["totals"] == [
        {"header": "总单数", "stated": "2", "found": "2"},
        {"header": "总金额", "stated": "30.5", "found": "30.5"},
    ]


def test_a_total_that_disagrees_is_recorded_with_both_figures(intake: Intake) -> None:
    teach(intake, BILL)
    landing = intake.ingest("bill.csv", bill(*GOOD, totals="`3,`40.00"))
    assert [(total["stated"], total["found"]) for total in landing.drift["totals"]] == [("3", "2"), ("40", "30.5")]


def test_a_row_of_no_stream_is_put_aside_by_name(intake: Intake) -> None:
    teach(intake, BILL)
    landing = intake.ingest("bill.csv", bill(*GOOD, "`2026-06-03 10:00:00,`3,`c,`处理中,`1.00", totals="`3,`31.50"))
    assert (landing.rows, landing.accepted, landing.quarantined, landing.totals) == (5, 2, 1, 2)
    assert intake.quarantined() == [(4, "状态", "no_stream", "状态 is none of 成功/退款")]


TWO_STREAMS = """
    name: sales
    source: creator_content
    reader: table
    title: {en: Items and their account, zh: 作品与账号}
    signature: {headers: [作品, 日期]}
    constants: {platform: site}
    totals:
      words: [总计]
      when: {渠道: [全部]}
      checks: {播放: content_snapshots.plays}
    streams:
      content_snapshots:
        columns:
          title: {headers: [作品], required: value}
          published_at: 日期
          plays: 播放
          content_id: {headers: [链接], pattern: "mid=(\\\\d+)&idx=(\\\\d+)"}
"""


def test_rows_that_repeat_the_others_are_totals_and_checked(intake: Intake) -> None:
    teach(intake, TWO_STREAMS)
    header = "作品,日期,渠道,播放,链接\n"
    rows = "甲,2026-06-01,朋友圈,3,https://x/s?mid=12003&idx=3\n乙,2026-06-01,搜一搜,4,https://x/s\n甲,2026-06-01,全部,7,\n"
    landing = intake.ingest("items.csv", header + rows, snapshot_at="2026-06-03T00:00:00Z")
    assert (landing.rows, landing.accepted, landing.totals) == (3, 2, 1)
    assert landing.drift["totals"] == [{"header": "播放", "stated": "7", "found": "7"}]
    assert intake.rows("creator_content/content_snapshots", "title, plays, content_id") == [("甲", "3", "12003_3"), ("乙", "4", None)]


SIDE_BY_SIDE = """
    name: tendency
    source: creator_content
    reader: table
    title: {en: Two tables on one sheet, zh: 并排两表}
    signature: {headers: [标题, 观看]}
    constants: {platform: site}
    streams:
      content_snapshots:
        columns:
          title: {headers: [标题], required: value}
          views: 观看
          published_at: 日期
"""


def test_a_table_beside_another_is_read_alone(intake: Intake) -> None:
    teach(intake, SIDE_BY_SIDE)
    rows = [
        ["某某数据", None, None, None, None, None],
        ["日期", "标题", "观看", None, "日期", "分享人数"],
        ["2026-06-01", "甲", 5, None, "2026-06-01", 1],
        ["2026-06-02", "乙", 6, None, "2026-06-02", 2],
        [None, None, None, None, "2026-06-03", 3],
    ]
    landing = intake.ingest("tendency.xlsx", workbook(rows), snapshot_at="2026-06-04T00:00:00Z")
    assert (landing.template, landing.rows, landing.accepted) == ("tendency", 2, 2)
    assert intake.rows("creator_content/content_snapshots", "title, views, _row_no") == [("甲", "5", 3), ("乙", "6", 4)]


def test_a_layout_of_the_wrong_grain_is_refused_with_the_right_one_named(intake: Intake) -> None:
    teach(
        intake,
        """
        name: aggregate
        source: creator_content
        reader: table
        title: {en: Averages per period, zh: 条均数据}
        signature: {headers: [垂类, 条均点赞数]}
        reject: {en: "it has no day; export the list of items", zh: 请导出作品列表}
        """,
    )
    content = "发布时间,体裁,垂类,条均点赞数\n2026-06,图文,美食,3\n"
    landing = intake.ingest("aggregate.csv", content)
    assert (landing.status, landing.reason_code) == ("rejected", "wrong_grain")
    assert "export the list of items" in (landing.reason or "")
    said = explain(intake.write("a.csv", content), intake.settings.limits, templates=load_templates(intake.settings.own_templates))
    assert (said.is_recognised, said.template) == (False, "aggregate")


PAGES = """
    name: staff_pages
    source: creator_content
    reader: pages
    title: {en: Pages, zh: 页}
    constants: {platform: site}
    signature: {endpoints: [stats/items], fields: ["list[].title", "list[].details[].day"]}
    page: {error: code, ok: ["0", "OK"], message: text, not_ready: {is_delay: ["true", "1"]}}
    totals: {when: {kind: [all]}}
    streams:
      content_snapshots:
        records: list[].details[]
        columns:
          title: {path: ^title, required: value}
          content_id: {path: [^id, n], join: "_"}
          plays: figures.plays
          likes: {path: [likes, like_count]}
          content_kind: "@kind"
"""


def page(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": 0, "list": list(items), **more}


def item(title: str, number: int, *details: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "id": number, "details": list(details)}


def test_columns_of_a_page_come_from_the_record_its_holder_and_the_request(intake: Intake) -> None:
    teach(intake, PAGES)
    response = page(
        item("甲", 4781320682406083641, {"n": 1, "day": "x", "figures": {"plays": 5}, "likes": 2}),
        item("乙", 2, {"n": 2, "day": "x", "figures": {"plays": 6}, "like_count": "3", "kind": "all"}, {"n": 3, "day": "x", "secret": 1}),
    )
    wrapped = {"endpoint": "stats/items", "request": {"kind": "video"}, "response": response, "pulled_at": "2026-06-02T03:00:00Z"}
    landing = intake.ingest("pages.jsonl", json.dumps(wrapped) + "\n" + json.dumps(wrapped | {"response": page()}) + "\n")
    assert (landing.template, landing.status, landing.rows, landing.accepted, landing.totals) == ("staff_pages", "ingested", 3, 2, 1)
    assert intake.rows("creator_content/content_snapshots", "title, content_id, plays, likes, content_kind") == [
        ("甲", "4781320682406083641_1", "5", "2", "video"),
        ("乙", "2_3", None, None, "video"),
    ]
    assert landing.drift["dropped"] == ["day", "secret"]


@pytest.mark.parametrize(
    ("response", "reason", "said"),
    [
        ({"code": 40001, "text": "invalid credential"}, "api_error", "40001 invalid credential"),
        (page(is_delay=True), "not_ready", "is_delay is true"),
        ({"code": 0, "rows": []}, "unexpected_layout", "list[].title"),
    ],
)
def test_a_page_that_tells_nothing_is_no_empty_page(intake: Intake, response: dict[str, Any], reason: str, said: str) -> None:
    teach(intake, PAGES)
    landing = intake.ingest("page.json", json.dumps(response), source="creator_content")
    assert landing.status == "rejected"
    if landing.template is None or landing.template == "staff_pages":
        assert (landing.reason_code, said in (landing.reason or "")) == (reason, True)


DAYS = """
    name: account_days
    source: account_daily
    reader: table
    title: {en: Account days, zh: 账号日数据}
    signature: {headers: [统计日期, 新增]}
    constants: {platform: site}
    zone: Asia/Shanghai
    ready_at: "10:00"
    streams:
      account_daily:
        columns:
          business_date: {headers: [统计日期], required: value}
          account_id: {headers: [账号], required: value}
          gained: 新增
          lost: 取消
"""


@pytest.mark.parametrize(
    ("pulled_at", "accepted"),
    [
        ("2026-06-02T00:30:00Z", ["2026-05-31"]),
        ("2026-06-02T02:30:00Z", ["2026-05-31", "2026-06-01"]),
        (None, ["2026-05-31", "2026-06-01"]),
    ],
)
def test_zeros_before_the_platform_is_ready_are_no_figures(intake: Intake, pulled_at: str | None, accepted: list[str]) -> None:
    teach(intake, DAYS)
    landing = intake.ingest("days.csv", "统计日期,账号,新增,取消\n2026-05-31,a,0,0\n2026-06-01,a,0,\n", snapshot_at=pulled_at)
    assert [row[0] for row in intake.rows("account_daily/account_daily", "business_date")] == accepted
    assert landing.quarantined == 2 - len(accepted)
    assert [row[2] for row in intake.quarantined()] == ["not_ready"] * landing.quarantined


def test_a_day_that_counted_something_early_is_taken_and_restated_later(intake: Intake) -> None:
    teach(intake, DAYS)
    landing = intake.ingest("days.csv", "统计日期,账号,新增,取消\n2026-06-01,a,3,0\n", snapshot_at="2026-06-02T00:30:00Z")
    assert (landing.accepted, landing.quarantined) == (1, 0)


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ("reader: table", "reader: tables", "tables"),
        ("headers: [单号, 状态]", "headers: [nosuch]", "nosuch"),
        ("order_id:", "nosuch:", "nosuch"),
        ("cell_prefix:", "cell_prefixes:", "cell_prefixes"),
        ("总金额: orders.gross_amount", "总金额: orders.nosuch", "orders: nosuch"),
        ("constants: {platform: shop, currency: CNY}", "constants: {platfrom: shop}", "platfrom"),
        ("source: orders", "source: ordres", "ordres"),
    ],
)
def test_a_mistake_in_a_template_is_named_with_its_file(intake: Intake, right: str, wrong: str, named: str) -> None:
    teach(intake, BILL.replace(right, wrong))
    with pytest.raises(SettingsError, match=r"bill\.yml") as caught:
        load_templates(intake.settings.own_templates)
    assert named in str(caught.value)
