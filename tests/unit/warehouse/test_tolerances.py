"""Tolerances of the reconciliation as analysts write them: an error names file, row and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_metrics.errors import SettingsError
from community_metrics.metrics.registry import project_registry
from community_metrics.warehouse.definitions import read_definitions
from community_metrics.warehouse.tolerance_definitions import RECONCILED

HEAD = "metric,warning_above,warning_share,critical_above,critical_share,reason\n"
RIGHT = {metric: f"{metric},5,0.02,50,0.5,because" for metric in RECONCILED}


def write(folder: Path, **changed: str) -> Path:
    rows = [row for row in (RIGHT | changed).values() if row]
    (folder / "reconciliation_tolerances.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return folder


def test_a_figure_may_stop_a_release_or_only_be_said(tmp_path: Path) -> None:
    folder = write(tmp_path, members="members,5,0.02,,,it is said and stops nothing")
    assert "members,5,0.02,,," in read_definitions(folder)["reconciliation_tolerances.csv"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"orders": ""}, r"no tolerance for orders - .*reconciliation_tolerances\.csv"),
        ({"orders": "likes,5,0.02,50,0.5,because"}, r"'likes' must be one of orders, .*row 2, column metric"),
        ({"orders": "orders,5,2%,50,0.5,because"}, r"'2%' must be a share from 0 to 1 .*row 2, column warning_share"),
        ({"orders": "orders,,0.02,50,0.5,because"}, r"'' must be an amount .*row 2, column warning_above"),
        ({"orders": "orders,5,0.02,50,,because"}, r"'' stands alone: .*row 2, column critical_share"),
        ({"orders": "orders,5,0.02,4,0.5,because"}, r"'4' is below warning_above - .*row 2, column critical_above"),
        ({"orders": "orders,5,0.02,50,0.01,because"}, r"'0\.01' is below warning_share - .*row 2, column critical_share"),
        ({"orders": "orders,5,0.02,50,0.5,"}, r"must not be empty - .*row 2, column reason"),
    ],
)
def test_a_wrong_tolerance_is_refused_with_its_place(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_definitions(write(tmp_path, **changed))


def test_the_figures_with_a_tolerance_are_those_that_the_mart_may_hold() -> None:
    assert project_registry().dimensions["reconciled_metric"].values == RECONCILED
