"""Extractors and sources agree about each other."""

from __future__ import annotations

import pytest

from community_metrics.airflow_runtime.configuration import POOLS
from community_metrics.extractors.catalogue import EXTRACTORS
from community_metrics.extractors.platforms import platform_of
from community_metrics.sources.registry import load_registry


def test_a_source_is_pulled_once_per_business_date_exactly_if_it_has_an_extractor() -> None:
    interval = {source.name for source in load_registry().values() if source.dag_class == "interval"}
    assert interval == set(EXTRACTORS) == {"wecom_groups", "wecom_stats", "wecom_contacts", "wechat_mp", "ad_spend"}


@pytest.mark.parametrize("source", EXTRACTORS)
def test_an_extractor_has_groups_of_pages_of_its_own_and_a_pool_that_exists(source: str) -> None:
    groups = platform_of(source).groups[source]
    assert groups and len({group.name for group in groups}) == len(groups)
    assert EXTRACTORS[source].pool in {*POOLS, "default_pool"}
