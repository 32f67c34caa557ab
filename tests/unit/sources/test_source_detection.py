"""What a file is recognised as, and why."""

from __future__ import annotations

import json

import pytest

from community_metrics.sources.explaining import Explanation, explain
from support.intake import Intake, archive, group_page, workbook

NOTES = ["笔记标题", "首次发布时间", "体裁", "曝光", "观看量", "封面点击率", "点赞", "评论", "收藏", "涨粉", "分享", "人均观看时长", "弹幕"]


def recognised(intake: Intake, name: str, content: str | bytes) -> Explanation:
    return explain(intake.write(name, content), intake.settings.limits)


@pytest.mark.parametrize(
    ("header", "template"),
    [
        ("event_id,occurred_at,platform,member_id,event_type", "mapped_events"),
        ("platform,community_id,member_id,joined_at,left_at", "mapped_memberships"),
        ("platform,member_id,region", "mapped_members"),
        ("platform,member_id,person_id", "mapped_identity_links"),
        ("order_id,platform,member_id,paid_at,gross_amount,currency", "mapped_orders"),
        ("refund_id,order_id,platform,refunded_at,amount,currency", "mapped_refunds"),
        ("platform,account_id,business_date,followers", "mapped_account_daily"),
        ("platform,account_id,content_id,business_date,reads", "mapped_content_daily"),
        ("Platform, Account ID ,Content ID,BUSINESS_DATE,reads", "mapped_content_daily"),
    ],
)
def test_mapped_files_are_recognised_by_their_header(intake: Intake, header: str, template: str) -> None:
    found = recognised(intake, "export.csv", header + "\n" + ",".join("x" * len(header.split(","))) + "\n")
    assert (found.template, found.is_recognised) == (template, True)


def test_a_renamed_required_header_does_not_make_a_file_of_events_one_of_members(intake: Intake) -> None:
    found = recognised(intake, "export.csv", "occurred_at,platform,member_id,type\n2026-06-01,x,m,message\n")
    assert not found.is_recognised
    assert found.missing == ("event_type",)
    assert "mapped_events" in found.message
    assert "--source" in found.remedy


def test_the_banner_over_a_note_list_is_not_taken_for_its_header(intake: Intake) -> None:
    banner = ["最多导出排序后前1000条笔记"] * len(NOTES)
    found = recognised(
        intake, "笔记列表明细表 (1).xlsx", workbook([banner, NOTES, ["标题", "2026年06月01日10时00分00秒", "图文", *[1] * 10]])
    )
    assert (found.template, found.source, found.header_row) == ("xiaohongshu_note_list", "creator_content", 2)
    assert {column.header: column.column for column in found.columns}["观看量"] == "views"


def test_a_header_below_intro_lines_is_found(intake: Intake) -> None:
    found = recognised(intake, "export.csv", "Exported by someone\n\nplatform,member_id,region\nx,m1,north\n")
    assert (found.template, found.header_row) == ("mapped_members", 3)


def test_each_column_is_explained(intake: Intake) -> None:
    found = recognised(intake, "export.csv", "platform,member_id,region,phone,score\nx,m1,north,138,5\n")
    assert [(column.header, column.column, column.treatment) for column in found.columns] == [
        ("platform", "platform", "kept"),
        ("member_id", "member_id", "hashed"),
        ("region", "region", "kept"),
        ("phone", None, "dropped"),
        ("score", None, "extra"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "template"),
    [
        ("page.json", json.dumps(group_page("g1"), indent=1), "wecom_groupchat_get"),
        ("page.json", json.dumps(group_page("g1")), "wecom_groupchat_get"),
        ("pages.json", json.dumps([group_page("g1"), group_page("g2")]), "wecom_groupchat_get"),
        ("pages.jsonl", (json.dumps(group_page("g1")) + "\n") * 2, "wecom_groupchat_get"),
        (
            "wrapped.jsonl",
            "\n".join(json.dumps({"request": {}, "response": group_page(name)}) for name in ("g1", "g2")),
            "wecom_groupchat_get",
        ),
        ("export.zip", archive({"users.json": [], "channels.json": []}), "slack_export_zip"),
    ],
    ids=["page", "page on one line", "list of pages", "pages by line", "wrapped pages", "slack"],
)
def test_pages_and_archives_are_recognised_by_their_shape(intake: Intake, name: str, content: str | bytes, template: str) -> None:
    assert recognised(intake, name, content).template == template


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no bytes"),
        (b"\x00\x01\x02\x03" * 200, ""),
        (b"a,b\n1,2\n", "no template"),
        (json.dumps({"errcode": 45009}).encode(), "no template"),
        (archive({"readme.json": {}}), "no template"),
    ],
)
def test_what_nothing_fits_is_explained_without_an_exception(intake: Intake, content: bytes, said: str) -> None:
    found = recognised(intake, "export.bin", content)
    assert not found.is_recognised
    assert said in found.message
    assert json.loads(json.dumps(found.to_dict()))["is_recognised"] is False


def test_the_real_note_list_is_recognised(intake: Intake, shared_notes: bytes) -> None:
    found = recognised(intake, "notes.xlsx", shared_notes)
    assert (found.template, found.header_row) == ("xiaohongshu_note_list", 2)
    assert found.created_at is not None
    assert found.created_at.isoformat().startswith("2026-07-11T18:09")
