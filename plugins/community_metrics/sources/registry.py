"""The sources: what each delivers and as which columns. Read from `registry/*.yml`, one file per source.

Needs nothing but YAML, so that an Airflow DAG file may import it at parse time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml

from community_metrics.errors import SettingsError
from community_metrics.yaml_text import load_yaml

REGISTRY_FOLDER = Path(__file__).with_name("registry")
SNAPSHOT = "snapshot"
"""As `date_column`: the stream has no date of its own, its rows stand on the local date of the file's snapshot."""

TECHNICAL_COLUMNS: Mapping[str, Literal["text", "bigint"]] = MappingProxyType(
    {
        "_file_sha256": "text",
        "_row_no": "bigint",
        "_snapshot_at": "text",
        "_period_date": "text",
        "_account_id": "text",
        "_template": "text",
        "_extra": "text",
    }
)
"""The columns that every lake file has after its stream's own, in this order."""


@dataclass(frozen=True)
class Namespace:
    """Where an identifier is unique.

    `kind`: the id kind, or ``$column`` to take it from the row. `scope`: account (within platform and account), platform
    (within the platform, whatever the account) or global.
    """

    kind: str
    scope: Literal["account", "platform", "global"] = "account"


@dataclass(frozen=True)
class ColumnDefinition:
    """One column of a stream.

    `kind`, `unit`: see `grammar.ColumnType`. `required`: a row without it is quarantined, a file without it rejected.
    `default`: stands for a missing value. `namespace`: the column is an identifier and is stored as a keyed hash.
    `derived`: made by the pipeline, never taken from a file. `stored`: False for what only helps to read the row.
    """

    name: str
    kind: str
    required: bool = False
    unit: str | None = None
    case: Literal["lower", "upper"] | None = None
    allow_negative: bool = True
    default: str | None = None
    namespace: Namespace | None = None
    derived: bool = False
    stored: bool = True


@dataclass(frozen=True)
class StreamDefinition:
    """One table of a source in the lake.

    `replaces`: rows (upsert by `key`) or observation (each snapshot is evidence of its own).
    `date_column`: the column that gives a row its business date, or `SNAPSHOT`.
    `derived_key`: the part of `key` that is made of the row's content where a file lacks it; the column
    ``<derived_key>_is_derived`` then says so. `one_of`: a row needs a value in at least one of these columns.
    `covers`: whether its files say up to when the source is known. Single events that a platform calls back with do not.
    `recognised_by`: of these headers a mapped file has one at least, where the required ones could be anybody's.
    `counts_as`: the source whose days it makes known, if that is not its own: refunds in an order file are refunds.
    """

    source: str
    name: str
    replaces: Literal["rows", "observation"]
    date_column: str
    key: tuple[str, ...]
    columns: tuple[ColumnDefinition, ...]
    derived_key: str | None = None
    one_of: tuple[str, ...] = ()
    covers: bool = True
    recognised_by: tuple[str, ...] = ()
    counts_as: str = ""

    @property
    def known_source(self) -> str:
        """The source whose days are known by its files."""
        return self.counts_as or self.source

    @property
    def stored_columns(self) -> tuple[ColumnDefinition, ...]:
        """The columns of the lake files, without the technical ones."""
        return tuple(column for column in self.columns if column.stored)

    @property
    def lake_columns(self) -> dict[str, Literal["text", "bigint"]]:
        """Name -> type of every column of a lake file, in order."""
        return {**{column.name: "text" for column in self.stored_columns}, **TECHNICAL_COLUMNS}

    def column(self, name: str) -> ColumnDefinition:
        """The definition of one column. Raises `KeyError`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True)
class SourceDefinition:
    """One source: one folder of the inbox, one `ingest_<name>` DAG, one asset.

    `dag_class`: ``now`` (a run takes everything that waits). `required`: a release waits for it (the settings may say so too).
    `mapped`: its files use the project's own column names, no template of a platform.
    """

    name: str
    title_en: str
    title_zh: str
    owner: str
    description: str
    when_red: str
    streams: tuple[StreamDefinition, ...]
    dag_class: Literal["now", "interval"] = "now"
    required: bool = False
    mapped: bool = False

    def stream(self, name: str) -> StreamDefinition:
        """The definition of one stream. Raises `KeyError`."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        raise KeyError(name)


@cache
def load_registry(folder: Path = REGISTRY_FOLDER) -> Mapping[str, SourceDefinition]:
    """All sources by name, sorted. Raises `SettingsError` naming the file and what is wrong in it."""
    sources: dict[str, SourceDefinition] = {}
    for path in sorted(folder.glob("*.yml")):
        source = _read_source(path)
        if source.name != path.stem:
            raise SettingsError(f"the source is called {source.name!r}, its file {path.stem!r}", str(path), "give both the same name")
        sources[source.name] = source
    return MappingProxyType(sources)


def load_streams(folder: Path = REGISTRY_FOLDER) -> list[StreamDefinition]:
    """All streams of all sources, by source name and then in the order of their file."""
    return [stream for source in load_registry(folder).values() for stream in source.streams]


def _read_source(path: Path) -> SourceDefinition:
    try:
        content: Any = load_yaml(path.read_text(encoding="utf-8"))
        streams = tuple(_read_stream(content["name"], stream) for stream in content.pop("streams"))
        title = content.pop("title")
        return SourceDefinition(**content, title_en=title["en"], title_zh=title["zh"], streams=streams)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise SettingsError(f"not a source definition: {error!r}", str(path), "compare with another file of the folder") from error


def _read_stream(source: str, content: Any) -> StreamDefinition:
    columns = []
    for fields in content.pop("columns"):
        namespace = fields.pop("namespace", None)
        columns.append(ColumnDefinition(**fields, namespace=Namespace(**namespace) if namespace else None))
    listed = {name: tuple(content.get(name, ())) for name in ("key", "one_of", "recognised_by")}
    stream = StreamDefinition(source=source, **{**content, **listed}, columns=tuple(columns))
    names = {column.name for column in columns}
    used = {*stream.key, *stream.one_of, *stream.recognised_by, *({stream.date_column} - {SNAPSHOT})}
    used |= {column.namespace.kind[1:] for column in columns if column.namespace and column.namespace.kind.startswith("$")}
    if len(names) < len(columns):
        raise ValueError(f"stream {stream.name}: a column stands twice")
    if used - names:
        raise ValueError(f"stream {stream.name}: no column {', '.join(sorted(used - names))}")
    return stream
