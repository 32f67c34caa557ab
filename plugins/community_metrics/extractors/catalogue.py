"""Which source has an extractor, over which Airflow connection. Needs nothing, so that a DAG file may import it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExtractorEntry:
    """One source that can be pulled: from which platform, over which connection, in which pool.

    `pool`: WeCom refuses parallel calls of one corporation (45033), so its three sources share one slot.
    """

    source: str
    platform: str
    connection_id: str
    pool: str = "default_pool"


WECOM_POOL = "wecom_api"

EXTRACTORS = {
    entry.source: entry
    for entry in (
        ExtractorEntry("wecom_groups", "wecom", "community_metrics_wecom", WECOM_POOL),
        ExtractorEntry("wecom_stats", "wecom", "community_metrics_wecom", WECOM_POOL),
        ExtractorEntry("wecom_contacts", "wecom", "community_metrics_wecom", WECOM_POOL),
        ExtractorEntry("wechat_mp", "wechat_mp", "community_metrics_wechat_mp"),
        ExtractorEntry("ad_spend", "ocean_engine", "community_metrics_ocean_engine"),
    )
}
