"""What the texts of exports mean: numbers, rates, durations, amounts, dates and instants. Pure; no input or output."""

from community_metrics.sources.grammar.columns_of_bytes import begins_with
from community_metrics.sources.grammar.instants import instant_text
from community_metrics.sources.grammar.model import (
    DEFAULT_NULL_TOKENS,
    NUMERIC_KINDS,
    TEXT_NULL_TOKENS,
    ColumnKind,
    ColumnType,
    Normalised,
    ValueProblem,
)
from community_metrics.sources.grammar.normalising import normalise
from community_metrics.sources.grammar.numbers import Number, parse_number
from community_metrics.sources.grammar.scalar import Outcome, interpret

__all__ = [
    "DEFAULT_NULL_TOKENS",
    "NUMERIC_KINDS",
    "TEXT_NULL_TOKENS",
    "ColumnKind",
    "ColumnType",
    "Normalised",
    "Number",
    "Outcome",
    "ValueProblem",
    "begins_with",
    "instant_text",
    "interpret",
    "normalise",
    "parse_number",
]
