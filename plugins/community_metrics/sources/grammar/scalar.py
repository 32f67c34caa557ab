"""The meaning of one value. Whole columns have short cuts (`vectorised`), but never a meaning of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass

from community_metrics.sources.grammar.instants import instant_text, parse_date, parse_instant
from community_metrics.sources.grammar.model import ColumnType, ValueProblem
from community_metrics.sources.grammar.numbers import parse_numeric, plain_decimal
from community_metrics.sources.grammar.texts import check_id, half_width, tidy_text, tidy_token

_TRUE = frozenset({"true", "t", "yes", "y", "1", "是", "真"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "否", "假"})


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


# Numbers stay text: only validity is asked, and a number of a million digits must not cost its conversion.
_JSON_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)


@dataclass(frozen=True)
class Outcome:
    """Canonical text (null when not reported or wrong), reason code (null when nothing is wrong), whether rounded."""

    value: str | None
    reason: str | None = None
    is_rounded: bool = False


def interpret(text: str, column: ColumnType) -> Outcome:
    """One value by its declared type. Never raises."""
    try:
        return _interpret(text, column)
    except ValueProblem as problem:
        return Outcome(None, problem.reason)


def _interpret(text: str, column: ColumnType) -> Outcome:
    if column.kind in ("text", "json"):
        token = tidy_text(text)
    elif column.kind == "id":
        token = tidy_token(text)
    else:
        token = half_width(tidy_token(text)).strip()
    if token in column.effective_null_tokens:
        return Outcome(None)
    if column.is_numeric:
        number = parse_numeric(token, column)
        return Outcome(plain_decimal(number.value), is_rounded=number.is_rounded)
    match column.kind:
        case "id":
            return Outcome(check_id(token))
        case "instant":
            return Outcome(instant_text(parse_instant(token, column)))
        case "date":
            return Outcome(parse_date(token, column).isoformat())
        case "boolean":
            return Outcome(_boolean(token))
        case "json":
            return Outcome(_json(token))
        case _:
            return Outcome(token)


def _boolean(token: str) -> str:
    folded = token.lower()
    if folded in _TRUE:
        return "true"
    if folded in _FALSE:
        return "false"
    raise ValueProblem("not_a_boolean", token)


def _json(token: str) -> str:
    try:
        _JSON_DECODER.decode(token)
    except (ValueError, RecursionError) as error:
        raise ValueProblem("not_json", token) from error
    return token
