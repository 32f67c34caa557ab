"""The encoding of text: byte order mark, else UTF-8, else GB 18030, never a guess that drops or replaces a byte."""

from __future__ import annotations

import codecs
import io
import unicodedata
from typing import BinaryIO

import pyarrow as pa

from community_metrics.errors import InputError
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN
from community_metrics.sources.envelopes.byte_streams import CHUNK, ByteSource

SAMPLE = 2**20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK_LENGTHS = {"utf-8-sig": 3, "utf-16-le": 2, "utf-16-be": 2}
_LAYOUT = frozenset("\t\n\r\f\v\x1a\x1b")
_REMEDY = "save it as UTF-8 or GB 18030"


def detect_encoding(source: ByteSource) -> str:
    """One of utf-8, utf-8-sig, utf-16-le, utf-16-be, gb18030. Reads the source to its end.

    GB 18030 is checked on the first `SAMPLE` bytes only: what comes later is checked while it is read.
    Raises `InputError`: unknown_encoding with the offset of the offending byte, truncated (the last character is cut).
    """
    head = source.read_head(SAMPLE)
    mark, encoding = next(((mark, encoding) for mark, encoding in _MARKS if head.startswith(mark)), (b"", "utf-8"))
    offset, is_cut = _first_invalid_utf8(source) if encoding.startswith("utf-8") else (None, False)
    if offset is None:
        _refuse_binary(head[len(mark) :].decode(encoding, "ignore"), source.name)
        return encoding
    if mark or _is_chinese_utf8(head[:offset].decode("utf-8", "ignore")):
        if is_cut:
            raise InputError("truncated", f"the last character is cut off at byte {offset}", source.name, EXPORT_AGAIN)
        raise InputError("unknown_encoding", f"UTF-8 until byte {offset}, which is damaged", source.name, EXPORT_AGAIN)
    try:
        text = codecs.getincrementaldecoder("gb18030")("strict").decode(head)
    except UnicodeDecodeError as error:
        message = f"neither UTF-8 (byte {offset}) nor GB 18030 (byte {error.start})"
        raise InputError("unknown_encoding", message, source.name, _REMEDY) from error
    _refuse_binary(text, source.name)
    return "gb18030"


class Utf8Stream(io.RawIOBase):
    """The source as UTF-8 bytes without mark, whatever its encoding.

    `tail`: the last bytes that were read. Reading raises `InputError` unknown_encoding with the byte's offset, or truncated.
    """

    def __init__(self, source: ByteSource, encoding: str) -> None:
        self._name = source.name
        self._stream: BinaryIO = source.open()
        self._stream.read(_MARK_LENGTHS.get(encoding, 0))
        self._fed = _MARK_LENGTHS.get(encoding, 0)
        self._encoding = encoding
        self._decoder = None if encoding.startswith("utf-8") else codecs.getincrementaldecoder(encoding)("strict")
        self._ready = bytearray()
        self._is_done = False
        self.tail = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()

    def read(self, size: int | None = -1) -> bytes:  # type: ignore[override]
        if self._decoder is None:
            data = self._stream.read(-1 if size is None else size)
        else:
            wanted = float("inf") if size is None or size < 0 else size
            while len(self._ready) < wanted and not self._is_done:
                self._ready += self._decode(self._stream.read(CHUNK))
            end = len(self._ready) if wanted == float("inf") else int(wanted)
            data = bytes(self._ready[:end])
            del self._ready[:end]
        if data:
            self.tail = data[-64:] if len(data) >= 64 else (self.tail + data)[-64:]
        return data

    def skip(self, size: int) -> None:
        while size > 0 and (data := self.read(min(size, CHUNK))):
            size -= len(data)

    def _decode(self, chunk: bytes) -> bytes:
        assert self._decoder is not None
        self._is_done = not chunk
        held = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final=self._is_done)
        except UnicodeDecodeError as error:
            offset = self._fed - held + error.start
            if self._is_done:
                raise InputError("truncated", f"the last character is cut off at byte {offset}", self._name, EXPORT_AGAIN) from error
            raise InputError("unknown_encoding", f"byte {offset} is no {self._encoding}", self._name, _REMEDY) from error
        self._fed += len(chunk)
        return text.encode()


def read_text_head(source: ByteSource, encoding: str, size: int = SAMPLE) -> tuple[str, bool]:
    """The text of the first `size` bytes (as UTF-8), and whether that is all there is."""
    with Utf8Stream(source, encoding) as stream:
        head = stream.read(size)
        is_all = not stream.read(1)
    return codecs.getincrementaldecoder("utf-8")("strict").decode(head), is_all


def _first_invalid_utf8(source: ByteSource) -> tuple[int | None, bool]:
    """Offset of the first byte that is no UTF-8 (None: all is), and whether the fault is only the end of the file."""
    offset, held = 0, b""
    with source.open() as stream:
        while True:
            chunk = stream.read(SAMPLE)
            data = held + chunk
            whole = _whole_characters(data) if chunk else len(data)
            if not _is_utf8(data, whole):
                try:
                    data[:whole].decode("utf-8")
                except UnicodeDecodeError as error:
                    return offset + error.start, not chunk and _begins_a_character(data)
            if not chunk:
                return None, False
            offset, held = offset + whole, data[whole:]


def _is_utf8(data: bytes, size: int) -> bool:
    """Arrow checks eight times as fast as Python decodes."""
    offsets = pa.array([0, size], pa.int32()).buffers()[1]
    try:
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _begins_a_character(data: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _whole_characters(data: bytes) -> int:
    """The length of `data` without a character at its end that may go on in what follows."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2
            return len(data) - back if needed > back else len(data)
        if byte < 0x80:
            break
    return len(data)


def _is_chinese_utf8(text: str) -> bool:
    # GBK text is hardly ever valid UTF-8 for long, and if so, as Latin letters with accents, not as Chinese characters.
    chinese = sum("\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef" for character in text)
    return chinese >= 4 and chinese * 2 >= sum(not character.isascii() for character in text)


def _refuse_binary(text: str, name: str) -> None:
    """Random bytes may happen to decode; text has hardly any control characters and no unassigned ones."""
    sample = text[:50_000]
    if "".join(sample.split()).isprintable():
        return
    strange = [
        index
        for index, character in enumerate(sample)
        if (character < " " and character not in _LAYOUT)
        or (character >= "\x7f" and unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs"))
    ]
    if len(strange) * 50 > len(sample):
        raise InputError(
            "unknown_encoding", f"binary data, no text (character {strange[0]})", name, "land the export as the platform wrote it"
        )
