"""JSON documents of any size, in bounded memory: the containers are walked, and what stands in them is decoded one by one.

The values are decoded by the scanner of the standard library, as a whole document is (`load_json_document`): numbers stay
text, and a value that only the defects of Telegram's exports have broken is mended alone, where it stands. Nothing is read twice,
so that nothing is delivered twice.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN, typed_errors
from community_metrics.sources.envelopes.byte_streams import ByteSource, FileSource, GzipSource
from community_metrics.sources.envelopes.encodings import Utf8Stream
from community_metrics.sources.envelopes.json_text import MARKING_DECODER, PLAIN_DECODER, json_text, mend_bytes, mend_text

Place = tuple[str | int, ...]
"""Where a value stands: keys of objects and indexes of arrays, from the root on."""

Treatment = Literal["enter", "take", "skip"]
"""What is done with a container: its members one by one, the whole as one value, or neither. Other values are taken unless skipped."""

Route = Callable[[Place], Treatment]

DROPPED: Any = object()
"""In place of a value that is left out of a copy."""

HEAD_BYTES = 2**20
_READ_BYTES = 2**20
_GZIP = b"\x1f\x8b"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SPACE = re.compile(r"[ \t\r\n]*")
_DEEPEST_SKIP = 8


def walk_json(source: ByteSource, limits: Limits, route: Route, decoder: json.JSONDecoder = PLAIN_DECODER) -> Iterator[tuple[Place, Any]]:
    """The values of a document that `route` takes, in the order of the file, each with its place.

    Raises `InputError`, at the latest when the end has been read: empty_file, truncated, unknown_encoding,
    unreadable_envelope, and too_large for a value of more than `limits.max_json_value_bytes`.
    """
    with typed_errors(source.name), _Window(source, limits.max_json_value_bytes, decoder) as window:
        yield from _walk(window, route, ())
        window.finish()


def iter_json_items(source: ByteSource, limits: Limits, prefix: tuple[str, ...] = ()) -> Iterator[Any]:
    """The elements of the array at `prefix` (the root by default), one by one; a value that is no array is the only element.

    What stands elsewhere is passed over. Raises as `walk_json`.
    """
    depth = len(prefix)
    with typed_errors(source.name), _Window(source, limits.max_json_value_bytes, PLAIN_DECODER) as window:

        def route(place: Place) -> Treatment:
            if place != prefix[: len(place)]:
                return "take" if place[:depth] == prefix else "skip"
            return "enter" if len(place) < depth or window.peek() == "[" else "take"

        for place, value in _walk(window, route, ()):
            if place[:depth] == prefix:
                yield value
        window.finish()


def copy_json(source: ByteSource, limits: Limits, enter: Callable[[Place], bool], change: Callable[[Place, Any], Any]) -> Iterator[str]:
    """The document again, in pieces of text: each value that is not entered as `change` makes it, or left out where that is `DROPPED`.

    Numbers are `bytes` (`MARKING_DECODER`) and stay as they were written. Raises as `walk_json`.
    """
    with typed_errors(source.name), _Window(source, limits.max_json_value_bytes, MARKING_DECODER) as window:
        yield from _copy(window, enter, change, ())
        window.finish()


def outline(source: ByteSource, limits: Limits) -> dict[str, Any]:
    """The members of the object at the root that begin in the first MiB, to tell what a document is.

    Of an array at most its first elements are there; an empty container is []. Empty for any other document; never raises for
    its content.
    """
    members: dict[str, Any] = {}
    empty: dict[str, Any] = {}

    def route(place: Place) -> Treatment:
        if len(place) == 1 and isinstance(place[0], str):
            empty[place[0]] = []
        return "enter" if len(place) < 2 else "take"

    try:
        for place, value in walk_json(HeadSource(source), limits, route):
            if not place or not isinstance(place[0], str):
                break
            if len(place) == 1:
                members[place[0]] = value
            elif isinstance(place[1], str):
                members.setdefault(place[0], {})[place[1]] = value
            else:
                members.setdefault(place[0], []).append(value)
    except InputError:
        pass
    return {**empty, **members}


def json_source(path: Path, limits: Limits, name: str) -> ByteSource:
    """The bytes of a document that may be gzipped."""
    file = FileSource(path, name)
    return GzipSource(file, limits, name) if file.read_head(2) == _GZIP else file


def _walk(window: _Window, route: Route, place: Place) -> Iterator[tuple[Place, Any]]:
    is_container = window.peek() in ("{", "[")
    treatment = route(place)
    if treatment == "skip":
        _skip(window, 0)
    elif treatment == "take" or not is_container:
        yield place, window.value()
    else:
        for step in window.members():
            yield from _walk(window, route, (*place, step))


def _copy(window: _Window, enter: Callable[[Place], bool], change: Callable[[Place, Any], Any], place: Place) -> Iterator[str]:
    opening = window.peek()
    if opening not in ("{", "[") or not enter(place):
        value = change(place, window.value())
        if value is not DROPPED:
            yield json_text(value)
        return
    yield opening
    comma = ""
    for step in window.members():
        pieces = _copy(window, enter, change, (*place, step))
        first = next(pieces, None)
        if first is not None:
            yield f"{comma}{json_text(step)}:{first}" if opening == "{" else f"{comma}{first}"
            yield from pieces
            comma = ",\n"
    yield "}" if opening == "{" else "]"


def _skip(window: _Window, depth: int) -> None:
    """Pass over a container in pieces, since it may be larger than memory; what is nested deeply is small."""
    if depth < _DEEPEST_SKIP and window.peek() in ("{", "["):
        for _ in window.members():
            _skip(window, depth + 1)
    else:
        window.value()


class _Window:
    """The stretch of the document's text that is being decoded."""

    def __init__(self, source: ByteSource, most: int, decoder: json.JSONDecoder) -> None:
        head = source.read_head(3)
        encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
        self._name = source.name
        self._stream = Utf8Stream(source, encoding)
        self._most = most
        self._decode = decoder.raw_decode
        self._text = ""
        self._at = 0
        self._held = b""
        self._is_all = False
        self._is_blank = True
        self._bytes_before = 0
        self._lines_before = 0

    def __enter__(self) -> _Window:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def members(self) -> Iterator[str | int]:
        """Stand before each member of a container in turn: its key or index. The caller reads the member before the next step."""
        closing = "}" if self.peek() == "{" else "]"
        self._at += 1
        index = 0
        if self.peek() == closing:
            self._at += 1
            return
        while True:
            if closing == "}":
                if self.peek() != '"':
                    raise self._damage("a key must stand in double quotes")
                yield self._key()
            else:
                yield index
                index += 1
            mark = self.peek()
            self._at += 1
            if mark == closing:
                return
            if mark != ",":
                self._at -= 1
                raise self._damage(f"a comma or {closing} must stand here")

    def _key(self) -> str:
        key: str = self.value()
        if self.peek() != ":":
            raise self._damage("a colon must stand behind a key")
        self._at += 1
        return key

    def peek(self) -> str:
        """The next character that is no white space. Raises `InputError` truncated, empty_file at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            assert match is not None  # it matches the empty string
            self._at = match.end()
            if self._at < len(self._text):
                self._is_blank = False
                return self._text[self._at]
            if not self._more():
                if self._is_blank:
                    raise InputError("empty_file", "the document is empty", self._name, EXPORT_AGAIN)
                raise self._end()

    def value(self) -> Any:
        """The value that begins here, whole."""
        self.peek()
        is_mended = False
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._may_be_cut(error) and self._more():
                    is_mended = False
                elif not is_mended:
                    # Only what is broken is mended: the defects' patterns may be honest text elsewhere.
                    self._text, is_mended = self._text[: self._at] + mend_text(self._text[self._at :]), True
                elif self._more():
                    is_mended = False
                else:
                    raise self._failure(error) from error
            except ValueError as error:
                raise self._damage(str(error)) from error
            except RecursionError as error:
                raise InputError("unreadable_envelope", "the document is nested too deeply", self._name, EXPORT_AGAIN) from error
            else:
                if end < len(self._text) or not self._more():
                    self._at = end
                    return value

    def finish(self) -> None:
        """Raise `InputError` when anything but white space is left."""
        while True:
            match = _SPACE.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._text):
                raise self._damage("something stands behind the end")
            if not self._more():
                return

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        return not self._is_all and (error.pos >= len(self._text) or error.msg.startswith("Unterminated string"))

    def _more(self) -> bool:
        """Whether there was more text. What has been passed is let go, so that positions change."""
        waiting = len(self._text) - self._at
        if self._is_all or waiting > self._most:
            return False
        chunk = self._stream.read(max(_READ_BYTES, waiting, len(self._held)))
        self._is_all = not chunk
        data = self._held + chunk
        # A piece ends with a comma: no character and none of the known defects has one inside.
        cut = len(data) if self._is_all else data.rfind(b",") + 1
        self._held = data[cut:]
        if not self._is_all and len(self._held) > self._most:
            raise self._too_large()
        text = self._decoded(data[:cut])
        self._bytes_before += cut
        self._lines_before += self._text.count("\n", 0, self._at)
        self._text, self._at = self._text[self._at :] + text, 0
        return bool(cut) or not self._is_all

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as first:
            try:
                return mend_bytes(data).decode()
            except UnicodeDecodeError:
                if self._is_all and first.end >= len(data) and first.reason == "unexpected end of data":
                    raise InputError("truncated", "the document ends within a character", self._name, EXPORT_AGAIN) from first
                offset = self._bytes_before + first.start
                raise InputError("unknown_encoding", f"byte {offset} is no UTF-8", self._name, "save it as UTF-8") from first

    def _failure(self, error: json.JSONDecodeError) -> InputError:
        if error.pos >= len(self._text.rstrip()) or error.msg.startswith("Unterminated string"):
            return self._end() if self._is_all else self._too_large()
        self._at = error.pos
        return self._damage(error.msg)

    def _end(self) -> InputError:
        self._at = len(self._text)
        return InputError("truncated", f"the document ends early (line {self._line})", self._name, EXPORT_AGAIN)

    def _damage(self, what: str) -> InputError:
        return InputError("unreadable_envelope", f"no valid JSON: {what} (line {self._line})", self._name, EXPORT_AGAIN)

    def _too_large(self) -> InputError:
        return InputError(
            "too_large",
            f"a value of more than {self._most} bytes (line {self._line})",
            self._name,
            "raise limits.max_json_value_bytes if that is right",
        )

    @property
    def _line(self) -> int:
        return self._lines_before + self._text.count("\n", 0, self._at) + 1


class HeadSource(ByteSource):
    """The first MiB of a source."""

    def __init__(self, source: ByteSource) -> None:
        self.name = source.name
        self._source = source

    def open(self) -> BinaryIO:
        return io.BytesIO(self._source.read_head(HEAD_BYTES))
