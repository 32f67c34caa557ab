"""Advertising spend, touchpoints and accounts of others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.intake import Intake

SPEND = "ad_spend/ad_spend"
HEADER = "时间,广告组id,广告组,展示数,点击数,点击率(%),平均点击单价(元),平均千次展现费用(元),总花费(元),转化数,转化成本,转化率"
ROWS = [
    '2026-06-01,1700000000000000001,福利官_拉新_0601,"12,000",240,2.00,1.50,30.00,360.00,12,30.00,5.00%',
    "2026-06-01,1700000000000000002,福利官_召回_0601,8000,100,1.25,1.40,17.50,140.00,5,28.00,5.00%",
]
TOTAL = '总计,-,-,"20,000",340,1.70,1.47,25.00,500.00,17,29.41,5.00%'


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_the_total_of_a_report_is_checked_and_never_added(intake: Intake, encoding: str) -> None:
    landing = intake.ingest("报表.csv", "\n".join([HEADER, *ROWS, TOTAL, ""]).encode(encoding), account="adv1")
    assert (landing.source, landing.template, landing.accepted, landing.totals) == ("ad_spend", "ocean_engine_report", 2, 1)
    columns = "platform, account_id, business_date, campaign_id, campaign_name, ad_id, cost, currency, impressions, clicks, conversions"
    assert intake.rows(SPEND, f"{columns}, billed_conversions")[0] == (
        *("oceanengine", "adv1", "2026-06-01", "1700000000000000001", "福利官_拉新_0601", "", "360", "CNY", "12000", "240", "12"),
        None,
    )
    assert {(total["stated"], total["found"]) for total in landing.drift["totals"]} == {("500", "500"), ("20000", "20000")}


def test_a_report_that_lost_a_row_does_not_add_up(intake: Intake) -> None:
    landing = intake.ingest("报表.csv", "\n".join([HEADER, ROWS[0], TOTAL, ""]), account="adv1")
    assert ("500", "360") in {(total["stated"], total["found"]) for total in landing.drift["totals"]}


def test_both_bases_of_conversions_are_kept_apart(intake: Intake) -> None:
    content = "时间,广告组,展示数,点击数,消耗(元),转化数,转化数(计费时间)\n2026-06-01,拉新,10,1,2.5,3,4\n"
    landing = intake.ingest("报表.csv", content, account="adv1")
    assert landing.template == "ocean_engine_report"
    assert intake.rows(SPEND, "campaign_id, cost, conversions, billed_conversions") == [("拉新", "2.5", "3", "4")]


def test_a_custom_report_is_maps_of_texts(intake: Intake) -> None:
    metrics = {"stat_cost": "360.00", "show_cnt": "12000", "click_cnt": "240", "convert_cnt": "12", "attribution_convert_cnt": "15"}
    row = {"dimensions": {"stat_time_day": "2026-06-01", "cdp_project_id": "7400000000000000001"}, "metrics": metrics}
    response = {"code": 0, "message": "OK", "data": {"rows": [row], "total_metrics": metrics, "page_info": {"page": 1}}}
    page = {"endpoint": "open_api/v3.0/report/custom/get/", "request": {"advertiser_id": "1234567890123"}, "response": response}
    landing = intake.ingest("report.jsonl", json.dumps(page) + "\n")
    assert (landing.template, landing.accepted, landing.quarantined) == ("ocean_engine_custom_report", 1, 0)
    assert intake.rows(SPEND, "account_id, business_date, campaign_id, cost, impressions, conversions, billed_conversions") == [
        ("1234567890123", "2026-06-01", "7400000000000000001", "360", "12000", "12", "15")
    ]


def test_the_older_report_is_plain_fields(intake: Intake) -> None:
    row = {
        "advertiser_id": 1234567890123,
        "stat_datetime": "2026-06-01 00:00:00",
        "campaign_id": 17,
        "cost": 12.5,
        "show": 10,
        "click": 1,
        "convert": 2,
    }
    landing = intake.ingest("report.json", json.dumps({"code": 0, "data": {"list": [row]}}))
    assert (landing.template, landing.accepted) == ("ocean_engine_v2_report", 1)
    assert intake.rows(SPEND, "account_id, business_date, campaign_id, cost, clicks, conversions") == [
        ("1234567890123", "2026-06-01", "17", "12.5", "1", "2")
    ]


def test_spend_of_another_platform_is_mapped(intake: Intake) -> None:
    landing = intake.ingest(
        "ads.csv", "platform,account_id,business_date,campaign_id,cost,currency,clicks\nBaidu,a,2026-06-01,c,1.5,cny,3\n"
    )
    assert landing.template == "mapped_ad_spend"
    assert intake.rows(SPEND, "platform, campaign_id, ad_id, cost, currency") == [("baidu", "c", "", "1.5", "CNY")]


def test_a_touch_needs_somebody_and_gets_an_id(intake: Intake) -> None:
    rows = [
        "occurred_at,platform,member_id,visitor_id,utm_source,landing_url",
        "2026-06-01T10:00:00Z,web,,v1,%E7%81%AF,https://x/?utm_source=a",
        "2026-06-01T10:00:00Z,web,,v1,%E7%81%AF,https://x/?utm_source=a",
        "2026-06-01T11:00:00Z,web,m1,,WeCom,",
        "2026-06-01T12:00:00Z,web,,,WeCom,",
    ]
    landing = intake.ingest("touches.csv", "\n".join(rows) + "\n")
    assert (landing.template, landing.accepted, landing.quarantined) == ("mapped_touchpoints", 3, 1)
    assert [row[:3] for row in intake.quarantined()] == [(5, "member_id", "missing_value")]
    touches = intake.rows("touchpoints/touchpoints", "touch_id, touch_id_is_derived, utm_source, visitor_id")
    assert len({touch[0] for touch in touches}) == 3, "equal rows of one file are distinct touches"
    assert {touch[1:3] for touch in touches} == {("true", "%E7%81%AF"), ("true", "WeCom")}
    assert "v1" not in {touch[3] for touch in touches}


def test_accounts_of_others_are_no_own_accounts(intake: Intake) -> None:
    header = "platform,account_id,business_date,competitor,followers\n"
    landing = intake.ingest("competitors.csv", header + "douyin,other,2026-06-01,某茶,1.2万\n")
    assert landing.template == "mapped_competitor_accounts"
    assert intake.rows("competitor_accounts/competitor_accounts", "account_id, competitor, followers") == [("other", "某茶", "12000")]


def test_lines_of_an_order(intake: Intake) -> None:
    landing = intake.ingest("items.csv", "platform,order_id,line,product_id,quantity,amount\nshop,4781320682406083641,1,p,2,9.9\n")
    assert landing.template == "mapped_order_items"
    assert intake.rows("order_items/order_items", "order_id, line, quantity, amount") == [("4781320682406083641", "1", "2", "9.9")]


def test_the_sample_report(intake: Intake, shared: Path) -> None:
    file = shared / "samples" / "synthetic" / "oceanengine" / "报表_20260601.csv"
    if not file.exists():
        pytest.skip(f"the sample {file.name} is not there")
    landing = intake.ingest(file.name, file.read_bytes(), account="adv1")
    assert (landing.template, landing.accepted, landing.totals, landing.quarantined) == ("ocean_engine_report", 1, 1, 0)
    assert all(total["stated"] == total["found"] for total in landing.drift["totals"])
