"""State lists, lifetime counters and chat archives: the readers that know their platform."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from community_metrics.lake.normalising import content_key
from community_metrics.landing.ledger import Ledger
from community_metrics.sources.readers import pages
from community_metrics.sources.readers.model import OpenedFile
from support.intake import Intake, archive, group_page, workbook

STAFF = {"userid": "zhang", "type": 1, "join_time": 1780000000, "join_scene": 1, "name": "张三"}
GUEST = {
    "userid": "wmGUEST",
    "type": 2,
    "join_time": 1780003600,
    "join_scene": 3,
    "state": "poster_01",
    "unionid": "oUNION",
    "invitor": {"userid": "zhang"},
    "group_nickname": "老王",
    "name": "王五",
}
NOTES = ["笔记标题", "首次发布时间", "体裁", "曝光", "观看量", "封面点击率", "点赞", "评论", "收藏", "涨粉", "分享", "人均观看时长", "弹幕"]
BANNER = ["最多导出排序后前1000条笔记"] * 13


def note(title: str, published: str, impressions: Any = 100, views: Any = 50, click_rate: Any = 0.1, seconds: Any = 12) -> list[Any]:
    return [title, published, "图文", impressions, views, click_rate, 3, 1, 2, 0, 0, seconds, 0]


def test_a_group_page_gives_its_group_and_its_members_without_names(intake: Intake) -> None:
    page = group_page("g1", STAFF, GUEST, name="福利一群", owner="zhang", create_time=1779990000, member_version="abc")
    landing = intake.ingest("page.json", json.dumps(page), source="wecom_groups", account="corp1", snapshot_at="2026-06-01T23:00:00+08:00")
    assert (landing.status, landing.rows, landing.accepted) == ("ingested", 3, 3)
    assert intake.rows("wecom_groups/groups", "platform, account_id, chat_id, name, created_at, members_listed, _period_date") == [
        ("wecom", "corp1", "g1", "福利一群", "2026-05-28T17:40:00.000000Z", "2", "2026-06-01")
    ]
    staff, guest = intake.rows("wecom_groups/group_members", "actor_type, joined_at, join_scene, state, member_id, inviter_id, unionid")
    assert staff[:4] == ("staff", "2026-05-28T20:26:40.000000Z", "1", None)
    assert guest[:4] == ("member", "2026-05-28T21:26:40.000000Z", "3", "poster_01")
    # The inviter is a member of the staff: the same hash as that staff's own.
    assert guest[5] == staff[4]
    assert guest[6] not in (None, "oUNION")
    written = b"".join(path.read_bytes() for path in intake.settings.lake.rglob("*.parquet"))
    assert not any(word.encode() in written for word in ("老王", "王五", "张三", "wmGUEST", "zhang"))


def test_an_empty_group_is_observed_as_empty(intake: Intake) -> None:
    landing = intake.ingest("page.json", json.dumps(group_page("g1")), source="wecom_groups", snapshot_at="2026-06-01T12:00:00Z")
    assert (landing.status, landing.rows) == ("ingested", 1)
    assert intake.rows("wecom_groups/groups", "members_listed") == [("0",)]


def test_an_error_page_is_rejected_with_its_errcode_and_what_to_do(intake: Intake) -> None:
    landing = intake.ingest("page.json", json.dumps({"errcode": 60011, "errmsg": "no privilege"}), source="wecom_groups")
    assert (landing.status, landing.reason_code) == ("rejected", "api_error")
    assert "60011" in (landing.reason or "")
    assert "visible range" in (landing.reason or "")


def test_one_failed_page_of_several_is_put_aside_and_the_others_count(intake: Intake) -> None:
    pages = [group_page("g1", GUEST), {"errcode": 60011, "errmsg": "no privilege"}, group_page("g2", GUEST)]
    landing = intake.ingest("pages.json", json.dumps(pages), source="wecom_groups")
    assert (landing.status, landing.rows, landing.accepted, landing.quarantined) == ("ingested", 5, 4, 1)
    assert [row[1:] for row in intake.quarantined()] == [("errcode", "api_error", "60011")]
    assert [row[0] for row in intake.rows("wecom_groups/groups", "chat_id")] == ["g1", "g2"]
    assert "carried forward" in landing.drift["warnings"]["api_error"]


@pytest.mark.parametrize("lines", [True, False], ids=["a page a line", "a list"])
def test_wrapped_pages_tell_when_they_were_pulled(intake: Intake, lines: bool) -> None:
    pages = [
        {"request": {"chat_id": "g1"}, "response": group_page("g1", GUEST), "pulled_at": "2026-06-01T18:00:00Z"},
        {"request": {"chat_id": "g2"}, "response": group_page("g2"), "pulled_at": "2026-06-01T18:00:05Z"},
    ]
    landing = intake.ingest("pages", "\n".join(map(json.dumps, pages)) if lines else json.dumps(pages))
    assert (landing.source, landing.status, landing.rows) == ("wecom_groups", "ingested", 3)
    assert (landing.snapshot_origin, landing.snapshot_at) == ("file", datetime(2026, 6, 1, 18, 0, 5, tzinfo=UTC))
    assert {row[0] for row in intake.rows("wecom_groups/groups", "_period_date")} == {"2026-06-02"}


def test_a_long_list_of_pages_is_read_page_by_page(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_HELD_BYTES", 0)
    monkeypatch.setattr(OpenedFile, "document", property(lambda _: pytest.fail("the whole document is held")))
    content = [{"response": group_page(f"g{number}", GUEST), "pulled_at": "2026-06-01T18:00:00Z"} for number in range(3)]
    landing = intake.ingest("pages.json", json.dumps([*content, {"errcode": 60011}]))
    assert (landing.source, landing.status, landing.rows, landing.quarantined) == ("wecom_groups", "ingested", 7, 1)
    assert landing.snapshot_at == datetime(2026, 6, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    "page", [{"errcode": 0, "group_chat": {"chat_id": "g1", "member_list": "none"}}, {"errcode": 0}, [], [[1]], {"a": [1]}]
)
def test_json_that_is_no_group_page_is_rejected(intake: Intake, page: Any) -> None:
    landing = intake.ingest("page.json", json.dumps(page, indent=1), source="wecom_groups")
    assert (landing.status, landing.reason_code) == ("rejected", "unexpected_layout")


def test_a_member_without_id_is_put_aside(intake: Intake) -> None:
    landing = intake.ingest("page.json", json.dumps(group_page("g1", GUEST, {"type": 2}, ["no object"])), source="wecom_groups")
    assert (landing.rows, landing.accepted, landing.quarantined) == (4, 2, 2)
    assert {row[1:3] for row in intake.quarantined()} == {("member_id", "missing_value"), (None, "malformed_row")}


def test_a_group_list_covers_the_day_of_its_snapshot(intake: Intake) -> None:
    landing = intake.ingest("page.json", json.dumps(group_page("g1")), source="wecom_groups", snapshot_at="2026-06-01T12:00:00Z")
    with Ledger(intake.settings.ledger_path) as ledger:
        ledger.pass_gate(landing.landing_id)
        [entry] = ledger.observed_until()
    assert (entry.platform, entry.observed_until.isoformat()) == ("wecom", "2026-06-01")


def test_notes_too_young_for_a_figure_have_none_instead_of_0(intake: Intake) -> None:
    young = note("young", "2026年07月11日03时09分05秒", impressions=0, click_rate=0, seconds=0)
    old = note("old", "2026年07月09日03时09分05秒", impressions=0, click_rate=0, seconds=0)
    content = workbook([BANNER, NOTES, young, old])
    landing = intake.ingest("notes.xlsx", content, source="creator_content", account="xhs1", snapshot_at="2026-07-11T18:09:20Z")
    assert (landing.status, landing.accepted) == ("ingested", 2)
    columns = "title, published_at, impressions, click_rate, average_seconds, views, platform, account_id, _period_date"
    assert intake.rows("creator_content/content_snapshots", columns) == [
        ("young", "2026-07-10T19:09:05.000000Z", None, None, None, "50", "xiaohongshu", "xhs1", "2026-07-12"),
        ("old", "2026-07-08T19:09:05.000000Z", "0", "0", "0", "50", "xiaohongshu", "xhs1", "2026-07-12"),
    ]


def test_an_item_without_id_is_named_by_what_does_not_change_of_it(intake: Intake) -> None:
    published = "2026年07月01日10时00分00秒"
    intake.ingest("a.xlsx", workbook([BANNER, NOTES, note(" 标题 ", published, views=1)]), source="creator_content")
    intake.ingest(
        "b.xlsx", workbook([BANNER, NOTES, note("标题", published, views=2), note("另一个", published)]), source="creator_content"
    )
    rows = intake.rows("creator_content/content_snapshots", "content_key, views, title", "title = '标题'")
    assert {row[0] for row in rows} == {content_key(None, "标题", "2026-07-01T02:00:00.000000Z", "图文")}
    assert len(rows) == 2
    assert content_key("id1", "标题", None, None) == "id1"


def test_an_older_export_without_optional_columns_is_read_and_the_drift_noted(intake: Intake) -> None:
    row = note("t", "2026年07月01日10时00分00秒")[:11]
    landing = intake.ingest("notes.xlsx", workbook([BANNER[:12], [*NOTES[:11], "新指标"], [*row, 7]]))
    assert landing.status == "ingested"
    assert landing.drift == {"missing": ["人均观看时长", "弹幕"], "unknown": ["新指标"]}


def test_a_renamed_required_header_rejects_the_file_and_names_the_closest(intake: Intake) -> None:
    header = [name if name != "观看量" else "观看次数" for name in NOTES]
    landing = intake.ingest("notes.xlsx", workbook([BANNER, header, note("t", "2026年07月01日10时00分00秒")]), source="creator_content")
    assert (landing.status, landing.reason_code) == ("rejected", "missing_required_column")
    assert "'观看量 or 观看'" in (landing.reason or "")
    assert "'观看次数'" in (landing.reason or "")


def test_a_full_list_warns_that_the_platform_may_have_cut_it(intake: Intake) -> None:
    notes = [note(f"t{number}", "2026年07月01日10时00分00秒") for number in range(1000)]
    landing = intake.ingest("notes.xlsx", workbook([BANNER, NOTES, *notes]))
    assert landing.accepted == 1000
    assert "at most 1000" in landing.drift["warnings"]["row_cap"]


def slack_export(**changes: Any) -> dict[str, Any]:
    day = [
        {"type": "message", "user": "U1", "text": "hello", "ts": "1780300000.000100", "thread_ts": "1780300000.000100", "reply_count": 1},
        {"type": "message", "user": "U2", "text": "hi", "ts": "1780300001.000200", "thread_ts": "1780300000.000100"},
        {"type": "message", "subtype": "bot_message", "bot_id": "B1", "text": "build failed", "ts": "1780300002.000300"},
        {"type": "message", "user": "UBOT", "text": "reminder", "ts": "1780300003.000400"},
        {"type": "message", "subtype": "channel_join", "user": "U2", "inviter": "U1", "text": "x", "ts": "1780299999.000000"},
        {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "deleted", "ts": "1780300004.000500"},
        {
            "type": "message",
            "user": "U1",
            "text": "x",
            "ts": "1780300005.000600",
            "edited": {"user": "U1", "ts": "1780300100.000000"},
            "reactions": [{"name": "a", "count": 2, "users": ["U2", "UBOT"]}, {"name": "b", "count": 1}],
        },
    ]
    return {
        "users.json": [
            {"id": "U1", "name": "ann", "is_bot": False, "deleted": False},
            {"id": "U2", "name": "bob", "is_bot": False, "deleted": True},
            {"id": "UBOT", "name": "app", "is_bot": True},
        ],
        "channels.json": [{"id": "C1", "name": "general", "created": 1779990000, "is_archived": False}],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        "general/2026-06-01.json": day,
        "D1/2026-06-01.json": [{"type": "message", "user": "U1", "text": "private", "ts": "1780300000.000100"}],
        **changes,
    }


def test_a_chat_archive_gives_messages_with_their_kind_and_without_their_text(intake: Intake) -> None:
    landing = intake.ingest("export.zip", archive(slack_export()), account="T1")
    assert (landing.source, landing.status, landing.rows, landing.accepted) == ("chat_export", "ingested", 13, 13)
    columns = "message_id, occurred_at, event_type, actor_type, thread_id, reply_count, reactions_count, is_deleted"
    assert intake.rows("chat_export/messages", columns, "true") == [
        ("C1:1780300000.000100", "2026-06-01T07:46:40.000100Z", "message", "member", "C1:1780300000.000100", "1", None, "false"),
        ("C1:1780300001.000200", "2026-06-01T07:46:41.000200Z", "reply", "member", "C1:1780300000.000100", None, None, "false"),
        ("C1:1780300002.000300", "2026-06-01T07:46:42.000300Z", "message", "bot", None, None, None, "false"),
        ("C1:1780300003.000400", "2026-06-01T07:46:43.000400Z", "message", "bot", None, None, None, "false"),
        ("C1:1780299999.000000", "2026-06-01T07:46:39.000000Z", "join", "member", None, None, None, "false"),
        ("C1:1780300004.000500", "2026-06-01T07:46:44.000500Z", "message", "member", None, None, None, "true"),
        ("C1:1780300005.000600", "2026-06-01T07:46:45.000600Z", "message", "member", None, None, "3", "false"),
    ]
    assert intake.rows("chat_export/channels", "community_id, name, created_at, is_archived") == [
        ("C1", "general", "2026-05-28T17:40:00.000000Z", "false")
    ]
    assert [row[:2] for row in intake.rows("chat_export/users", "actor_type, is_deleted_account")] == [
        ("member", "false"),
        ("member", "true"),
        ("bot", None),
    ]
    assert "1 direct conversations" in landing.drift["warnings"]["direct_messages"]


def test_a_chat_archive_tells_who_answers_whom_who_invited_and_who_reacted(intake: Intake) -> None:
    intake.ingest("export.zip", archive(slack_export()))
    ann, bob, app = (row[0] for row in intake.rows("chat_export/users", "member_id"))
    messages = intake.rows("chat_export/messages", "reply_to_id, inviter_id, edited_at")
    assert [row[0] for row in messages] == [None, "C1:1780300000.000100", None, None, None, None, None]
    assert [row[1] for row in messages] == [None, None, None, None, ann, None, None]
    assert [row[2] for row in messages] == [None] * 6 + ["2026-06-01T07:48:20.000000Z"]
    assert intake.rows("chat_export/reactions", "message_id, emoji, member_id, actor_type, occurred_at, is_dated") == [
        ("C1:1780300005.000600", "a", bob, "member", "2026-06-01T07:46:45.000600Z", "false"),
        ("C1:1780300005.000600", "a", app, "bot", "2026-06-01T07:46:45.000600Z", "false"),
    ]


def test_a_users_messages_and_list_entry_have_the_same_hash(intake: Intake) -> None:
    intake.ingest("export.zip", archive(slack_export()))
    users = [row[0] for row in intake.rows("chat_export/users", "member_id")]
    assert intake.rows("chat_export/messages", "member_id")[0][0] == users[0]


def test_an_export_covers_what_its_messages_cover(intake: Intake) -> None:
    landing = intake.ingest("export.zip", archive(slack_export()))
    with Ledger(intake.settings.ledger_path) as ledger:
        ledger.pass_gate(landing.landing_id)
        [entry] = ledger.observed_until()
    assert (entry.platform, entry.first_date.isoformat(), entry.observed_until.isoformat()) == ("slack", "2026-06-01", "2026-06-01")


def test_a_folder_of_no_known_channel_is_kept_under_its_name(intake: Intake) -> None:
    extra = {"renamed/2026-06-01.json": [{"type": "message", "user": "U1", "ts": "1780300000.000100"}]}
    landing = intake.ingest("export.zip", archive(slack_export(**extra)))
    assert "renamed" in landing.drift["warnings"]["unknown_channel"]
    assert ("renamed:1780300000.000100",) in intake.rows("chat_export/messages", "message_id")


def test_messages_that_cannot_be_read_are_put_aside(intake: Intake) -> None:
    bad = [{"type": "message", "user": "U1", "ts": "soon"}, {"type": "message", "user": "U1"}, "text", 5]
    landing = intake.ingest("export.zip", archive(slack_export(**{"general/2026-06-02.json": bad})))
    assert (landing.rows, landing.accepted, landing.quarantined) == (17, 13, 4)
    assert sorted(row[2] for row in intake.quarantined()) == ["malformed_row", "malformed_row", "missing_value", "not_a_date"]


def test_the_real_note_list_has_41_notes_on_the_local_date_of_its_export(intake: Intake, shared: Path) -> None:
    [path] = (shared / "samples" / "xiaohongshu").glob("*.xlsx")
    landing = intake.ingest("notes.xlsx", path.read_bytes())
    assert (landing.source, landing.status, landing.rows, landing.accepted) == ("creator_content", "ingested", 41, 41)
    rows = intake.rows("creator_content/content_snapshots", "title, published_at, impressions, views, _period_date, _row_no")
    assert {row[4] for row in rows} == {"2026-07-12"}
    assert [row[5] for row in rows] == list(range(3, 44))
    # 03:09:05 in China; 23 hours before the export, so that its exposure is not known yet.
    assert rows[0][1:4] == ("2026-07-10T19:09:05.000000Z", None, "126")
    assert rows[1][1:4] == ("2026-07-09T18:00:38.000000Z", "439", "141")
    assert len({row[0] for row in intake.rows("creator_content/content_snapshots", "content_key")}) == 41


def test_the_real_chat_archive_has_158_messages_of_which_94_are_bots(intake: Intake, shared: Path) -> None:
    landing = intake.ingest("export.zip", (shared / "samples" / "slack" / "testarchive.zip").read_bytes())
    assert (landing.source, landing.status, landing.rows, landing.quarantined) == ("chat_export", "ingested", 165, 0)
    actors = [row[0] for row in intake.rows("chat_export/messages", "actor_type")]
    assert (len(actors), actors.count("bot"), actors.count("member")) == (158, 94, 64)
    events = [row[0] for row in intake.rows("chat_export/messages", "event_type")]
    assert (events.count("join"), events.count("message"), events.count("bot_add")) == (8, 147, 3)
