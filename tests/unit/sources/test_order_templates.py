"""Orders and refunds as 微信支付, shops and shop back ends write them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import ObservedUntil
from support.intake import Intake

ALL_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
PAID = (
    "`2026-06-01 08:35:41,`wx1,`1900000001,`0,`,`4200000000202606010000000001,`SO1,`oA,`JSAPI,`SUCCESS,`OTHERS,`CNY,`5.00,`1.00,"
    "`0,`0,`0.00,`0.00,`,`,`茶,`tel=13800000000&utm_campaign=poster_0601,`0.03000,`0.60%,`6.00,`0.00,`"
)
REFUNDED = (
    "`2026-06-01 21:00:00,`wx1,`1900000001,`0,`,`4200000000202605300000000009,`SO9,`oB,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,"
    "`50000000002026060100000001,`RF1,`1.42,`0.00,`ORIGINAL,`SUCCESS,`茶,`,`-0.01000,`0.60%,`0.00,`1.42,`"
)
REVOKED = (
    "`2026-06-01 22:00:00,`wx1,`1900000001,`0,`,`4200000000202606010000000003,`SO3,`oC,`MICROPAY,`REVOKED,`OTHERS,`CNY,`3.00,`0.00,"
    "`0,`0,`0.00,`0.00,`,`,`茶,`,`0.00000,`0.60%,`3.00,`0.00,`"
)
TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
REFUNDS = "orders/refunds"
ORDERS = "orders/orders"


def observed(intake: Intake) -> list[ObservedUntil]:
    with Ledger(intake.settings.ledger_path) as ledger:
        for landing in ledger.landings():
            ledger.pass_gate(landing.landing_id)
        return ledger.observed_until()


def bill(*rows: str, totals: str = "`3,`8.00,`1.42,`0.00,`0.02000,`9.00,`1.42") -> str:
    return "\r\n".join([ALL_HEADER, *rows, TOTALS, totals, ""])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_bill_of_everything_is_orders_and_refunds_and_adds_up(intake: Intake, encoding: str) -> None:
    content = gzip.compress(bill(PAID, REFUNDED, REVOKED).encode(encoding))
    landing = intake.ingest("20260601ALL.csv.gz", content)
    assert (landing.source, landing.template, landing.rows, landing.accepted, landing.totals) == ("orders", "wechat_pay_bill", 5, 3, 2)
    columns = "account_id, order_id, transaction_id, paid_at, gross_amount, currency, status, campaign_id, fee, id_kind"
    assert intake.rows(ORDERS, columns) == [
        (
            "1900000001",
            "SO1",
            "4200000000202606010000000001",
            "2026-06-01T00:35:41.000000Z",
            "6",
            "CNY",
            "paid",
            "poster_0601",
            "0.03",
            "openid",
        ),
        ("1900000001", "SO3", "4200000000202606010000000003", "2026-06-01T14:00:00.000000Z", "3", "CNY", "revoked", None, "0", "openid"),
    ]
    assert intake.rows(REFUNDS, "account_id, refund_id, order_id, refunded_at, amount, status") == [
        ("1900000001", "50000000002026060100000001", "SO9", "2026-06-01T13:00:00.000000Z", "1.42", "success"),
        ("1900000001", "4200000000202606010000000003", "SO3", "2026-06-01T14:00:00.000000Z", "0", "revoked"),
    ]
    assert {(total["header"], total["stated"], total["found"]) for total in landing.drift["totals"]} == {
        ("总交易单数", "3", "3"),
        ("订单总金额", "9", "9"),
        ("申请退款总金额", "1.42", "1.42"),
    }


def test_nothing_of_the_merchants_own_field_but_a_campaign_is_kept(intake: Intake) -> None:
    intake.ingest("bill.csv", bill(PAID, REFUNDED, REVOKED))
    everything = str(intake.rows(ORDERS)) + str(intake.rows(REFUNDS))
    assert "13800000000" not in everything
    assert "oA" not in {row[0] for row in intake.rows(ORDERS, "member_id")}


def test_a_bill_that_has_lost_a_line_says_so(intake: Intake) -> None:
    landing = intake.ingest("bill.csv", bill(PAID, REVOKED))
    assert ("总交易单数", "3", "2") in {(total["header"], total["stated"], total["found"]) for total in landing.drift["totals"]}


def test_the_layout_before_2019_is_read_by_its_headers(intake: Intake) -> None:
    header = (
        "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,总金额,"
        "代金券或立减优惠金额,微信退款单号,商户退款单号,退款金额,代金券或立减优惠退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率"
    )
    rows = [
        "`2014-11-10 16：33：45,`wx1,`10000100,`0,`1000,`1001690740201411100005734289,`1415640626,`oA,`MICROPAY,`SUCCESS,`CFT,`CNY,`0.01,"
        "`0.0,`0,`0,`0,`0,`,`,`茶,`,`0,`0.60%",
        "`2014-11-10 16：46：14,`wx1,`10000100,`0,`1000,`1002780740201411100005729794,`1415635270,`oB,`MICROPAY,`REFUND,`CFT,`CNY,`0.02,"
        "`0.0,`2001,`R1,`0.02,`0,`ORIGINAL,`SUCCESS,`茶,`,`0,`0.60%",
    ]
    totals = "总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额"
    landing = intake.ingest("old.csv", "\n".join([header, *rows, totals, "`2,`0.01,`0.02,`0.0,`0"]))
    assert (landing.template, landing.accepted, landing.totals, landing.quarantined) == ("wechat_pay_bill", 2, 2, 0)
    assert intake.rows(ORDERS, "order_id, gross_amount, paid_at") == [("1415640626", "0.01", "2014-11-10T08:33:45.000000Z")]
    assert intake.rows(REFUNDS, "refund_id, amount") == [("2001", "0.02")]
    assert all(total["stated"] == total["found"] for total in landing.drift["totals"])


def test_a_bill_of_refunds_is_dated_by_their_success_and_says_nothing_of_orders(intake: Intake) -> None:
    header = ALL_HEADER.replace("微信退款单号", "退款申请时间,退款成功时间,微信退款单号")
    row = REFUNDED.replace("`50000000002026060100000001", "`2026-06-01 21:00:00,`2026-06-02 00:10:00,`50000000002026060100000001")
    landing = intake.ingest("refunds.csv", "\n".join([header, row, TOTALS, "`1,`0.00,`1.42,`0.00,`-0.01,`0.00,`1.42"]))
    assert (landing.template, landing.accepted, landing.totals) == ("wechat_pay_refund_bill", 1, 2)
    assert intake.rows(REFUNDS, "refunded_at, amount") == [("2026-06-01T16:10:00.000000Z", "1.42")]
    assert {entry.source for entry in observed(intake)} == {"refunds"}


def test_a_bill_of_payments_leaves_refunds_unknown(intake: Intake) -> None:
    dropped = range(14, 20)
    cut = [",".join(cell for place, cell in enumerate(line.split(",")) if place not in dropped) for line in (ALL_HEADER, PAID)]
    landing = intake.ingest("paid.csv", "\n".join([*cut, TOTALS, "`1,`5.00,`0.00,`0.00,`0.03,`6.00,`0.00"]))
    assert (landing.template, landing.accepted) == ("wechat_pay_success_bill", 1)
    assert {entry.source for entry in observed(intake)} == {"orders"}


def test_a_bill_of_everything_knows_both(intake: Intake) -> None:
    intake.ingest("bill.csv", bill(PAID, totals="`1,`5.00,`0.00,`0.00,`0.03,`6.00,`0.00"), snapshot_at="2026-06-02T04:00:00Z")
    assert [(entry.source, str(entry.observed_until)) for entry in observed(intake)] == [
        ("orders", "2026-06-01"),
        ("refunds", "2026-06-01"),
    ]


def shop_order(**more: Any) -> dict[str, Any]:
    detail = {
        "product_infos": [{"product_id": "1", "sku_id": "2", "sku_cnt": 3, "title": "茶", "sale_price": 2000, "real_price": 5500}],
        "pay_info": {"transaction_id": "4200", "pay_time": 1780274141},
        "price_info": {"order_price": 10500, "freight": 500},
        "ext_info": {"order_scene": 2, "customer_notes": "发顺丰"},
        "sharer_info": {"sharer_openid": "oSharer", "handling_progress": 1},
        "delivery_info": {"address_info": {"user_name": "某某", "tel_number": "13800000000"}},
    }
    order = {"order_id": "3704612354559743232", "status": 20, "create_time": 1780274000, "update_time": 1780275000, "openid": "oBuyer"}
    return {"errcode": 0, "errmsg": "ok", "order": {**order, "order_detail": {**detail, **more.pop("detail", {})}, **more}}


def test_a_shop_order_is_paid_when_it_has_a_time_of_payment(intake: Intake) -> None:
    pages = [shop_order(), shop_order(order_id="5", status=10, detail={"pay_info": {"pay_time": 0}}), shop_order(order_id="6", openid="")]
    landing = intake.ingest("orders.json", json.dumps(pages), account="shop1")
    assert (landing.template, landing.rows, landing.accepted, landing.quarantined) == ("wechat_shop_order", 6, 5, 1)
    assert intake.rows(ORDERS, "order_id, gross_amount, status, paid_at, order_scene, currency", "order_id <> ''") == [
        ("3704612354559743232", "105", "paid", "2026-06-01T00:35:41.000000Z", "2", "CNY"),
        ("5", "105", "unpaid", "2026-06-01T00:33:20.000000Z", "2", "CNY"),
    ]
    assert intake.rows("orders/order_items", "order_id, line, quantity, amount, product_name")[0] == (
        "3704612354559743232",
        "1_2",
        "3",
        "55",
        "茶",
    )
    assert [row[1:3] for row in intake.quarantined()] == [("member_id", "missing_value")]
    everything = str(intake.rows(ORDERS))
    assert not any(word in everything for word in ("oBuyer", "oSharer", "13800000000", "某某"))


def test_an_after_sale_order_counts_when_the_money_went_back(intake: Intake) -> None:
    order = {
        "after_sale_order_id": "1",
        "order_id": "2",
        "refund_info": {"amount": 1142},
        "create_time": 1780270000,
        "update_time": 1780274141,
    }
    pages = [{"errcode": 0, "after_sale_order": {**order, "status": status}} for status in ("MERCHANT_REFUND_SUCCESS", "USER_CANCELD")]
    landing = intake.ingest("aftersales.json", json.dumps(pages))
    assert landing.template == "wechat_shop_aftersale"
    assert intake.rows(REFUNDS, "refund_id, order_id, amount, status, refunded_at") == [
        ("1", "2", "11.42", "success", "2026-06-01T00:35:41.000000Z"),
        ("1", "2", "11.42", "user_canceld", "2026-06-01T00:35:41.000000Z"),
    ]


def test_ids_of_douyin_shops_survive_as_text(intake: Intake) -> None:
    order = {
        "order_id": "6936476692437472563",
        "shop_id": 123456,
        "doudian_open_id": "1@#abc",
        "order_status": 3,
        "pay_time": 1780274141,
        "create_time": 1780274000,
        "update_time": 1780275000,
        "pay_amount": 1990,
        "channel_payment_no": "2026060122001",
        "encrypt_post_tel": "$abc$",
        "sku_order_list": [{"order_id": "6936476692437472564", "product_id": 3473196049974326300, "item_num": 2, "pay_amount": 1990}],
    }
    landing = intake.ingest("orders.json", json.dumps({"code": 10000, "msg": "success", "data": {"total": 1, "shop_order_list": [order]}}))
    assert (landing.template, landing.accepted, landing.quarantined) == ("douyin_shop_orders", 2, 0)
    assert intake.rows(ORDERS, "account_id, order_id, gross_amount, status, transaction_id") == [
        ("123456", "6936476692437472563", "19.9", "paid", "2026060122001")
    ]
    assert intake.rows("orders/order_items", "line, product_id, quantity, amount") == [
        ("6936476692437472564", "3473196049974326300", "2", "19.9")
    ]


def test_refunds_of_douyin_shops_have_ids_quoted_twice(intake: Intake) -> None:
    info = {"aftersale_id": '"146701382803677771"', "aftersale_status": 12, "related_id": '"6936476692437472564"', "refund_amount": 500}
    item = {"aftersale_info": {**info, "apply_time": 1780270000, "update_time": 1780275000, "refund_time": 1780274141}}
    landing = intake.ingest("refunds.json", json.dumps({"code": 10000, "data": {"items": [item]}}), account="9")
    assert landing.template == "douyin_shop_aftersales"
    assert intake.rows(REFUNDS, "refund_id, order_id, amount, status, refunded_at") == [
        ("146701382803677771", "6936476692437472564", "5", "success", "2026-06-01T00:35:41.000000Z")
    ]


def test_a_refused_call_of_a_douyin_shop_is_no_day_without_orders(intake: Intake) -> None:
    landing = intake.ingest("orders.json", json.dumps({"code": 40003, "msg": "参数错误", "data": {"shop_order_list": []}}), source="orders")
    assert (landing.status, landing.reason_code, "40003 参数错误" in (landing.reason or "")) == ("rejected", "api_error", True)


def test_a_youzan_trade_is_in_yuan_and_its_lines_add_up_by_number(intake: Intake) -> None:
    info = {"tid": "E20260601", "status": "TRADE_CLOSED", "created": "2026-06-01 08:30:00", "pay_time": "2026-06-01 08:35:41"}
    trade = {
        "order_info": {**info, "update_time": "2026-06-03 10:00:00", "node_kdt_id": 77},
        "pay_info": {"payment": "99.90", "outer_transactions": ["4200"]},
        "buyer_info": {"yz_open_id": "yz1", "buyer_phone": "13800000000", "fans_nickname": "某某"},
        "orders": [{"oid": "1", "num": 2, "title": "茶", "payment": "60.00"}, {"oid": "2", "num": 1, "title": "碗", "payment": "39.90"}],
    }
    page = {"code": 200, "success": True, "data": {"total_results": 1, "full_order_info_list": [{"full_order_info": trade}]}}
    landing = intake.ingest("trades.json", json.dumps(page, ensure_ascii=False))
    assert (landing.template, landing.accepted) == ("youzan_trades", 3)
    assert intake.rows(ORDERS, "account_id, order_id, gross_amount, status, transaction_id, paid_at") == [
        ("77", "E20260601", "99.9", "paid", "4200", "2026-06-01T00:35:41.000000Z")
    ]
    assert intake.rows("orders/order_items", "order_id, line, quantity, amount") == [
        ("E20260601", "1", "2", "60"),
        ("E20260601", "2", "1", "39.9"),
    ]


def test_a_youzan_refund(intake: Intake) -> None:
    refund = {"refund_id": "20260601", "tid": "E1", "refund_fee": "10.00", "status": "SUCCESS", "modified": "2026-06-02 09:00:00"}
    landing = intake.ingest("refunds.json", json.dumps({"code": 200, "success": True, "data": {"refunds": [refund], "total": 1}}))
    assert landing.template == "youzan_refunds"
    assert intake.rows(REFUNDS, "refund_id, order_id, amount, status, refunded_at") == [
        ("20260601", "E1", "10", "success", "2026-06-02T01:00:00.000000Z")
    ]


def test_an_order_of_several_rows_is_one_order(intake: Intake) -> None:
    lines = [
        "订单编号,买家会员名,买家应付货款,宝贝标题,订单状态,订单创建时间,订单付款时间,退款金额",
        '"=""4781320682406083640""",顾客甲,"1,234.50",茶,交易成功,2026-06-01 23:59:59,2026-06-02 00:00:10,',
        ",,,碗,,,,",
        '"=""4781320682406083641""",顾客乙,99,茶,交易关闭,2026/6/1 9:05,,99.00',
    ]
    landing = intake.ingest("orders.csv", "\n".join(lines).encode("gb18030"))
    assert (landing.template, landing.rows, landing.accepted) == ("order_file", 3, 3)
    assert sorted(intake.rows(ORDERS, "order_id, gross_amount, status, paid_at")) == [
        ("4781320682406083640", "1234.5", "paid", "2026-06-01T16:00:10.000000Z"),
        ("4781320682406083640", "1234.5", "paid", "2026-06-01T16:00:10.000000Z"),
        ("4781320682406083641", "99", "unpaid", "2026-06-01T01:05:00.000000Z"),
    ]


