"""A mart as a file: the same rows, the registry's words, and no text that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from release_workshop import candidate, land_orders

from community_metrics.cli import main
from community_metrics.releases.publish import publish_release
from community_metrics.serving import export as exporting
from community_metrics.settings import Settings

TITLES = ['=cmd|"/c calc"!A1', "+1", "-1", "@sum", "\tindented", "plain, with a comma", "", None, "小红书 🏮"]


@pytest.fixture
def release(settings: Settings) -> str:
    """With contents whose titles are formulas to a spreadsheet."""
    ready = candidate(settings, 7)
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        warehouse.execute("create table marts.dim_content (content_id varchar, title varchar)")
        warehouse.executemany("insert into marts.dim_content values (?, ?)", [[f"c{i}", title] for i, title in enumerate(TITLES)])
    return publish_release(settings, ready).release_id


def call(settings: Settings, *words: Any) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, words), "--home", str(settings.home)])


def read_csv(path: Path) -> list[list[str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.reader(handle))


def test_a_csv_has_the_rows_in_the_order_of_their_key(settings: Settings, release: str, tmp_path: Path) -> None:
    result = call(settings, "mart_activity_daily", tmp_path / "activity.csv")
    assert result.stdout == f"30 rows of mart_activity_daily ({release}) in {tmp_path / 'activity.csv'}\n"
    rows = read_csv(tmp_path / "activity.csv")
    assert rows[0] == ["business_date", "scope_type", "scope_id", "dau", "stickiness"]
    assert rows[1] == ["2026-05-01", "all", "all", "7", "1.0"] and rows[-1][0] == "2026-05-30" and len(rows) == 31


def test_headers_are_words_of_the_registry(settings: Settings, release: str, tmp_path: Path) -> None:
    for language, words in (("zh", ["业务日期", "范围类型", "范围", "日活跃成员"]), ("en", ["Business date", "Scope type", "Scope"])):
        call(settings, "mart_activity_daily", tmp_path / "activity.csv", "--language", language)
        assert read_csv(tmp_path / "activity.csv")[0][: len(words)] == words


def test_dates_and_scopes_select(settings: Settings, release: str, tmp_path: Path) -> None:
    target = tmp_path / "some.csv"
    call(settings, "mart_activity_daily", target, "--from", "2026-05-10", "--to", "2026-05-12", "--scope-type", "all", "--scope", "all")
    assert [row[0] for row in read_csv(target)[1:]] == ["2026-05-10", "2026-05-11", "2026-05-12"]
    assert call(settings, "mart_activity_daily", target, "--scope-type", "community").stdout.startswith("0 rows")


def test_no_text_is_a_formula(settings: Settings, release: str, tmp_path: Path) -> None:
    call(settings, "dim_content", tmp_path / "content.csv")
    titles = [row[1] for row in read_csv(tmp_path / "content.csv")[1:]]
    assert titles[:5] == ["'" + str(title) for title in TITLES[:5]]
    assert titles[5:] == ["plain, with a comma", "", "", "小红书 🏮"]
    call(settings, "dim_content", tmp_path / "content.xlsx")
    cells = [row[1] for row in load_workbook(tmp_path / "content.xlsx")["dim_content"].iter_rows(min_row=2)]
    assert "f" not in {cell.data_type for cell in cells}
    assert [cell.value for cell in cells] == [title or None for title in TITLES]
    call(settings, "dim_content", tmp_path / "content.parquet")
    with duckdb.connect() as connection:
        found = connection.execute(f"select title from '{tmp_path / 'content.parquet'}' order by content_id").fetchall()
    assert [title for (title,) in found] == TITLES


def test_a_workbook_has_numbers_dates_and_what_they_mean(settings: Settings, release: str, tmp_path: Path) -> None:
    call(settings, "mart_conversion_daily", tmp_path / "money.xlsx", "--language", "zh")
    book = load_workbook(tmp_path / "money.xlsx")
    assert book.sheetnames == ["mart_conversion_daily", "口径"]
    (row,) = book["mart_conversion_daily"].iter_rows(min_row=2)
    assert (row[0].value, row[0].number_format) == (datetime.datetime(2026, 5, 1), "yyyy-mm-dd")
    assert [cell.value for cell in row if isinstance(cell.value, (int, float))] == [7.5]
    assert row[4].number_format == "#,##0.00"
    meanings = {cells[0]: cells[1:] for cells in book["口径"].iter_rows(min_row=2, values_only=True)}
    assert meanings["gross_amount"][0] and len(str(meanings["gross_amount"][1])) > 5
    assert set(meanings) == {"business_date", "currency", "scope_type", "scope_id", "gross_amount", "present_members"}


def test_more_rows_than_a_sheet_holds_are_refused_with_what_to_do(
    settings: Settings, release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_SHEET_ROWS", 29)
    result = call(settings, "mart_activity_daily", tmp_path / "activity.xlsx")
    assert result.exit_code == 2
    assert "30 rows do not fit into a sheet (29)" in result.stderr and "select dates or a scope" in result.stderr
    assert list(tmp_path.glob("*activity*")) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("mart_activity_daily", "a.ods"), "unknown kind of file '.ods'"),
        (("mart_nothing", "a.csv"), "there is no mart 'mart_nothing'"),
        (("dim_content", "a.csv", "--from", "2026-05-01"), "dim_content has no dates to select by"),
        (("dim_content", "a.csv", "--scope", "c1"), "dim_content has no scope_id to select by"),
        (("mart_activity_daily", "missing/a.csv"), "name a file in a folder that exists"),
    ],
)
def test_what_cannot_be_exported_is_said(
    settings: Settings, release: str, tmp_path: Path, words: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(settings, *words)
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
    assert not list(tmp_path.glob("*.csv"))


def test_an_older_release_can_be_exported_and_without_one_that_is_said(settings: Settings, tmp_path: Path) -> None:
    assert "nothing is published yet" in call(settings, "mart_activity_daily", tmp_path / "a.csv").stderr
    first = publish_release(settings, candidate(settings, 1)).release_id
    land_orders(settings, 2)
    publish_release(settings, candidate(settings, 2))
    call(settings, "mart_activity_daily", tmp_path / "a.csv", "--release", first)
    assert read_csv(tmp_path / "a.csv")[1][3] == "1"
