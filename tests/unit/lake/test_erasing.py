"""A person is taken out of every kind of landed file, and nobody else is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from community_metrics.lake import erasing
from community_metrics.landing.erasures import ErasureLedger
from community_metrics.landing.inbox import land_files
from community_metrics.landing.store import object_path
from community_metrics.sources.envelopes import RawBatch, open_tables
from community_metrics.sources.envelopes.as_read import TableToKeep, keep_as_read
from community_metrics.sources.template_files import load_templates
from community_metrics.sources.templates import Template
from support.erased import erase_from_landing, found_in
from support.intake import Intake, archive, group_page, workbook
from support.planted import identifier_columns, planted_files, planted_id, readable_templates
from support.template_examples import table_files

ANN, BEN = "member-ann-1", "member-ben-2"
HEADER = ["event_id", "occurred_at", "platform", "member_id", "event_type", "properties"]
ROWS = [
    HEADER,
    ["evt-1", "2026-06-01T10:00:00Z", "forum", ANN, "message", '{"topic": "tea"}'],
    ["evt-2", "2026-06-01T11:00:00Z", "forum", BEN, "message", '{"answers": "member-ann-1", "topic": "tea"}'],
    ["evt-3", "2026-06-02T10:00:00Z", "forum", ANN, "message", ""],
    ["evt-4", "2026-06-02T11:00:00Z", "other", ANN, "message", ""],
]
LEFT = [("evt-2", "forum", "2026-06-01"), ("evt-4", "other", "2026-06-02")]


def as_csv(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def as_parquet(rows: list[list[str]]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({name: [row[index] for row in rows[1:]] for index, name in enumerate(rows[0])}), stream)
    return stream.getvalue()


def as_html(rows: list[list[str]]) -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><body><table>{cells}</table></body></html>".encode()


def as_lines(rows: list[list[str]]) -> bytes:
    return "\n".join(json.dumps(dict(zip(rows[0], row, strict=True))) for row in rows[1:]).encode()


def as_array(rows: list[list[str]]) -> bytes:
    return json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]).encode()


WRITERS: dict[str, Callable[[list[list[str]]], bytes]] = {
    "utf-8.csv": as_csv,
    "gbk.csv": lambda rows: as_csv([[*rows[0], "话题"], *([*row, "茶" + ANN] for row in rows[1:])], "gb18030"),
    "book.xlsx": lambda rows: workbook([["导出说明"], *rows]),
    "table.xls": as_html,
    "rows.parquet": as_parquet,
    "rows.jsonl": as_lines,
    "rows.json": as_array,
}


@pytest.mark.parametrize("name", WRITERS)
def test_rows_about_a_person_go_out_of_every_kind_of_table(intake: Intake, name: str) -> None:
    landing = intake.ingest(name, WRITERS[name](ROWS), source="events")
    assert (landing.status, landing.accepted) == ("ingested", 4)
    kept = erase_from_landing(intake.settings, "forum", ANN)
    assert {sha256: one.rows for sha256, one in kept.files.items()} == {landing.sha256: 2}
    intake.run()
    [after] = intake.landings()
    assert (after.status, after.accepted, after.sha256, after.revision) == ("ingested", 2, landing.sha256, 2)
    assert intake.rows("events/events", "event_id, platform, _period_date") == LEFT
    # Another person's id on another platform has the same text, and stays where it is an id.
    assert found_in(intake.settings.landing, ["evt-1", "evt-3"]) == []
    assert not any("answers" in row[0] and ANN in row[0] for row in intake.rows("events/events", "coalesce(properties, '')"))


def test_nobody_else_loses_anything(intake: Intake) -> None:
    intake.ingest("book.xlsx", workbook([["导出说明"], *ROWS]), source="events")
    before = intake.rows("events/events", "* exclude (_extra)", "platform = 'other' or event_id = 'evt-2'")
    erase_from_landing(intake.settings, "forum", ANN)
    intake.run()
    after = intake.rows("events/events", "* exclude (_extra)")
    changed = [[(one, other) for one, other in zip(old, new, strict=True) if one != other] for old, new in zip(before, after, strict=True)]
    assert changed == [[('{"answers": "member-ann-1", "topic": "tea"}', '{"answers": "", "topic": "tea"}')], []]


def every_table() -> Iterator[Any]:
    for template in load_templates().values():
        if template.reader == "table" and template.reject is None:
            for name, content in table_files(template):
                yield pytest.param(name, content, id=f"{template.name}-{name}")


@pytest.mark.parametrize(("name", "content"), list(every_table()))
def test_a_table_kept_as_read_reads_as_its_file_did(intake: Intake, tmp_path: Path, name: str, content: bytes) -> None:
    path = intake.write(name, content)
    limits = intake.settings.limits
    file = open_tables(path, name, limits)
    kept = tmp_path / "kept"
    unchanged = [TableToKeep(table, table.first_row_no, lambda batch: batch, lambda head: head) for table in file.tables]
    keep_as_read(kept, name, file, unchanged)
    again = open_tables(kept, name, limits)
    assert (again.kind, again.encoding, again.created_at) == (file.kind, file.encoding, file.created_at)
    for old, new in zip(file.tables, again.tables, strict=True):
        assert (new.name, new.kind, new.grid_head, new.first_row_no) == (old.name, old.kind, old.grid_head, old.first_row_no)
        assert as_lists(new.read()) == as_lists(old.read())


def as_lists(batch: RawBatch) -> tuple[Any, ...]:
    columns = [column.to_pylist() for column in batch.columns.columns]
    return batch.columns.schema.names, columns, batch.row_numbers.to_pylist(), batch.problems


def test_who_brought_somebody_is_forgotten_and_the_one_who_was_brought_stays(intake: Intake) -> None:
    content = (
        "platform,community_id,member_id,joined_at,referrer_member_id\n"
        f"forum,c1,{ANN},2026-06-01T10:00:00Z,\nforum,c1,{BEN},2026-06-02T10:00:00Z,{ANN}\n"
    )
    intake.ingest(f"{ANN}.csv", content, source="memberships")
    kept = erase_from_landing(intake.settings, "forum", ANN)
    assert [(one.rows, one.cells) for one in kept.files.values()] == [(1, 1)]
    intake.run()
    assert intake.rows("memberships/memberships", "joined_at, referrer_member_id") == [("2026-06-02T10:00:00.000000Z", None)]
    assert found_in(intake.settings.landing, [ANN]) == []


def test_what_belongs_to_an_order_goes_with_its_buyer_whenever_it_landed(intake: Intake) -> None:
    intake.ingest("items.csv", "platform,order_id,line,amount\nshop,order-0001,1,5\nshop,order-0002,1,6\n", source="order_items")
    refund = "refund_id,platform,order_id,refunded_at,amount,currency\n"
    intake.ingest("refunds.csv", refund + "r1,shop,order-0001,2026-06-03T10:00:00Z,5,CNY\n", source="refunds")
    order = "order_id,platform,member_id,paid_at,gross_amount,currency\n"
    rows = f"order-0001,shop,{ANN},2026-06-01T10:00:00Z,5,CNY\norder-0002,shop,{BEN},2026-06-01T10:00:00Z,6,CNY\n"
    intake.ingest("orders.csv", order + rows, source="orders")
    erase_from_landing(intake.settings, "shop", ANN)
    intake.run()
    assert [intake.rows(stream, "order_id") for stream in ("orders/orders", "order_items/order_items", "refunds/refunds")] == [
        [("order-0002",)],
        [("order-0002",)],
        [],
    ]
    # An order of hers that nobody knew, and its line, which had landed before.
    intake.ingest("late_items.csv", "platform,order_id,line,amount\nshop,order-0009,1,5\n", source="order_items")
    intake.ingest("late.csv", order + f"order-0009,shop,{ANN},2026-06-09T10:00:00Z,5,CNY\n", source="orders")
    assert intake.rows("order_items/order_items", "order_id") == [("order-0002",)]
    assert found_in(intake.settings.landing, [ANN, "order-0001", "order-0009"]) == []


def test_a_bill_without_somebody_states_no_totals_and_is_used(intake: Intake) -> None:
    header = (
        "交易时间,公众账号ID,商户号,用户标识,交易状态,微信订单号,商户订单号,应结订单金额,订单金额,货币种类,退款金额,申请退款金额,"
        "手续费,交易类型,付款银行,商品名称,微信退款单号,商户退款单号,退款类型,退款状态,商户数据包,费率,特约商户号,设备号\n"
    )

    def row(number: int, openid: str) -> str:
        cells = ["2026-06-01 10:00:00", "wx1", "m1", openid, "SUCCESS", f"420000{number}", f"bill-order-{number}", "5.00", "5.00", "CNY"]
        return ",".join(
            "`" + cell for cell in [*cells, "0.00", "0.00", "0.01", "JSAPI", "OTHERS", "tea", "0", "0", "", "", "", "0.60%", "0", ""]
        )

    names = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\n"
    totals = names + "`2,`10.00,`0.00,`0.00,`0.02,`10.00,`0.00\n"
    landing = intake.ingest("bill.csv", header + row(1, "openid-of-ann") + "\n" + row(2, "openid-of-ben") + "\n" + totals)
    assert (landing.template, landing.status, landing.accepted) == ("wechat_pay_bill", "ingested", 2)
    assert landing.drift["totals"]
    erase_from_landing(intake.settings, "wechat_pay", "openid-of-ann")
    intake.run()
    [after] = intake.landings()
    assert (after.status, after.rows, after.accepted, after.drift.get("totals")) == ("ingested", 1, 1, None)
    assert found_in(intake.settings.landing, ["openid-of-ann", "bill-order-1"]) == []


def test_a_member_goes_out_of_lists_of_groups_and_her_own_pages_go_whole(intake: Intake) -> None:
    guest = {"userid": "wmAnnAnnAnnAnn", "type": 2, "join_time": 1780275600, "join_scene": 1, "unionid": "oAnnUnionUnion"}
    other = {"userid": "wmBenBenBenBen", "type": 2, "join_time": 1780275601, "join_scene": 1, "invitor": {"userid": "staff-zhang"}}
    page = group_page("wr1", guest, other, owner="staff-zhang", name="茶 1.10", create_time=1780275600)
    contact = {"external_userid": "wmAnnAnnAnnAnn", "name": "Ann Example", "unionid": "oAnnUnionUnion"}
    follow = [{"userid": "staff-zhang", "remark": "Ann of tea", "createtime": 1780275600}]
    of_ann = {"errcode": 0, "errmsg": "ok", "external_contact": contact, "follow_user": follow}
    of_ben = {**of_ann, "external_contact": {"external_userid": "wmBenBenBenBen", "name": "Ben Example"}}
    intake.ingest("groups.json", json.dumps(page), account="corp", snapshot_at="2026-06-05T03:00:00Z")
    intake.ingest("alone.json", json.dumps(of_ann), account="corp", snapshot_at="2026-06-05T03:00:00Z")
    lines = json.dumps(of_ann) + "\n" + json.dumps(of_ben)
    intake.ingest("contacts.jsonl", lines, account="corp", snapshot_at="2026-06-05T03:00:00Z")
    erase_from_landing(intake.settings, "wecom", "wmAnnAnnAnnAnn")
    intake.run()
    assert found_in(intake.settings.landing, ["wmAnnAnnAnnAnn", "Ann Example", "oAnnUnionUnion"]) == []
    assert len(intake.rows("wecom_groups/group_members")) == 1
    assert len(intake.rows("wecom_contacts/relations")) == 1
    assert {one.original_name: (one.status, one.reason_code) for one in intake.landings()} == {
        "groups.json": ("ingested", None),
        "alone.json": ("withdrawn", "erased"),
        "contacts.jsonl": ("ingested", None),
    }
    # Numbers stay as they were written.
    [group] = [content for content in object_texts(intake) if "wr1" in content]
    assert '"create_time":1780275600' in group


def object_texts(intake: Intake) -> list[str]:
    paths = {object_path(intake.settings, one.sha256) for one in intake.landings()}
    return [path.read_bytes().decode("utf-8", "replace") for path in paths]


def test_a_callback_of_a_person_goes_and_one_of_several_loses_them(intake: Intake) -> None:
    def chat(*members: str) -> str:
        items = "".join(f"<Item>{one}</Item>" for one in members)
        kind = "<MsgType>event</MsgType><Event>change_external_chat</Event><ChangeType>update</ChangeType>"
        change = f"<UpdateDetail>add_member</UpdateDetail><MemChangeList>{items}</MemChangeList><MemChangeCnt>2</MemChangeCnt>"
        return f"<xml><ToUserName>ww1</ToUserName>{kind}<CreateTime>1780275600</CreateTime><ChatId>wr1</ChatId>{change}</xml>"

    landing = intake.ingest("callback.xml", chat("wmAnnAnnAnnAnn", "wmBenBenBenBen"), account="corp")
    assert (landing.status, landing.accepted) == ("ingested", 3)
    erase_from_landing(intake.settings, "wecom", "wmAnnAnnAnnAnn")
    intake.run()
    assert [(one.status, one.accepted, one.quarantined) for one in intake.landings()] == [("ingested", 2, 0)]
    assert found_in(intake.settings.landing, ["wmAnnAnnAnnAnn"]) == []


SLACK_MESSAGES = [
    {
        "type": "message",
        "user": "U0ANNANN1",
        "text": "secret words",
        "ts": "1780275600.000100",
        "user_profile": {"real_name": "Ann Example"},
    },
    {
        "type": "message",
        "user": "U0BENBEN2",
        "text": "hello <@U0ANNANN1>",
        "ts": "1780275601.000100",
        "reply_count": 2,
        "reply_users": ["U0ANNANN1", "U0BENBEN2"],
        "replies": [{"user": "U0ANNANN1", "ts": "1780275602.000100"}, {"user": "U0BENBEN2", "ts": "1780275603.000100"}],
        "thread_ts": "1780275601.000100",
        "reactions": [
            {"name": "tea", "users": ["U0ANNANN1", "U0BENBEN2"], "count": 2},
            {"name": "cup", "users": ["U0ANNANN1"], "count": 1},
        ],
    },
]


def test_a_slack_archive_loses_her_messages_reactions_profile_and_mentions(intake: Intake) -> None:
    users = [{"id": "U0ANNANN1", "name": "ann", "profile": {"phone": "13800138000"}}, {"id": "U0BENBEN2", "name": "ben"}]
    channels = [{"id": "C1", "name": "general", "created": 1780275600, "members": ["U0ANNANN1", "U0BENBEN2"], "creator": "U0ANNANN1"}]
    content = archive({"users.json": users, "channels.json": channels, "general/2026-06-01.json": SLACK_MESSAGES})
    intake.ingest("slack.zip", content, account="w1")
    erase_from_landing(intake.settings, "slack", "U0ANNANN1")
    intake.run()
    assert found_in(intake.settings.landing, ["U0ANNANN1", "secret words", "Ann Example", "13800138000"]) == []
    assert intake.rows("chat_export/messages", "reply_count, reactions_count") == [("1", "1")]
    assert len(intake.rows("chat_export/reactions")) == 1
    assert len(intake.rows("chat_export/users")) == 1


def test_a_telegram_export_loses_her_messages_and_reactions(intake: Intake) -> None:
    sent = {"date": "2026-06-01T09:00:00", "date_unixtime": "1780275600"}
    recent = [
        {"from": "Ann Example", "from_id": "user111111111", "date": "2026-06-01T09:01:00"},
        {"from": "Ben", "from_id": "user222222222", "date": "2026-06-01T09:01:00"},
    ]
    messages = [
        {"id": 1, "type": "message", **sent, "from": "Ann Example", "from_id": "user111111111", "text": "secret words"},
        {
            "id": 2,
            "type": "message",
            **sent,
            "from": "Ben",
            "from_id": "user222222222",
            "text": "hi",
            "reactions": [{"type": "emoji", "count": 5, "emoji": "x", "recent": recent}],
        },
    ]
    content = json.dumps({"name": "room", "type": "private_supergroup", "id": 42, "messages": messages})
    intake.ingest("result.json", content, account="t1")
    erase_from_landing(intake.settings, "telegram", "111111111")
    intake.run()
    assert found_in(intake.settings.landing, ["111111111", "Ann Example", "secret words"]) == []
    assert intake.rows("chat_export/messages", "message_id, reactions_count") == [("42:2", "4")]
    assert len(intake.rows("chat_export/reactions")) == 1


def test_a_discord_export_loses_her_messages_and_counts_the_others(intake: Intake) -> None:
    def author(number: int, name: str) -> dict[str, Any]:
        return {"id": f"22700000000000000{number:02d}", "name": name, "isBot": False, "roles": []}

    def message(number: int, who: dict[str, Any], **more: Any) -> dict[str, Any]:
        when = {"timestamp": "2026-06-01T23:30:00+02:00", "timestampEdited": None}
        return {
            "id": f"12845000000000000{number:02d}",
            "type": "Default",
            **when,
            "content": "words",
            "author": who,
            "reactions": [],
            **more,
        }

    ann, ben = author(1, "Ann Example"), author(2, "ben")
    reactions = [{"emoji": {"id": "", "name": "tea"}, "count": 2, "users": [ann, ben]}]
    document = {
        "guild": {"id": "1284417755310886912", "name": "Lantern"},
        "channel": {"id": "1284417755310886999", "type": "GuildTextChat", "name": "tea"},
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2026-06-05T10:00:00+02:00",
        "messages": [message(1, ann), message(2, ben, mentions=[ann], reactions=reactions)],
        "messageCount": 2,
    }
    intake.ingest("room.json", json.dumps(document), account="d1")
    erase_from_landing(intake.settings, "discord", ann["id"])
    intake.run()
    assert found_in(intake.settings.landing, [ann["id"], "Ann Example"]) == []
    [landing] = intake.landings()
    assert (landing.status, landing.quarantined) == ("ingested", 0)
    assert intake.rows("chat_export/messages", "reactions_count") == [("1",)]


def test_the_original_landing_again_is_recognised_and_brings_nobody_back(intake: Intake) -> None:
    path = intake.write("events.csv", as_csv(ROWS))
    land_files(intake.settings, [path], source="events")
    intake.run()
    erase_from_landing(intake.settings, "forum", ANN)
    intake.run()
    [again] = land_files(intake.settings, [path], source="events")
    assert again.outcome == "erased"
    [elsewhere] = land_files(intake.settings, [path], source="events", account="another")
    assert elsewhere.outcome == "landed"
    intake.run()
    assert {row[0] for row in intake.rows("events/events", "event_id")} == {"evt-2", "evt-4"}
    assert found_in(intake.settings.landing, ["evt-1,", "evt-3,"]) == []


def test_a_new_export_with_the_person_is_taken_without_them(intake: Intake) -> None:
    intake.ingest("events.csv", as_csv(ROWS), source="events")
    erase_from_landing(intake.settings, "forum", ANN)
    new = [
        HEADER,
        ["evt-5", "2026-06-05T10:00:00Z", "forum", ANN, "message", ""],
        ["evt-6", "2026-06-05T10:00:00Z", "forum", BEN, "message", ""],
    ]
    landing = intake.ingest("new.csv", as_csv(new), source="events")
    assert (landing.status, landing.rows, landing.quarantined) == ("ingested", 1, 0)
    assert {row[0] for row in intake.rows("events/events", "event_id")} == {"evt-2", "evt-4", "evt-6"}
    assert found_in(intake.settings.landing, ["evt-5,"]) == []
    with ErasureLedger(intake.settings.ledger_path) as ledger:
        assert [(one.sha256 == landing.sha256, one.rows) for one in ledger.erased_files()] == [(False, 2), (True, 1)]


def test_nothing_of_the_person_is_left_in_lake_and_quarantine(intake: Intake) -> None:
    bad = [HEADER, ["evt-1", "never", "forum", ANN, "message", ""], ["evt-2", "2026-06-01T10:00:00Z", "forum", BEN, "message", ""]]
    small = [HEADER, ["evt-7", "2026-06-07T10:00:00Z", "forum", BEN, "message", ""]]
    for number, rows in enumerate((ROWS, bad, small)):
        intake.drop(f"events/_/{number}.csv", as_csv(rows))
    intake.run()  # small files, in one lake file
    [(ann,)] = intake.rows("events/events", "distinct member_id", "event_id = 'evt-1'")
    assert len(intake.quarantined()) == 1
    erase_from_landing(intake.settings, "forum", ANN)
    intake.run()
    assert intake.quarantined() == []
    assert found_in(intake.settings.lake, [ann]) == []
    assert sorted(intake.rows("events/events", "event_id")) == [("evt-2",), ("evt-2",), ("evt-4",), ("evt-7",)]


STEPS = ["rewrite", "sum_of", "_put_in_place", "sweep", "_take_out", "make_durable"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_erasure_is_completed_by_the_next_ingest(intake: Intake, monkeypatch: pytest.MonkeyPatch, step: str, moment: str) -> None:
    """Only what is on the disk counts: the process dies at the step, and another one comes."""
    for number, rows in enumerate((ROWS, [HEADER, ["evt-9", "2026-06-01T10:00:00Z", "forum", ANN, "message", ""]])):
        intake.drop(f"events/_/{number}.csv", as_csv(rows))
    intake.run()
    original = getattr(erasing, step)

    def die(*arguments: Any, **options: Any) -> Any:
        if moment == "after":
            original(*arguments, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(erasing, step, die)
        # What a killed process cannot do either.
        patched.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        erase_from_landing(intake.settings, "forum", ANN)
    intake.run()
    assert intake.rows("events/events", "event_id, platform, _period_date") == LEFT
    assert found_in(intake.settings.landing, ["evt-1,", "evt-3,", "evt-9,"]) == []
    assert not list(intake.settings.landing.rglob("*.erasing"))
    assert {(one.status, one.accepted) for one in intake.landings()} == {("ingested", 2), ("ingested", 0)}
    with ErasureLedger(intake.settings.ledger_path) as ledger:
        assert ledger.open_erasure() is None


@pytest.mark.parametrize("template", [one for one in readable_templates() if identifier_columns(one)], ids=lambda one: one.name)
def test_every_layout_is_rid_of_everybody_whom_its_files_name(intake: Intake, template: Template) -> None:
    contents = list(planted_files(template))
    for number, (name, content) in enumerate(contents):
        landing = intake.ingest(f"{number}-{name}", content, source=template.source, account="a1")
        assert landing.template == template.name and landing.status == "ingested", landing.reason
    before = sum(landing.quarantined for landing in intake.landings())
    ids = [planted_id(column, number) for column in identifier_columns(template) for number in (1, 2, 3)]
    present = {word for word, _ in found_in(intake.settings.landing, ids)}
    assert present
    platforms = [template.constants["platform"]] if "platform" in template.constants else ["platform1", "platform2", "platform3"]
    for platform in platforms:
        erase_from_landing(intake.settings, platform, *sorted(present))
        intake.run()
    assert found_in(intake.settings.landing, present) == []
    assert {landing.status for landing in intake.landings()} <= {"ingested", "withdrawn"}
    assert sum(landing.quarantined for landing in intake.landings()) <= before
