"""Superset's datasets: one for every mart that is not about persons, with the registry's words, formats and sums.

A mart holds the same members at many scopes, in many windows and in several currencies, and Superset adds up whatever a chart leaves
open. So no metric is a bare sum: each knows what it may add (`over_dates`, `adds_over`), and shows nothing for a group that mixes
what must not be mixed. That holds in charts that people make themselves, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from community_metrics.metrics import wording
from community_metrics.metrics.combining import kept_apart
from community_metrics.metrics.dbt_docs import contracts
from community_metrics.metrics.entries import Entry, Mart, Metric, Registry
from community_metrics.releases.marts import SCHEMA, literal, mart_relation, quoted
from community_metrics.serving.superset.naming import SITE, both, identity
from community_metrics.yaml_text import load_yaml

D3_FORMATS = {"count": ",.1~f", "amount": ",.2f", "share": ".1%", "ratio": ",.2f", "index": ".2f", "duration": ",.1f"}
# Columns whose values the site has words for, by the section of `site.yml` that holds them.
_WORDED = {"platform": "platforms", "definition": "definitions", "segment": "segments", "source": "sources"}
_SCOPE, _CONTENT = "scope_id", "content_key"
_NAMES = {_SCOPE: "scope_name", _CONTENT: "content_title"} | {column: f"{column}_name" for column in _WORDED}
# Before the name of a flag: the metric that counts the rows for which it is true.
_ROWS = "rows_"
_LOOKUPS = ("dim_community", "dim_channel", "dim_content")


@dataclass(frozen=True)
class Dataset:
    """A mart as Superset knows it. `columns`: name -> type, as the contract says; `names`: column -> the column with its words."""

    mart: Mart
    columns: Mapping[str, str]
    names: Mapping[str, str]

    @property
    def uuid(self) -> str:
        return identity("dataset", self.mart.name)

    def shown(self, column: str) -> str:
        """The column that a chart shows for a column of the mart: its words where there are some."""
        return self.names.get(column, column)


def project_datasets(registry: Registry) -> dict[str, Dataset]:
    """Mart -> dataset, in the order of the marts' names."""
    found = {}
    for model in sorted(contracts(), key=lambda model: str(model["name"])):
        mart = registry.marts[str(model["name"])]
        if mart.is_about_persons:
            continue
        columns = {str(column["name"]): str(column["data_type"]) for column in model["columns"]}
        # The tables of descriptions hold the names themselves.
        named = () if mart.name in _LOOKUPS else _NAMES.items()
        found[mart.name] = Dataset(mart, columns, {column: name for column, name in named if column in columns})
    return found


def site_words(path: Path = SITE) -> dict[str, dict[str, str]]:
    """Column -> value -> its words in both languages, as the site says them; under `scope_type` the kinds of scopes."""
    content = load_yaml(path.read_text(encoding="utf-8"))
    sections = {**_WORDED, "scope_type": "scope_types"}
    return {column: {str(value): both(text) for value, text in content[section].items()} for column, section in sections.items()}


def dataset_file(
    dataset: Dataset, registry: Registry, words: Mapping[str, Mapping[str, str]], database: str, release: str
) -> dict[str, Any]:
    """The dataset as Superset imports it. `database`: the uuid of the database; `release`: what its numbers come from.

    The release stands in it so that it changes with every release: Superset's caches are of one state of a dataset.
    """
    mart = dataset.mart
    metrics = ((column, registry.metric_of(mart.name, column)) for column in dataset.columns)
    return {
        "table_name": mart.name,
        "main_dttm_col": mart.time,
        "description": _told(mart.label, mart.definition),
        "schema": SCHEMA,
        "sql": _query(dataset, words) if dataset.names else None,
        "filter_select_enabled": True,
        "extra": {"certification": {"certified_by": "Community Metrics Warehouse", "details": f"发布 · Release {release}"}},
        "uuid": dataset.uuid,
        "columns": [_column(name, kind, registry.entry(mart.name, name)) for name, kind in dataset.columns.items()]
        + [_column(name, "varchar", registry.entry(mart.name, column)) for column, name in dataset.names.items()],
        "metrics": [_metric(registry, mart, column, metric) for column, metric in metrics if metric is not None]
        + [_flag_metric(registry, mart, name) for name, kind in dataset.columns.items() if kind == "boolean"],
        "version": "1.0.0",
        "database_uuid": database,
        "is_managed_externally": True,
    }


def metric_names(dataset: Dataset, registry: Registry) -> list[str]:
    """The metrics that charts may show: those of the registry under their columns' names, and `rows_<flag>` for every flag."""
    numbers = [column for column in dataset.columns if registry.metric_of(dataset.mart.name, column) is not None]
    return numbers + [_ROWS + name for name, kind in dataset.columns.items() if kind == "boolean"]


def metric_expression(registry: Registry, dataset: Dataset, name: str) -> str:
    """The SQL of a metric that charts may show."""
    metric = registry.metric_of(dataset.mart.name, name)
    return expression(registry, dataset.mart, name, metric) if metric else _counted(name.removeprefix(_ROWS))


def expression(registry: Registry, mart: Mart, column: str, metric: Metric) -> str:
    """SQL that makes one number of a group of rows, in the words that Postgres and DuckDB share.

    NULL where the group mixes what must not be mixed, and where nothing is known.
    """
    apart = kept_apart(registry, mart, metric)
    value = _combined(mart, column, metric)
    parts = _parts(registry, mart, metric)
    if metric.over_dates == "ratio":
        if parts is None:
            # The parts do not stand in this mart.
            apart, value = tuple(mart.grain), f"max({quoted(column)})"
        else:
            above, below = map(quoted, parts)
            known = f"case when {above} is not null and {below} is not null then"
            value = f"sum({known} {above} end) * 1.0 / nullif(sum({known} {below} end), 0)"
    guards = [f"min({quoted(name)}) = max({quoted(name)})" for name in apart]
    return f"case when {' and '.join(guards)} then {value} end" if guards else value


