"""The past numbers that a release changes, against the one that readers saw before: each cell, old, new, and why.

A cell belongs here if the release before had a value for it and the value is another now, or gone. A row that is new is no
restatement; nor is a cell whose period or horizon was not over, or that was not known, in the release before: it was completed,
as everybody could see that it would be. Marts with equal digests are not read; of the others one hash join finds the rows that
differ, and only those are looked at closer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from community_metrics.metrics.entries import Dimension
from community_metrics.metrics.registry import project_registry
from community_metrics.releases.causes import Explainer, Explanation
from community_metrics.releases.contents import DATABASE_NAME
from community_metrics.releases.digest import cell_text
from community_metrics.releases.marts import columns_of, literal, mart_names, mart_relation, quoted
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RESTATEMENTS_NAME = "restatements.parquet"
# They say what has arrived and which days there are; neither is a number that anybody was told of a community.
_NO_NUMBERS = ("mart_data_status", "dim_date")
# Of a row: whether its period was over, or its window.
_OPENNESS = ("is_mature", "is_complete_period")
# Of a cell that is counted for longer than its row: by column, the flag that says whether that time was over.
_OPENNESS_OF_CELL = dict.fromkeys(("retained_members_rolling", "rolling_retention_rate", "is_rolling_mature"), "is_rolling_mature")

_TABLES = """
create temp table cells (
    mart varchar, key varchar, metric varchar, business_date date, last_date date, old varchar, new varchar, explained varchar
);
create temp table reasons (mart varchar, metric varchar, last_date date, cause varchar, evidence varchar);
"""


@dataclass(frozen=True)
class Restated:
    """How many cells of one mart were restated for one cause; from the first to the last business date (ISO)."""

    mart: str
    cause: str
    cells: int
    first_date: str
    last_date: str


@dataclass(frozen=True)
class Side:
    """One of the two releases: its database, and its manifest."""

    database: Path
    manifest: Mapping[str, Any]


def write_restatements(settings: Settings, old: Side | None, new: Side, path: Path, told: Explanation | None = None) -> list[Restated]:
    """Write what `new` restates of `old` to the Parquet file `path` (empty without `old`) and return its summary.

    `told`: the one explanation of everything, where there is one (a rollback). Raises `duckdb.Error` when a database cannot be read.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "memory_limit": settings.daily_memory_limit,
        "temp_directory": str(settings.warehouse / "spill"),
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(_TABLES)
        if old is not None:
            for catalog, side in (("old", old), ("new", new)):
                connection.execute(f"attach {literal(str(side.database.resolve()))} as {quoted(catalog)} (read_only)")
            for mart in _marts_that_differ(connection, old.manifest, new.manifest):
                _find_cells(connection, mart)
            _explain_cells(connection, settings, old.manifest, new.manifest, told)
        connection.execute(
            f"""
            copy (
                select cells.mart, key, cells.metric, business_date, old, new, cause, evidence
                from cells inner join reasons
                    on cells.mart = reasons.mart and cells.explained = reasons.metric
                    and cells.last_date is not distinct from reasons.last_date
                order by business_date desc, cells.mart, cells.metric, key
            ) to {literal(str(path))} (format parquet, compression zstd)
            """
        )
        return summarise(connection, f"read_parquet({literal(str(path))})")


def summarise(connection: DuckDBPyConnection, relation: str) -> list[Restated]:
    """Cells by mart and cause."""
    found = connection.execute(
        "select mart, cause, count(*), min(business_date)::varchar, max(business_date)::varchar"
        f" from {relation} group by mart, cause order by mart, cause"
    ).fetchall()
    return [Restated(*row) for row in found]


