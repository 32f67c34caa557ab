"""Numbers as Chinese and international exports write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal

from community_metrics.sources.grammar.model import DEFAULT_NULL_TOKENS, ColumnType, ValueProblem
from community_metrics.sources.grammar.texts import half_width, tidy_token

# Wide enough that no operation below ever rounds: 40 digits, shifted by 30 places at most.
_EXACT = Context(prec=120)
_MAX_CHARACTERS = 64
_MAX_DIGITS = 40
_MAX_MAGNITUDE = 30

_QUANTITY = re.compile(
    r"(?P<open>\()?(?P<sign>[+-])?\s*(?P<money>[¥￥$€£]|CNY|RMB)?\s*(?P<inner_sign>[+-])?"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]{1,3})?"
    r"\s*(?P<scale>[千万亿kKwW])?(?P<more>\+)?\s*(?P<unit>%|‰|元|星|毫秒|秒|分钟|分|小时|ms|s|min|h)?(?P<close>\))?"
)
_SCALES = {"千": 3, "k": 3, "万": 4, "w": 4, "亿": 8}

# 1小时2分3秒, 1分20秒, 14.73秒, 80s
_SPOKEN_DURATION = re.compile(
    r"(?P<sign>-)?(?:(?P<hours>[0-9]{1,9})\s*(?:小时|时|h))?\s*(?:(?P<minutes>[0-9]{1,9})\s*(?:分钟|分|min|m))?"
    r"\s*(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,12})?)\s*(?:秒钟|秒|sec|s))?"
)
# 00:01:20, 01:20
_CLOCK_DURATION = re.compile(r"(?P<sign>-)?(?:(?P<hours>[0-9]{1,9}):)?(?P<minutes>[0-9]{1,2}):(?P<seconds>[0-5][0-9](?:\.[0-9]{1,12})?)")
_UNIT_SECONDS = {"秒": "1", "s": "1", "分": "60", "分钟": "60", "min": "60", "小时": "3600", "h": "3600", "毫秒": "0.001", "ms": "0.001"}
_DECLARED_SECONDS = {"seconds": "1", "minutes": "60", "milliseconds": "0.001"}


@dataclass(frozen=True)
class Number:
    """An exact number; `is_rounded` when the file shows a rounded figure (1.2万 has two digits, whatever its size)."""

    value: Decimal
    is_rounded: bool = False


@dataclass(frozen=True)
class _Quantity:
    value: Decimal
    is_rounded: bool
    unit: str
    has_money_sign: bool


def parse_number(text: str, null_tokens: frozenset[str] = DEFAULT_NULL_TOKENS) -> Number | None:
    """A plain, grouped, scaled or money number. None for a null token. Raises `ValueProblem` (a `ValueError`).

    >>> parse_number("¥-1,234.50")
    Number(value=Decimal('-1234.50'), is_rounded=False)
    >>> parse_number("--") is None
    True
    """
    token = half_width(tidy_token(text))
    if token in null_tokens:
        return None
    return _bare_number(token)


def parse_numeric(token: str, column: ColumnType) -> Number:
    """A token (guards off, half-width, no null token) by the declared kind and unit, in the canonical unit."""
    if column.kind == "fraction":
        number = _fraction(token, column.unit)
    elif column.kind == "seconds":
        number = _seconds(token, column.unit)
    elif column.kind == "amount":
        number = _amount(token, column.unit)
    else:
        number = _bare_number(token)
        if column.kind == "integer" and number.value != number.value.to_integral_value():
            raise ValueProblem("not_an_integer", token)
    if number.value < 0 and not column.allow_negative:
        raise ValueProblem("negative", token)
    if (column.minimum is not None and number.value < column.minimum) or (column.maximum is not None and number.value > column.maximum):
        raise ValueProblem("out_of_range", token)
    return number


def plain_decimal(value: Decimal) -> str:
    """The one canonical text of a number: no exponent, no superfluous zeros, no minus zero.

    >>> plain_decimal(Decimal("1.20E+3")), plain_decimal(Decimal("-0.0"))
    ('1200', '0')
    """
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _bare_number(token: str) -> Number:
    quantity = _quantity(token)
    if quantity.unit not in ("", "星"):
        raise ValueProblem("not_a_number", token)
    return Number(quantity.value, quantity.is_rounded)


def _fraction(token: str, unit: str | None) -> Number:
    quantity = _quantity(token)
    if quantity.has_money_sign or quantity.unit not in ("", "%", "‰"):
        raise ValueProblem("not_a_number", token)
    places = {"%": -2, "‰": -3}.get(quantity.unit, -2 if unit == "percent" else 0)
    return Number(quantity.value.scaleb(places, _EXACT), quantity.is_rounded)


def _amount(token: str, unit: str | None) -> Number:
    quantity = _quantity(token)
    if quantity.unit not in ("", "元"):
        raise ValueProblem("not_a_number", token)
    if unit == "fen":
        # A sign of the main unit contradicts the declaration: one of the two is wrong by a factor of 100.
        if quantity.unit or quantity.has_money_sign:
            raise ValueProblem("unit_conflict", token)
        return Number(quantity.value.scaleb(-2, _EXACT), quantity.is_rounded)
    return Number(quantity.value, quantity.is_rounded)


def _seconds(token: str, unit: str | None) -> Number:
    if len(token) > _MAX_CHARACTERS:
        raise ValueProblem("not_a_duration", token)
    match = _CLOCK_DURATION.fullmatch(token) or _SPOKEN_DURATION.fullmatch(token)
    if match and match.end() > match.end("sign") and any(match[part] for part in ("hours", "minutes", "seconds")):
        hours, minutes, seconds = (Decimal(match[part] or 0) for part in ("hours", "minutes", "seconds"))
        total = hours * 3600 + minutes * 60 + seconds
        return Number(-total if match["sign"] else total)
    try:
        quantity = _quantity(token)
    except ValueProblem as problem:
        raise ValueProblem("out_of_range" if problem.reason == "out_of_range" else "not_a_duration", token) from problem
    factor = _UNIT_SECONDS.get(quantity.unit) if quantity.unit else _DECLARED_SECONDS[unit or "seconds"]
    if factor is None or quantity.has_money_sign:
        raise ValueProblem("not_a_duration", token)
    return Number(_EXACT.multiply(quantity.value, Decimal(factor)), quantity.is_rounded)


def _quantity(token: str) -> _Quantity:
    match = _QUANTITY.fullmatch(token) if len(token) <= _MAX_CHARACTERS else None
    if match is None or not (match["whole"] or match["fraction"]):
        raise ValueProblem("not_a_number", token)
    signs = [sign for sign in (match["sign"], match["inner_sign"]) if sign]
    in_parentheses = bool(match["open"])
    if in_parentheses != bool(match["close"]) or len(signs) + in_parentheses > 1:
        raise ValueProblem("not_a_number", token)
    digits = (match["whole"] or "0").replace(",", "") + (match["fraction"] or "")
    if len(digits) > _MAX_DIGITS:
        raise ValueProblem("out_of_range", token)
    value = _EXACT.create_decimal(digits + (match["exponent"] or ""))
    value = value.scaleb(_SCALES.get((match["scale"] or "").lower(), 0), _EXACT)
    if value and abs(value.adjusted()) > _MAX_MAGNITUDE:
        raise ValueProblem("out_of_range", token)
    is_negative = in_parentheses or "-" in signs
    return _Quantity(
        value=-value if is_negative else value,
        is_rounded=bool(match["scale"] or match["more"]),
        unit=match["unit"] or "",
        has_money_sign=bool(match["money"]),
    )
