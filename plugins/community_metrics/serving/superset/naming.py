"""Names that Superset knows things by: ids that never change, and titles in both languages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from community_metrics.metrics.entries import Text
from community_metrics.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "dashboards" / "superset"
SITE = PROJECT_ROOT / "dashboards" / "site.yml"

DATABASE_NAME = "Community Metrics"
# Made once, for this project: with another one, everything would be imported a second time beside what is there.
_NAMESPACE = uuid.UUID("6f1d2b0e-4f55-5c1e-9d0a-2f3c8a7b9e64")


def identity(kind: str, name: str) -> str:
    """The uuid of a database, dataset, chart or dashboard."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}"))


def both(text: Text | Mapping[str, str]) -> str:
    """`日活跃成员 · Daily active members`: Superset translates its own words, but not those of charts and datasets."""
    zh, en = (text.zh, text.en) if isinstance(text, Text) else (text["zh"], text["en"])
    return zh if zh == en else f"{zh} · {en}"
