"""The committed exports are what the generator writes, and small enough to be bundled."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
MAX_BYTES, MAX_FILES = 8_000_000, 200


def exported_files(root: Path) -> dict[str, Path]:
    return {path.relative_to(root).as_posix(): path for path in sorted((root / "exports").rglob("*")) if path.is_file()}


def content(path: Path) -> object:
    """What a file says. Compressed bytes depend on the library that wrote them, so those formats are compared unpacked."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        return pq.read_table(io.BytesIO(data)).to_pylist()
    if path.suffix in (".xlsx", ".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(info.filename, info.date_time, archive.read(info)) for info in archive.infolist()]
    return data


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("examples")
    subprocess.run([sys.executable, str(EXAMPLES / "generate.py"), "--out", str(out)], check=True)
    return out


def test_generating_again_gives_the_committed_exports(regenerated: Path) -> None:
    committed, again = exported_files(EXAMPLES), exported_files(regenerated)
    assert list(again) == list(committed)
    assert [name for name in again if content(again[name]) != content(committed[name])] == []


def test_generating_again_gives_the_committed_facts(regenerated: Path) -> None:
    assert (regenerated / "facts.json").read_text(encoding="utf-8") == (EXAMPLES / "facts.json").read_text(encoding="utf-8")


def test_the_exports_stay_small() -> None:
    paths = exported_files(EXAMPLES).values()
    assert len(paths) < MAX_FILES
    assert sum(path.stat().st_size for path in paths) < MAX_BYTES


def test_every_kind_of_envelope_and_encoding_is_there() -> None:
    paths = exported_files(EXAMPLES).values()
    assert {path.suffix for path in paths} == {".csv", ".json", ".jsonl", ".parquet", ".xls", ".xlsx", ".xml", ".zip"}
    first_bytes = {path.read_bytes()[:3] for path in paths if path.suffix == ".csv"}
    assert {b"\xef\xbb\xbf", b"eve"} <= first_bytes


def test_the_telegram_export_has_the_defects_of_the_real_ones() -> None:
    path = max(path for name, path in exported_files(EXAMPLES).items() if name.endswith("/result.json"))
    content = path.read_bytes()
    assert [content.count(defect) for defect in (b"\\u2028\x80\xa8", b"\\x07", b'"unsupported"')] == [2, 2, 1]
    with pytest.raises(UnicodeDecodeError):
        content.decode()


def test_the_workbook_of_notes_repeats_its_banner_over_thirteen_merged_cells() -> None:
    path = next(path for path in exported_files(EXAMPLES).values() if path.name == "笔记列表明细表.xlsx")
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("最多导出排序后前1000条笔记") == 13
    assert '<mergeCell ref="A1:M1"/>' in sheet
