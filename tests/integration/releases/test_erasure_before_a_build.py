"""Whose accounts are one person's, asked of a warehouse that no build has renewed since the upgrade."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from community_metrics import pipeline
from community_metrics.erasing import erase
from community_metrics.lake.persons import hashes_of
from community_metrics.settings import Settings

OTHER = "0f" * 16


@pytest.mark.parametrize("of_ids", ["varchar", "uuid"])
def test_linked_accounts_are_found_whether_ids_are_texts_or_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_ids: str) -> None:
    """Version 0.2 kept texts; a warehouse stays as it is until the next build."""
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "a key")
    settings = Settings(home=tmp_path / "home")
    pipeline.ingest(settings)
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    own = sorted(hashes_of(settings.id_key, "forum", "ann", [""], ["member_id"]))[0]
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        warehouse.execute(f"""
            create schema control;
            create table control.state as select 'fingerprint' as name, 'built' as value;
            create table control.built_files as select 'one' as landing_id;
            create schema intermediate;
            create table intermediate.int_identity__members (native_id {of_ids}, member_key {of_ids});
        """)
        warehouse.executemany("insert into intermediate.int_identity__members values (?, ?)", [(own, OTHER), (OTHER, OTHER)])
    report = erase(settings, "forum", "ann", account="", id_kind="member_id", is_rehearsal=True)
    assert report.linked == 1
