"""The key of every mart: the columns that tell its rows apart, as the metric registry says."""

from __future__ import annotations

from community_metrics.metrics.registry import project_registry


def grain_of(mart: str, columns: list[str]) -> tuple[str, ...]:
    """The key columns of a mart; all its columns for a mart that declares no grain."""
    declared = project_registry().marts.get(mart)
    return declared.grain if declared is not None and set(declared.grain) <= set(columns) else tuple(columns)
