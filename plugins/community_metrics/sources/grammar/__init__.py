"""What the texts of exports mean: numbers, rates, durations, amounts, dates and instants. Pure; no input or output."""

from community_metrics.sources.grammar.model import (
    DEFAULT_NULL_TOKENS,
    TEXT_NULL_TOKENS,
    ColumnKind,
    ColumnType,
    Normalised,
)
from community_metrics.sources.grammar.normalising import normalise

__all__ = ["DEFAULT_NULL_TOKENS", "TEXT_NULL_TOKENS", "ColumnKind", "ColumnType", "Normalised", "normalise"]
