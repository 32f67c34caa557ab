"""The platforms by source. Imports every platform's module: not for DAG files, see `catalogue`."""

from __future__ import annotations

from community_metrics.errors import UsageError
from community_metrics.extractors import ocean_engine, wechat_mp, wecom
from community_metrics.extractors.catalogue import EXTRACTORS
from community_metrics.extractors.platform import Platform

PLATFORMS: dict[str, Platform] = {platform.name: platform for platform in (wecom.PLATFORM, wechat_mp.PLATFORM, ocean_engine.PLATFORM)}


def platform_of(source: str) -> Platform:
    """The platform that delivers the source. Raises `UsageError`."""
    entry = EXTRACTORS.get(source)
    if entry is None:
        raise UsageError(f"there is no extractor for {source!r}", "extractors", f"known: {', '.join(EXTRACTORS)}")
    return PLATFORMS[entry.platform]
