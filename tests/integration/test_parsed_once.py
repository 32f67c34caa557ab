"""dbt parses the project once in a home, which takes seconds: no later build does, whatever it may take of the memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.parser.manifest import ManifestLoader
from dbt.parser.models import ModelParser

from community_metrics import pipeline
from community_metrics.settings import Settings
from community_metrics.warehouse import dbt

EVENTS = "event_id,occurred_at,platform,member_id,event_type\n"


class Watched:
    """How many models were parsed in each build, and the greatest memory that its database was allowed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parsed: list[int] = []
        self.limits: list[str] = []
        load, render, close = ManifestLoader.load, ModelParser.render_update, dbt.close_connections

        def loading(loader: ManifestLoader) -> object:
            self.parsed.append(0)
            return load(loader)

        def rendering(*arguments: object) -> object:
            self.parsed[-1] += 1
            return render(*arguments)

        def closing() -> None:
            environment = DuckDBConnectionManager._ENV
            if environment is not None and environment.conn is not None:
                self.limits.append(environment.conn.execute("select current_setting('memory_limit')").fetchone()[0])
            close()

        monkeypatch.setattr(ManifestLoader, "load", loading)
        monkeypatch.setattr(ModelParser, "render_update", rendering)
        monkeypatch.setattr(dbt, "close_connections", closing)


def test_a_day_after_a_full_build_parses_no_model(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    home = replace(home, memory_limit="3GiB", daily_memory_limit="1GiB")
    watched = Watched(monkeypatch)
    folder = home.inbox / "events" / "a"
    folder.mkdir(parents=True)
    for day in (1, 2):
        (folder / f"events-{day}.csv").write_text(f"{EVENTS}e{day},2026-10-0{day}T09:00:00+08:00,wechat,m1,message\n")
        pipeline.ingest(home)
        pipeline.build(home)
    assert len(watched.parsed) == 2 and watched.parsed[0] > 100
    assert watched.parsed[1] == 0
    assert watched.limits == ["3.0 GiB", "1.0 GiB"]
