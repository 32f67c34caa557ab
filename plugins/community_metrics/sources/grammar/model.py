"""What a column is declared to be, and what came of its values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa

ColumnKind = Literal["text", "id", "integer", "decimal", "fraction", "seconds", "amount", "boolean", "json", "date", "instant"]

NUMERIC_KINDS = ("integer", "decimal", "fraction", "seconds", "amount")
"""The kinds whose canonical text is a number."""

DEFAULT_NULL_TOKENS = frozenset(
    {"", "-", "--", "—", "——", "/", "N/A", "n/a", "NA", "#N/A", "null", "NULL", "Null", "None", "none", "NaN", "nan", "\\N"}
)
"""What exports write for "not available". Never zero. Compared after guards and white space are taken off."""

TEXT_NULL_TOKENS = frozenset({""})
"""In free text a dash may be the value itself: only the empty cell is null unless the column says otherwise."""

_UNITS: dict[str, tuple[str, ...]] = {
    "fraction": ("fraction", "percent"),
    "seconds": ("seconds", "minutes", "milliseconds"),
    "amount": ("yuan", "fen"),
    "date": ("unix_seconds", "unix_milliseconds"),
    "instant": ("unix_seconds", "unix_milliseconds"),
}


class ValueProblem(ValueError):
    """A value does not fit its column. `reason` is the code that stands in the quarantine."""

    def __init__(self, reason: str, text: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {text[:80]!r}")


@dataclass(frozen=True)
class ColumnType:
    """The declared meaning of a column. Units are declared, never guessed from a value.

    =========== ====================================== =====================================================================
    kind        canonical text                         `unit` of the file (the first is the default)
    =========== ====================================== =====================================================================
    `text`      the text, guards and white space off
    `id`        the same; never read as a number
    `integer`   plain whole number
    `decimal`   plain decimal, no exponent
    `fraction`  plain decimal: 12.3% is 0.123          fraction, percent (a value with its own % sign is percent)
    `seconds`   plain decimal: 1分20秒 is 80           seconds, minutes, milliseconds (a value with its own unit goes by that)
    `amount`    plain decimal in the main unit         yuan (the main unit of any currency), fen (hundredths)
    `boolean`   true, false
    `json`      the JSON text
    `date`      YYYY-MM-DD                             none: a date; unix_seconds, unix_milliseconds: its date in `zone`
    `instant`   YYYY-MM-DDTHH:MM:SS.ffffffZ            none: a date and time; unix_seconds, unix_milliseconds: only these
    =========== ====================================== =====================================================================

    Plain decimals have no superfluous zeros, so that equal numbers have equal text.
    `zone`: IANA name; the meaning of an instant that has no offset, and the zone whose date a `date` column takes from an instant.
    `formats`: `strptime` formats of this column, tried before the general grammar.
    `null_tokens`: None is the default of the kind. `minimum`, `maximum`: inclusive, numbers only, in the canonical unit.
    Raises `ValueError` when the parts do not fit.
    """

    kind: ColumnKind
    unit: str | None = None
    zone: str = "UTC"
    formats: tuple[str, ...] = ()
    null_tokens: frozenset[str] | None = None
    allow_negative: bool = True
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(ColumnKind):
            raise ValueError(f"unknown kind of column {self.kind!r}; known: {', '.join(get_args(ColumnKind))}")
        units = _UNITS.get(self.kind, ())
        if self.unit is not None and self.unit not in units:
            raise ValueError(f"a column of kind {self.kind} has no unit {self.unit!r}; known: {', '.join(units) or 'none'}")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"unknown time zone {self.zone!r}") from error

    @property
    def effective_null_tokens(self) -> frozenset[str]:
        if self.null_tokens is not None:
            return self.null_tokens
        return TEXT_NULL_TOKENS if self.kind == "text" else DEFAULT_NULL_TOKENS

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC_KINDS


@dataclass(frozen=True)
class Normalised:
    """The outcome for one column; all three arrays are as long as the input.

    `values`: string, canonical text; null where the input was null, a null token, or wrong.
    `reasons`: string; null where nothing is wrong, else not_a_number, not_an_integer, not_a_duration, negative, out_of_range,
    unit_conflict (¥1.20 in a column of fen), not_a_date, implausible_date (outside 2000 to 2100), not_a_boolean, not_json,
    too_precise_id (an id that a spreadsheet has rounded).
    `rounded`: boolean, never null; true where the file itself shows a rounded figure (1.2万, 1万+).
    """

    values: pa.StringArray
    reasons: pa.StringArray
    rounded: pa.BooleanArray
