"""MetricFlow's semantic models and metrics, out of the registry: one file per mart with a date.

A mart holds the same members at many scopes and in many windows, and a semantic layer adds up whatever a query leaves open. So
no metric is a bare sum. Each is an expression over *parts* that knows what it may add (`over_dates`, `adds_over`):

* A group of one scope shows that scope's value; a group of several scopes shows the value of scope `all`, and nothing if it
  holds no such row. Scopes are never added up.
* A group that mixes what must not be mixed (two retentions, two currencies of an amount, two periods of a gauge) shows nothing.

Parts (`part_...`) are only there to be used by the metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from community_metrics.metrics.combining import is_scoped, kept_apart
from community_metrics.metrics.entries import SCOPE_COLUMNS, Dimension, Mart, Metric, Registry
from community_metrics.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "dbt_project" / "semantic"

_HEAD = "# Generated from the metric registry (metrics/) by `make docs`. Change the entry, not this file.\n"
_SERIES = "series"
# A table of descriptions, the column that others know its rows by, and what a scope's row is of it.
_LOOKUPS = {
    "dim_community": ("community", "community_key", "case when scope_type = 'community' then scope_id end"),
    "dim_channel": ("channel", "channel", "case when scope_type = 'channel' then scope_id end"),
    "dim_content": ("content", "content_key", None),
}
_DESCRIBES = ("category", "text", "key", "flag")
# MetricFlow keeps the names of time grains for itself.
_RESERVED = {"hour": "local_hour"}
_AGGREGATIONS = {"sum": "sum", "mean": "average", "last": "sum", "never": "max"}


def semantic_files(registry: Registry, columns: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """File name -> YAML. `columns`: the columns of every mart that has a contract."""
    files = {}
    for name, (entity, key, _) in _LOOKUPS.items():
        if name in columns:
            files[f"{name}.yml"] = _dump({"semantic_models": [_lookup(registry, name, entity, key, columns[name])]})
    for mart in registry.marts.values():
        metrics = [metric for metric in registry.metrics.values() if metric.home.mart == mart.name]
        if mart.time is not None and metrics and mart.name in columns:
            files[f"{mart.name}.yml"] = _dump(_SemanticMart(registry, mart, list(columns[mart.name])).content(metrics))
    return files


def short_name(mart: str) -> str:
    """A mart's name in the semantic layer: before the dimensions of its own, `activity_daily__scope_type`."""
    return mart.removeprefix("mart_")


def _lookup(registry: Registry, mart: str, entity: str, key: str, columns: Iterable[str]) -> dict[str, Any]:
    names = [name for name in columns if name != key and getattr(registry.entry(mart, name), "kind", "") in _DESCRIBES]
    return {
        "name": mart,
        "description": f"{{{{ doc('{mart}') }}}}",
        "model": f"ref('{mart}')",
        "entities": [{"name": entity, "type": "primary", "expr": key}],
        "dimensions": [{"name": name, "type": "categorical"} for name in names],
    }


