"""A small released database and manifest for the site: three platforms, six communities, twelve weeks, deterministic.

The numbers are made up by formulas, not by the pipeline: the site has to show what a mart says, whatever it says. They
contain what a page must get right: NULLs, silent days, a missing source, cohorts and periods that are not over, a second
currency, a source that lags, restated and held days, and names that try to be HTML.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from browser import fixture_families, fixture_rows
from browser.fixture_rows import COMMUNITIES, HOSTILE_NAME, LAST_DAY, SOURCES, TITLES
from community_metrics.dashboard.operations import Audit, Model, Operations, Part, told_runs
from community_metrics.dashboard.restated import Restated, restated_cell, restated_move
from community_metrics.dashboard.validations import ValidatedCheck, ValidatedLandings, ValidatedSuite, Validations

__all__ = ["COMMUNITIES", "HOSTILE_NAME", "TITLES", "manifest", "operations", "restated", "validations", "write_database"]

MARTS = ("mart_activity_daily", "mart_activity_hourly", "mart_conversion_daily", "mart_data_status", "mart_growth_daily", "mart_retention")


def write_database(path: Path) -> Path:
    """Create the database at `path`."""
    rows: dict[str, list[tuple[Any, ...]]] = {
        "mart_growth_daily": list(fixture_rows.growth_rows()),
        "mart_activity_daily": list(fixture_rows.activity_rows()),
        "mart_activity_hourly": list(fixture_rows.hourly_rows()),
        "mart_lifecycle": list(fixture_rows.lifecycle_rows()),
        "mart_retention": list(fixture_rows.retention_rows()),
        "mart_funnel": list(fixture_rows.funnel_rows()),
        "mart_conversion_daily": list(fixture_rows.conversion_rows()),
        "mart_repurchase": list(fixture_rows.repurchase_rows()),
        "mart_content_daily": list(fixture_rows.content_rows()),
        "mart_account_daily": list(fixture_rows.account_rows()),
        "mart_data_status": list(fixture_rows.status_rows()),
        "mart_ltv_cohorts": list(fixture_families.ltv_rows()),
        "mart_conversion_breakdown_daily": list(fixture_families.breakdown_rows()),
        "mart_stickiness": list(fixture_families.stickiness_rows()),
        "mart_segments": list(fixture_families.segment_rows()),
        "mart_content_lifetime": list(fixture_families.lifetime_rows()),
        **fixture_rows.dimension_rows(),
    }
    with duckdb.connect(str(path)) as connection:
        connection.execute((Path(__file__).parent / "marts.sql").read_text())
        for table, table_rows in rows.items():
            _load(connection, table, table_rows)
    return path


def _load(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Through JSON and one statement: inserting 150,000 rows one by one takes minutes."""
    names = [name for name, *_ in connection.execute(f"describe marts.{table}").fetchall()]
    path = Path(
        str(connection.execute("select path from duckdb_databases() where database_name = current_database()").fetchall()[0][0])
    ).with_suffix(".load")
    path.write_text("\n".join(json.dumps(dict(zip(names, row, strict=True)), default=str) for row in rows), encoding="utf-8")
    kinds = {name: kind for name, kind, *_ in connection.execute(f"describe marts.{table}").fetchall()}
    declared = "{" + ", ".join(f"{name}: '{kinds[name]}'" for name in names) + "}"
    connection.execute(f"insert into marts.{table} select * from read_json('{path}', format='newline_delimited', columns={declared})")
    path.unlink()


def restated() -> Restated:
    """Two numbers that changed and a rollback; one key tries to be HTML."""
    told = {"restated_at": "2026-06-01 01:30:12", "release_id": "20260601T013000Z-5b1f0c9a", "business_date": "2026-05-29"}
    file = {"cause": "late_rows", "source": "chat_export", "account": "team", "sha256": "3f2a" * 16}
    cells = [
        {"mart": "mart_activity_daily", "metric": "dau", "old": "41", "new": "43", "cause": "late_rows", "evidence": json.dumps([file])},
        {
            "mart": "mart_conversion_daily",
            "metric": "gross_amount",
            "old": "99.50",
            "new": None,
            "cause": "withdrawn_file",
            "evidence": "[]",
        },
    ]
    key = json.dumps({"business_date": "2026-05-29", "scope_type": "community", "scope_id": HOSTILE_NAME})
    summary = [("mart_activity_daily", "rollback", 7)]
    moves = [restated_move("2026-05-30 01:30:12", "20260529T013004Z-90aa17fe", "20260530T013004Z-90aa17fe", True, 7, summary)]
    return Restated([restated_cell({**told, "key": key, **cell}) for cell in cells], 2, moves)


