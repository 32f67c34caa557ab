"""What the pages read: the used columns of the used marts, cut into script files.

A page opened from the disk may not fetch, so each file is a script that hands its rows over
(`communityMetrics.receive(name, {...})`); a page loads only the files of the chosen scope. The rows are written by DuckDB
itself, column by column: dates as days since 1970-01-01, repeated words as positions in a list, booleans as 1 and 0.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from community_metrics.dashboard.dataset_queries import SOURCES, Dataset, Source, quoted
from community_metrics.dashboard.pages import Column, Site, Tile

# A file of this many rows weighs some 20 to 70 kB: the page of one community, which reads a file of each of its datasets, stays
# below 2 MB with the chart library and the names of 3,000 communities, and those make some hundred files a mart, not 3,000.
ROWS_PER_FILE = 1_500
# Gathered in memory at a time: of millions of rows some 200,000.
FILES_AT_A_TIME = 100
# The labels of all communities: a file of its own, read by who looks for one.
COMMUNITIES = "communities"


def dataset_name(tile: Tile) -> str:
    """The name under which the site's scripts find the rows of `tile` ('' for tiles without a mart)."""
    return Dataset(tile.mart, _shape(tile)).name if tile.mart else ""


def collect_datasets(site: Site) -> dict[str, Dataset]:
    """One dataset per mart and shape, for all pages together, so that pages share files."""
    datasets: dict[str, Dataset] = {}
    for tile in (tile for page in site.pages for tile in page.tiles):
        if not tile.mart:
            continue
        dataset = datasets.setdefault(dataset_name(tile), Dataset(tile.mart, _shape(tile)))
        dataset.columns.update(dict.fromkeys(tile.column_names()))
        if tile.kind.name == "ranking":
            dataset.scope_types[str(tile.options["by"])] = None
            for column in tile.columns:
                dataset.totals.update(_totals_of(column, _total_kind(tile, column)))
        dataset.calendar_mart = str(tile.options.get("calendar_mart", dataset.calendar_mart))
        dataset.item_limit = max(dataset.item_limit, int(tile.options.get("item_limit", 0)))
        for grain, count in tile.options.get("cohorts", {}).items():
            dataset.cohorts[str(grain)] = max(dataset.cohorts.get(str(grain), 0), int(count))
        for grain, count in tile.options.get("community_cohorts", {}).items():
            dataset.community_cohorts[str(grain)] = max(dataset.community_cohorts.get(str(grain), 0), int(count))
        for grain, indexes in tile.options.get("indexes", {}).items():
            # Period 0 is the cohort itself: the newest one has nothing else yet, and is shown.
            dataset.indexes.setdefault(str(grain), {0}).update(map(int, indexes))
    return datasets


def ranked_names(tile: Tile) -> list[list[str]]:
    """Per column of a ranking the names under which its data file holds the number, or numerator and denominator."""
    return [list(_totals_of(column, _total_kind(tile, column))) for column in tile.columns]


def _total_kind(tile: Tile, column: Column) -> str:
    return column.aggregate or tile.aggregate or "sum"


def _totals_of(column: Column, kind: str) -> dict[str, str]:
    """Name -> SQL over the rows of a scope within a range (`on_date` up to `last_date`); NULL where nothing is known, never 0."""
    if kind == "ratio":
        both = f"{column.name} is not null and {column.of} is not null"
        return {f"{name}_in_{column.name}_per_{column.of}": f"sum({name}) filter ({both})" for name in (column.name, str(column.of))}
    value = f"{column.sign} * {column.name}"
    totals = {"sum": f"sum({value})", "mean_of_days": f"avg({value})", "last": f"max({value}) filter (on_date = last_date)"}
    return {f"{kind}_{column.name}" if column.sign > 0 else f"{kind}_less_{column.name}": totals[kind]}


_SHAPES = {
    "ranking": "ranking",
    "heatmap": "week_hours",
    "items": "items",
    "lifetimes": "lifetimes",
    "histogram": "windows",
    "funnel": "funnels",
}


