"""What a column is declared to be, and what came of its values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pyarrow as pa

ColumnKind = Literal["text", "id", "integer", "decimal", "fraction", "seconds", "amount", "boolean", "json", "date", "instant"]

DEFAULT_NULL_TOKENS = frozenset(
    {"", "-", "--", "—", "——", "/", "N/A", "n/a", "NA", "null", "NULL", "None", "none", "NaN", "nan", "\\N", "#N/A"}
)
"""What exports write for "not available". Never zero. Compared after guards and white space are taken off."""

TEXT_NULL_TOKENS = frozenset({""})
"""For text and ids a dash may be a value: only the empty cell is null unless the column says otherwise."""


@dataclass(frozen=True)
class ColumnType:
    """The declared meaning of a column. Units are declared, never guessed from a value.

    kind       | canonical text                         | units of the file (`unit`), the first is the default
    `text`     | the text, white space and guards off   |
    `id`       | the text, guards, back-ticks off       |
    `integer`  | `-?[0-9]+`                             |
    `decimal`  | plain decimal, no exponent             |
    `fraction` | plain decimal, 0.123                   | fraction, percent (a value with its own % sign is percent)
    `seconds`  | plain decimal, seconds                 | seconds, minutes, milliseconds (a value may carry its own unit)
    `amount`   | plain decimal, main unit (yuan)        | yuan, fen
    `boolean`  | true, false                            |
    `json`     | the JSON text                          |
    `date`     | YYYY-MM-DD                             |
    `instant`  | YYYY-MM-DDTHH:MM:SS.ffffffZ            | (none), unix_seconds, unix_milliseconds

    `zone`: IANA name, meaning of an instant without offset. `formats`: extra `strptime` formats of dates and instants.
    `null_tokens`: None = the kind's default. `minimum`, `maximum`: inclusive, in the canonical unit.
    """

    kind: ColumnKind
    unit: str | None = None
    zone: str = "UTC"
    formats: tuple[str, ...] = ()
    null_tokens: frozenset[str] | None = None
    allow_negative: bool = True
    minimum: Decimal | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True)
class Normalised:
    """The outcome for one column; all three arrays are as long as the input.

    `values`: string, canonical text; null where the input was null, a null token, or wrong.
    `reasons`: string; null where nothing is wrong, else not_a_number, not_an_integer, negative, out_of_range, not_a_date,
    implausible_date, not_a_boolean, not_json, too_precise_id (an id that a spreadsheet has rounded).
    `rounded`: boolean, true where the file itself shows a rounded figure (1.2万, 1万+).
    """

    values: pa.StringArray
    reasons: pa.StringArray
    rounded: pa.BooleanArray
