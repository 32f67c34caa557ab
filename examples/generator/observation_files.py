"""Snapshots: the Xiaohongshu workbook of notes, WeCom's group pages; whole exports of the chats on Slack, Telegram and Discord."""

from __future__ import annotations

from collections.abc import Iterator

from . import discord, rhythm, slack, telegram, wecom
from .formats import Cell, json_bytes, xlsx_bytes, zip_bytes
from .people import CORP, GROUPS
from .publishing import SNAPSHOT_DAYS, SNAPSHOT_HOUR, XIAOHONGSHU_ACCOUNT, NoteCounts, snapshot
from .story import ExportFile, Story

BANNER = "最多导出排序后前1000条笔记"
NOTE_HEADER = (
    "笔记标题",
    "首次发布时间",
    "体裁",
    "曝光",
    "观看量",
    "封面点击率",
    "点赞",
    "评论",
    "收藏",
    "涨粉",
    "分享",
    "人均观看时长",
    "弹幕",
)


def observation_files(story: Story) -> Iterator[ExportFile]:
    for day in SNAPSHOT_DAYS:
        rows: list[list[Cell]] = [
            [BANNER] * len(NOTE_HEADER),
            list(NOTE_HEADER),
            *(_note_row(counts) for counts in snapshot(story.notes, day)),
        ]
        content = xlsx_bytes(rows, rhythm.at(day, SNAPSHOT_HOUR), "Apache POI", merged="A1:M1")
        yield ExportFile("creator_content", XIAOHONGSHU_ACCOUNT, day, "笔记列表明细表.xlsx", content)
    for group in GROUPS:
        for day in wecom.snapshot_days(group):
            content = json_bytes(wecom.page(story.world, group, day))
            yield ExportFile("wecom_groups", CORP, day, wecom.file_name(group), content)
    for day in slack.EXPORT_DAYS:
        documents = slack.archive(story.workspace, day)
        members = {name: json_bytes(document) for name, document in documents.items()}
        yield ExportFile(
            "chat_export", slack.TEAM, day, f"Lantern Partners Slack export Aug 31 2026 - {day:%b %d %Y}.zip", zip_bytes(members)
        )
    for day in telegram.EXPORT_DAYS:
        yield ExportFile("chat_export", "", day, "result.json", telegram.export(story.group, day))
    for name, content in discord.exports(story.server).items():
        yield ExportFile("chat_export", "", discord.EXPORT_DAY, name, content)


def _note_row(counts: NoteCounts) -> list[Cell]:
    published = counts.note.published_at.astimezone(rhythm.ZONE)
    return [
        counts.note.title,
        f"{published:%Y年%m月%d日%H时%M分%S秒}",
        counts.note.kind,
        float(counts.impressions),
        float(counts.views),
        counts.click_rate,
        float(counts.likes),
        float(counts.comments),
        float(counts.saves),
        float(counts.follows),
        float(counts.shares),
        float(counts.seconds),
        float(counts.danmaku),
    ]
