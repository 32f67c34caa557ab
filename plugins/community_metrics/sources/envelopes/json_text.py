"""JSON whose numbers stay the text that they are in the file."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any


class NumberText(str):
    """A JSON number as written: an id keeps all its digits, an amount its zeros."""

    __slots__ = ()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


PLAIN_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)
"""Numbers become `str`."""

_NUMBER_DECODER = json.JSONDecoder(parse_int=NumberText, parse_float=NumberText, parse_constant=_refuse_constant)


def parse_object(line: str) -> dict[str, Any]:
    """One JSON object; numbers are `NumberText`. Raises `ValueError`, or `RecursionError` for bottomless nesting."""
    value = _NUMBER_DECODER.decode(line)
    if not isinstance(value, dict):
        raise ValueError("the line is no JSON object")
    return value


def scalar_text(value: Any) -> str | None:
    """A value of `parse_object` as text of a cell: nested ones as JSON with their numbers as written.

    >>> scalar_text(parse_object('{"a": [1.10, null, "x"]}')["a"])
    '[1.10,null,"x"]'
    """
    if value is None or type(value) is str or type(value) is NumberText:
        return value
    return _json_text(value)


def _json_text(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case NumberText():
            return str(value)
        case str():
            return encode_basestring(value)
        case dict():
            return "{" + ",".join(f"{encode_basestring(key)}:{_json_text(item)}" for key, item in value.items()) + "}"
        case _:
            return "[" + ",".join(_json_text(item) for item in value) + "]"
