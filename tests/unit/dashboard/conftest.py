"""The project's dashboards with a stand-in for ECharts (tests here read files, they draw nothing), and a fixture release."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from browser import fixture_release
from community_metrics.dashboard.site import DASHBOARDS, build_site
from community_metrics.settings import Settings


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fixture_release.write_database(tmp_path_factory.mktemp("release") / "warehouse.duckdb")


@pytest.fixture(scope="session")
def marts(database: Path) -> dict[str, dict[str, str]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        columns: dict[str, dict[str, str]] = {}
        for table, column, kind in connection.execute(
            "select table_name, column_name, data_type from information_schema.columns"
        ).fetchall():
            columns.setdefault(table, {})[column] = kind
        return columns


@pytest.fixture
def dashboards(tmp_path: Path) -> Path:
    return copy_dashboards(tmp_path / "dashboards")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, database: Path) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site(
        Settings(home=folder / "home"), database, fixture_release.manifest(), folder / "site", copy_dashboards(folder / "dashboards")
    )
    return folder / "site"


def copy_dashboards(folder: Path) -> Path:
    shutil.copytree(DASHBOARDS, folder, ignore=shutil.ignore_patterns("vendor"))
    (folder / "assets" / "vendor").mkdir()
    (folder / "assets" / "vendor" / "echarts.min.js").write_text("")
    return folder
