"""Price bands as analysts write them: an error names file, row and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_metrics.errors import SettingsError
from community_metrics.warehouse.definitions import read_definitions

HEAD = "currency,price_band,from_amount,below_amount\n"


def write(folder: Path, *rows: str) -> Path:
    (folder / "price_bands.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return folder


def test_bands_may_touch_leave_gaps_and_be_the_same_in_other_currencies(tmp_path: Path) -> None:
    folder = write(tmp_path, "CNY,low,0,50", "CNY,high,50.00,99.99", "CNY,top,200,", "USD,low,0,50")
    assert "CNY,top,200," in read_definitions(folder)["price_bands.csv"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["CNY,low,0,50", "CNY,high,49.99,100"], r"overlaps the band of row 2 - .*price_bands\.csv, row 3, column from_amount"),
        (["CNY,all,0,", "CNY,high,50,100"], r"overlaps the band of row 2 - .*row 3"),
        (["CNY,low,50,50"], r"'50' is not above from_amount - .*row 2, column below_amount"),
        (["CNY,low,,50"], r"'' must be an amount such as 99\.50 - .*row 2, column from_amount"),
        (["CNY,low,0,1.234"], r"'1\.234' must be an amount .*row 2, column below_amount"),
        (["RMB¥,low,0,50"], r"must be a currency such as CNY - .*row 2, column currency"),
        (["CNY,,0,50"], r"must not be empty - .*row 2, column price_band"),
        (["CNY,low,0,50", "CNY,low,50,60"], r"CNY/low stands already in row 2"),
    ],
)
def test_a_wrong_band_is_refused_with_its_place(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_definitions(write(tmp_path, *rows))
