"""The words of a report and how its numbers are written; labels, kinds and units of numbers come from the metric registry."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Literal

from community_metrics.dashboard.site import DASHBOARDS
from community_metrics.metrics.entries import Metric, Text
from community_metrics.yaml_text import load_yaml

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

REST = Text("其余", "The rest")
TITLES = {
    "day": Text("社群日报", "Daily brief"),
    "week": Text("社群周报", "Weekly report"),
    "month": Text("社群月报", "Monthly report"),
}
AGAINST = {
    ("day", "previous"): Text("较前一日", "against the day before"),
    ("day", "same_weekday"): Text("较上周同日", "against the same weekday"),
    ("week", "previous"): Text("较上周", "against the week before"),
    ("month", "previous"): Text("较上月", "against the month before"),
}
UNKNOWN = Text("未知", "not known")

# Symbols that no reader takes for another currency; all others are named.
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
_MINUS = "−"


@cache
def site_words(section: str) -> dict[str, Text]:
    """Names that the dashboard gives to platforms or sources."""
    content = load_yaml((DASHBOARDS / "site.yml").read_text(encoding="utf-8"))[section]
    return {str(name): Text(words["zh"], words["en"]) for name, words in content.items()}


def say(text: Text, language: Language) -> str:
    return text.zh if language == "zh" else text.en


def digits_of(metric: Metric) -> int:
    """Decimals that are shown, of a share those of its per cent."""
    return {"count": 0, "amount": 2, "share": 1, "ratio": 2, "index": 2, "duration": 1}[metric.kind]


def number(value: Fraction | None, metric: Metric, currency: str | None, language: Language) -> str:
    """`1,234`, `12.3%`, `¥1,234.50`; a mean of counts has a decimal."""
    if value is None:
        return say(UNKNOWN, language)
    if metric.kind == "share":
        return f"{_decimal(value * 100, 1)}%"
    digits = digits_of(metric)
    if metric.kind == "count" and value.denominator != 1:
        digits = 1
    return _with_currency(_decimal(value, digits), metric, currency)


def signed(change: Fraction, metric: Metric, currency: str | None, language: Language) -> str:
    """`+12`, `−¥3.00`, `+1.2 pp`; `0` for less than is shown."""
    digits = digits_of(metric)
    if metric.kind == "count" and change.denominator != 1:
        digits = 1
    text = _decimal(abs(change) * (100 if metric.kind == "share" else 1), digits)
    if not text.strip("0.,"):
        return "0"
    points = (" 个百分点" if language == "zh" else " pp") if metric.kind == "share" else ""
    return f"{_sign(change)}{_with_currency(text, metric, currency)}{points}"


def relative(before: Fraction, now: Fraction) -> str:
    """`+3.1%`; empty where there was nothing, or nothing has changed."""
    if before == 0 or now == before:
        return ""
    change = (now - before) / abs(before)
    return f"{_sign(change)}{_decimal(abs(change) * 100, 1)}%"


def _with_currency(text: str, metric: Metric, currency: str | None) -> str:
    if metric.kind != "amount" or not currency:
        return text
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{_MINUS}{symbol}{text[1:]}" if text.startswith(_MINUS) else symbol + text


def _sign(value: Fraction) -> str:
    return "+" if value > 0 else _MINUS if value < 0 else ""


def _decimal(value: Fraction, digits: int) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    text = f"{exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP):,}"
    return text.replace("-", _MINUS) if text.strip("-0.,") else text.lstrip("-")
