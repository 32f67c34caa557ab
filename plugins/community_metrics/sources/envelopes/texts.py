"""Telling the kinds of text apart: XML callbacks, HTML, JSON, JSON Lines, CSV."""

from __future__ import annotations

import re

from community_metrics.errors import InputError
from community_metrics.settings import Limits
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN
from community_metrics.sources.envelopes.byte_streams import ByteSource
from community_metrics.sources.envelopes.delimited import DelimitedTable
from community_metrics.sources.envelopes.encodings import SAMPLE, detect_encoding, read_text_head
from community_metrics.sources.envelopes.json_array import open_json_array
from community_metrics.sources.envelopes.json_lines import JsonLinesTable
from community_metrics.sources.envelopes.json_text import PLAIN_DECODER
from community_metrics.sources.envelopes.markup import open_html
from community_metrics.sources.envelopes.model import Envelope
from community_metrics.sources.envelopes.xml_documents import is_xml_callback

_HTML = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|meta|body|table|style|div|\?xml|!--)", re.IGNORECASE)
_HTML_WIDE = re.compile(r"\s*<(?:!doctype\s+html|html|head|meta|body|table|style|div|\?xml|!--)", re.IGNORECASE)
_SPREADSHEET_XML = re.compile(rb"<(?:\w+:)?Workbook[\s>]")
_DOCUMENT = re.compile(r"""\s*(?:\{\s*["}]|\[\s*[\[{"\]\dtfn-])""")

_ARRAY = re.compile(r"\s*\[\s*\{")


def open_text(source: ByteSource, limits: Limits) -> Envelope:
    """Open a file of text. Raises `InputError`, see `open_tables`."""
    head = source.read_head(SAMPLE)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise InputError("empty_file", "nothing but white space", source.name, EXPORT_AGAIN)
    if is_xml_callback(head):
        return Envelope("xml", [])
    if _HTML.match(head):
        if _SPREADSHEET_XML.search(head[:4096]):
            raise InputError("unreadable_envelope", "an XML spreadsheet of 2003", source.name, "save it as xlsx or CSV")
        return open_html(source, limits)
    narrow = head.decode("utf-8-sig", "ignore")
    if _DOCUMENT.match(narrow) and _json_kind(narrow, is_all=len(head) < SAMPLE) == "document":
        # Its encoding is for the loader, which mends the stray bytes that some exports contain.
        return Envelope("json", open_json_array(source, limits) if _ARRAY.match(narrow) else [])
    encoding = detect_encoding(source)
    text, is_all = read_text_head(source, encoding)
    if encoding.startswith("utf-16") and _HTML_WIDE.match(text):
        return open_html(source, limits)
    if _DOCUMENT.match(text):
        kind = _json_kind(text, is_all)
        if kind == "document":
            return Envelope("json", open_json_array(source, limits) if _ARRAY.match(text) else [], encoding=encoding)
        table = JsonLinesTable(source, encoding, limits)
        if kind == "lines":
            table.look()
        return Envelope("jsonl" if kind == "lines" else "json", [table], encoding=encoding)
    return Envelope("csv", [DelimitedTable(source, encoding, limits)], encoding=encoding)


def _json_kind(text: str, is_all: bool) -> str:
    """`lines` (objects, one a line), `document`, or `either`: one object on the only line."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not is_all and len(lines) > 1:
        lines.pop()
    try:
        is_object = isinstance(PLAIN_DECODER.decode(lines[0]), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        return "document"
    return "lines" if len(lines) > 1 or not is_all else "either"
