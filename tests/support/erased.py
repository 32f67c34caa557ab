"""Everything that a home holds as bytes that can be searched: archives unpacked, Parquet and DuckDB decoded."""

from __future__ import annotations

import gzip
import io
import re
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from community_metrics.lake.erasing import Kept, keep_out
from community_metrics.lake.ingest import Workshop
from community_metrics.lake.naming import erasure_key
from community_metrics.lake.persons import contexts_in_lake, hashes_of, id_kinds
from community_metrics.landing.erasures import ErasureLedger
from community_metrics.settings import Settings

Piece = tuple[str, bytes]


def erase_from_landing(settings: Settings, platform: str, *members: str) -> Kept:
    """What `erase` does between landing and lake, without warehouse and gate, for several people at once."""
    with ErasureLedger(settings.ledger_path) as ledger, Workshop(settings) as workshop:
        accounts, kinds = contexts_in_lake(settings, workshop.connection, platform)
        accounts, kinds = {*accounts, *ledger.accounts()}, {*kinds, *id_kinds(workshop.templates)}
        hashes = frozenset().union(*(hashes_of(erasure_key(settings), platform, member, accounts, kinds) for member in members))
        ledger.begin_erasure("an officer", "asked for it", "hash", hashes)
        return keep_out(settings, ledger, workshop, frozenset(members))


def pieces(folder: Path, skip: Iterable[str] = ()) -> Iterator[Piece]:
    """(where, content) of every file below the folder, with what is packed inside it."""
    skipped = [folder / name for name in skip]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(path.is_relative_to(one) for one in skipped):
            yield from _unpacked(str(path.relative_to(folder)), path.read_bytes(), path)


def found_in(folder: Path, words: Iterable[str], skip: Iterable[str] = ()) -> list[tuple[str, str]]:
    """(word, where) of every word that stands anywhere below the folder."""
    encodings = [(word, _forms(word)) for word in words]
    return [(word, where) for where, content in pieces(folder, skip) for word, forms in encodings if any(form in content for form in forms)]


def _forms(word: str) -> set[bytes]:
    """How a word may stand in a file: texts in three encodings; of a keyed hash also what a table of the warehouse holds and shows."""
    forms = {word.encode(), word.encode("gb18030"), word.encode("utf-16-le")}
    if re.fullmatch("[0-9a-f]{32}", word):
        number = uuid.UUID(word)
        # DuckDB turns the highest bit, so that signed numbers are in the order of their texts.
        forms |= {str(number).encode(), number.bytes, (number.int ^ (1 << 127)).to_bytes(16, "little")}
    return forms


def _unpacked(where: str, content: bytes, path: Path | None = None) -> Iterator[Piece]:
    yield where, content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from _unpacked(f"{where}:{name}", archive.read(name))
    elif content.startswith(b"\x1f\x8b"):
        yield from _unpacked(f"{where}:gzip", gzip.decompress(content))
    elif content.startswith(b"PAR1"):
        with pq.ParquetFile(io.BytesIO(content)) as file:
            yield f"{where}:rows", repr(file.read().to_pylist()).encode("utf-8", "replace")
            yield f"{where}:metadata", repr(file.metadata.metadata).encode()
    elif content[8:12] == b"DUCK" and path is not None:
        yield f"{where}:tables", "\n".join(_tables(path)).encode("utf-8", "replace")


def _tables(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            yield from (repr(row) for row in connection.execute(f'select * from "{schema}"."{table}"').fetchall())