def _shape(tile: Tile) -> str:
    return _SHAPES.get(tile.kind.name) or ("totals" if tile.options.get("total_over") else "rows")


@dataclass(frozen=True)
class Scopes:
    """The scopes that can be chosen, by type, in the order in which the scripts number them."""

    by_type: Mapping[str, Sequence[str]]


class DatasetWriter:
    """Writes the files of the datasets of one release into `folder` (the site's `data/`)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, marts: Mapping[str, Mapping[str, str]], folder: Path) -> None:
        self.connection = connection
        self.marts = marts
        self.folder = folder

    def choose_scopes(self, datasets: Iterable[Dataset]) -> Scopes:
        """All scopes of the read marts, the most active ones first (by latest mau_30)."""
        scoped = sorted({dataset.mart for dataset in datasets if "scope_id" in self.marts[dataset.mart]})
        everything = " union ".join(f"select scope_type, scope_id from marts.{quoted(mart)}" for mart in scoped)
        if not everything:
            everything = "select 'all' as scope_type, 'all' as scope_id"
        activity = "select scope_type, scope_id, 0 as weight where false"
        if "mart_activity_daily" in self.marts:
            activity = "select scope_type, scope_id, arg_max(mau_30, business_date) as weight from marts.mart_activity_daily group by all"
        self.connection.execute(
            f"""
            create or replace temp table scope_index as
            with everything as ({everything}),
            weighted as (
                select e.*, coalesce(a.weight, 0) as weight from everything e left join ({activity}) a using (scope_type, scope_id)
            )
            select scope_type, scope_id, row_number() over (partition by scope_type order by weight desc, scope_id) - 1 as position
            from weighted
            """
        )
        by_type: dict[str, list[str]] = {}
        for scope_type, scope_id in self.connection.execute(
            "select scope_type, scope_id from scope_index order by scope_type, position"
        ).fetchall():
            by_type.setdefault(scope_type, []).append(scope_id)
        return Scopes(by_type)

    def write_communities(self, labels: Sequence[Mapping[str, str]]) -> None:
        """The communities in the order of their positions: ids, names, and platforms as positions in a list."""
        platforms = sorted({label["platform"] for label in labels})
        columns: dict[str, Any] = {name: [label[name] for label in labels] for name in ("id", "zh")}
        columns |= {"platforms": platforms, "platform": [platforms.index(label["platform"]) for label in labels]}
        texts = {name: json.dumps(values, ensure_ascii=False, separators=(",", ":")) for name, values in columns.items()}
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_file(COMMUNITIES, texts)

    def write(self, dataset: Dataset) -> dict[str, Any]:
        """Write the dataset's files; returns its catalogue entry for the pages that read it.

        `groups`: per scope type and split the number of the first file, and for each file the position of its last scope; with
        thousands of files a page cannot be told more of each.
        """
        source = SOURCES[dataset.shape](dataset, self.marts)
        self.connection.execute(f"create or replace temp table selected as {source.query}")
        scoped = "scope" in source.columns
        types = {name: kind for name, kind, *_ in self.connection.execute("describe selected").fetchall()}
        words = self._words(name for name in source.columns if types[name] == "VARCHAR")
        cut_by = [*(["scope_type"] if scoped else []), *source.split]
        groups: dict[tuple[Any, ...], dict[str, Any]] = {}
        (self.folder / dataset.name).mkdir(parents=True, exist_ok=True)
        for number, row in enumerate(self._cut(source, cut_by, types, scoped, words), start=1):
            key, last_scope, body = row[: len(cut_by)], row[len(cut_by)], row[len(cut_by) + 1 :]
            split = dict(zip(source.split, key[len(cut_by) - len(source.split) :], strict=True))
            group: dict[str, Any] = {"scope_type": key[0] if scoped else None, "split": split, "first": number, "to": []}
            groups.setdefault(key, group)["to"].append(last_scope)
            self._write_file(f"{dataset.name}/{number:04d}", dict(zip(source.columns, body, strict=True)))
        return {"time": source.time, "scoped": scoped, "words": words, "groups": list(groups.values())}

    def _words(self, names: Iterable[str]) -> dict[str, list[str]]:
        found = {}
        for name in names:
            rows = self.connection.execute(f"select distinct {name} from selected where {name} is not null order by 1").fetchall()
            found[name] = [word for (word,) in rows]
            self.connection.execute(f"create or replace temp table words_of_{name} (word varchar, code integer)")
            if rows:
                self.connection.execute(
                    f"insert into words_of_{name} select word, row_number() over (order by word) - 1 "
                    f"from (select distinct {name} as word from selected where {name} is not null)"
                )
        return found

    def _cut(
        self, source: Source, cut_by: list[str], types: Mapping[str, str], scoped: bool, words: Mapping[str, Any]
    ) -> Iterator[tuple[Any, ...]]:
        """One row per file: the cut columns, the last scope position, then each column as JSON text."""
        position = "selected.scope" if scoped else "0"
        cut = "".join(f"{name}, " for name in cut_by)
        partition = f"partition by {', '.join(cut_by)}" if cut_by else ""
        joins = " ".join(f"left join words_of_{name} on words_of_{name}.word = selected.{name}" for name in words)
        fields = ", ".join(f"{_value(name, types[name])} as v{number}" for number, name in enumerate(source.columns))
        same_cut = "".join(f"files.{name} is not distinct from selected.{name} and " for name in cut_by)
        self.connection.execute(
            f"""
            create or replace temp table files as
            with sized as (select {cut}{position} as scope_position, count(*) as n from selected group by all),
            placed as (select *, (sum(n) over ({partition} order by scope_position) - n) // {ROWS_PER_FILE} as place from sized)
            select {cut}scope_position, dense_rank() over (order by {cut}place) as file_number from placed
            """
        )
        # In the order of the files, so that a batch of them is a stretch of the table.
        self.connection.execute(
            f"""
            create or replace temp table coded as
            select files.*, {fields} from selected join files on {same_cut}files.scope_position = {position} {joins} order by file_number
            """
        )
        order = ", ".join(["scope_position", *(f"v{source.columns.index(name)}" for name in source.order)])
        lists = ", ".join(f"to_json(list_transform(file_rows, r -> r.v{number}))::varchar" for number in range(len(source.columns)))
        (count,) = self.connection.execute("select coalesce(max(file_number), 0) from files").fetchall()[0]
        for first in range(1, count + 1, FILES_AT_A_TIME):
            yield from self.connection.execute(
                f"""
                with gathered as (
                    select {cut}file_number, max(scope_position) as last_scope, list(coded order by {order}) as file_rows
                    from coded where file_number between {first} and {first + FILES_AT_A_TIME - 1} group by {cut}file_number
                )
                select {cut}last_scope, {lists} from gathered order by file_number
                """
            ).fetchall()

    def _write_file(self, name: str, columns: Mapping[str, str]) -> None:
        path = self.folder / f"{name}.js"
        body = ",".join(f"{json.dumps(column)}:{values}" for column, values in columns.items())
        # "<" never stands in the file, so that it is harmless even if somebody pastes it into a page.
        path.write_text(f"communityMetrics.receive({json.dumps(name)},{{{body}}});\n".replace("<", "\\u003c"), encoding="utf-8")


def _value(name: str, kind: str) -> str:
    if kind == "VARCHAR":
        return f"words_of_{name}.code"
    if kind == "DATE":
        return f"datediff('day', date '1970-01-01', selected.{name})"
    if kind == "BOOLEAN":
        return f"selected.{name}::tinyint"
    if kind in ("DOUBLE", "FLOAT"):
        return f"case when isfinite(selected.{name}) then round(selected.{name}, 8) end"
    if kind.startswith("DECIMAL") or kind == "HUGEINT":
        return f"selected.{name}::double"
    return f"selected.{name}"


def version_of(text: str) -> str:
    """A short word for addresses (`?v=...`), so that no browser shows the numbers of one release on another's page."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]
