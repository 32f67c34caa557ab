"""What the pages read: the used columns of the used marts, cut into script files.

A page opened from the disk may not fetch, so each file is a script that hands its rows over
(`communityMetrics.receive(name, {...})`); a page loads only the files of the chosen scope. The rows are written by DuckDB
itself, column by column: dates as days since 1970-01-01, repeated words as positions in a list, booleans as 1 and 0.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from community_metrics.dashboard.pages import Site, Tile
from community_metrics.dashboard.tile_kinds import RANGES
from community_metrics.errors import SettingsError

TIME_COLUMNS = ("business_date", "period_start", "cohort_start")
SPLIT_COLUMNS = ("definition", "period_grain", "cohort_grain", "cohort_kind", "segment_set")
KEY_COLUMNS = (
    *("currency", "period_index", "horizon_days", "month_index", "is_complete_period", "segment_position", "segment"),
    *("platform", "account_id", "source", "content_key"),
)
GRAIN_COLUMNS = ("period_grain", "cohort_grain")
# A file of this many rows weighs a few hundred kilobytes: one community's page stays light, and a warehouse of
# hundreds of communities does not turn into thousands of tiny files.
ROWS_PER_FILE = 6_000


@dataclass
class Dataset:
    """The union of what all tiles read of one mart in one shape, a key of `_SOURCES`."""

    mart: str
    shape: str
    columns: dict[str, None] = field(default_factory=dict)
    cohorts: dict[str, int] = field(default_factory=dict)
    indexes: dict[str, set[int]] = field(default_factory=dict)
    calendar_mart: str = ""
    item_limit: int = 0

    @property
    def name(self) -> str:
        return self.mart if self.shape == "rows" else f"{self.mart}.{self.shape}"


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
        dataset.calendar_mart = str(tile.options.get("calendar_mart", dataset.calendar_mart))
        dataset.item_limit = max(dataset.item_limit, int(tile.options.get("item_limit", 0)))
        for grain, count in tile.options.get("cohorts", {}).items():
            dataset.cohorts[str(grain)] = max(dataset.cohorts.get(str(grain), 0), int(count))
        for grain, indexes in tile.options.get("indexes", {}).items():
            # Period 0 is the cohort itself: the newest one has nothing else yet, and is shown.
            dataset.indexes.setdefault(str(grain), {0}).update(map(int, indexes))
    return datasets


_SHAPES = {"heatmap": "week_hours", "items": "items", "lifetimes": "lifetimes", "histogram": "windows", "funnel": "funnels"}


def _shape(tile: Tile) -> str:
    return _SHAPES.get(tile.kind.name) or ("totals" if tile.options.get("total_over") else "rows")


@dataclass(frozen=True)
class Scopes:
    """The scopes that can be chosen, by type, in the order in which the scripts number them."""

    by_type: Mapping[str, Sequence[str]]
    communities_in_data: int


class DatasetWriter:
    """Writes the files of the datasets of one release into `folder` (the site's `data/`)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, marts: Mapping[str, Mapping[str, str]], folder: Path) -> None:
        self.connection = connection
        self.marts = marts
        self.folder = folder

    def choose_scopes(self, datasets: Iterable[Dataset], community_limit: int) -> Scopes:
        """All scopes of the read marts; of communities the `community_limit` most active ones (by latest mau_30)."""
        scoped = sorted({dataset.mart for dataset in datasets if "scope_id" in self.marts[dataset.mart]})
        everything = " union ".join(f"select scope_type, scope_id from marts.{_quoted(mart)}" for mart in scoped)
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
            ),
            ranked as (select *, row_number() over (partition by scope_type order by weight desc, scope_id) as rank from weighted)
            select scope_type, scope_id, rank - 1 as position from ranked where scope_type <> 'community' or rank <= {int(community_limit)}
            """
        )
        by_type: dict[str, list[str]] = {}
        for scope_type, scope_id in self.connection.execute(
            "select scope_type, scope_id from scope_index order by scope_type, position"
        ).fetchall():
            by_type.setdefault(scope_type, []).append(scope_id)
        counted = self.connection.execute(f"select count(*) from ({everything}) where scope_type = 'community'").fetchone()
        return Scopes(by_type, int(counted[0]) if counted else 0)

    def write(self, dataset: Dataset) -> dict[str, Any]:
        """Write the dataset's files; returns its catalogue entry (columns and files) for the pages that read it."""
        source = _SOURCES[dataset.shape](dataset, self.marts)
        self.connection.execute(f"create or replace temp table selected as {source.query}")
        scoped = "scope" in source.columns
        types = {name: kind for name, kind, *_ in self.connection.execute("describe selected").fetchall()}
        words = self._words(name for name in source.columns if types[name] == "VARCHAR")
        cut_by = [*(["scope_type"] if scoped else []), *source.split]
        files = []
        for number, row in enumerate(self._cut(source, cut_by, types, scoped, words), start=1):
            head, body = row[: len(cut_by) + 2], row[len(cut_by) + 2 :]
            files.append(
                {
                    "file": f"{dataset.name}/{number:04d}",
                    "scope_type": head[0] if scoped else None,
                    "split": dict(zip(source.split, head[len(cut_by) - len(source.split) : len(cut_by)], strict=True)),
                    "from": head[-2],
                    "to": head[-1],
                }
            )
            self._write_file(dataset.name, f"{dataset.name}/{number:04d}", dict(zip(source.columns, body, strict=True)))
        return {"time": source.time, "scoped": scoped, "words": words, "files": files}

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
        self, source: _Source, cut_by: list[str], types: Mapping[str, str], scoped: bool, words: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """One row per file: the cut columns, first and last scope position, then each column as JSON text."""
        position = "scope" if scoped else "0"
        partition = f"partition by {', '.join(cut_by)}" if cut_by else ""
        joins = " ".join(f"left join words_of_{name} on words_of_{name}.word = selected.{name}" for name in words)
        fields = ", ".join(f"{_value(name, types[name])} as v{number}" for number, name in enumerate(source.columns))
        order = ", ".join(["scope_position", *(f"v{source.columns.index(name)}" for name in source.order)])
        lists = ", ".join(f"to_json(list_transform(file_rows, r -> r.v{number}))::varchar" for number in range(len(source.columns)))
        names = ", ".join(cut_by)
        cut_columns = "".join(f"selected.{name}, " for name in cut_by)
        comma = f"{names}, " if names else ""
        using = f"({comma}scope_position)"
        return self.connection.execute(
            f"""
            with coded as (select {cut_columns}{position} as scope_position, {fields} from selected {joins}),
            sized as (select {comma}scope_position, count(*) as n from coded group by all),
            numbered as (select *, (sum(n) over ({partition} order by scope_position) - n) // {ROWS_PER_FILE} as file_number from sized),
            gathered as (
                select {comma}file_number, min(scope_position) as first_scope, max(scope_position) as last_scope,
                    list(coded order by {order}) as file_rows
                from coded join numbered using {using} group by {comma}file_number
            )
            select {comma}first_scope, last_scope, {lists} from gathered order by {comma}file_number
            """
        ).fetchall()

    def _write_file(self, dataset: str, name: str, columns: Mapping[str, str]) -> None:
        path = self.folder / f"{name}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        body = ",".join(f"{json.dumps(column)}:{values}" for column, values in columns.items())
        # "<" never stands in the file, so that it is harmless even if somebody pastes it into a page.
        path.write_text(f"communityMetrics.receive({json.dumps(name)},{{{body}}});\n".replace("<", "\\u003c"), encoding="utf-8")


