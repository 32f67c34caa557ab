"""JSON whose numbers stay the text that they are in the file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Any

import pyarrow as pa

# Three defects of Telegram's exports: a control character written as \x01; U+2028 and U+2029 escaped, but with two of
# their own bytes left standing; the path of an emoji's file without quotes.
_HEX_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")
_STRAY_BYTES = re.compile(rb"(\\u202[89])\x80[\xa8\xa9]")
_BARE_PATH = re.compile(r'("document_id": )(?![\s"\d{\[])(?!(?:null|true|false)\b)([^"\r\n]*?)(,?)(?=\r?\n)')


def mend_bytes(content: bytes) -> bytes:
    """Without what makes a Telegram export no UTF-8. For content that is none."""
    return _STRAY_BYTES.sub(rb"\1", content)


def mend_text(text: str) -> str:
    """Without what makes a Telegram export no JSON. For text that is none."""
    return _BARE_PATH.sub(r'\1"\2"\3', _HEX_ESCAPE.sub(r"\1\\u00\2", text))


def storable(text: str) -> str:
    """Without halves of characters: JSON may escape half of a surrogate pair, which is no text that can be stored.

    >>> storable("\\ud83d!"), storable("茶")
    ('?!', '茶')
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def text_array(values: Sequence[str | None]) -> pa.StringArray:
    """Texts from JSON as a column."""
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([value if value is None else storable(value) for value in values], pa.string())


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


PLAIN_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)
"""Numbers become `str`."""

# Numbers become `bytes`, which nothing else in JSON is: told from strings without the cost of a class of our own.
MARKING_DECODER = json.JSONDecoder(parse_int=str.encode, parse_float=str.encode, parse_constant=_refuse_constant)


def parse_object(line: str) -> dict[str, str | None]:
    """One JSON object, every value as the text of a cell: numbers as written, nested values as JSON, null as None.

    Raises `ValueError`, or `RecursionError` for bottomless nesting.

    >>> parse_object('{"id": 4781320682406083641, "tags": [1.10, null, "x"], "is_new": true}')
    {'id': '4781320682406083641', 'tags': '[1.10,null,"x"]', 'is_new': 'true'}
    """
    return cells_of(MARKING_DECODER.decode(line))


def cells_of(value: Any) -> dict[str, str | None]:
    """The same for an object that `MARKING_DECODER` has decoded."""
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return {key: item if item is None or type(item) is str else json_text(item) for key, item in value.items()}


def json_text(value: Any) -> str:
    """JSON of a value that `MARKING_DECODER` has decoded, numbers as they were written."""
    match value:
        case bytes():
            return value.decode()
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return encode_basestring(value)
        case dict():
            return "{" + ",".join(f"{encode_basestring(key)}:{json_text(item)}" for key, item in value.items()) + "}"
        case _:
            return "[" + ",".join(json_text(item) for item in value) + "]"
