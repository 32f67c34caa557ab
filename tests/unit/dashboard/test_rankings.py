"""The rows of a ranking are those of a plain count over the rows of each scope: by range, from the scope's own last date."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from browser import fixture_release
from community_metrics.dashboard.pages import load_site
from community_metrics.dashboard.site import build_site
from community_metrics.errors import SettingsError
from community_metrics.settings import Settings
from support.site_files import communities_of, rows_of, spec_of

Rows = list[dict[str, Any]]


def mart_rows(database: Path, mart: str, scope_type: str) -> dict[str, Rows]:
    with duckdb.connect(str(database), read_only=True) as connection:
        cursor = connection.execute(f"select * from marts.{mart} where scope_type = '{scope_type}'")
        names = [name for name, *_ in cursor.description or []]
        scopes: dict[str, Rows] = defaultdict(list)
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            scopes[row["scope_id"]].append(row)
    return scopes


def within(rows: Rows, days: int) -> Rows:
    last = max(row["business_date"] for row in rows)
    return [row for row in rows if days == 0 or row["business_date"] > last - timedelta(days=days)]


def known(rows: Rows, *names: str) -> Rows:
    return [row for row in rows if all(row[name] is not None for name in names)]


def total(rows: Rows, name: str) -> int | None:
    values = [row[name] for row in known(rows, name)]
    return sum(values) if values else None


@pytest.mark.parametrize("days", [1, 7, 30, 90, 0])
def test_a_ranking_by_community_is_a_plain_count(site: Path, database: Path, days: int) -> None:
    for scope_id, rows in mart_rows(database, "mart_activity_daily", "community").items():
        (shown,) = rows_of(site, "activity.html", "mart_activity_daily.ranking", "community", scope_id, range_days=days)
        inside = within(rows, days)
        last = max(inside, key=lambda row: row["business_date"])
        daus = [row["dau"] for row in known(inside, "dau")]
        assert shown["mean_of_days_dau"] == (pytest.approx(sum(daus) / len(daus)) if daus else None)
        assert shown["last_mau_30"] == last["mau_30"]
        assert shown["sum_messages"] == total(inside, "messages")
        both = known(inside, "dau", "mau_30")
        assert shown["dau_in_dau_per_mau_30"] == total(both, "dau")
        assert shown["mau_30_in_dau_per_mau_30"] == total(both, "mau_30")


def test_what_left_counts_like_what_came(site: Path, database: Path) -> None:
    for scope_id, rows in mart_rows(database, "mart_growth_daily", "channel").items():
        (shown,) = rows_of(site, "growth.html", "mart_growth_daily.ranking", "channel", scope_id, range_days=30)
        assert (shown["sum_new_members"], shown["sum_left_members"]) == (
            total(within(rows, 30), "new_members"),
            total(within(rows, 30), "left_members"),
        )


def test_each_scope_counts_back_from_its_own_last_date_and_unknown_is_not_0(dashboards: Path, tmp_path: Path) -> None:
    database = tmp_path / "two.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute((Path(fixture_release.__file__).parent / "marts.sql").read_text())
        for day, scope, new, at_end in (
            (date(2026, 5, 1), "p:a:old", 4, 10),
            (date(2026, 5, 2), "p:a:old", None, None),
            (date(2026, 5, 30), "p:a:new", 2, 7),
            (date(2026, 5, 31), "p:a:silent", None, 5),
        ):
            connection.execute(
                "insert into marts.mart_growth_daily (business_date, scope_type, scope_id, new_members, members_at_end) "
                f"values ('{day}', 'community', '{scope}', {new or 'null'}, {at_end or 'null'})"
            )
    build_site(Settings(home=tmp_path), database, {"release_id": "r1"}, tmp_path / "site", dashboards)
    shown = {
        scope: [
            (row["sum_new_members"], row["last_members_at_end"])
            for row in rows_of(tmp_path / "site", "growth.html", "mart_growth_daily.ranking", "community", scope, range_days=7)
        ]
        for scope in communities_of(tmp_path / "site")
    }
    assert shown == {"p:a:old": [(4, None)], "p:a:new": [(2, 7)], "p:a:silent": [(None, 5)]}
    columns = spec_of(tmp_path / "site" / "growth.html")["tiles"]["communities"]["columns"]
    assert columns[0]["totals"] == ["sum_new_members"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "line", "by": "community"}, "communities may be thousands"),
        ({"type": "ranking", "by": "hour"}, "is no scope type"),
    ],
)
def test_what_cannot_stand_side_by_side_is_refused(dashboards: Path, marts: Any, changes: dict[str, str], message: str) -> None:
    text = {"zh": "页", "en": "Page"}
    tile = {"key": "x", "mart": "mart_activity_hourly", "columns": ["events"], "label": text, **changes}
    (dashboards / "pages" / "growth.yml").write_text(yaml.safe_dump({"title": text, "lead": text, "sections": [{"tiles": [tile]}]}))
    with pytest.raises(SettingsError, match=message):
        load_site(dashboards, marts)
