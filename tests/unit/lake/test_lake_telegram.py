"""Telegram Desktop's result.json: from the file to the lake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.intake import Intake

# 1780275600 is 2026-06-01T01:00:00Z: whoever exported sat in China.
SENT = {"date": "2026-06-01T09:00:00", "date_unixtime": "1780275600"}
COLUMNS = "message_id, event_type, actor_type, thread_id, reply_to_id, reactions_count, edited_at, occurred_at"


def message(number: int, sender: str | None = "user1", **more: Any) -> dict[str, Any]:
    who = {} if sender is None else {"from": "Ann Example", "from_id": sender}
    return {"id": number, "type": "message", **SENT, **who, "text": "secret words", "text_entities": [], **more}


def service(number: int, action: str, **more: Any) -> dict[str, Any]:
    actor = {"actor": "Ann Example", "actor_id": "user1"}
    return {"id": number, "type": "service", **SENT, **actor, "action": action, "text": "", "text_entities": [], **more}


def chat(*messages: Any, chat_id: int = 1111111111, kind: str = "private_supergroup", name: str = "示例群") -> dict[str, Any]:
    return {"name": name, "type": kind, "id": chat_id, "messages": list(messages)}


def text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


def test_messages_replies_and_edits_without_a_word_of_what_they_say(intake: Intake) -> None:
    content = chat(
        message(2, text=["hi ", {"type": "link", "text": "https://example.org"}]),
        message(3, "user2", reply_to_message_id=2, edited="2026-06-01T10:00:00", edited_unixtime="1780279200"),
        message(4, "channel1111111111"),
        message(5, "user7", **{"from": None}),
        message(-999999990, "user2", reply_to_message_id=-999999991),
    )
    landing = intake.ingest("result.json", text(content), account="t1")
    assert (landing.source, landing.template, landing.status) == ("chat_export", "telegram_result_json", "ingested")
    assert (landing.rows, landing.accepted) == (6, 6)
    assert intake.rows("chat_export/messages", COLUMNS) == [
        ("1111111111:2", "message", "member", None, None, "0", None, "2026-06-01T01:00:00.000000Z"),
        ("1111111111:3", "reply", "member", None, "1111111111:2", "0", "2026-06-01T02:00:00.000000Z", "2026-06-01T01:00:00.000000Z"),
        ("1111111111:4", "message", "staff", None, None, "0", None, "2026-06-01T01:00:00.000000Z"),
        ("1111111111:5", "message", "member", None, None, "0", None, "2026-06-01T01:00:00.000000Z"),
        ("1111111111:-999999990", "reply", "member", None, "1111111111:-999999991", "0", None, "2026-06-01T01:00:00.000000Z"),
    ]
    assert intake.rows("chat_export/channels", "platform, account_id, community_id, name") == [("telegram", "t1", "1111111111", "示例群")]
    written = b"".join(path.read_bytes() for path in intake.settings.lake.rglob("*.parquet"))
    assert not any(word.encode() in written for word in ("secret", "Ann", "example.org", "user1"))


def test_a_member_of_a_mapped_file_is_the_one_of_the_chat(intake: Intake) -> None:
    intake.ingest("result.json", text(chat(message(2, "user4781320682406083641"))))
    intake.ingest("members.csv", "platform,member_id,actor_type\ntelegram,4781320682406083641,bot\n")
    assert intake.rows("chat_export/messages", "member_id") == intake.rows("members/members", "member_id")


def test_what_is_written_in_a_topic_answers_nobody(intake: Intake) -> None:
    topic = service(10, "topic_created", title="Offers")
    intake.ingest("result.json", text(chat(topic, message(11, reply_to_message_id=10), message(12, reply_to_message_id=11))))
    assert [row[:5] for row in intake.rows("chat_export/messages", COLUMNS)] == [
        ("1111111111:10", "topic_created", "member", None, None),
        ("1111111111:11", "message", "member", "1111111111:10", None),
        ("1111111111:12", "reply", "member", None, "1111111111:11"),
    ]


def test_who_joins_and_leaves_is_a_member_only_where_the_export_has_an_id(intake: Intake) -> None:
    content = chat(
        service(1, "create_group", title="g", members=["Ann Example", "Bob"]),
        service(2, "join_group_by_link", inviter="Bob"),
        service(3, "join_group_by_request"),
        service(4, "invite_members", members=["Ann Example"]),
        service(5, "invite_members", members=["Bob", None]),
        service(6, "remove_members", members=["Ann Example"]),
        service(7, "remove_members", members=["Bob"]),
        service(8, "pin_message", message_id=3),
        service(9, "<script>"),
    )
    landing = intake.ingest("result.json", text(content))
    assert landing.quarantined == 0
    rows = intake.rows("chat_export/messages", "message_id, event_type, member_id is not null, inviter_id is not null")
    assert [(row[0].removeprefix("1111111111:"), *row[1:]) for row in rows] == [
        ("1", "create_group", True, False),
        ("1:2", "join", False, True),
        ("2", "join", True, False),
        ("3", "join", True, False),
        ("4", "join", True, False),
        ("5", "invite_members", True, False),
        ("5:1", "join", False, True),
        ("5:2", "join", False, True),
        ("6", "leave", True, False),
        ("7", "remove_members", True, False),
        ("7:1", "leave", False, False),
        ("8", "pin_message", True, False),
        ("9", "service", True, False),
    ]


def test_reactions_are_counted_and_those_with_a_name_and_a_time_are_kept(intake: Intake) -> None:
    reactions = [
        {
            "type": "emoji",
            "count": 3,
            "emoji": "👍",
            "recent": [
                {"from": "Bob", "from_id": "user2", "date": "2026-06-02T07:30:00"},
                {"from": "Shop", "from_id": "channel5", "date": "2026-06-02T08:30:00"},
                {"from": "Nobody", "date": "2026-06-02T08:30:00"},
            ],
        },
        {"type": "custom_emoji", "count": 1, "document_id": "stickers/a.webp"},
        {"type": "paid", "count": 50},
    ]
    landing = intake.ingest("result.json", text(chat(message(2, reactions=reactions))))
    assert (landing.rows, landing.accepted) == (4, 4)
    assert intake.rows("chat_export/messages", "reactions_count") == [("4",)]
    assert intake.rows("chat_export/reactions", "message_id, emoji, actor_type, occurred_at, is_dated, _period_date") == [
        ("1111111111:2", "👍", "member", "2026-06-01T23:30:00.000000Z", "true", "2026-06-02"),
        ("1111111111:2", "👍", "staff", "2026-06-02T00:30:00.000000Z", "true", "2026-06-02"),
    ]


def test_old_exports_have_local_time_and_bare_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "a key for tests")
    intake = Intake(tmp_path, timezone="Europe/Berlin")
    old = {"id": 2, "type": "message", "date": "2020-06-01T09:00:00", "from": "Ann", "from_id": 42, "text": ""}
    landing = intake.ingest("result.json", text(chat(old, message(3, "user42"))))
    rows = intake.rows("chat_export/messages", "occurred_at, member_id")
    assert [row[0] for row in rows] == ["2020-06-01T07:00:00.000000Z", "2026-06-01T01:00:00.000000Z"]
    assert rows[0][1] == rows[1][1]
    assert "1 messages have local time" in landing.drift["warnings"]["local_time"]


def test_all_chats_of_an_account_without_private_ones(intake: Intake) -> None:
    chats = [
        chat(message(1), chat_id=1),
        chat(message(1), chat_id=2, kind="personal_chat", name="Bob"),
        chat(chat_id=3),
        chat(message(1), chat_id=4),
    ]
    content = {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 1, "phone_number": "+49 30 1234567"},
        "contacts": {"about": "", "list": [{"first_name": "Bob", "phone_number": "0049"}]},
        "chats": {"about": "This page lists all chats.", "list": chats},
        "left_chats": {"about": "", "list": [chat(message(1), chat_id=5)]},
    }
    landing = intake.ingest("result.json", text(content))
    assert (landing.status, landing.rows, landing.accepted) == ("ingested", 5, 5)
    assert [row[0] for row in intake.rows("chat_export/messages", "message_id")] == ["1:1", "4:1"]
    assert [row[0] for row in intake.rows("chat_export/channels", "community_id")] == ["1", "3", "4"]
    assert "1 private conversations" in landing.drift["warnings"]["direct_messages"]


def test_a_private_conversation_is_refused(intake: Intake) -> None:
    landing = intake.ingest("result.json", text(chat(message(1), kind="personal_chat")))
    assert (landing.status, landing.reason_code) == ("rejected", "private_chat")


def test_keys_behind_the_messages_are_found(intake: Intake) -> None:
    backwards = dict(reversed(chat(message(1)).items()))
    intake.ingest("result.json", text(backwards))
    intake.ingest("all.json", text({"chats": {"list": [backwards | {"id": 7}]}}))
    assert {row[0] for row in intake.rows("chat_export/messages", "message_id")} == {"1111111111:1", "7:1"}


def test_what_cannot_be_used_is_put_aside_row_by_row(intake: Intake) -> None:
    content = chat(
        message(1),
        {"id": 2, "type": "unsupported"},
        "text",
        5,
        None,
        {"type": "what"},
        message(6, date_unixtime="soon"),
        {**SENT, "type": "message"},
    )
    landing = intake.ingest("result.json", text(content))
    assert (landing.rows, landing.accepted, landing.quarantined) == (9, 2, 7)
    assert [row[1:3] for row in intake.quarantined()] == [
        ("type", "unsupported_message"),
        ("type", "malformed_row"),
        ("type", "malformed_row"),
        ("type", "malformed_row"),
        ("type", "malformed_row"),
        ("occurred_at", "not_a_date"),
        ("message_id", "missing_value"),
    ]


def test_an_interrupted_export_is_rejected_whole(intake: Intake) -> None:
    landing = intake.ingest("result.json", text(chat(message(1), message(2)))[:-40])
    assert (landing.status, landing.reason_code) == ("rejected", "truncated")
    assert intake.rows("chat_export/messages") == []


def test_the_invalid_json_of_telegram_is_read(intake: Intake, shared: Path) -> None:
    landing = intake.ingest("result.json", (shared / "samples" / "synthetic" / "telegram" / "result.json").read_bytes())
    assert (landing.template, landing.rows, landing.accepted, landing.quarantined) == ("telegram_result_json", 7, 6, 1)
    assert [row[:2] for row in intake.rows("chat_export/messages", COLUMNS)] == [
        ("1111111111:1", "invite_members"),
        ("1111111111:1:1", "join"),
        ("1111111111:1:2", "join"),
        ("1111111111:2", "message"),
        ("1111111111:3", "message"),
    ]


@pytest.mark.parametrize("name", ["test_single_export.json", "test_batch_export.json"])
def test_an_export_cut_down_to_names_and_texts_is_recognised_and_put_aside(intake: Intake, shared: Path, name: str) -> None:
    landing = intake.ingest(name, (shared / "samples" / "telegram" / name).read_bytes())
    assert (landing.template, landing.rows, landing.quarantined) == ("telegram_result_json", 2, 2)
    assert {row[1:3] for row in intake.quarantined()} == {("community_id", "missing_value")}
    assert "2 messages name their author" in landing.drift["warnings"]["no_author"]
