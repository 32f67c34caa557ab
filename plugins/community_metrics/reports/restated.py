"""What releases have restated since an earlier report: numbers that readers of it saw otherwise.

Each release carries what it changed against the one before (`restatements.parquet`); the chain of releases back to that of the
earlier report is followed as far as it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from community_metrics.dashboard.restated import CAUSE_WORDS
from community_metrics.errors import CommunityMetricsError
from community_metrics.metrics.entries import Metric, Text
from community_metrics.metrics.registry import project_registry
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.marts import parquet_relation, scratch
from community_metrics.releases.restatements import RESTATEMENTS_NAME

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Numbers of all platforms that a report shows; all others are counted, and stand on the page of restatements.
_TOLD_MARTS = ("mart_growth_daily", "mart_activity_daily", "mart_conversion_daily")
_TOLD_CELLS = 20


@dataclass(frozen=True)
class RestatedNumber:
    """A number of all platforms that is another one now; `new` None: not known any more."""

    metric: Metric
    business_date: date
    currency: str | None
    old: str
    new: str | None
    causes: tuple[Text, ...]


@dataclass(frozen=True)
class RestatedMart:
    """Cells of a mart that changed for a cause, from the first to the last business date."""

    mart: Text
    causes: tuple[Text, ...]
    cells: int
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Restatements:
    """`is_whole`: whether the chain of releases reached the one of the earlier report."""

    since: str | None
    marts: tuple[RestatedMart, ...] = ()
    numbers: tuple[RestatedNumber, ...] = ()
    is_whole: bool = True


def restatements_since(release: Path, since: str | None) -> Restatements:
    """What `release` and those before it have restated after the release `since`; without it, what the release itself restates."""
    files, is_whole = [], since is None
    for folder, manifest in _chain(release):
        if folder.name == since:
            is_whole = True
            break
        if (folder / RESTATEMENTS_NAME).exists():
            files.append(folder / RESTATEMENTS_NAME)
        if since is None or manifest.get("previous_release_id") is None:
            break
    if not files:
        return Restatements(since, is_whole=is_whole)
    relation = " union all ".join(f"select *, {number} as age from {parquet_relation(path)}" for number, path in enumerate(files))
    with scratch() as connection:
        return Restatements(since, _marts(connection, relation), _numbers(connection, relation), is_whole)


def _chain(release: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The release and those before it, newest first, as far as they are kept."""
    folder = release
    while True:
        try:
            manifest = read_manifest(folder)
        except CommunityMetricsError:
            return
        yield folder, manifest
        previous = manifest.get("previous_release_id")
        if not previous:
            return
        folder = folder.parent / str(previous)


def _marts(connection: DuckDBPyConnection, relation: str) -> tuple[RestatedMart, ...]:
    rows = connection.execute(
        f"select mart, cause, count(*), min(business_date), max(business_date) from ({relation}) group by mart, cause order by mart, cause"
    ).fetchall()
    known = project_registry().marts
    return tuple(
        RestatedMart(known[mart].label if mart in known else Text(mart, mart), _causes(cause), cells, first, last)
        for mart, cause, cells, first, last in rows
    )


def _numbers(connection: DuckDBPyConnection, relation: str) -> tuple[RestatedNumber, ...]:
    rows = connection.execute(
        f"""
        select mart, metric, business_date, json_extract_string(key, '$.currency'), old, new, cause from ({relation})
        where mart in ({", ".join("?" for _ in _TOLD_MARTS)}) and json_extract_string(key, '$.scope_type') = 'all'
        order by business_date desc, age desc, mart, metric
        """,
        list(_TOLD_MARTS),
    ).fetchall()
    registry = project_registry()
    told = [
        RestatedNumber(metric, day, currency, old, new, _causes(cause))
        for mart, column, day, currency, old, new, cause in rows
        if (metric := registry.metric_of(mart, column)) is not None
    ]
    return tuple(told[:_TOLD_CELLS])


def _causes(text: str) -> tuple[Text, ...]:
    known = [CAUSE_WORDS.get(cause, {"zh": cause, "en": cause}) for cause in text.split("+")]
    return tuple(Text(words["zh"], words["en"]) for words in known)
