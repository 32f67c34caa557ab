"""XML callbacks: what WeCom and 公众号 post to a server, one `<xml>` element each, as plain objects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN, typed_errors
from community_metrics.sources.envelopes.byte_streams import FileSource, GzipSource

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_XML_BYTES = 16 * 2**20
"""A callback has a few kilobytes; a file may hold some thousand of them."""

MAX_DEPTH = 32

_GZIP = b"\x1f\x8b"
_START = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:xml[\s>]|!DOCTYPE\s+xml\b)")
_BETWEEN = re.compile(rb"(?<=</xml>)\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?=<xml[\s>])")
# What the parser says of a document that ends before its root does.
_EARLY_ENDS = ("no element found", "unclosed token", "unclosed CDATA section", "partial character")


def is_xml_callback(head: bytes) -> bool:
    """Whether a file that begins so holds callbacks: their root is always `xml`."""
    return _START.match(head) is not None


def load_xml_documents(path: Path, limits: Limits, original_name: str | None = None) -> list[Any]:
    """The callbacks of a file (optionally gzipped), in order. Raises `InputError` as `parse_xml_documents` does."""
    where = original_name or path.name
    with typed_errors(where):
        file = FileSource(path, where)
        source = GzipSource(file, limits, where) if file.read_head(2) == _GZIP else file
        return parse_xml_documents(source.read_all(min(MAX_XML_BYTES, limits.max_file_bytes)), where)


def parse_xml_documents(content: bytes, where: str) -> list[Any]:
    """Each root element as an object: child -> text, object, or list where a name stands several times. Attributes are not read.

    Nothing that a document declares is followed: a DTD, an entity or a reference to elsewhere refuses it. Raises `InputError`:
    unreadable_envelope, truncated.

    >>> parse_xml_documents(b"<xml><A>1</A><B><Item>x</Item><Item>y</Item></B></xml>", "callback")
    [{'A': '1', 'B': {'Item': ['x', 'y']}}]
    """
    return [_document(part, where) for part in _BETWEEN.split(content.strip())]


def _document(content: bytes, where: str) -> Any:
    with typed_errors(where):
        try:
            root = fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        except DefusedXmlException as error:
            raise InputError(
                "unreadable_envelope", f"the document declares what no callback does: {error}"[:300], where, EXPORT_AGAIN
            ) from error
        except ParseError as error:
            if str(error).startswith(_EARLY_ENDS):
                raise InputError("truncated", f"the document ends early ({error})", where, EXPORT_AGAIN) from error
            raise InputError("unreadable_envelope", f"no valid XML: {error}", where, EXPORT_AGAIN) from error
        return _value(root, where, MAX_DEPTH)


def _value(element: Element, where: str, depth: int) -> Any:
    if not len(element):
        return (element.text or "").strip()
    if depth == 0:
        raise InputError("unreadable_envelope", f"the document is nested more than {MAX_DEPTH} deep", where, EXPORT_AGAIN)
    values: dict[str, Any] = {}
    repeated: set[str] = set()
    for child in element:
        value = _value(child, where, depth - 1)
        if child.tag in repeated:
            values[child.tag].append(value)
        elif child.tag in values:
            repeated.add(child.tag)
            values[child.tag] = [values[child.tag], value]
        else:
            values[child.tag] = value
    return values
