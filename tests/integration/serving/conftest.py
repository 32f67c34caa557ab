from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from community_metrics.dashboard import site
from community_metrics.settings import Settings
from support.postgres_server import PostgresServer, postgres_server

sys.path.insert(0, str(Path(__file__).parents[1] / "releases"))

from release_workshop import land_orders, new_settings, write_small_site


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.fixture
def uri(server: PostgresServer, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database."""
    from adbc_driver_postgresql import dbapi

    name = f"test_{abs(hash(request.node.name)) % 10**9}"
    with dbapi.connect(server.uri("postgres"), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"drop database if exists {name} with (force)")
        cursor.execute(f"create database {name}")
    monkeypatch.setenv("COMMUNITY_METRICS_POSTGRES_URI", server.uri(name))
    return server.uri(name)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with one landed file and a dashboard of one page."""
    monkeypatch.setattr(site, "build_site", write_small_site)
    made = new_settings(tmp_path / "home")
    land_orders(made, 1)
    return made
