"""Releases of two weeks whose every number is said here: what reports are made from.

From Monday 2026-10-05 on, every day 5 members are active of 20 to 33 that are there, one joins, and

=================  ================  =================
each day of        the first week    the second week
=================  ================  =================
messages           wecom 6, qq 4     wecom 9, qq 3
orders (amount)    wecom 1 (10)      wecom 2 (24)
                   qq 1 (20)         qq 1 (20)
=================  ================  =================
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from community_metrics.releases.marts import literal
from community_metrics.releases.pointer import switch_to
from community_metrics.settings import Settings
from support.marts_fixture import TABLES

FIRST = date(2026, 10, 5)
LAST = date(2026, 10, 18)
HOSTILE = "<script>alert('群')</script>"

Row = Mapping[str, Any]
_MARTS = ("mart_growth_daily", "mart_activity_daily", "mart_conversion_daily", "mart_lifecycle", "mart_data_status", "dim_community")


def day(number: int) -> date:
    """The first day is 0."""
    return FIRST + timedelta(days=number)


def release(
    settings: Settings,
    release_id: str,
    last: date = LAST,
    missing: Collection[date] = (),
    unknown_refunds: Collection[date] = (),
    previous: str | None = None,
    restated: Iterable[tuple[str, dict[str, str], str, str, str, str | None, str]] = (),
    checks: Iterable[dict[str, Any]] = (),
) -> Path:
    """Write a release up to `last` and show it to readers. On `missing` days an account has not come, `refunds` are unknown on others.

    `restated`: (mart, key, metric, business date, old, new, cause).
    """
    folder = settings.releases / release_id
    folder.mkdir(parents=True)
    days = [day(number) for number in range((last - FIRST).days + 1)]
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create schema marts")
        for mart in _MARTS:
            connection.execute(f"create table marts.{mart} ({TABLES[mart]})")
        _insert(connection, "mart_growth_daily", (_growth(some) for some in days))
        _insert(connection, "mart_activity_daily", (row for some in days for row in _activity(some)))
        _insert(connection, "mart_conversion_daily", (row for some in days for row in _sales(some, some in unknown_refunds)))
        _insert(connection, "mart_data_status", (row for some in days for row in _status(some, some in missing)))
        _insert(connection, "mart_lifecycle", _LIFECYCLE)
        names = {"community_key": "wecom::g1", "platform": "wecom", "account_id": "", "community_id": "g1", "community_name": HOSTILE}
        _insert(connection, "dim_community", [names])
    _write_restatements(folder / "restatements.parquet", list(restated))
    manifest = {
        "release_id": release_id,
        "created_at": "2026-10-19T01:00:00Z",
        "previous_release_id": previous,
        "data_through": str(last),
        "week_start": "monday",
        "checks": list(checks),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    switch_to(settings, release_id)
    return folder


def _is_second(some: date) -> bool:
    return some >= day(7)


def _growth(some: date) -> Row:
    present = 20 + (some - FIRST).days
    flows = {"joins": 1, "leaves": 0, "new_members": 1, "rejoined_members": 0, "left_members": 0, "members_at_end": present}
    return {"business_date": some, "scope_type": "all", "scope_id": "all", **flows}


def _activity(some: date) -> Iterable[Row]:
    wecom, qq = (9, 3) if _is_second(some) else (6, 4)
    scopes = (("all", "all", wecom + qq), ("platform", "wecom", wecom), ("platform", "qq", qq), ("community", "wecom::g1", wecom - 1))
    for scope_type, scope_id, messages in scopes:
        counts = {"dau": 5, "mau_30": 20, "stickiness": 0.25, "messages": messages, "interactions": 0, "top10_messages": messages}
        rates = {"present_members": 20, "active_present_members": 5, "active_rate": 0.25, "top10_message_share": 1}
        yield {"business_date": some, "scope_type": scope_type, "scope_id": scope_id, **counts, **rates}


def _sales(some: date, is_unknown: bool) -> Iterable[Row]:
    wecom = (2, 24) if _is_second(some) else (1, 10)
    for scope, orders, gross in (("all", wecom[0] + 1, wecom[1] + 20), ("wecom", *wecom), ("qq", 1, 20)):
        refund = None if is_unknown else 0
        yield {
            **{"business_date": some, "currency": "CNY", "scope_type": "all" if scope == "all" else "platform", "scope_id": scope},
            **{"orders": orders, "paying_members": orders, "gross_amount": gross, "aov": round(gross / orders, 2)},
            **{"refund_amount": refund, "net_amount": None if is_unknown else gross},
            **{"paying_active_members": 1, "active_members": 5, "conversion_rate_active": 0.2},
        }


def _status(some: date, is_missing: bool) -> Iterable[Row]:
    counts = {"restated": 0, "accepted": 9, "quarantined": 0, "held": 0}
    yield {"source": "events", "account_id": "", "business_date": some, **_arrived(True), **counts}
    yield {"source": "orders", "account_id": "shop", "business_date": some, **_arrived(not is_missing), **counts}


def _arrived(is_complete: bool) -> Row:
    return {"expected": True, "received": is_complete, "complete": is_complete, "late": not is_complete}


_LIFECYCLE = [
    {
        **{"period_grain": "week", "period_start": start, "scope_type": "all", "scope_id": "all", "is_complete_period": True},
        **{"active": active, "new": new, "retained": retained, "resurrected": back, "dormant": dormant},
    }
    for start, active, new, retained, back, dormant in ((day(0), 9, 4, 4, 1, 2), (day(7), 11, 5, 5, 1, 4))
]


def _insert(connection: duckdb.DuckDBPyConnection, mart: str, rows: Iterable[Row]) -> None:
    listed = list(rows)
    names = ", ".join(f'"{name}"' for name in listed[0])
    values = (", ".join("null" if value is None else literal(str(value)) for value in row.values()) for row in listed)
    connection.execute(f"insert into marts.{mart} ({names}) values {', '.join(f'({row})' for row in values)}")


def _write_restatements(path: Path, cells: list[tuple[str, dict[str, str], str, str, str, str | None, str]]) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table cells (mart varchar, key varchar, metric varchar, business_date date, old varchar, new varchar, cause varchar,"
            " evidence varchar)"
        )
        for mart, key, metric, business_date, old, new, cause in cells:
            connection.execute(
                "insert into cells values (?, ?, ?, ?, ?, ?, ?, '[]')", [mart, json.dumps(key), metric, business_date, old, new, cause]
            )
        connection.execute(f"copy cells to {literal(str(path))} (format parquet)")
