"""The key of every mart: the columns that tell its rows apart."""

from __future__ import annotations

_SCOPE = ("scope_type", "scope_id")

GRAINS: dict[str, tuple[str, ...]] = {
    "mart_growth_daily": ("business_date", *_SCOPE),
    "mart_activity_daily": ("business_date", *_SCOPE),
    "mart_activity_hourly": ("business_date", "hour", *_SCOPE),
    "mart_lifecycle": ("period_grain", "period_start", *_SCOPE),
    "mart_stickiness": ("window_grain", "window_start", "period_grain", "active_periods", *_SCOPE),
    "mart_segments": ("segment_set", "period_grain", "period_start", "segment", *_SCOPE),
    "mart_retention": ("definition", "period_grain", "cohort_start", "period_index", *_SCOPE),
    "mart_conversion_daily": ("business_date", "currency", *_SCOPE),
    "mart_repurchase": ("cohort_grain", "cohort_start", "horizon_days", *_SCOPE),
    "mart_conversion_breakdown_daily": ("business_date", "currency", "dimension", "dimension_value", *_SCOPE),
    "mart_ltv_cohorts": ("cohort_kind", "cohort_start", "month_index", "currency", *_SCOPE),
    "mart_content_lifetime": ("content_key",),
    "mart_content_daily": ("content_key", "business_date"),
    "mart_account_daily": ("platform", "account_id", "business_date"),
    "mart_data_status": ("source", "account_id", "business_date"),
    "dim_member": ("member_key",),
    "dim_community": ("community_key",),
    "dim_content": ("content_key",),
    "dim_channel": ("channel",),
    "dim_date": ("business_date",),
}


def grain_of(mart: str, columns: list[str]) -> tuple[str, ...]:
    """The key columns of a mart; all its columns for a mart that declares no grain."""
    grain = GRAINS.get(mart, ())
    return grain if grain and set(grain) <= set(columns) else tuple(columns)
