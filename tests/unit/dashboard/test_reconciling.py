"""The trust page tells of each reconciled figure the last day that both sides know, and counts the days beyond the tolerance."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
import yaml

from community_metrics.dashboard.reconciling import Step, read_reconciliation
from community_metrics.dashboard.site import DASHBOARDS, build_site
from community_metrics.metrics.registry import project_registry
from community_metrics.settings import Settings
from unit.dashboard.conftest import copy_dashboards

COLUMNS = """
metric varchar, platform varchar, account_id varchar, business_date date, reason varchar, step_index integer, currency varchar,
reported decimal(18, 2), change decimal(18, 2), ours decimal(18, 2), assessment varchar
"""
ROWS = """
('members', 'wecom', 'ww1', '2026-06-01', 'staff', 1, null, 900, -4, 800, null),
('members', 'wecom', 'ww1', '2026-06-01', 'unexplained', 2, null, 900, -96, 800, 'warning'),
('members', 'wecom', 'ww1', '2026-06-02', 'staff', 1, null, 1250, -4, 1247, null),
('members', 'wecom', 'ww1', '2026-06-02', 'unexplained', 2, null, 1250, 1, 1247, 'within'),
('members', 'wecom', 'ww1', '2026-06-03', 'staff', 1, null, null, null, 1248, null),
('members', 'wecom', 'ww1', '2026-06-03', 'unexplained', 2, null, null, null, 1248, null),
('gross_amount', 'wechat_pay', '19', '2026-06-02', 'quarantined', 1, 'CNY', 923.70, 0, 900.20, null),
('gross_amount', 'wechat_pay', '19', '2026-06-02', 'unexplained', 2, 'CNY', 923.70, -23.50, 900.20, 'critical'),
('messages', 'wecom', 'ww1', '2026-06-02', 'unexplained', 1, null, 7, null, null, null)
"""


APPROVAL = {
    "check": "mart_reconciliation.unexplained_is_tolerable",
    "by": "Lin Xiaohe",
    "reason": "the shop was closed",
    "at": "2026-06-03T01:00:00+00:00",
    "meaning": "What no reason explains stays small",
    "meaning_zh": "原因不明的差异较小",
}


@pytest.fixture
def reconciled(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.mart_reconciliation ({COLUMNS})")
        connection.execute(f"insert into marts.mart_reconciliation values {ROWS}")
    return path


def test_each_figure_shows_its_last_known_day_the_worst_first(reconciled: Path) -> None:
    with duckdb.connect(str(reconciled), read_only=True) as connection:
        found = read_reconciliation(connection, {"mart_reconciliation": {}})
        assert read_reconciliation(connection, {}) == []
    money, members, messages = found
    assert (money.metric, money.assessment, money.reported, money.unexplained, money.ours) == (
        "gross_amount",
        "critical",
        "923.70",
        "−23.50",
        "900.20",
    )
    assert (money.steps, money.currency, money.beyond) == ((), "CNY", 1)
    assert (members.day, members.reported, members.steps, members.unexplained, members.ours) == (
        "2026-06-02",
        "1,250",
        (Step("staff", "−4"),),
        "+1",
        "1,247",
    )
    assert (members.days, members.known, members.beyond) == (3, 2, 1)
    # A figure that one side lacks is not comparable, and not zero.
    assert (messages.assessment, messages.day, messages.reported, messages.ours) == ("", "", "", "")


def test_every_figure_and_reason_has_words_in_both_languages() -> None:
    texts = yaml.safe_load((DASHBOARDS / "site.yml").read_text(encoding="utf-8"))["texts"]
    registry = project_registry()
    wanted = {f"reconciled_{name}" for name in registry.dimensions["reconciled_metric"].values}
    wanted |= {f"step_{name}" for name in registry.dimensions["reconciliation_reason"].values if name != "unexplained"}
    assert {name for name in texts if name.startswith(("reconciled_", "step_"))} == wanted


def test_the_trust_page_shows_them_without_a_script(reconciled: Path, tmp_path: Path) -> None:
    dashboards = copy_dashboards(tmp_path / "dashboards")
    site_file = dashboards / "site.yml"
    site_file.write_text(re.sub(r"^pages: .*$", "pages: [trust]", site_file.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8")
    page = (dashboards / "pages" / "trust.yml").read_text(encoding="utf-8")
    status = page[page.index("  - title: {zh: 数据到了没有") : page.index("  - title: {zh: 与平台对账")]
    (dashboards / "pages" / "trust.yml").write_text(page.replace(status, ""), encoding="utf-8")
    build_site(Settings(home=tmp_path / "home"), reconciled, {"release_id": "r", "approvals": [APPROVAL]}, tmp_path / "site", dashboards)
    html = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert 'data-approved="mart_reconciliation.unexplained_is_tolerable"' in html
    assert "failed, approved by Lin Xiaohe. the shop was closed" in html
    assert "未通过，由 Lin Xiaohe 放行。" in html
    for text in ("群成员总数", "Members of groups", "员工", "staff", "−4", "严重超出", "2 of 3 days comparable, 1 beyond"):
        assert text in html


def test_the_trust_page_says_by_when_the_next_day_must_be_fetched(site: Path) -> None:
    """The fixture's accounts of content platforms keep a day for thirty days; the release is made on the day after the last one."""
    html = (site / "trust.html").read_text(encoding="utf-8")
    assert html.count('data-deadline="kept"') == 1
    assert "2026-07-01" in html
