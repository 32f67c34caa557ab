"""A small home to publish from: a real ledger with landed files, and a hand-made working warehouse with three tiny marts."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from community_metrics.audit.results import AuditReport, CheckResult
from community_metrics.dashboard import site
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Ingested
from community_metrics.releases.candidate import Candidate
from community_metrics.settings import Settings, load_settings

LANDED_AT = datetime(2026, 6, 1, 3, tzinfo=UTC)


def new_settings(home: Path) -> Settings:
    return load_settings(home, environ={})


def land_orders(settings: Settings, number: int) -> str:
    """One active landing; `number` makes its bytes. Returns the landing id."""
    with Ledger(settings.ledger_path) as ledger:
        landing, _ = ledger.land(
            sha256=hashlib.sha256(str(number).encode()).hexdigest(),
            size=10,
            original_name=f"orders of Mrs Example {number}.csv",
            landed_at=LANDED_AT,
            source="orders",
            account_id="shop",
            snapshot_at=LANDED_AT,
            snapshot_origin="landing",
            period=date(2026, 5, 31),
        )
        ledger.record_ingested(
            landing.landing_id,
            Ingested(
                revision=1,
                template="orders",
                rows=3,
                accepted=2,
                quarantined=1,
                totals=0,
                drift={},
                lake_files=[],
                coverage=[],
                quarantined_rows=[],
            ),
        )
        ledger.pass_gate(landing.landing_id)
    return landing.landing_id


def active_inputs(settings: Settings) -> list[dict[str, Any]]:
    with Ledger(settings.ledger_path) as ledger:
        return [
            {
                "source": landing.source,
                "account": landing.account_id,
                "period": str(landing.period),
                "sha256": landing.sha256,
                "rows": landing.rows,
                "quarantined": landing.quarantined,
                "landing_id": landing.landing_id,
                "revision": landing.revision,
            }
            for landing in ledger.active_landings()
        ]


def write_warehouse(settings: Settings, version: int, days: int = 30) -> None:
    """Marts in which every number is `version`, so that a mix of two releases shows."""
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(
            f"""
            create schema if not exists marts;
            create schema if not exists staging;
            create or replace table staging.stg_orders as select 'secret' as raw;
            create or replace table marts.mart_activity_daily as
                select date '2026-05-01' + i::integer as business_date, 'all' as scope_type, 'all' as scope_id,
                       {version}::bigint as dau, {version} / 7.0::double as stickiness
                from range({days}) t(i) order by hash(i);
            create or replace view marts.mart_conversion_daily as
                select date '2026-05-01' as business_date, 'CNY' as currency, 'all' as scope_type, 'all' as scope_id,
                       {version}.50::decimal(18, 2) as gross_amount, null::bigint as present_members;
            create or replace table marts.mart_data_status as
                select * from (values ('orders', 'shop', date '2026-05-30', true, true), ('orders', 'shop', date '2026-05-31', true, false))
                    as status (source, account_id, business_date, expected, complete);
            comment on table marts.mart_activity_daily is 'Who was active';
            comment on column marts.mart_activity_daily.dau is 'It''s daily active members';
            create schema if not exists control;
            create table if not exists control.state (name varchar primary key, value varchar);
            insert or replace into control.state values ('fingerprint', '{fingerprint_of(version)}');
            """
        )


def fingerprint_of(version: int) -> str:
    return hashlib.sha256(f"build {version}".encode()).hexdigest()


def check(severity: str = "critical", status: str = "passed", name: str = "dau_not_above_members") -> CheckResult:
    return CheckResult(
        gate="marts",
        suite="mart_activity_daily",
        check=name,
        severity=severity,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        observed="3 rows",
        expected="0 rows",
        column="dau",
        unexpected_examples=("business_date=2026-05-01",),
        meaning="Nobody is counted twice",
        meaning_zh="不重复计数",
    )


def passed(version: int, *checks: CheckResult) -> AuditReport:
    return AuditReport("passed", fingerprint_of(version), checks or (check(),))


def candidate(settings: Settings, version: int, report: AuditReport | None = None) -> Candidate:
    """Leave marts of this version in the working warehouse and return the audited candidate for them."""
    write_warehouse(settings, version)
    built = Candidate(fingerprint_of(version), "2026-06-01T04:00:00.000000Z", active_inputs(settings))
    return built.audited(report or passed(version), "suites")


def write_small_site(settings: Settings, database: Path, manifest: dict[str, Any], out_dir: Path, **_: Any) -> None:
    """Stands in for the dashboard, which has tests of its own: one page with one number."""
    with duckdb.connect(str(database), read_only=True) as connection:
        row = connection.execute("select max(dau) from marts.mart_activity_daily").fetchone()
    out_dir.mkdir()
    (out_dir / "index.html").write_text(f"dau {row[0] if row else None} in {manifest['release_id']}")


def use_small_site() -> None:
    site.build_site = write_small_site  # type: ignore[assignment]
