"""What spreadsheets and exports wrap around a value: guards, white space, full-width characters."""

from __future__ import annotations

import re

from community_metrics.sources.grammar.model import ValueProblem

# Full-width forms of ASCII, the minus signs that are no ASCII hyphen, and spaces that are none.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x2212: "-",
    0xFE63: "-",
    0x3000: " ",
    0x00A0: " ",
    0x202F: " ",
    0x2009: " ",
}
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
BLANKS = " \t\r\n\f\v\u00a0\u3000" + _INVISIBLE
"""White space of a cell's ends, with the invisible characters that copying leaves there."""

_EXCEL_GUARD = re.compile(r'="(.*)"', re.DOTALL)
# What a spreadsheet leaves of a long id: 4.78132E+18, 4.781320682406084E18, and 4781320682406083584.0.
_ROUNDED_ID = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+|[0-9]\.[0-9]+[eE][0-9]+|[0-9]{16,}\.0+")


def tidy_text(text: str) -> str:
    """Free text without ``="..."``, the bill's leading back-tick and white space around.

    >>> tidy_text('="4781"'), tidy_text("`商品 "), tidy_text("`a` or `b`")
    ('4781', '商品', '`a` or `b`')
    """
    text = text.strip(BLANKS)
    if text.startswith('="') and (guarded := _EXCEL_GUARD.fullmatch(text)):
        text = guarded[1].strip(BLANKS)
    if text.startswith("`") and "`" not in text[1:]:
        text = text[1:].strip(BLANKS)
    return text


def tidy_token(text: str) -> str:
    """An id, number or date without any guard: ``="..."``, leading ``'`` or back-tick, surrounding double quotes.

    >>> tidy_token("'0012"), tidy_token('"4781"'), tidy_token('="1,234"')
    ('0012', '4781', '1,234')
    """
    text = tidy_text(text)
    if text[:1] in ("'", "`"):
        text = text[1:].strip(BLANKS)
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].strip(BLANKS)
    return text


def half_width(text: str) -> str:
    """Full-width digits, letters, punctuation and minus signs as ASCII.

    >>> half_width("－１２．５％")
    '-12.5%'
    """
    return text if text.isascii() else text.translate(_HALF_WIDTH)


def check_id(text: str) -> str:
    """The id itself. Raises `ValueProblem` too_precise_id where digits are lost for good."""
    if _ROUNDED_ID.fullmatch(text):
        raise ValueProblem("too_precise_id", text)
    return text