def single_valued(registry: Registry, mart: Mart, metric: Metric) -> tuple[str, ...]:
    """The columns of which each number of a chart must stand for one value, so that the metric's expression shows something."""
    if metric.over_dates == "ratio" and _parts(registry, mart, metric) is None:
        return mart.grain
    return kept_apart(registry, mart, metric)


def _combined(mart: Mart, column: str, metric: Metric) -> str:
    name = quoted(column)
    if metric.over_dates == "sum":
        return f"sum({name})"
    if metric.over_dates == "mean":
        return f"avg({name})"
    if metric.over_dates == "last" and mart.time is not None:
        return f"(array_agg({name} order by {quoted(mart.time)} desc))[1]"
    return f"max({name})"


def _parts(registry: Registry, mart: Mart, metric: Metric) -> tuple[str, str] | None:
    """The columns of the mart that hold numerator and denominator."""
    found = []
    for name in (metric.numerator, metric.denominator):
        places = registry.metrics[name].places if name else ()
        found += [place.column for place in places if place.mart == mart.name][:1]
    return (found[0], found[1]) if len(found) == 2 else None


def _metric(registry: Registry, mart: Mart, column: str, metric: Metric) -> dict[str, Any]:
    adds = wording.additivity(metric, registry)
    return {
        "metric_name": column,
        "verbose_name": both(metric.label),
        "expression": expression(registry, mart, column, metric),
        "description": _told(metric.definition, adds, wording.when_null(metric)),
        "d3format": D3_FORMATS[metric.kind],
        "extra": {} if metric.over_dates == "sum" else {"warning_markdown": both(adds)},
    }


def _counted(flag: str) -> str:
    return f"sum(case when {quoted(flag)} then 1 else 0 end)"


def _flag_metric(registry: Registry, mart: Mart, flag: str) -> dict[str, Any]:
    entry = registry.entry(mart.name, flag)
    label = both(entry.label) if entry else flag
    return {
        "metric_name": _ROWS + flag,
        "verbose_name": label,
        "expression": _counted(flag),
        "description": f"为真的行数 · Rows for which it is true: {label}",
        "d3format": ",d",
        "extra": {},
    }


def _column(name: str, kind: str, entry: Entry | None) -> dict[str, Any]:
    return {
        "column_name": name,
        "verbose_name": both(entry.label) if entry else name,
        "is_dttm": kind in ("date", "timestamp"),
        "is_active": True,
        "type": kind.upper(),
        "groupby": not isinstance(entry, Metric),
        "filterable": True,
        "description": _told(entry.definition, wording.when_null(entry)) if entry else None,
    }


def _told(*texts: Any) -> str:
    """Definitions for people: the Chinese ones, then the English ones."""
    said = [text for text in texts if text is not None]
    return "\n\n".join(
        ["口径：" + "；".join(text.zh.removesuffix("。") for text in said) + "。", " ".join(_sentence(text.en) for text in said)]
    )


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


def _query(dataset: Dataset, words: Mapping[str, Mapping[str, str]]) -> str:
    """The mart with the words for its keys beside them."""
    names: list[str] = []
    joins: list[str] = []
    for column, name in dataset.names.items():
        if column == _SCOPE:
            names.append(f"{_scope_name(words)} as {quoted(name)}")
            joins += _SCOPE_JOINS
        elif column == _CONTENT:
            names.append(f"coalesce(contents.name, mart.{quoted(column)}) as {quoted(name)}")
            joins.append(_CONTENT_JOIN)
        else:
            names.append(f"{_worded(f'mart.{quoted(column)}', words[column])} as {quoted(name)}")
    selected = ",\n    ".join(["mart.*", *names])
    return "\n".join([f"select\n    {selected}", f"from {mart_relation(dataset.mart.name)} as mart", *joins])


def _worded(column: str, words: Mapping[str, str]) -> str:
    cases = " ".join(f"when {literal(value)} then {literal(text)}" for value, text in words.items())
    return f"case {column} {cases} else {column} end"


def _scope_name(words: Mapping[str, Mapping[str, str]]) -> str:
    return (
        f"case mart.scope_type when 'all' then {literal(words['scope_type']['all'])}"
        f" when 'platform' then {_worded('mart.scope_id', words['platform'])}"
        " when 'community' then coalesce(communities.name, mart.scope_id)"
        " when 'channel' then coalesce(channels.name_zh || ' · ' || channels.name_en, mart.scope_id)"
        " else mart.scope_id end"
    )


def _told_apart(table: str, key: str, name: str) -> str:
    """The names of a table; equal ones with their keys: under one name they would be one line of a chart."""
    return (
        f"(select {key}, case when count(*) over (partition by {name}) = 1 then {name}"
        f" else coalesce({name} || ' ', '') || {key} end as name from {mart_relation(table)})"
    )


_SCOPE_JOINS = (
    f"left join {_told_apart('dim_community', 'community_key', 'community_name')} as communities"
    " on mart.scope_type = 'community' and communities.community_key = mart.scope_id",
    f"left join {mart_relation('dim_channel')} as channels on mart.scope_type = 'channel' and channels.channel = mart.scope_id",
)
_CONTENT_JOIN = f"left join {_told_apart('dim_content', 'content_key', 'title')} as contents on contents.content_key = mart.content_key"
