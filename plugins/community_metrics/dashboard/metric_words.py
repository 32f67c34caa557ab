"""What a tile need not say: labels, definitions, units, formats and aggregates follow from the metrics that it shows.

A tile names a mart and columns; the metric registry knows what they are. What a tile says itself is what only the tile knows: a chart
of several metrics has a title of its own. Saying again what the registry says is refused, so that it cannot come to say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from community_metrics.errors import SettingsError
from community_metrics.metrics.entries import Metric, Registry, Text

AGGREGATE = {"sum": "sum", "mean": "mean_of_days", "last": "last", "ratio": "ratio"}
FORMAT = {"count": "number", "amount": "currency", "share": "percent", "ratio": "decimal", "index": "decimal", "duration": "seconds"}
# Kinds that make one number of a date range: for them a rate is its numerators over its denominators.
FOLDING = ("kpi", "ranking")
# Kinds whose columns are columns of a table: each has a name and a unit of its own.
TABLES = ("ranking", "items", "lifetimes")
_OVER_RANGE = {
    "sum": Text("逐日相加。", "Added up over the dates."),
    "mean_of_days": Text("按天取平均（去重人数不能跨天相加）。", "Averaged over the days (distinct counts do not add up)."),
    "last": Text("取最后一天。", "At the last day."),
}


def complete_tile(content: Mapping[str, Any], registry: Registry, where: str) -> dict[str, Any]:
    """The tile's block with everything that its metrics say, and under `metrics` their names.

    Raises `SettingsError` for a tile that says what its metrics say.
    """
    mart, kind = str(content.get("mart")), content.get("type")
    columns = [column if isinstance(column, dict) else {"name": column} for column in content.get("columns") or []]
    metrics = [_metric(column, mart, registry) for column in columns]
    tile = dict(content)
    known = [metric for metric in metrics if metric is not None]
    alone = known[0] if len(columns) == 1 and known else None
    if kind in FOLDING:
        columns = [_folded(column, metric, mart, registry) for column, metric in zip(columns, metrics, strict=True)]
    if alone is not None:
        _fill(tile, where, label=_words(alone.label), good=alone.direction if kind == "kpi" else None)
        if kind == "kpi":
            _fill(tile, where, aggregate=AGGREGATE.get(alone.over_dates))
        if "definition" not in tile:
            tile["definition"] = _definition(alone, tile.get("aggregate") if kind == "kpi" else None)
    if known and len(known) == len(columns):
        units = {metric.unit for metric in known}
        unit = registry.units[known[0].unit] if len(units) == 1 and known[0].unit and kind not in TABLES else None
        formats = {FORMAT[metric.kind] for metric in known}
        if kind not in (*TABLES, "cohort", "funnel"):
            _set(tile, where, unit=_words(unit) if unit else None, format=formats.pop() if len(formats) == 1 else None)
        if len(columns) > 1 or kind in TABLES:
            columns = [_labelled(column, metric, kind, where) for column, metric in zip(columns, known, strict=True)]
    if columns:
        tile["columns"] = columns
    tile["metrics"] = list(dict.fromkeys(metric.name for metric in known))
    return tile


def adds_up(registry: Registry, mart: str, column: str) -> bool:
    """Whether values of several dates may be added: counts of events may, distinct counts, states and rates may not."""
    metric = registry.metric_of(mart, column)
    return metric is None or metric.over_dates == "sum"


def _metric(column: Mapping[str, Any], mart: str, registry: Registry) -> Metric | None:
    """The metric of a column; of a numerator `of` a denominator, the rate that is made of them."""
    metric = registry.metric_of(mart, str(column.get("name")))
    if "of" not in column or metric is None:
        return metric
    below = registry.metric_of(mart, str(column["of"]))
    rates = (
        rate
        for rate in registry.metrics.values()
        if below is not None and (rate.numerator, rate.denominator) == (metric.name, below.name) and rate.home.mart == mart
    )
    return next(rates, None)


def _folded(column: Mapping[str, Any], metric: Metric | None, mart: str, registry: Registry) -> dict[str, Any]:
    if metric is None or metric.over_dates != "ratio" or "of" in column:
        return dict(column)
    above, below = (
        next(place.column for place in registry.metrics[str(name)].places if place.mart == mart)
        for name in (metric.numerator, metric.denominator)
    )
    return {**column, "name": above, "of": below}


def _labelled(column: Mapping[str, Any], metric: Metric, kind: Any, where: str) -> dict[str, Any]:
    filled, place = dict(column), f"{where}, column {column['name']!r}"
    if "role" in column:
        return filled
    _fill(filled, place, label=_words(metric.short))
    if kind == "ranking":
        _fill(filled, place, aggregate=AGGREGATE.get(metric.over_dates))
    if kind in ("ranking", "funnel", "lifetimes"):
        _set(filled, place, format=FORMAT[metric.kind])
    return filled


def _set(content: dict[str, Any], where: str, **derived: Any) -> None:
    """What a tile cannot know better."""
    for key, value in derived.items():
        if value is not None and key in content:
            raise SettingsError(f"`{key}` is the metric registry's to say", where, "take it out: it comes from metrics/")
        if value is not None:
            content[key] = value


def _fill(content: dict[str, Any], where: str, **derived: Any) -> None:
    """What a tile may say otherwise, but not say again."""
    for key, value in derived.items():
        if value is None:
            continue
        if content.get(key) == value:
            raise SettingsError(f"`{key}` says what the metric registry says", where, "take it out: it comes from metrics/")
        content.setdefault(key, value)


def _definition(metric: Metric, aggregate: Any) -> dict[str, str]:
    suffix = _OVER_RANGE.get(str(aggregate), Text("", ""))
    return {"zh": metric.definition.zh + suffix.zh, "en": f"{metric.definition.en} {suffix.en}".strip()}


def _words(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