def operations() -> Operations:
    """Twelve runs: one was refused, one interrupted, one is a backup of a DAG whose name tries to be HTML, the last one still works."""
    began = datetime(2026, 5, 21, 1, 30)
    rows: list[tuple[Any, ...]] = []
    for number in range(10):
        run_id, at = f"r{number}", began + timedelta(days=number)
        who = "warehouse_release scheduled__2026-05-21T01:30:00+00:00" if number % 2 else "community-metrics run"
        failed = 1 if number == 4 else 0
        seconds = (12.0 + number, 48.5 + 3 * number, 3.7, None if failed or number == 9 else 5.25)
        for step, taken in zip(("ingest", "build", "audit", "publish"), seconds, strict=True):
            status = "refused" if failed and step == "audit" else "running" if number == 9 and step == "publish" else "succeeded"
            counts = (40 + number, 31_200 + number, 7 * (number % 3)) if step == "ingest" else (None, None, None)
            if not (failed and step == "publish"):
                release = f"202605{21 + number}T013000Z-5b1f0c9a" if step == "publish" else None
                checks = failed if step == "audit" else None
                rows.append((run_id, who, step, at, status, taken, *counts, checks, release, 412_000_000 + 9_000_000 * number))
    rows.append(("k", "community-metrics build", "build", began + timedelta(hours=3), "interrupted", *[None] * 7))
    rows.append(("b", HOSTILE_NAME, "backup", began + timedelta(hours=4), "succeeded", 3.2, *[None] * 5, 90_000_000))
    models = [("mart_retention", 9.81, 7.02), ("int_retention__kept_changes", 6.3, 6.11), ("mart_activity_daily", 2.04, 2.5)]
    return Operations(
        runs=told_runs(sorted(rows, key=lambda row: row[3])),
        idle=161,
        models=[Model(name, last, usual, round(20 * last / 9.81)) for name, last, usual in models],
        audits=[Audit(f"2026-05-{30 - number} 01:31 UTC", int(number == 5), number % 3, 174) for number in range(10)],
        parts=[Part("landing", "1,204", "812 MB", "+2.1 MB"), Part("lake", "3,117", "240 MB", "0"), Part("logs", "30", "2.4 MB", None)],
    )


def validations() -> Validations:
    """A suite with a failed check, one without, and a look at the sources that held a file; a rule tries to be HTML."""
    meaning = {"zh": "订单在两天之内", "en": "Orders are two days old at most"}
    rule = f"select * from {{batch}} where name = '{HOSTILE_NAME}'"
    failed = ValidatedCheck("freshness", "orders_within_two_days", "warning", "failed", meaning, rule, "2 rows", "0 rows")
    passed = ValidatedCheck("growth", "members_at_end_identity", "critical", "passed", meaning, "", "0 rows", "0 rows")
    suites = [ValidatedSuite("freshness", meaning, [failed]), ValidatedSuite("growth", meaning, [passed])]
    return Validations(suites, [ValidatedLandings("2026-05-31 09:10 UTC", 37, 36, [failed])])


def manifest() -> dict[str, Any]:
    """A manifest as the publisher writes it, with a failed warning, a broken check and a refused candidate."""
    checks = [
        ("sources", "orders.contract", "order_id_not_null", "critical", "passed", "0", "0"),
        ("sources", "orders.volume", "rows_within_history", "warning", "passed", "412", "180 .. 960"),
        ("sources", "chat_export.readiness", "three_days_missing", "warning", "failed", "3", "0"),
        ("sources", "wecom_groups.contract", "member_listed_once", "critical", "passed", "0", "0"),
        ("marts", "growth", "members_at_end_identity", "critical", "passed", "0", "0"),
        ("marts", "lifecycle", "active_is_new_retained_resurrected", "critical", "passed", "0", "0"),
        ("marts", "retention", "rates_between_0_and_1", "critical", "passed", "0", "0"),
        ("marts", "conversion", "net_is_gross_less_refunds", "critical", "passed", "0.00", "0.00"),
        ("marts", "freshness", "orders_within_two_days", "warning", "failed", "2", "<= 1"),
        ("marts", "content", "falling_counters", "info", "passed", "0", "0"),
        ("marts", "accounts", "reported_twin_difference", "info", "not_applicable", None, "<= 0.02"),
    ]
    return {
        "release_id": "20260601T013000Z-5b1f0c9a",
        "created_at": "2026-06-01T01:30:12Z",
        "code_version": "0.1.0+61bb6aa",
        "previous_release_id": "20260531T013004Z-90aa17fe",
        "data_through": LAST_DAY.isoformat(),
        "inputs": [
            {
                "source": source,
                "account": account,
                "period": (LAST_DAY - timedelta(days=number)).isoformat(),
                "sha256": f"{number:02x}{index:02x}" * 16,
                "rows": 412 + 7 * number,
                "quarantined": 7 if index == 3 and number == 2 else 0,
            }
            for index, (source, account) in enumerate(SOURCES)
            for number in range(4)
        ],
        "checks": [dict(zip(("gate", "suite", "check", "severity", "status", "observed", "expected"), row, strict=True)) for row in checks],
        "marts": [{"name": name, "rows": 1_000 + number, "digest": f"{number:x}" * 64} for number, name in enumerate(MARTS)],
        "warnings": ["orders: 2026-05-30 and 2026-05-31 have not landed"],
        "refusals": [
            {
                "refused_at": "2026-05-31T09:12:44Z",
                "fingerprint": "c0ffee12" * 8,
                "reason": "members_at_end_identity failed: 3 rows of mart_growth_daily",
                "checks": ["members_at_end_identity"],
            }
        ],
    }
