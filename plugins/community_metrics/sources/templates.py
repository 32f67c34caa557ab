"""How a platform writes a stream: which header is which column, in what unit and format.

Templates stand in `templates/*.yml`. A mapped source needs none: its columns are the headers, see `mapped_template`.
Needs nothing but YAML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml

from community_metrics.errors import SettingsError, UsageError
from community_metrics.sources.registry import SourceDefinition, StreamDefinition, load_registry

TEMPLATE_FOLDER = Path(__file__).with_name("templates")
TOTAL_WORDS = ("合计", "总计", "累计", "汇总", "全部", "total", "grand total")

ReaderName = Literal["table", "wecom_groupchat", "slack_export"]
_IGNORED_IN_HEADERS = re.compile(r"[\s_\-\u200b\ufeff]+")


def header_key(header: str | None) -> str:
    """What makes two headers one: full width, case, spaces, hyphens and underscores do not.

    >>> header_key(" Member ID") == header_key("member_id")
    True
    """
    return _IGNORED_IN_HEADERS.sub("", unicodedata.normalize("NFKC", header or "").casefold())


@dataclass(frozen=True)
class TemplateColumn:
    """How one column of a stream stands in a file.

    `required`: header (the file must have the header), value (each row must have a value too) or None.
    `unit`, `formats`, `null_tokens`: see `grammar.ColumnType`. `ready_after_hours`: a 0 of an item younger than that at the
    snapshot means "not yet known".
    """

    name: str
    headers: tuple[str, ...]
    required: Literal["header", "value"] | None = None
    unit: str | None = None
    formats: tuple[str, ...] = ()
    null_tokens: frozenset[str] | None = None
    ready_after_hours: int | None = None


@dataclass(frozen=True)
class StreamTemplate:
    """One stream of a template: its definition and its columns in the order of the definition."""

    definition: StreamDefinition
    columns: tuple[TemplateColumn, ...]

    @property
    def columns_by_header(self) -> dict[str, TemplateColumn]:
        """`header_key` -> column."""
        return {header_key(header): column for column in self.columns for header in column.headers}


@dataclass(frozen=True)
class Template:
    """One layout of files of a source.

    `signature`: headers of which each must be there for the layout to be recognised without being told the source.
    `constants`: column -> value that the files do not state. `zone`: of instants without offset; None: the project's.
    `total_words`: a row that begins with one and is no valid row is the file's own total. `row_cap`: the platform leaves
    out what is beyond it. `restatement_days`: for how long the platform still changes a day.
    """

    name: str
    source: str
    reader: ReaderName
    title_en: str
    title_zh: str
    streams: tuple[StreamTemplate, ...]
    signature: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    zone: str | None = None
    total_words: tuple[str, ...] = TOTAL_WORDS
    row_cap: int | None = None
    restatement_days: int | None = None
    is_mapped: bool = False

    def stream(self, name: str) -> StreamTemplate:
        """One stream. Raises `KeyError`."""
        for stream in self.streams:
            if stream.definition.name == name:
                return stream
        raise KeyError(name)

    @property
    def table(self) -> StreamTemplate:
        """The one stream of a `table` template."""
        return self.streams[0]


@cache
def load_templates(folder: Path = TEMPLATE_FOLDER) -> Mapping[str, Template]:
    """All templates by name: those of the folder, then one per mapped source. Raises `SettingsError` naming file and column."""
    registry = load_registry()
    templates = {template.name: template for path in sorted(folder.glob("*.yml")) for template in [_read_template(path, registry)]}
    for source in registry.values():
        if source.mapped:
            template = mapped_template(source)
            templates[template.name] = template
    return MappingProxyType(templates)


def templates_of(source: str) -> list[Template]:
    """The templates of one source. Raises `UsageError` for an unknown source."""
    registry = load_registry()
    if source not in registry:
        raise UsageError(f"there is no source {source!r}", "--source or the inbox folder", f"known sources: {', '.join(registry)}")
    return [template for template in load_templates().values() if template.source == source]


def mapped_template(source: SourceDefinition) -> Template:
    """The layout of a mapped source: the header is the column's name."""
    streams = tuple(StreamTemplate(stream, tuple(_columns(stream, {}))) for stream in source.streams)
    signature = tuple(column.name for column in source.streams[0].columns if column.required)
    return Template(
        name=f"mapped_{source.name}",
        source=source.name,
        reader="table",
        title_en=f"Mapped file: {source.title_en}",
        title_zh=f"映射文件：{source.title_zh}",
        streams=streams,
        signature=signature,
        is_mapped=True,
    )


def _columns(stream: StreamDefinition, overrides: Mapping[str, Mapping[str, Any]], is_mapped: bool = True) -> Iterator[TemplateColumn]:
    """The columns that a file can have: of a mapped file all, of a platform's only those that the template names."""
    for column in stream.columns:
        override = dict(overrides.get(column.name, {}))
        if column.derived or (not is_mapped and column.name not in overrides):
            continue
        override.setdefault("required", "value" if column.required else None)
        override["headers"] = tuple(override.get("headers", [column.name]))
        override["formats"] = tuple(override.get("formats", ()))
        if (tokens := override.get("null_tokens")) is not None:
            override["null_tokens"] = frozenset(tokens)
        override.setdefault("unit", column.unit)
        yield TemplateColumn(name=column.name, **override)


def _read_template(path: Path, registry: Mapping[str, SourceDefinition]) -> Template:
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        if content["name"] != path.stem:
            raise ValueError(f"the template is called {content['name']!r}, its file {path.stem!r}")
        source = registry[content["source"]]
        streams = tuple(_read_stream(source.stream(name), columns, content["reader"]) for name, columns in content.pop("streams").items())
        title = content.pop("title")
        signature = tuple(content.pop("signature", {}).get("headers", ()))
        total_words = tuple(content.pop("total_words", TOTAL_WORDS))
        template = Template(
            **content, title_en=title["en"], title_zh=title["zh"], streams=streams, signature=signature, total_words=total_words
        )
        _check(template)
        return template
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise SettingsError(f"not a template: {error!r}", str(path), "compare with another file of the folder") from error


def _read_stream(stream: StreamDefinition, columns: Mapping[str, Mapping[str, Any]], reader: ReaderName) -> StreamTemplate:
    unknown = sorted(set(columns) - {column.name for column in stream.columns if not column.derived})
    if unknown:
        raise ValueError(f"stream {stream.name} has no column {', '.join(unknown)} that a file can fill")
    # A special reader delivers the stream's own columns; the template then only tells units.
    return StreamTemplate(stream, tuple(_columns(stream, columns, is_mapped=reader != "table")))


def _check(template: Template) -> None:
    if template.reader == "table":
        if len(template.streams) != 1:
            raise ValueError("a table template has one stream")
        known = template.table.columns_by_header
        if len(known) < sum(len(set(map(header_key, column.headers))) for column in template.table.columns):
            raise ValueError("one header stands for two columns")
        strange = [header for header in template.signature if header_key(header) not in known]
        if strange or not template.signature:
            raise ValueError(f"the signature must name headers of the template: {strange}")
    given: Sequence[str] = list(template.constants)
    for stream in template.streams:
        unknown = [name for name in given if name not in {column.name for column in stream.definition.columns}]
        if unknown:
            raise ValueError(f"constants name no column of {stream.definition.name}: {unknown}")
