"""Bytes in, tables of text out: whatever the container, encoding and dialect of a landed file."""

from community_metrics.sources.envelopes.archives import Archive, open_archive
from community_metrics.sources.envelopes.documents import load_json_document, parse_json_document
from community_metrics.sources.envelopes.json_stream import iter_json_items, json_source, outline, walk_json
from community_metrics.sources.envelopes.model import (
    DEFAULT_BATCH_ROWS,
    HEAD_ROWS,
    Envelope,
    Kind,
    RawBatch,
    RawTable,
    RowProblem,
    locate_duplicates,
)
from community_metrics.sources.envelopes.opening import open_tables
from community_metrics.sources.envelopes.xml_documents import is_xml_callback, load_xml_documents, parse_xml_documents

__all__ = [
    "DEFAULT_BATCH_ROWS",
    "HEAD_ROWS",
    "Archive",
    "Envelope",
    "Kind",
    "RawBatch",
    "RawTable",
    "RowProblem",
    "is_xml_callback",
    "iter_json_items",
    "json_source",
    "load_json_document",
    "load_xml_documents",
    "locate_duplicates",
    "open_archive",
    "open_tables",
    "outline",
    "parse_json_document",
    "parse_xml_documents",
    "walk_json",
]