def restated_marts(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The marts of a manifest whose numbers the ledger keeps: those that are about business dates."""
    known = project_registry().marts
    return [mart for mart in manifest["marts"] if mart["name"] in known and known[mart["name"]].time and mart["name"] not in _NO_NUMBERS]


def period_end(mart: str, keys: Collection[str], row: str) -> str:
    """SQL for the last date that the numbers of `row` (an alias) can depend on; NULL for a cohort, whose cells wait for what comes
    after it, and for a mart without dates."""
    known = project_registry().marts.get(mart)
    time = known.time if known else None
    if time is None or time not in keys:
        return "null::date"
    if time == "business_date":
        return f"{row}.business_date"
    grain = next((name for name in ("window_grain", "period_grain") if name in keys), None)
    if time not in ("period_start", "window_start") or grain is None:
        return "null::date"
    start = f"{row}.{quoted(time)}"
    return f"case {row}.{grain} when 'day' then {start} when 'week' then {start} + 6 when 'month' then last_day({start}) end"


def is_open(columns: Collection[str], row: str) -> str:
    """SQL for "the period of `row` (an alias), or its window, was not over": its cells were expected to change."""
    return " or ".join(f"not coalesce({row}.{name}, true)" for name in _OPENNESS if name in columns) or "false"


def is_open_cell(name: str, columns: Collection[str], cell: Callable[[str], str]) -> str:
    """SQL for "this cell was expected to change, though its row was over"; `cell` gives the expression of a column of the earlier row."""
    flag = _OPENNESS_OF_CELL.get(name)
    return f"not coalesce({cell(flag)}, true)" if flag is not None and flag in columns else "false"


def differs(old: str, new: str, old_kind: str, new_kind: str) -> str:
    """SQL for "this cell differs", said of two expressions of these types. Equal values are not made texts first: that is the long part."""
    texts = f"{cell_text(old, old_kind)} is distinct from {cell_text(new, new_kind)}"
    return f"({old} is distinct from {new} and {texts})" if old_kind == new_kind else f"({texts})"


def same_key(keys: Sequence[str]) -> str:
    """SQL for "the same row", in the join of `old_row` and `new_row`."""
    return " and ".join(f"old_row.{quoted(name)} is not distinct from new_row.{quoted(name)}" for name in keys)


def _marts_that_differ(connection: DuckDBPyConnection, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    before, after = ({mart["name"]: mart["digest"] for mart in restated_marts(manifest)} for manifest in (old, new))
    present = set(mart_names(connection, "old")) & set(mart_names(connection, "new"))
    return sorted(mart for mart in before.keys() & after.keys() & present if before[mart] != after[mart])


def _find_cells(connection: DuckDBPyConnection, mart: str) -> None:
    """Into `cells`: what the mart told before and tells otherwise now."""
    old, new = ({column.name: column.type for column in columns_of(connection, mart_relation(mart, side))} for side in ("old", "new"))
    keys = project_registry().marts[mart].grain
    if not set(keys) <= old.keys() & new.keys():
        return  # another grain: no row is the same row
    values = [name for name in old if name in new and name not in keys]
    key = ", ".join(f"{literal(name)}, {cell_text(f'old_row.{quoted(name)}', old[name])}" for name in keys)
    # By position: a column's name may be any text.
    position_of = {name: position for position, name in enumerate(values)}
    kept = [f"{side}_row.{quoted(name)} as {side}_{position}" for name, position in position_of.items() for side in ("old", "new")]

    def is_restated(name: str, cell_of: Callable[[str, str], str]) -> str:
        differing = differs(cell_of("old", name), cell_of("new", name), old[name], new[name])
        return f"({differing} and not ({is_open_cell(name, values, lambda column: cell_of('old', column))}))"

    cells = (is_restated(name, lambda side, column: f"{side}_row.{quoted(column)}") for name in values)
    differing = " or ".join(["new_row._here is null", *cells])
    connection.execute(
        f"""
        create or replace temp table pairs as
        select
            new_row._here is null as is_gone, json_object({key})::varchar as key,
            old_row.{quoted(str(project_registry().marts[mart].time))}::date as business_date,
            {period_end(mart, keys, "old_row")} as last_date,
            {", ".join(kept)}
        from {mart_relation(mart, "old")} as old_row
        left join (select *, true as _here from {mart_relation(mart, "new")}) as new_row on {same_key(keys)}
        where ({differing}) and not ({is_open(old, "old_row")})
        """
    )
    for name, position in position_of.items():
        # Of a row that is gone only the numbers are told: its other columns only described it.
        is_told = "not is_gone" if isinstance(project_registry().entry(mart, name), Dimension) else "true"
        cell, kinds = (f"old_{position}", f"new_{position}"), (old[name], new[name])
        restated = is_restated(name, lambda side, column: f"{side}_{position_of[column]}")
        connection.execute(
            f"""
            insert into cells
            select
                {literal(mart)}, key, {literal(name)}, business_date, last_date,
                {cell_text(cell[0], kinds[0])}, {cell_text(cell[1], kinds[1])}, ''
            from pairs where {cell[0]} is not null and {restated} and {is_told}
            """
        )


def _explain_cells(
    connection: DuckDBPyConnection, settings: Settings, old: Mapping[str, Any], new: Mapping[str, Any], told: Explanation | None
) -> None:
    """Into `reasons`: why, for each mart and last date, and apart for each metric whose version was raised."""
    explainer = Explainer(settings, old, new, _until(connection))
    raised = {column for mart, column in _distinct(connection, "mart, metric") if _metric_name(mart, column) in explainer.raised_metrics}
    for column in sorted(raised):
        connection.execute("update cells set explained = metric where metric = ?", [column])
    rows = []
    for mart, explained, last_date in _distinct(connection, "mart, explained, last_date"):
        reason = told or explainer.explain(mart, explained, last_date)
        rows.append((mart, explained, last_date, reason.cause, reason.evidence))
    if rows:
        import pyarrow as pa

        types = (pa.string(), pa.string(), pa.date32(), pa.string(), pa.string())
        columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), types, strict=True)]
        batch = pa.table(columns, names=["mart", "metric", "last_date", "cause", "evidence"])  # noqa: F841 - DuckDB reads the local variable
        connection.execute("insert into reasons select * from batch")


def _metric_name(mart: str, column: str) -> str | None:
    metric = project_registry().metric_of(mart, column)
    return metric.name if metric else None


def _until(connection: DuckDBPyConnection) -> date | None:
    found = connection.execute("select max(last_date), count(*) filter (where last_date is null) from cells").fetchone()
    return None if found is None or found[1] else found[0]


def _distinct(connection: DuckDBPyConnection, columns: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"select distinct {columns} from cells order by all").fetchall()


def side_of(folder: Path, manifest: Mapping[str, Any]) -> Side:
    return Side(folder / DATABASE_NAME, manifest)


def rollback_explanation(left: str, shown: str, at: str) -> Explanation:
    """Why numbers differ after somebody has gone from release `left` to `shown`."""
    return Explanation("rollback", json.dumps([{"cause": "rollback", "from": left, "to": shown, "at": at}]))
