"""Reading templates: `templates/*.yml` of the package and of a team's own folder. Every mistake is named with its file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from community_metrics.errors import SettingsError, UsageError
from community_metrics.sources.registry import SourceDefinition, StreamDefinition, load_registry
from community_metrics.sources.templates import (
    TOTAL_WORDS,
    PageRules,
    Signature,
    StatedTotal,
    StreamTemplate,
    Template,
    TemplateColumn,
    Totals,
    header_key,
    mapped_template,
)
from community_metrics.yaml_text import load_yaml

TEMPLATE_FOLDER = Path(__file__).with_name("templates")

Templates = Mapping[str, Template]
_KNOWN = frozenset(
    {
        *("name", "source", "reader", "title", "streams", "signature", "constants", "zone", "cell_prefix", "fill_down", "totals", "page"),
        *("row_cap", "reject", "ready_at", "restated_days", "kept_days", "how_to_export", "notes"),
    }
)
_READERS = ("table", "pages", "slack_export", "telegram_export", "discord_export")
_ROWS = "$rows"
"""In a check of totals: the number of the file's rows instead of a column's sum."""


def load_templates(own_folder: Path | None = None) -> Templates:
    """All templates by name: the package's, a team's own, then one per mapped source. Raises `SettingsError`."""
    own = sorted(own_folder.glob("*.yml")) if own_folder is not None and own_folder.is_dir() else []
    return _load(tuple((path, path.stat().st_mtime_ns) for path in own))


def templates_of(source: str, templates: Templates | None = None) -> list[Template]:
    """The templates of one source. Raises `UsageError` for an unknown source."""
    registry = load_registry()
    if source not in registry:
        raise UsageError(f"there is no source {source!r}", "--source or the inbox folder", f"known sources: {', '.join(registry)}")
    return [template for template in (templates or load_templates()).values() if template.source == source]


@cache
def _load(own: tuple[tuple[Path, int], ...]) -> Templates:
    registry = load_registry()
    templates: dict[str, Template] = {}
    for path in [*sorted(TEMPLATE_FOLDER.glob("*.yml")), *(path for path, _ in own)]:
        template = read_template(path, registry)
        if template.name in templates:
            raise SettingsError(f"there is a template {template.name!r} already", str(path), "give it another name")
        templates[template.name] = template
    for source in registry.values():
        if source.mapped:
            mapped = mapped_template(source)
            templates[mapped.name] = mapped
    return MappingProxyType(templates)


def read_template(path: Path, registry: Mapping[str, SourceDefinition]) -> Template:
    """One file. Raises `SettingsError` naming it and what is wrong in it."""
    try:
        text = path.read_text(encoding="utf-8")
        content: Any = load_yaml(text)
        if not isinstance(content, dict):
            raise ValueError("a template is a mapping")
        _refuse_unknown(content, _KNOWN, "the template")
        if content["name"] != path.stem:
            raise ValueError(f"the template is called {content['name']!r}, its file {path.stem!r}")
        if content["reader"] not in _READERS:
            raise ValueError(f"there is no reader {content['reader']!r}; known: {', '.join(_READERS)}")
        if content["source"] not in registry:
            raise ValueError(f"there is no source {content['source']!r}; known: {', '.join(registry)}")
        template = _template(content, registry[content["source"]], hashlib.sha256(text.encode()).hexdigest())
        _check(template)
        return template
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError, re.error, OSError) as error:
        said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise SettingsError(
            f"not a template: {said}", str(path), "see docs/adding-a-platform.md, or compare with another template"
        ) from error


def _template(content: dict[str, Any], source: SourceDefinition, fingerprint: str) -> Template:
    reader = content["reader"]
    reject = content.get("reject")
    return Template(
        name=content["name"],
        source=source.name,
        reader=reader,
        title_en=content["title"]["en"],
        title_zh=content["title"]["zh"],
        streams=tuple(
            _stream(source.stream(name), part or {}, reader)
            for name, parts in content.get("streams", {}).items()
            for part in _listed(parts)
        ),
        signature=_signature(content.get("signature", {})),
        constants={name: str(value) for name, value in content.get("constants", {}).items()},
        zone=content.get("zone"),
        cell_prefix=content.get("cell_prefix", ""),
        fill_down=tuple(content.get("fill_down", ())),
        totals=_totals(content.get("totals", {}), content.get("streams", {})),
        page=_page(content.get("page", {})),
        row_cap=content.get("row_cap"),
        reject=f"{reject['en']} / {reject['zh']}" if reject else None,
        ready_at=content.get("ready_at"),
        restated_days=content.get("restated_days"),
        kept_days=content.get("kept_days"),
        how_to_export=content.get("how_to_export", ""),
        notes=tuple(content.get("notes", ())),
        fingerprint=fingerprint,
    )


def _stream(definition: StreamDefinition, content: dict[str, Any], reader: str) -> StreamTemplate:
    _refuse_unknown(content, {"columns", "where", "records", "signature"}, f"stream {definition.name}")
    columns = content.get("columns", {})
    fillable = {column.name for column in definition.columns if not column.derived}
    if unknown := sorted(set(columns) - fillable):
        raise ValueError(f"stream {definition.name} has no column {', '.join(unknown)}; it has {', '.join(sorted(fillable))}")
    return StreamTemplate(
        definition=definition,
        columns=tuple(_columns(definition, columns, reader)),
        where=_words(content.get("where", {})),
        records=content.get("records", ""),
        signature=_signature(content["signature"]) if "signature" in content else None,
    )


def _columns(definition: StreamDefinition, given: Mapping[str, Any], reader: str) -> Iterator[TemplateColumn]:
    """The columns that a file can have: a reader of its own delivers all of them, and the template then only tells units."""
    for column in definition.columns:
        if column.derived or (reader in ("table", "pages") and column.name not in given):
            continue
        said: Any = given.get(column.name) or {}
        options: dict[str, Any] = {"headers" if reader == "table" else "path": said} if isinstance(said, (str, list)) else dict(said)
        for name in ("headers", "or_else", "path", "formats"):
            value = options.get(name, ())
            options[name] = (value,) if isinstance(value, str) else tuple(value)
        if (tokens := options.get("null_tokens")) is not None:
            options["null_tokens"] = frozenset(tokens)
        options["values"] = {str(word): None if ours is None else str(ours) for word, ours in options.get("values", {}).items()}
        if "constant" in options:
            options["constant"] = str(options["constant"])
        elif reader == "table" and not options["headers"]:
            options["headers"] = (column.name,)
        elif reader == "pages" and not options["path"]:
            options["path"] = (column.name,)
        options.setdefault("required", "value" if column.required and "constant" not in options else None)
        options.setdefault("unit", column.unit)
        yield TemplateColumn(name=column.name, **options)


def _signature(content: Mapping[str, Any]) -> Signature:
    options: dict[str, Any] = {name: value if name == "sheet" else tuple(_listed(value)) for name, value in content.items()}
    return Signature(**options)


def _totals(content: Mapping[str, Any], streams: Mapping[str, Any]) -> Totals:
    _refuse_unknown(content, {"words", "when", "line_start", "checks"}, "totals")
    first = next(iter(streams), "")

    def check(header: str, target: str) -> StatedTotal:
        stream, _, column = target.rpartition(".")
        return StatedTotal(header, stream or first, None if column == _ROWS else column)

    return Totals(
        words=tuple(content.get("words", TOTAL_WORDS)),
        when=_words(content.get("when", {})),
        line_start=content.get("line_start"),
        checks=tuple(check(header, target) for header, target in content.get("checks", {}).items()),
    )


def _page(content: Mapping[str, Any]) -> PageRules:
    _refuse_unknown(content, {"error", "ok", "message", "not_ready"}, "page")
    rules = dict(content)
    if "ok" in rules:
        rules["ok"] = frozenset(map(str, _listed(rules["ok"])))
    if "not_ready" in rules:
        rules["not_ready"] = _words(rules["not_ready"])
    return PageRules(**rules)


def _words(content: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({name: frozenset(map(str, _listed(values))) for name, values in content.items()})


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def _refuse_unknown(content: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    if unknown := sorted(set(content) - set(known)):
        raise ValueError(f"{where} has no option {', '.join(map(str, unknown))}; known: {', '.join(sorted(known))}")


def _check(template: Template) -> None:
    checks: Mapping[str, Callable[[Template], None]] = {"table": _check_table, "pages": _check_pages}
    if template.reject is None and not template.streams:
        raise ValueError("a template has streams, or says with `reject` why it has none")
    if template.reader in checks:
        checks[template.reader](template)
    names = {name for stream in template.streams for name in (column.name for column in stream.definition.columns)}
    if unknown := sorted(set(template.constants) - names):
        raise ValueError(f"constants name no column of a stream: {', '.join(unknown)}")
    if template.ready_at is not None and not re.fullmatch(r"[0-2]\d:[0-5]\d", template.ready_at):
        raise ValueError(f"ready_at is a time of day such as 08:00, not {template.ready_at!r}")
    for total in template.totals.checks:
        if total.column is not None and total.column not in {column.name for column in template.stream(total.stream).columns}:
            raise ValueError(f"the check of {total.header} names no column of {total.stream}: {total.column}")
    for stream in template.streams:
        for column in stream.columns:
            re.compile(column.pattern or "")


def _check_table(template: Template) -> None:
    for table in template.tables:
        signature = table.signature
        if not (signature.headers or signature.any_of):
            raise ValueError("a table needs a signature: headers that must be there for it to be recognised")
        for stream in table.streams:
            # What another column makes of a word in the same cell (paid, where there is a time of payment) is no second meaning.
            plain = [set(map(header_key, column.headers)) for column in stream.columns if not (column.values or column.pattern)]
            if len(set().union(*plain)) < sum(map(len, plain)):
                raise ValueError(f"one header stands for two columns of stream {stream.definition.name}")
        if unknown := sorted(set(template.fill_down) - {column.name for stream in table.streams[:1] for column in stream.columns}):
            raise ValueError(f"fill_down names no column of the first stream: {', '.join(unknown)}")
        strange = [header for header in (*signature.headers, *signature.any_of) if header_key(header) not in table.known_headers]
        if strange and template.reject is None:
            raise ValueError(f"the signature must name headers of the template, not {', '.join(strange)}")


def _check_pages(template: Template) -> None:
    if not (template.signature.endpoints or template.signature.fields):
        raise ValueError("pages need a signature: their endpoint, or fields that must be there for them to be recognised")
