"""All marts at once: from landed files to rows."""

from __future__ import annotations

from collections.abc import Sequence

from support.naive.activity import Mart, activity_daily, activity_hourly, lifecycle
from support.naive.commerce import conversion_daily, repurchase
from support.naive.facts import read_facts
from support.naive.growth import growth_daily
from support.naive.presence import Presences
from support.naive.records import Landing, Rules
from support.naive.retention import retention
from support.naive.stickiness import stickiness

GRAINS: dict[str, tuple[str, ...]] = {
    "mart_activity_daily": ("business_date", "scope_type", "scope_id"),
    "mart_activity_hourly": ("business_date", "hour", "scope_type", "scope_id"),
    "mart_growth_daily": ("business_date", "scope_type", "scope_id"),
    "mart_lifecycle": ("period_grain", "period_start", "scope_type", "scope_id"),
    "mart_stickiness": ("window_grain", "window_start", "period_grain", "active_periods", "scope_type", "scope_id"),
    "mart_retention": ("definition", "period_grain", "cohort_start", "period_index", "scope_type", "scope_id"),
    "mart_conversion_daily": ("business_date", "currency", "scope_type", "scope_id"),
    "mart_repurchase": ("cohort_grain", "cohort_start", "horizon_days", "scope_type", "scope_id"),
}


def naive_marts(landings: Sequence[Landing], rules: Rules) -> dict[str, Mart]:
    """Every mart as its rows: the grain's values, in the order of `GRAINS`, to the other columns."""
    facts = read_facts(landings, rules)
    presences = Presences(facts)
    return {
        "mart_activity_daily": activity_daily(facts, presences),
        "mart_activity_hourly": activity_hourly(facts),
        "mart_growth_daily": growth_daily(facts, presences),
        "mart_lifecycle": lifecycle(facts, presences),
        "mart_stickiness": stickiness(facts),
        "mart_retention": retention(facts, presences),
        "mart_conversion_daily": conversion_daily(facts, presences),
        "mart_repurchase": repurchase(facts),
    }
