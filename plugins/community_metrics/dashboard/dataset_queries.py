"""What each dataset selects from its mart: as the mart has it, or added up for the tiles that show whole ranges of dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from community_metrics.dashboard.tile_kinds import RANGES
from community_metrics.errors import SettingsError

TIME_COLUMNS = ("business_date", "period_start", "cohort_start")
SPLIT_COLUMNS = ("definition", "period_grain", "cohort_grain", "cohort_kind", "segment_set", "dimension")
KEY_COLUMNS = (
    *("currency", "period_index", "horizon_days", "month_index", "is_complete_period", "segment_position", "segment"),
    *("platform", "account_id", "source", "content_key", "dimension_value"),
)
GRAIN_COLUMNS = ("period_grain", "cohort_grain")


@dataclass
class Dataset:
    """The union of what all tiles read of one mart in one shape, a key of `SOURCES`."""

    mart: str
    shape: str
    columns: dict[str, None] = field(default_factory=dict)
    cohorts: dict[str, int] = field(default_factory=dict)
    community_cohorts: dict[str, int] = field(default_factory=dict)
    indexes: dict[str, set[int]] = field(default_factory=dict)
    calendar_mart: str = ""
    item_limit: int = 0
    # Of rankings: the scope types side by side, and per name in the file how the dates of a range become that number.
    scope_types: dict[str, None] = field(default_factory=dict)
    totals: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.mart if self.shape == "rows" else f"{self.mart}.{self.shape}"


@dataclass(frozen=True)
class Source:
    """A select whose rows are a dataset: its columns, the one that is time, those that files are cut by, the row order."""

    query: str
    columns: list[str]
    time: str
    split: list[str]
    order: list[str]


def _rows(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> Source:
    known = marts[dataset.mart]
    time = _time_column(dataset, known)
    split = [name for name in SPLIT_COLUMNS if name in known]
    keys = [name for name in KEY_COLUMNS if name in known]
    columns = list(dict.fromkeys([time, *keys, *(name for name in dataset.columns if name not in (*split, "scope_type", "scope_id"))]))
    scoped = "scope_id" in known
    picked = ", ".join([*split, *columns])
    query = f"select {picked} from marts.{quoted(dataset.mart)}"
    if scoped:
        query = (
            f"select scope_type, position as scope, {picked} from marts.{quoted(dataset.mart)} "
            "join scope_index using (scope_type, scope_id)"
        )
        columns = ["scope", *columns]
    condition = _cohort_condition(dataset, known)
    return Source(f"{query} where {condition}" if condition else query, columns, time, split, [time, *keys])


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
            latest = f"select max(cohort_start) from marts.{quoted(dataset.mart)} where {grain} = {sql_literal(name)}"
            parts.append(f"cohort_start > ({latest}) - interval {count} {_unit(name)}")
            if name in dataset.community_cohorts and "scope_type" in known:
                fewer = f"cohort_start > ({latest}) - interval {dataset.community_cohorts[name]} {_unit(name)}"
                parts.append(f"(scope_type <> 'community' or {fewer})")
        if name in dataset.indexes:
            parts.append(f"{index} in ({', '.join(map(str, sorted(dataset.indexes[name])))})")
        choices.append(f"({' and '.join(parts)})")
    return f"({' or '.join(choices)})"


def _week_hours(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> Source:
    """Events per weekday and hour for each date range: 168 rows instead of one per hour of history."""
    measures = [name for name in dataset.columns if name != "hour"]
    calendar = dataset.calendar_mart or dataset.mart
    picked = ", ".join(f"sum(h.{name}) as {name}" for name in measures)
    query = f"""
        with days as (
            select distinct scope_type, scope_id, business_date, max(business_date) over (partition by scope_type, scope_id) as last_date
            from marts.{quoted(calendar)}
        ),
        ranges as (select unnest({list(RANGES)}) as range_days),
        windowed as (select * from days, ranges where range_days = 0 or business_date > last_date - range_days),
        weekdays as (
            select scope_type, scope_id, range_days, isodow(business_date) as weekday, count(*) as days from windowed group by all
        ),
        counted as (
            select w.scope_type, w.scope_id, w.range_days, isodow(w.business_date) as weekday, h.hour, {picked}
            from windowed w join marts.{quoted(dataset.mart)} h using (scope_type, scope_id, business_date) group by all
        )
        select scope_type, position as scope, range_days, weekday, hour, days, {", ".join(measures)}
        from weekdays left join counted using (scope_type, scope_id, range_days, weekday) join scope_index using (scope_type, scope_id)
    """
    columns = ["scope", "range_days", "weekday", "hour", "days", *measures]
    return Source(query, columns, "", [], ["range_days", "weekday", "hour"])


def _items(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> Source:
    """The items (contents) with the highest totals: increments added up for each date range, NULL where none is known."""
    known = marts[dataset.mart]
    totals = [name for name in known if name.endswith("_total")]
    sums = ", ".join(f"sum({name}) as {name}" for name in dataset.columns)
    weight = f"max({_greatest(totals)})" if totals else "count(*)"
    query = f"""
        with latest as (select max(business_date) as last_date from marts.{quoted(dataset.mart)}),
        ranges as (select unnest({list(RANGES)}) as range_days),
        best as (
            select content_key from marts.{quoted(dataset.mart)} group by content_key
            order by {weight} desc, content_key limit {dataset.item_limit or 200}
        )
        select platform, account_id, content_key, c.title, c.content_kind, c.published_date, range_days, last_date, {sums}
        from marts.{quoted(dataset.mart)} m join best using (content_key) cross join latest cross join ranges
        left join ({_described(marts)}) c using (content_key)
        where range_days = 0 or business_date > last_date - range_days
        group by all
    """
    return Source(query, [*_ITEM_COLUMNS, "range_days", "last_date", *dataset.columns], "", [], ["range_days", "content_key"])


def _lifetimes(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> Source:
    """The items with the highest lifetime counters, as last stated; nothing is added up."""
    totals = [name for name in marts[dataset.mart] if name.endswith("_total")]
    query = f"""
        with best as (
            select * from marts.{quoted(dataset.mart)} order by {_greatest(totals)} desc, content_key limit {dataset.item_limit or 200}
        )
        select platform, account_id, content_key, c.title, c.content_kind, c.published_date, last_snapshot_date,
            {", ".join(dataset.columns)}
        from best left join ({_described(marts)}) c using (content_key)
    """
    return Source(query, [*_ITEM_COLUMNS, "last_snapshot_date", *dataset.columns], "", [], ["content_key"])


_ITEM_COLUMNS = ("platform", "account_id", "content_key", "title", "content_kind", "published_date")


def _described(marts: Mapping[str, Mapping[str, str]]) -> str:
    """Title, kind and day of publication of each item: an instant in UTC becomes a date of the project's zone, which is the session's."""
    has_zone = "TIME ZONE" in marts["dim_content"]["published_at"]
    published = "published_at::timestamp" if has_zone else "(published_at at time zone 'UTC')::timestamp"
    return f"select content_key, title, content_kind, {published}::date as published_date from marts.dim_content"


def _greatest(names: Sequence[str]) -> str:
    return f"greatest({', '.join(f'coalesce({name}, 0)' for name in names)})"


def _windows(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> Source:
    """Histograms by active days of the last two weeks and the last two months that are over."""
    query = f"""
        with over as (
            select *, dense_rank() over (partition by window_grain order by window_start desc) as age
            from marts.{quoted(dataset.mart)}
            where period_grain = 'day' and window_grain in ('week', 'month') and is_complete_period
        )
        select scope_type, position as scope, window_grain, window_start, window_end, active_periods, {", ".join(dataset.columns)}
        from over join scope_index using (scope_type, scope_id) where age <= 2
    """
    columns = ["scope", "window_start", "window_end", "active_periods", *dataset.columns]
    return Source(query, columns, "", ["window_grain"], ["window_start", "active_periods"])


def _totals(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> Source:
    """Additive counts of items added up per platform and date."""
    sums = ", ".join(f"sum({name}) as {name}" for name in dataset.columns)
    query = f"select platform, business_date, {sums} from marts.{quoted(dataset.mart)} group by all"
    return Source(query, ["platform", "business_date", *dataset.columns], "business_date", [], ["platform", "business_date"])


def _funnels(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> Source:
    """Each funnel over all time: what happened in a single period is for the mart, not for a page."""
    columns = ["step_index", "step_name", "step_name_zh", *dataset.columns]
    query = f"""
        select scope_type, position as scope, definition, {", ".join(columns)}
        from marts.{quoted(dataset.mart)} join scope_index using (scope_type, scope_id) where period_grain = 'all'
    """
    return Source(query, ["scope", *columns], "", ["definition"], ["step_index"])


def _ranking(dataset: Dataset, marts: Mapping[str, Mapping[str, str]]) -> Source:
    """One row per scope and date range, counted back from the scope's own last date, instead of the scope's whole history."""
    known = marts[dataset.mart]
    time = _time_column(dataset, known)
    split = ["range_days", *(name for name in SPLIT_COLUMNS if name in known)]
    keys = [name for name in ("currency",) if name in known]
    of_scope = ", ".join(["scope_type", "scope_id", *split[1:], *keys])
    types = ", ".join(map(sql_literal, dataset.scope_types))
    totals = ", ".join(f"{total} as {name}" for name, total in dataset.totals.items())
    query = f"""
        with ranges as (select unnest({list(RANGES)}) as range_days),
        dated as (
            select *, {time} as on_date, max({time}) over (partition by {of_scope}) as last_date
            from marts.{quoted(dataset.mart)} where scope_type in ({types})
        ),
        totals as (
            select {of_scope}, range_days, {totals} from dated, ranges
            where range_days = 0 or on_date > last_date - range_days group by {of_scope}, range_days
        )
        select scope_type, position as scope, {", ".join([*split, *keys, *dataset.totals])}
        from totals join scope_index using (scope_type, scope_id)
    """
    return Source(query, ["scope", *keys, *dataset.totals], "", split, keys)


def _time_column(dataset: Dataset, known: Mapping[str, str]) -> str:
    time = next((name for name in TIME_COLUMNS if name in known), "")
    if not time:
        raise SettingsError(f"{dataset.mart} has no date column", "dashboards/pages", f"tiles show marts with {', '.join(TIME_COLUMNS)}")
    return time


SOURCES = {
    "rows": _rows,
    "ranking": _ranking,
    "week_hours": _week_hours,
    "items": _items,
    "lifetimes": _lifetimes,
    "windows": _windows,
    "totals": _totals,
    "funnels": _funnels,
}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def sql_literal(text: str) -> str:
    """The text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _unit(grain: str) -> str:
    return {"day": "day", "week": "week", "month": "month"}[grain]
