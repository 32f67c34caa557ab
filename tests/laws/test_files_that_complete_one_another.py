"""Exports that each hold one figure of a day: together they are the day, and the newest word on a figure is in force."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from community_metrics.settings import Settings
from laws.test_late_news import RULES
from support.histories.files import ExportFile
from support.histories.pipeline_home import PipelineHome
from support.intake import workbook
from support.naive.marts import CONTENT_GRAINS

DAY = date(2026, 6, 1)


def figures_of(column: str, value: int, fetched_on: int) -> ExportFile:
    """As the console of douyin exports one figure of an account."""
    content = workbook([["日期", column], [f"{DAY}", value]])
    return ExportFile(
        f"数据表现_{column}数据-{fetched_on}.xlsx", "creator_content", (), content, datetime(2026, 6, fetched_on, tzinfo=UTC), account="a"
    )


@pytest.mark.laws
def test_a_file_of_one_figure_takes_no_other_away(home: Settings) -> None:
    built = PipelineHome(home, RULES)
    built.land([figures_of("作品点赞", 21, 3), figures_of("作品点赞", 18, 4), figures_of("播放量", 500, 5)])
    built.build()
    found = built.rows("mart_account_daily", CONTENT_GRAINS["mart_account_daily"])["douyin", "a", DAY]
    assert {name: value for name, value in found.items() if value is not None} == {"plays": 500, "likes": 18}