class _SemanticMart:
    """One mart's semantic model, its parts and its metrics."""

    def __init__(self, registry: Registry, mart: Mart, columns: list[str]) -> None:
        assert mart.time is not None
        self.registry, self.mart, self.columns, self.time = registry, mart, columns, mart.time
        self.name = short_name(mart.name)
        self.scoped = is_scoped(mart)
        self.measures: dict[str, dict[str, Any]] = {}

    def content(self, metrics: list[Metric]) -> dict[str, Any]:
        shown = [self._metric(metric) for metric in metrics]
        model = {
            "name": self.name,
            "description": f"{{{{ doc('{self.mart.name}') }}}}",
            "model": f"ref('{self.mart.name}')",
            "defaults": {"agg_time_dimension": self.time},
            "primary_entity": self.name,
            "entities": self._entities(),
            "dimensions": self._dimensions(),
            "measures": list(self.measures.values()),
        }
        parts = [
            {
                "name": name,
                "label": name,
                "description": "A part of other metrics; says nothing by itself.",
                "type": "simple",
                "type_params": {"measure": name},
            }
            for name in self.measures
        ]
        return {"semantic_models": [model], "metrics": [*shown, *parts]}

    def _entities(self) -> list[dict[str, Any]]:
        series = [name for name in self.mart.grain if name != self.time]
        entities = [{"name": _SERIES, "type": "foreign", "expr": _joined(series)}]
        if self.scoped:
            entities.append({"name": "scope", "type": "foreign", "expr": "scope_id"})
        for entity, key, scope in _LOOKUPS.values():
            if key in self.mart.grain:
                entities.append({"name": entity, "type": "foreign", "expr": key})
            elif self.scoped and scope:
                entities.append({"name": entity, "type": "foreign", "expr": scope})
        return entities

    def _dimensions(self) -> list[dict[str, Any]]:
        taken = {entity for entity, _, _ in _LOOKUPS.values()}
        dimensions: list[dict[str, Any]] = [{"name": self.time, "type": "time", "type_params": {"time_granularity": "day"}}]
        for name in self.columns:
            entry = self.registry.entry(self.mart.name, name)
            if (
                isinstance(entry, Dimension)
                and name not in (self.time, "scope_id")
                and name not in taken
                and entry.kind not in ("date", "instant")
            ):
                dimensions.append({"name": _RESERVED.get(name, name), "type": "categorical", "expr": name})
        return dimensions

    def _metric(self, metric: Metric) -> dict[str, Any]:
        inputs: dict[str, None] = {}

        def part(column: str, over_dates: str, of_all: bool) -> str:
            name = self._part(column, over_dates, of_all)
            inputs[name] = None
            return name

        def value(of_all: bool) -> str:
            if metric.over_dates != "ratio":
                return part(metric.home.column, metric.over_dates, of_all)
            above, below = (self._column_of(name) for name in (metric.numerator, metric.denominator))
            return f"cast({part(above, 'sum', of_all)} as double) / nullif({part(below, 'sum', of_all)}, 0)"

        expression = value(False)
        if self.scoped:
            scopes = self._count("scopes", list(SCOPE_COLUMNS))
            inputs[scopes] = None
            expression = f"case when {scopes} = 1 then {expression} else {value(True)} end"
        apart = [name for name in kept_apart(self.registry, self.mart, metric) if name not in (SCOPE_COLUMNS if self.scoped else ())]
        if apart:
            cells = self._count("_and_".join(apart), apart)
            inputs[cells] = None
            expression = f"case when {cells} = 1 then {expression} end"
        return {
            "name": metric.name,
            "label": f"{metric.label.zh} · {metric.label.en}",
            "description": f"{{{{ doc('{metric.name}') }}}}",
            "type": "derived",
            "type_params": {"expr": expression, "metrics": [{"name": name} for name in inputs]},
        }

    def _column_of(self, metric: str | None) -> str:
        """The column of this mart in which another metric stands."""
        places = self.registry.metrics[str(metric)].places
        return next(place.column for place in places if place.mart == self.mart.name)

    def _part(self, column: str, over_dates: str, of_all: bool) -> str:
        name = "_".join(["part", self.name, column, over_dates, *(["of_all"] if of_all else [])])
        measure: dict[str, Any] = {"name": name, "agg": _AGGREGATIONS[over_dates]}
        measure["expr"] = f"case when scope_type = 'all' then {column} end" if of_all else column
        if over_dates == "last":
            measure["non_additive_dimension"] = {"name": self.time, "window_choice": "max", "window_groupings": [_SERIES]}
        self.measures[name] = measure
        return name

    def _count(self, what: str, columns: list[str]) -> str:
        name = f"part_{self.name}_{what}"
        self.measures[name] = {"name": name, "agg": "count_distinct", "expr": _joined(columns)}
        return name


def _joined(columns: list[str]) -> str:
    return " || '|' || ".join(f"cast({name} as varchar)" for name in columns)


def _dump(content: dict[str, Any]) -> str:
    return _HEAD + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=140)
