"""What a page may be made of: the kinds of tile, aggregates, formats and filters that the site's scripts know."""

from __future__ import annotations

from dataclasses import dataclass

# How the numbers of a date range become one. Distinct counts (dau, paying members of a day) must not be added up:
# they are shown at their last date or as the mean of the days. A ratio is the sum of its numerators over the sum of
# its denominators, never a mean of ratios.
AGGREGATES = ("sum", "last", "mean_of_days", "ratio")
FORMATS = ("number", "decimal", "percent", "currency", "seconds")
FILTERS = ("scope", "range", "grain", "definition", "method", "currency")
SCOPE_TYPES = ("platform", "community", "channel", "segment")
# The date ranges of the filter, in days back from a scope's last date; 0 is all dates.
RANGES = (7, 30, 90, 0)


@dataclass(frozen=True)
class TileKind:
    """`options` are the YAML keys that only this kind has; `width` is in twelfths of the page."""

    name: str
    width: int
    needs_mart: bool = True
    needs_aggregate: bool = False
    options: frozenset[str] = frozenset()


def _kind(name: str, width: int, *options: str, needs_mart: bool = True, needs_aggregate: bool = False) -> TileKind:
    return TileKind(name, width, needs_mart, needs_aggregate, frozenset(options))


TILE_KINDS = {
    kind.name: kind
    for kind in (
        _kind("kpi", 3, "where", "cohorts", "indexes", needs_aggregate=True),
        _kind("summary", 12, "sentences", needs_mart=False),
        _kind("line", 6, "by", "area", "total_over"),
        _kind("bar", 6, "by", "stacked", "regroup", "total_over"),
        _kind("heatmap", 12, "calendar_mart"),
        _kind("cohort", 12, "cohorts", "indexes", "index_prefix", "index_suffix"),
        _kind("curve", 6, "cohorts", "indexes", "index_prefix", "index_suffix"),
        _kind("ranking", 12, "by", "top"),
        _kind("funnel", 12),
        _kind("items", 12, "top", "item_limit"),
        _kind("status", 12),
        _kind("verdict", 12, needs_mart=False),
        _kind("clock", 12, needs_mart=False),
        _kind("reconciliation", 12, needs_mart=False),
        _kind("checks", 12, needs_mart=False),
        _kind("refusals", 12, needs_mart=False),
        _kind("inputs", 12, needs_mart=False),
        _kind("contents", 12, needs_mart=False),
        _kind("restatements", 12, needs_mart=False),
        _kind("moves", 12, needs_mart=False),
        _kind("durations", 12, needs_mart=False),
        _kind("audits", 12, needs_mart=False),
        _kind("runs", 12, needs_mart=False),
        _kind("models", 12, needs_mart=False),
        _kind("sizes", 12, needs_mart=False),
        _kind("glossary", 12, needs_mart=False),
    )
}
