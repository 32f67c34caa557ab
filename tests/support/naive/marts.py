"""All marts at once: from landed files to rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from support.naive.activity import Mart, activity_daily, activity_hourly, lifecycle
from support.naive.breakdown import conversion_breakdown_daily, order_items
from support.naive.commerce import conversion_daily, repurchase
from support.naive.content import account_daily, content_daily, content_lifetime, dim_content
from support.naive.dimensions import dim_channel, dim_community, dim_date, dim_member
from support.naive.facts import read_facts
from support.naive.funnels import funnels
from support.naive.growth import growth_daily
from support.naive.ltv import ltv_cohorts
from support.naive.presence import Presences
from support.naive.records import Landing, Rules
from support.naive.retention import retention
from support.naive.segments import segments
from support.naive.status import data_status
from support.naive.stickiness import stickiness

GRAINS: dict[str, tuple[str, ...]] = {
    "mart_activity_daily": ("business_date", "scope_type", "scope_id"),
    "mart_activity_hourly": ("business_date", "hour", "scope_type", "scope_id"),
    "mart_growth_daily": ("business_date", "scope_type", "scope_id"),
    "mart_lifecycle": ("period_grain", "period_start", "scope_type", "scope_id"),
    "mart_stickiness": ("window_grain", "window_start", "period_grain", "active_periods", "scope_type", "scope_id"),
    "mart_segments": ("segment_set", "period_grain", "period_start", "segment", "scope_type", "scope_id"),
    "mart_retention": ("definition", "period_grain", "cohort_start", "period_index", "scope_type", "scope_id"),
    "mart_funnel": ("definition", "period_grain", "entry_period", "step_index", "scope_type", "scope_id"),
    "mart_conversion_daily": ("business_date", "currency", "scope_type", "scope_id"),
    "mart_repurchase": ("cohort_grain", "cohort_start", "horizon_days", "scope_type", "scope_id"),
    "mart_ltv_cohorts": ("cohort_kind", "cohort_start", "month_index", "currency", "scope_type", "scope_id"),
    "mart_conversion_breakdown_daily": ("business_date", "currency", "dimension", "dimension_value", "scope_type", "scope_id"),
}
DIMENSION_GRAINS: dict[str, tuple[str, ...]] = {
    "dim_member": ("member_key",),
    "dim_community": ("community_key",),
    "dim_channel": ("channel",),
    "dim_date": ("business_date",),
    "mart_data_status": ("source", "account_id", "business_date"),
}
CONTENT_GRAINS: dict[str, tuple[str, ...]] = {
    "mart_content_daily": ("content_key", "business_date"),
    "mart_content_lifetime": ("content_key",),
    "mart_account_daily": ("platform", "account_id", "business_date"),
    "dim_content": ("content_key",),
}


def naive_marts(landings: Sequence[Landing], rules: Rules) -> dict[str, Mart]:
    """Every mart of members and money as its rows: the grain's values, in the order of `GRAINS`, to the other columns."""
    facts = read_facts(landings, rules)
    presences = Presences(facts)
    return {
        "mart_activity_daily": activity_daily(facts, presences),
        "mart_activity_hourly": activity_hourly(facts),
        "mart_growth_daily": growth_daily(facts, presences),
        "mart_lifecycle": lifecycle(facts, presences),
        "mart_stickiness": stickiness(facts),
        "mart_segments": segments(facts, presences),
        "mart_retention": retention(facts, presences),
        "mart_funnel": funnels(facts, presences),
        "mart_conversion_daily": conversion_daily(facts, presences),
        "mart_repurchase": repurchase(facts),
        "mart_ltv_cohorts": ltv_cohorts(facts, presences),
        "mart_conversion_breakdown_daily": conversion_breakdown_daily(facts, presences, order_items(landings)),
    }


def naive_dimensions(landings: Sequence[Landing], rules: Rules, definitions: Path, id_key: str) -> dict[str, Mart]:
    """Who and what there is, and what has come; `definitions` holds the names of channels and the calendar."""
    facts = read_facts(landings, rules)
    return {
        "dim_member": dim_member(landings, facts, Presences(facts), id_key),
        "dim_community": dim_community(landings, facts),
        "dim_channel": dim_channel(definitions),
        "dim_date": dim_date(landings, facts, definitions),
        "mart_data_status": data_status(landings, rules.timezone),
    }


def naive_content_marts(landings: Sequence[Landing], rules: Rules) -> dict[str, Mart]:
    """The marts of `CONTENT_GRAINS`, which the same rows of content and accounts make whatever else has landed."""
    return {
        "mart_content_daily": content_daily(landings, rules.timezone),
        "mart_content_lifetime": content_lifetime(landings),
        "mart_account_daily": account_daily(landings),
        "dim_content": dim_content(landings),
    }
