"""The keyed hashes under which one id of a person may stand in the lake."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from community_metrics.lake.pseudonyms import Pseudonymiser
from community_metrics.lake.repeating import constant
from community_metrics.settings import Settings
from community_metrics.sources.readers.chat_records import NATIVE
from community_metrics.sources.registry import load_streams
from community_metrics.sources.template_files import Templates

_OF_READERS = ("user", "bot")
"""Kinds that the Slack reader gives itself."""


def id_kinds(templates: Templates) -> list[str]:
    """Every kind of id that the registry, a template or a reader knows."""
    found = {NATIVE, *_OF_READERS}
    for stream in load_streams():
        found |= {column.namespace.kind for column in stream.columns if column.namespace and not column.namespace.kind.startswith("$")}
    for template in templates.values():
        found |= {template.constants["id_kind"]} if "id_kind" in template.constants else set()
        for part in template.streams:
            for column in part.columns:
                if column.name == "id_kind":
                    found |= {value for value in (column.constant, *column.values.values()) if value}
    return sorted(found)


def contexts_in_lake(settings: Settings, connection: duckdb.DuckDBPyConnection, platform: str) -> tuple[set[str], set[str]]:
    """The accounts and kinds of id under which rows of the platform stand in the lake: files name them row by row."""
    accounts: set[str] = set()
    kinds: set[str] = set()
    for stream in load_streams():
        names = {column.name for column in stream.stored_columns}
        if not any(column.namespace for column in stream.columns) or "platform" not in names:
            continue
        kind = "id_kind" if "id_kind" in names else "cast(null as varchar)"
        files = str(settings.lake / stream.source / stream.name / "**" / "*.parquet")
        query = f"select distinct account_id, {kind} from read_parquet($1, hive_partitioning = false) where platform = $2"
        for account, of_row in connection.execute(query, [files, platform]).fetchall():
            accounts.add(account or "")
            kinds |= {of_row} if of_row else set()
    return accounts, kinds


def hashes_of(key: bytes, platform: str, member: str, accounts: Iterable[str], kinds: Iterable[str]) -> frozenset[str]:
    """Of one id on one platform, for each of the accounts and kinds, also where an id is unique beyond the account."""
    contexts = [(platform, account, kind) for account in {*accounts, ""} for kind in kinds]
    contexts += [("", "", kind) for kind in kinds]
    platforms, of_accounts, of_kinds = (pa.array(list(values), pa.string()) for values in zip(*contexts, strict=True))
    hashed = Pseudonymiser(key).hash_ids(platforms, of_accounts, of_kinds, constant(member, len(contexts)))
    return frozenset(hashed.dictionary_decode().to_pylist())