def sample(shared: Path, *path: str) -> bytes:
    file = shared.joinpath("samples", *path)
    if not file.exists():
        pytest.skip(f"the sample {file.name} is not there")
    return file.read_bytes()


def test_the_sample_bill(intake: Intake, shared: Path) -> None:
    landing = intake.ingest("bill.csv", sample(shared, "synthetic", "wechatpay", "bill_20260601_ALL.csv"))
    assert (landing.template, landing.accepted, landing.totals, landing.quarantined) == ("wechat_pay_bill", 2, 2, 0)
    assert all(total["stated"] == total["found"] for total in landing.drift["totals"])


@pytest.mark.parametrize(("mark", "template"), [("### ALL", "wechat_pay_bill"), ("### REFUND", "wechat_pay_refund_bill")])
def test_the_bills_of_an_sdk(intake: Intake, shared: Path, mark: str, template: str) -> None:
    text = sample(shared, "wechatpay", "bill_samples_from_WxJava_test.txt").decode()
    block = text[text.index(mark) :].split("\n", 1)[1].split("###")[0]
    landing = intake.ingest("bill.csv", block)
    assert (landing.template, landing.accepted, landing.totals) == (template, 1, 2)
    # Whoever made the sample left most lines out: the bill's own totals say so.
    assert any(total["stated"] != total["found"] for total in landing.drift["totals"])


def test_the_sample_orders_of_a_shop(intake: Intake, shared: Path) -> None:
    landing = intake.ingest("orders.csv", sample(shared, "synthetic", "shop", "orders_gbk.csv"))
    assert (landing.template, landing.rows, landing.accepted) == ("order_file", 2, 2)


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("ECOrder/ChannelsECOrderGetResponse.json", "wechat_shop_order"),
        ("ECAftersale/ChannelsECAftersaleGetAftersaleOrderResponse.json", "wechat_shop_aftersale"),
    ],
)
def test_the_documented_pages_of_the_wechat_shop(intake: Intake, shared: Path, name: str, template: str) -> None:
    folder = ("fudiwei_wechat", "Wechat.Api.UnitTests", "ModelSamples", "Channels")
    landing = intake.ingest("page.json", sample(shared, *folder, *name.split("/")))
    assert (landing.template, landing.quarantined) == (template, 0)
    assert landing.accepted > 0
