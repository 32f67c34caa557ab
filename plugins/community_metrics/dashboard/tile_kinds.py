"""What a page may be made of: the kinds of tile, aggregates, formats and filters that the site's scripts know."""

from __future__ import annotations

from dataclasses import dataclass

# How the numbers of a date range become one. Distinct counts (dau, paying members of a day) must not be added up:
# they are shown at their last date or as the mean of the days. A ratio is the sum of its numerators over the sum of
# its denominators, never a mean of ratios.
AGGREGATES = ("sum", "last", "mean_of_days", "ratio")
FORMATS = ("number", "decimal", "percent", "currency", "seconds")
FILTERS = ("scope", "range", "compare", "grain", "definition", "method", "currency")
SCOPE_TYPES = ("platform", "community", "channel", "segment")
# The date ranges of the filter, in days back from a scope's last date; 0 is all dates.
RANGES = (1, 7, 30, 90, 0)


@dataclass(frozen=True)
class TileKind:
    """`options`: the YAML keys that only this kind has; `width`: in twelfths of the page; `template`: of a tile that no script draws."""

    name: str
    width: int
    needs_mart: bool = True
    needs_aggregate: bool = False
    options: frozenset[str] = frozenset()
    template: str | None = None


def _kind(name: str, width: int, *options: str, needs_mart: bool = True, needs_aggregate: bool = False) -> TileKind:
    return TileKind(name, width, needs_mart, needs_aggregate, frozenset(options))


def _written(template: str) -> TileKind:
    return TileKind(template.rpartition("/")[2], 12, needs_mart=False, template=f"{template}.html")


TILE_KINDS = {
    kind.name: kind
    for kind in (
        _kind("kpi", 3, "where", "cohorts", "indexes", needs_aggregate=True),
        _kind("summary", 12, "sentences", needs_mart=False),
        _kind("line", 6, "by", "area", "total_over"),
        _kind("bar", 6, "by", "stacked", "regroup", "total_over", "where"),
        _kind("heatmap", 12, "calendar_mart"),
        _kind("cohort", 12, "cohorts", "community_cohorts", "indexes", "index_prefix", "index_suffix", "where", "grain", "all_dates"),
        _kind("curve", 6, "cohorts", "indexes", "index_prefix", "index_suffix"),
        _kind("ranking", 12, "by", "top"),
        _kind("funnel", 12),
        _kind("items", 12, "top", "item_limit"),
        _kind("lifetimes", 12, "top", "item_limit"),
        _kind("histogram", 6),
        _kind("status", 12),
        _written("trust/verdict"),
        _written("trust/clock"),
        _written("trust/reconciliation"),
        _written("trust/checks"),
        _written("trust/refusals"),
        _written("trust/inputs"),
        _written("trust/contents"),
        _written("trust/restatements"),
        _written("trust/moves"),
        _kind("durations", 12, needs_mart=False),
        _kind("audits", 12, needs_mart=False),
        _written("operations/runs"),
        _written("operations/models"),
        _written("operations/sizes"),
        _written("validations/suites"),
        _written("validations/landings"),
        _written("glossary"),
    )
}
