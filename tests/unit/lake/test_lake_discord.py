"""DiscordChatExporter's JSON: from the file to the lake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from community_metrics.landing.ledger import Ledger
from support.intake import Intake

GUILD, ROOM, THREAD = "1284417755310886912", "1284417755310886999", "1284417755310887111"
COLUMNS = "message_id, event_type, actor_type, channel_id, thread_id, reply_to_id, reactions_count, occurred_at"


def author(number: int, is_bot: bool = False) -> dict[str, Any]:
    return {
        "id": f"22700000000000000{number:02d}",
        "name": "ann",
        "nickname": "Ann Example",
        "isBot": is_bot,
        "roles": [{"id": "1", "name": "vip"}],
    }


def message(number: int, kind: str = "Default", who: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"12845000000000000{number:02d}",
        "type": kind,
        "timestamp": "2026-06-01T23:30:00.123+02:00",
        "timestampEdited": None,
        "isPinned": False,
        "content": "secret words",
        "author": who or author(1),
        "reactions": [],
        **more,
    }


def export(*messages: Any, kind: str = "GuildTextChat", guild: str = GUILD, **more: Any) -> dict[str, Any]:
    room = {"id": ROOM, "type": kind, "categoryId": "5", "category": "General", "name": "tea [talk]", "topic": None}
    return {
        "guild": {"id": guild, "name": "Lantern", "iconUrl": "https://example.org/a.png"},
        "channel": room,
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2026-06-05T10:00:00+02:00",
        "messages": list(messages),
        "messageCount": len(messages),
        **more,
    }


def text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


NAME = f"Lantern - General - tea [talk] [{ROOM}] (after 2026-06-01) [part 2].json"


def test_messages_replies_joins_and_bots_without_a_word_of_what_they_say(intake: Intake) -> None:
    content = export(
        message(1),
        message(
            2,
            "Reply",
            author(2),
            reference={"messageId": "1284500000000000001", "channelId": ROOM, "guildId": GUILD},
            timestampEdited="2026-06-01T22:00:00Z",
        ),
        message(3, "GuildMemberJoin", author(3)),
        message(4, "20", author(4, is_bot=True)),
        message(5, "ChannelPinnedMessage"),
        message(6, "46"),
        message(7, reference={"type": "Forward", "messageId": "9"}),
    )
    landing = intake.ingest(NAME, text(content))
    assert (landing.source, landing.template, landing.status) == ("chat_export", "discord_chat_exporter", "ingested")
    assert (landing.rows, landing.accepted) == (8, 8)
    at = "2026-06-01T21:30:00.123000Z"
    assert intake.rows("chat_export/messages", COLUMNS) == [
        ("1284500000000000001", "message", "member", ROOM, None, None, "0", at),
        ("1284500000000000002", "reply", "member", ROOM, None, "1284500000000000001", "0", at),
        ("1284500000000000003", "join", "member", ROOM, None, None, "0", at),
        ("1284500000000000004", "message", "bot", ROOM, None, None, "0", at),
        ("1284500000000000005", "channel_pinned_message", "member", ROOM, None, None, "0", at),
        ("1284500000000000006", "type_46", "member", ROOM, None, None, "0", at),
        ("1284500000000000007", "message", "member", ROOM, None, None, "0", at),
    ]
    assert intake.rows("chat_export/messages", "distinct community_id, _period_date") == [(GUILD, "2026-06-02")]
    assert intake.rows("chat_export/channels", "platform, community_id, name") == [("discord", GUILD, "Lantern")]
    written = b"".join(path.read_bytes() for path in intake.settings.lake.rglob("*.parquet"))
    assert not any(word.encode() in written for word in ("secret", "Ann", "vip", "22700000000000000"))


def test_reactions_have_people_but_no_time(intake: Intake) -> None:
    reactions = [
        {"emoji": {"id": "", "name": "🍵", "code": "tea"}, "count": 3, "users": [author(2), author(3, is_bot=True), {"name": "no id"}]},
        {"emoji": {"id": "77", "name": "gaiwan", "code": "gaiwan"}, "count": 1},
    ]
    landing = intake.ingest("export.json", text(export(message(1, reactions=reactions))))
    assert (landing.rows, landing.accepted, landing.quarantined) == (5, 4, 1)
    assert intake.rows("chat_export/messages", "reactions_count") == [("4",)]
    assert intake.rows("chat_export/reactions", "message_id, emoji, actor_type, occurred_at, is_dated") == [
        ("1284500000000000001", "🍵", "member", "2026-06-01T21:30:00.123000Z", "false"),
        ("1284500000000000001", "🍵", "bot", "2026-06-01T21:30:00.123000Z", "false"),
    ]
    assert [row[1:3] for row in intake.quarantined()] == [("member_id", "missing_value")]


def test_what_is_written_in_a_thread_answers_its_first_message(intake: Intake) -> None:
    room = {"id": "1284500000000000001", "type": "GuildPublicThread", "categoryId": ROOM, "name": "a question"}
    intake.ingest("thread.json", text(export(message(1), message(2), message(3, "ThreadCreated"), channel=room)))
    assert [row[:5] for row in intake.rows("chat_export/messages", COLUMNS)] == [
        ("1284500000000000001", "message", "member", ROOM, "1284500000000000001"),
        ("1284500000000000002", "reply", "member", ROOM, "1284500000000000001"),
        ("1284500000000000003", "thread_created", "member", ROOM, "1284500000000000001"),
    ]


def test_an_export_is_known_until_the_day_before_it_was_made(intake: Intake) -> None:
    landing = intake.ingest("export.json", text(export(message(1))))
    assert (landing.snapshot_origin, landing.snapshot_at.isoformat()) == ("file", "2026-06-05T08:00:00+00:00")
    with Ledger(intake.settings.ledger_path) as ledger:
        ledger.pass_gate(landing.landing_id)
        [entry] = ledger.observed_until()
    assert (entry.platform, entry.observed_until.isoformat()) == ("discord", "2026-06-04")


def test_an_export_that_was_told_to_end_earlier_is_known_until_its_last_message(intake: Intake) -> None:
    content = export(message(1), dateRange={"after": None, "before": "2026-06-03T00:00:00+02:00"})
    landing = intake.ingest("export.json", text(content))
    assert landing.snapshot_origin == "landing"
    with Ledger(intake.settings.ledger_path) as ledger:
        ledger.pass_gate(landing.landing_id)
        [entry] = ledger.observed_until()
    assert entry.observed_until.isoformat() == "2026-06-02"


def test_an_older_export_with_fewer_fields_is_read_and_the_drift_noted(intake: Intake) -> None:
    old = export(
        {
            "id": "5",
            "type": "Default",
            "timestamp": "2019-06-01T12:00:00+00:00",
            "author": {"id": "7"},
            "reactions": [{"emoji": {"name": "x"}, "count": 2}],
        }
    )
    del old["exportedAt"], old["dateRange"]
    landing = intake.ingest("export.json", text(old))
    assert (landing.status, landing.accepted) == ("ingested", 2)
    assert landing.drift["missing"] == ["dateRange", "exportedAt"]
    assert intake.rows("chat_export/messages", "actor_type, reactions_count") == [("member", "2")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (text(export(message(1), message(2)))[:-30], "truncated"),
        (text({key: value for key, value in export(message(1)).items() if key != "messageCount"}), "truncated"),
        (text(export(message(1), messageCount=2)), "truncated"),
        (text(export(message(1), guild="0")), "private_chat"),
        (text(export(message(1), kind="DirectTextChat")), "private_chat"),
        (text({"messages": [message(1)], "guild": {"id": GUILD}, "channel": {"id": ROOM}, "messageCount": 1}), "unexpected_layout"),
    ],
    ids=["cut", "no messageCount", "wrong messageCount", "no server", "direct message", "messages before the server"],
)
def test_what_cannot_be_used_whole_is_rejected(intake: Intake, content: str, reason: str) -> None:
    landing = intake.ingest("export.json", content, source="chat_export")
    assert (landing.status, landing.reason_code) == ("rejected", reason)


def test_messages_that_cannot_be_read_are_put_aside(intake: Intake) -> None:
    bad = [message(1), 5, None, {}, message(2, timestamp="soon"), message(3, author=None), message(4, id=None)]
    landing = intake.ingest("export.json", text(export(*bad)))
    assert (landing.rows, landing.accepted, landing.quarantined) == (8, 3, 5)
    assert [row[1:3] for row in intake.quarantined()] == [
        (None, "malformed_row"),
        (None, "malformed_row"),
        ("message_id", "missing_value"),
        ("occurred_at", "not_a_date"),
        ("message_id", "missing_value"),
    ]
    assert "2 messages have no author" in landing.drift["warnings"]["no_author"]


def test_a_channel_without_messages_is_in_order(intake: Intake) -> None:
    landing = intake.ingest("export.json", text(export()))
    assert (landing.status, landing.rows, landing.accepted) == ("ingested", 1, 1)
