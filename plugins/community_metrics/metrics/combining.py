"""Which rows of a mart may become one number: what the semantic layer and the datasets of BI tools guard their sums with."""

from __future__ import annotations

from community_metrics.metrics.entries import SCOPE_COLUMNS, Mart, Metric, Registry


def kept_apart(registry: Registry, mart: Mart, metric: Metric) -> tuple[str, ...]:
    """The columns of the mart's grain of which a group may hold one value only, in the order of the grain; scopes are among them."""
    added = set(metric.adds_over) if metric.over_dates in ("sum", "last") else set()
    if metric.over_dates == "ratio":
        added = set.intersection(*(set(registry.metrics[str(name)].adds_over) for name in (metric.numerator, metric.denominator)))
    fixed = {mart.time} if metric.over_dates != "never" else set()
    return tuple(name for name in mart.grain if name not in {*added, *fixed})


def is_scoped(mart: Mart) -> bool:
    """Whether the mart holds the same members at many scopes: `all`, each platform, each community, ..."""
    return set(SCOPE_COLUMNS) <= set(mart.grain)
