"""Short cuts for whole columns: the strictly canonical forms, which are nearly all values of a well-made export.

A short cut takes only values whose outcome by `scalar.interpret` it knows exactly; it leaves all others alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from community_metrics.sources.grammar import columns_of_bytes
from community_metrics.sources.grammar.instants import EARLIEST, END
from community_metrics.sources.grammar.model import DEFAULT_NULL_TOKENS, TEXT_NULL_TOKENS, ColumnType

_MONTH_DAY = r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
_DAY = rf"20[0-9]{{2}}-{_MONTH_DAY}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_LOCAL = rf"^{_DAY}[T ]{_CLOCK}$"
_WITH_OFFSET = rf"^{_DAY}[T ]{_CLOCK}(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])$"
# What spreadsheets and consoles write instead: 2026/6/1 9:05, 2026年03月24日17时33分05秒, 2026年06月03日 16:41:25.
_LOOSE_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2}))?"
_SPOKEN_DAY = r"(?P<year>20[0-9]{2})年(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日"
_LOOSE_LOCAL = (
    rf"^(?P<year>20[0-9]{{2}})/(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}}) {_LOOSE_CLOCK}$",
    rf"^{_SPOKEN_DAY}(?P<hour>[0-9]{{1,2}})时(?P<minute>[0-9]{{1,2}})分(?P<second>[0-9]{{1,2}})秒$",
    rf"^{_SPOKEN_DAY} {_LOOSE_CLOCK}$",
)
_UNIX = {"unix_seconds": (r"^[0-9]{9,10}$", "s"), "unix_milliseconds": (r"^[0-9]{12,13}$", "ms")}
_INTEGER = r"^(?:0|-?[1-9][0-9]{0,17})$"
_DECIMAL = r"^(?:0|-?[1-9][0-9]{0,17})(?:\.[0-9]{1,12})?$"
# Where bounds are to be compared as floats, fifteen digits are the most that keep their order.
_SHORT_INTEGER = r"^(?:0|-?[1-9][0-9]{0,14})$"
_SHORT_DECIMAL = r"^(?:0|-?[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?$"
_DIGITS = b"0123456789"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_@"
# What begins with a digit may be a number that a spreadsheet rounded, but not without a point or a plus.
_ID = r"^(?:[0-9][A-Za-z0-9_@:|-]*|[A-Za-z_@][A-Za-z0-9_@:.|+-]*)$"
# Neither white space, invisible characters nor guards at the ends (ASCII and CJK only: the rest is looked at one by one).
_TEXT = r"^[!#-&(-<>-_a-~一-龥](?:[ -~一-龥，。！？：；、《》“”]*[!#-_a-~一-龥，。！？：；、《》“”])?$"

_PLAIN_UNITS = (None, "fraction", "seconds", "yuan")


@dataclass(frozen=True)
class ShortCut:
    """`taken`: boolean, no nulls; `values`: string, canonical where taken, null elsewhere. No value taken is wrong or rounded."""

    taken: pa.BooleanArray
    values: pa.StringArray


def short_cut(values: pa.StringArray, column: ColumnType) -> ShortCut:
    """Everything in `values` that has strictly canonical form."""
    rule = _rule(column)
    if rule is None:
        return ShortCut(_none(len(values)), pa.nulls(len(values), pa.string()))
    cut = rule(values, column)
    if column.effective_null_tokens not in (DEFAULT_NULL_TOKENS, TEXT_NULL_TOKENS) or column.kind == "id":
        # A declared null token may look like a value (0, 9999-12-31, none); the default ones look like no number or date.
        return _without_tokens(cut, values, column.effective_null_tokens)
    return cut


def _without_tokens(cut: ShortCut, values: pa.StringArray, tokens: frozenset[str]) -> ShortCut:
    shortest = pc.min(pc.binary_length(values)).as_py()
    if shortest is None or shortest > max((len(token.encode()) for token in tokens), default=0):
        return cut
    return _keep(cut, pc.invert(pc.is_in(values, value_set=pa.array(sorted(tokens), pa.string()))))


def _rule(column: ColumnType) -> Callable[[pa.StringArray, ColumnType], ShortCut] | None:
    if column.is_numeric:
        return _plain_numbers if column.unit in _PLAIN_UNITS else None
    if column.kind == "instant" and not column.formats:
        return _unix_instants if column.unit else _iso_instants
    if column.kind == "date" and not column.formats and column.unit is None:
        return lambda values, _: _unchanged(values, rf"^{_DAY}$")
    if column.kind == "id":
        return _ids
    if column.kind == "text":
        return lambda values, _: _unchanged(values, _TEXT)
    return None


def _plain_numbers(values: pa.StringArray, column: ColumnType) -> ShortCut:
    bounds = [bound for bound in (column.minimum, column.maximum) if bound is not None]
    if any(len(bound.as_tuple().digits) > 15 for bound in bounds):
        return ShortCut(_none(len(values)), pa.nulls(len(values), pa.string()))
    any_size, short = (_INTEGER, _SHORT_INTEGER) if column.kind == "integer" else (_DECIMAL, _SHORT_DECIMAL)
    taken = _matches(values, short if bounds else any_size)
    if not column.allow_negative:
        taken = pc.and_(taken, pc.invert(pc.starts_with(values, "-")))
    if bounds:
        numbers = pc.cast(_where(taken, values), pa.float64())
        taken = pc.and_(taken, _within(numbers, column.minimum, column.maximum))
    taken = pc.fill_null(taken, False)
    kept = _where(taken, values)
    if column.kind != "integer":
        has_fraction = pc.match_substring(kept, ".")
        trimmed = pc.ascii_rtrim(pc.ascii_rtrim(kept, "0"), ".")
        kept = pc.if_else(has_fraction, trimmed, kept)
    return ShortCut(taken, kept)


def _within(numbers: pa.Array, minimum: Decimal | None, maximum: Decimal | None) -> pa.BooleanArray:
    inside = pc.is_valid(numbers)
    if minimum is not None:
        inside = pc.and_(inside, pc.greater_equal(numbers, float(minimum)))
    if maximum is not None:
        inside = pc.and_(inside, pc.less_equal(numbers, float(maximum)))
    return inside


def _ids(values: pa.StringArray, _: ColumnType) -> ShortCut:
    letters_and_digits = _LETTERS + _DIGITS
    is_plain = columns_of_bytes.consists_of(values, letters_and_digits, letters_and_digits + b":|-") or columns_of_bytes.consists_of(
        values, _LETTERS, letters_and_digits + b":.|+-"
    )
    return ShortCut(_all(len(values)), values) if is_plain else _unchanged(values, _ID)


def _iso_instants(values: pa.StringArray, column: ColumnType) -> ShortCut:
    alike = columns_of_bytes.instants(values, column.zone)
    if alike is not None:
        return ShortCut(_all(len(values)), alike)
    aware = _matches(values, _WITH_OFFSET)
    instants = pc.cast(_where(aware, values), pa.timestamp("us", "UTC"))
    if pc.any(pc.invert(aware)).as_py():
        values = _strict_local(values)
        # Arrow's rules of summer time end with the 32-bit clock: from 2038 on it knows winter only.
        local = pc.and_(_matches(values, _LOCAL), pc.fill_null(pc.less(values, "2037"), False))
        try:
            naive = pc.cast(_where(local, values), pa.timestamp("us"))
            localised = pc.assume_timezone(naive, column.zone, ambiguous="earliest", nonexistent="raise")
            instants = pc.coalesce(instants, localised.cast(pa.timestamp("us", "UTC")))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            pass  # a local time that the clocks jumped over, or no zone data for Arrow: one by one then
    return _instants_as_text(instants)


def _strict_local(values: pa.StringArray) -> pa.StringArray:
    """The loose local forms in the strict one; everything else as it is."""
    for pattern in _LOOSE_LOCAL:
        loose = _matches(values, pattern)
        if pc.any(loose).as_py():
            found = pc.extract_regex(values.filter(loose), pattern)
            year, *others = (found.field(part) for part in ("year", "month", "day", "hour", "minute", "second"))
            month, day, hour, minute, second = (pc.ascii_lpad(part, 2, "0") for part in others)
            day_text = pc.binary_join_element_wise(year, month, day, "-")
            strict = pc.binary_join_element_wise(day_text, pc.binary_join_element_wise(hour, minute, second, ":"), " ")
            values = pc.replace_with_mask(values, loose, strict)
    return values


def _unix_instants(values: pa.StringArray, column: ColumnType) -> ShortCut:
    pattern, resolution = _UNIX[column.unit or ""]
    numbers = pc.cast(_where(_matches(values, pattern), values), pa.int64())
    return _instants_as_text(numbers.cast(pa.timestamp(resolution, "UTC")).cast(pa.timestamp("us", "UTC")))


def _instants_as_text(instants: pa.TimestampArray) -> ShortCut:
    """`instants` in UTC, null where the short cut does not apply."""
    earliest, end = (pa.scalar(bound, pa.timestamp("us", "UTC")) for bound in (EARLIEST, END))
    plausible = pc.and_(pc.greater_equal(instants, earliest), pc.less(instants, end))
    taken = pc.fill_null(plausible, False)
    # Arrow writes naive timestamps thirty times faster than aware ones; these are UTC already.
    text = pc.cast(pc.cast(_where(taken, instants), pa.timestamp("us")), pa.string())
    return ShortCut(taken, pc.binary_join_element_wise(_with_letter_t(text), "Z", ""))


def _with_letter_t(text: pa.StringArray) -> pa.StringArray:
    return pc.binary_replace_slice(text.cast(pa.binary()), 10, 11, b"T").cast(pa.string())


def _unchanged(values: pa.StringArray, pattern: str) -> ShortCut:
    taken = _matches(values, pattern)
    return ShortCut(taken, _where(taken, values))


def _matches(values: pa.StringArray, pattern: str) -> pa.BooleanArray:
    return pc.fill_null(pc.match_substring_regex(values, pattern), False)


def _keep(cut: ShortCut, condition: pa.BooleanArray) -> ShortCut:
    taken = pc.and_(cut.taken, condition)
    return ShortCut(taken, _where(taken, cut.values))


def _where(mask: pa.BooleanArray, values: pa.Array) -> pa.Array:
    return pc.if_else(mask, values, pa.scalar(None, values.type))


def _all(length: int) -> pa.BooleanArray:
    return pa.repeat(pa.scalar(True), length)


def _none(length: int) -> pa.BooleanArray:
    return pa.repeat(pa.scalar(False), length)