@dataclass(frozen=True)
class _Source:
    """A select whose rows are a dataset: its columns, the one that is time, those that files are cut by, the row order."""

    query: str
    columns: list[str]
    time: str
    split: list[str]
    order: list[str]


def _rows(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> _Source:
    known = marts[dataset.mart]
    time = next((name for name in TIME_COLUMNS if name in known), "")
    if not time:
        raise SettingsError(f"{dataset.mart} has no date column", "dashboards/pages", f"tiles show marts with {', '.join(TIME_COLUMNS)}")
    split = [name for name in SPLIT_COLUMNS if name in known]
    keys = [name for name in KEY_COLUMNS if name in known]
    columns = list(dict.fromkeys([time, *keys, *(name for name in dataset.columns if name not in (*split, "scope_type", "scope_id"))]))
    scoped = "scope_id" in known
    picked = ", ".join([*split, *columns])
    query = f"select {picked} from marts.{_quoted(dataset.mart)}"
    if scoped:
        query = (
            f"select scope_type, position as scope, {picked} from marts.{_quoted(dataset.mart)} "
            "join scope_index using (scope_type, scope_id)"
        )
        columns = ["scope", *columns]
    condition = _cohort_condition(dataset, known)
    return _Source(f"{query} where {condition}" if condition else query, columns, time, split, [time, *keys])


def _cohort_condition(dataset: Dataset, known: Mapping[str, str]) -> str:
    """Keeps the latest cohorts and the declared indexes per grain; '' when the tiles declare neither."""
    grain = next((name for name in GRAIN_COLUMNS if name in known), None)
    if grain is None or not (dataset.cohorts or dataset.indexes):
        return ""
    index = "period_index" if "period_index" in known else "horizon_days"
    choices = []
    for name in sorted(set(dataset.cohorts) | set(dataset.indexes)):
        parts = [f"{grain} = {sql_literal(name)}"]
        if name in dataset.cohorts:
            count = dataset.cohorts[name]
            latest = f"select max(cohort_start) from marts.{_quoted(dataset.mart)} where {grain} = {sql_literal(name)}"
            parts.append(f"cohort_start > ({latest}) - interval {count} {_unit(name)}")
        if name in dataset.indexes:
            parts.append(f"{index} in ({', '.join(map(str, sorted(dataset.indexes[name])))})")
        choices.append(f"({' and '.join(parts)})")
    return f"({' or '.join(choices)})"


def _week_hours(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> _Source:
    """Events per weekday and hour for each date range: 168 rows instead of one per hour of history."""
    measures = [name for name in dataset.columns if name != "hour"]
    calendar = dataset.calendar_mart or dataset.mart
    picked = ", ".join(f"sum(h.{name}) as {name}" for name in measures)
    query = f"""
        with days as (
            select distinct scope_type, scope_id, business_date, max(business_date) over (partition by scope_type, scope_id) as last_date
            from marts.{_quoted(calendar)}
        ),
        ranges as (select unnest({list(RANGES)}) as range_days),
        windowed as (select * from days, ranges where range_days = 0 or business_date > last_date - range_days),
        weekdays as (
            select scope_type, scope_id, range_days, isodow(business_date) as weekday, count(*) as days from windowed group by all
        ),
        counted as (
            select w.scope_type, w.scope_id, w.range_days, isodow(w.business_date) as weekday, h.hour, {picked}
            from windowed w join marts.{_quoted(dataset.mart)} h using (scope_type, scope_id, business_date) group by all
        )
        select scope_type, position as scope, range_days, weekday, hour, days, {", ".join(measures)}
        from weekdays left join counted using (scope_type, scope_id, range_days, weekday) join scope_index using (scope_type, scope_id)
    """
    columns = ["scope", "range_days", "weekday", "hour", "days", *measures]
    return _Source(query, columns, "", [], ["range_days", "weekday", "hour"])


def _items(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> _Source:
    """The items (contents) with the highest totals: increments added up for each date range, NULL where none is known."""
    known = marts[dataset.mart]
    totals = [name for name in known if name.endswith("_total")]
    sums = ", ".join(f"sum({name}) as {name}" for name in dataset.columns)
    weight = f"max({_greatest(totals)})" if totals else "count(*)"
    query = f"""
        with latest as (select max(business_date) as last_date from marts.{_quoted(dataset.mart)}),
        ranges as (select unnest({list(RANGES)}) as range_days),
        best as (
            select content_key from marts.{_quoted(dataset.mart)} group by content_key
            order by {weight} desc, content_key limit {dataset.item_limit or 200}
        )
        select platform, account_id, content_key, c.title, c.content_kind, c.published_date, range_days, last_date, {sums}
        from marts.{_quoted(dataset.mart)} m join best using (content_key) cross join latest cross join ranges
        left join ({_described(marts)}) c using (content_key)
        where range_days = 0 or business_date > last_date - range_days
        group by all
    """
    return _Source(query, [*_ITEM_COLUMNS, "range_days", "last_date", *dataset.columns], "", [], ["range_days", "content_key"])


def _lifetimes(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> _Source:
    """The items with the highest lifetime counters, as last stated; nothing is added up."""
    totals = [name for name in marts[dataset.mart] if name.endswith("_total")]
    query = f"""
        with best as (
            select * from marts.{_quoted(dataset.mart)} order by {_greatest(totals)} desc, content_key limit {dataset.item_limit or 200}
        )
        select platform, account_id, content_key, c.title, c.content_kind, c.published_date, last_snapshot_date,
            {", ".join(dataset.columns)}
        from best left join ({_described(marts)}) c using (content_key)
    """
    return _Source(query, [*_ITEM_COLUMNS, "last_snapshot_date", *dataset.columns], "", [], ["content_key"])


_ITEM_COLUMNS = ("platform", "account_id", "content_key", "title", "content_kind", "published_date")


def _described(marts: Mapping[str, Mapping[str, str]]) -> str:
    """Title, kind and day of publication of each item: an instant in UTC becomes a date of the project's zone, which is the session's."""
    has_zone = "TIME ZONE" in marts["dim_content"]["published_at"]
    published = "published_at::timestamp" if has_zone else "(published_at at time zone 'UTC')::timestamp"
    return f"select content_key, title, content_kind, {published}::date as published_date from marts.dim_content"


def _greatest(names: Sequence[str]) -> str:
    return f"greatest({', '.join(f'coalesce({name}, 0)' for name in names)})"


def _windows(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> _Source:
    """Histograms by active days of the last two weeks and the last two months that are over."""
    query = f"""
        with over as (
            select *, dense_rank() over (partition by window_grain order by window_start desc) as age
            from marts.{_quoted(dataset.mart)}
            where period_grain = 'day' and window_grain in ('week', 'month') and is_complete_period
        )
        select scope_type, position as scope, window_grain, window_start, window_end, active_periods, {", ".join(dataset.columns)}
        from over join scope_index using (scope_type, scope_id) where age <= 2
    """
    columns = ["scope", "window_start", "window_end", "active_periods", *dataset.columns]
    return _Source(query, columns, "", ["window_grain"], ["window_start", "active_periods"])


def _totals(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> _Source:
    """Additive counts of items added up per platform and date."""
    sums = ", ".join(f"sum({name}) as {name}" for name in dataset.columns)
    query = f"select platform, business_date, {sums} from marts.{_quoted(dataset.mart)} group by all"
    return _Source(query, ["platform", "business_date", *dataset.columns], "business_date", [], ["platform", "business_date"])


def _funnels(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> _Source:
    """Each funnel over all time: what happened in a single period is for the mart, not for a page."""
    columns = ["step_index", "step_name", "step_name_zh", *dataset.columns]
    query = f"""
        select scope_type, position as scope, definition, {", ".join(columns)}
        from marts.{_quoted(dataset.mart)} join scope_index using (scope_type, scope_id) where period_grain = 'all'
    """
    return _Source(query, ["scope", *columns], "", ["definition"], ["step_index"])


_SOURCES = {
    "rows": _rows,
    "week_hours": _week_hours,
    "items": _items,
    "lifetimes": _lifetimes,
    "windows": _windows,
    "totals": _totals,
    "funnels": _funnels,
}


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


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def sql_literal(text: str) -> str:
    """The text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _unit(grain: str) -> str:
    return {"day": "day", "week": "week", "month": "month"}[grain]


def version_of(text: str) -> str:
    """A short word for addresses (`?v=...`), so that no browser shows the numbers of one release on another's page."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]
