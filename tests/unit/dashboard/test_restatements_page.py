"""The page of restatements: old, new and why, in both languages, newest first, bounded, and inert whatever a key holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from browser import fixture_release
from community_metrics.dashboard.restated import CELLS_SHOWN, Restated, RestatedCell, restated_cell, restated_move
from community_metrics.dashboard.site import Beside, build_site
from community_metrics.settings import Settings

SHA = "3f2a1b4c5d6e" + "0" * 52


def row(**changes: Any) -> dict[str, Any]:
    told = {
        "restated_at": "2026-03-04T01:12:33.000000",
        "release_id": "20260304T011230Z-aaaaaaaa",
        "mart": "mart_activity_daily",
        "metric": "dau",
        "key": json.dumps({"business_date": "2026-03-02", "scope_type": "community", "scope_id": "<b>p::g</b>"}),
        "business_date": "2026-03-02",
        "old": "41",
        "new": "42",
        "cause": "late_rows",
        "evidence": json.dumps([{"cause": "late_rows", "source": "events", "account": "shop", "sha256": SHA}]),
    }
    return {**told, **changes}


def told_by(evidence: dict[str, Any]) -> tuple[str, ...]:
    return restated_cell(row(cause=evidence.get("cause", "late_rows"), evidence=json.dumps([evidence]))).details


def test_a_cell_is_told_in_words() -> None:
    cell = restated_cell(row(cause="late_rows+restated_file"))
    assert (cell.at, cell.metric_label["zh"], cell.metric_label["en"]) == ("2026-03-04 01:12 UTC", "日活跃成员", "Daily active members")
    assert cell.key == "scope_type community · scope_id <b>p::g</b>"
    assert [cause["zh"] for cause in cell.causes] == ["迟到的行", "重述文件"]
    assert cell.details == ("events shop 3f2a1b4c5d6e",)
    assert {"mart_activity_daily", "迟到的行", "late"} <= set(cell.search.split())


def test_every_kind_of_evidence_has_words() -> None:
    file = {"cause": "withdrawn_file", "source": "orders", "account": "", "sha256": SHA, "remark": "withdrawn: by mistake"}
    metric = {"cause": "definition_version", "metric": "dau", "old": "v1", "new": "v2", "changelog": "Reactions count."}
    assert told_by(file) == ("orders 3f2a1b4c5d6e withdrawn: by mistake",)
    assert told_by({"cause": "definition_version", "definition": "event_types", "old": "a", "new": "b"}) == ("event_types",)
    assert told_by(metric) == ("dau v1 → v2：Reactions count.",)
    assert told_by({"cause": "bug_fix_release", "old": "0.1.0+1a", "new": "0.1.0+2b"}) == ("0.1.0+1a → 0.1.0+2b",)
    assert told_by({"cause": "settings_change", "setting": "timezone", "old": "UTC", "new": "Asia/Tokyo"}) == ("timezone UTC → Asia/Tokyo",)
    assert told_by({"cause": "rollback", "from": "r2", "to": "r1", "at": "x"}) == ("r2 → r1",)
    assert told_by({"more": 3}) == ("+3",)
    assert restated_cell(row(cause="unexplained", evidence="[]")).details == ()


def page(dashboards: Path, database: Path, folder: Path, restated: Restated) -> str:
    beside = Beside(restatements=restated)
    build_site(Settings(home=folder), database, fixture_release.manifest(), folder / "site", dashboards, beside)
    return (folder / "site" / "restatements.html").read_text(encoding="utf-8")


def test_the_page_shows_old_new_cause_and_moves(dashboards: Path, database: Path, tmp_path: Path) -> None:
    cells = [restated_cell(row()), restated_cell(row(mart="mart_growth_daily", metric="joins", new=None))]
    moves = [restated_move("2026-03-05 01:00:00", "r3", "r2", True, 7, [("mart_activity_daily", "rollback", 7)])]
    html = page(dashboards, database, tmp_path, Restated(cells, 1234, moves))
    assert html.index("2026-03-02") < html.index(">41<") < html.index(">42<")
    assert "<b>p::g</b>" not in html
    assert "&lt;b&gt;p::g&lt;/b&gt;" in html
    assert '<option value="mart_growth_daily" data-zh=' in html
    assert "共 1234 个" in html and "The newest 2 of 1234" in html
    assert "（回退）" in html and "(rolled back)" in html
    assert 'src="assets/js/restatements.js' in html


def test_a_release_that_restates_nothing_says_so(dashboards: Path, database: Path, tmp_path: Path) -> None:
    html = page(dashboards, database, tmp_path, Restated())
    assert "以前报过的数字都没有变。" in html and "No number that was reported before has changed." in html


def test_the_page_stays_small(dashboards: Path, database: Path, tmp_path: Path) -> None:
    cells: list[RestatedCell] = [restated_cell(row())] * CELLS_SHOWN
    assert len(page(dashboards, database, tmp_path, Restated(cells, 10**6, ())).encode()) < 700_000
