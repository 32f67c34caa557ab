"""The pages `docs/sources/<source>.md`: what each source takes, from which export, and what becomes of every column."""

from __future__ import annotations

from collections.abc import Iterator

from community_metrics.sources.registry import SNAPSHOT, SourceDefinition, StreamDefinition, load_registry
from community_metrics.sources.template_files import templates_of
from community_metrics.sources.templates import SNAPSHOT_DATE, StreamTemplate, Template, TemplateColumn

INDEX_HEAD = """# Sources

*Generated from the registry and the templates by `scripts/generate_docs.py`.*

One page for every source: which exports it takes, how they are recognised, and what becomes of each column. A platform that is
not here can be [mapped](../input-contracts.md) or [taught](../adding-a-platform.md).

| source | 来源 | exports | comes by |
|---|---|---|---|
"""
_HEAD = "*Generated from the registry and the templates by `scripts/generate_docs.py`.*"
_READERS = {
    "table": "table (CSV in any encoding, xlsx, xls, HTML named .xls, JSON Lines, Parquet)",
    "pages": "API pages (a response, a list of responses, or one a line)",
}


def source_index() -> str:
    """The list of all sources."""
    rows = []
    for source in load_registry().values():
        titles = "; ".join(template.title_zh for template in templates_of(source.name) if not template.is_mapped) or "—"
        way = "API or drop" if source.dag_class == "interval" else "drop"
        mapped = "mapped files; " if source.mapped else ""
        rows.append(f"| [`{source.name}`]({source.name}.md) | {source.title_zh} · {source.title_en} | {mapped}{titles} | {way} |")
    return INDEX_HEAD + "\n".join(rows) + "\n"


def source_page(source: SourceDefinition) -> str:
    """The page of one source."""
    templates = templates_of(source.name)
    parts = [f"# {source.title_zh} · {source.title_en}", _HEAD, " ".join(source.description.split())]
    parts.append(
        f"Drop files into `<home>/landing/inbox/{source.name}/<account>/[dt=YYYY-MM-DD/]`, or `community-metrics land FILE "
        f"--source {source.name}`. DAG: `ingest_{source.name}`. Owner: {source.owner}."
    )
    parts.append(f"**When it is red.** {' '.join(source.when_red.split())}")
    if source.mapped:
        parts.append(f"Mapped files of the project's own columns: see [input contracts](../input-contracts.md#{source.name}).")
    for template in templates:
        if not template.is_mapped:
            parts += _template(template)
    parts.append("## What stands in the lake")
    for stream in source.streams:
        parts += _stream(stream)
    return "\n\n".join(parts) + "\n"


def _template(template: Template) -> Iterator[str]:
    yield f"## {template.title_zh} · {template.title_en}"
    yield f"`{template.name}`: {_READERS.get(template.reader, 'an archive or document of its own kind')}. {_recognised(template)}"
    if template.how_to_export:
        yield f"**How to export.** {' '.join(template.how_to_export.split())}"
    if template.reject:
        yield f"This layout is refused: {template.reject}."
    if facts := list(_facts(template)):
        yield "\n".join(f"- {fact}" for fact in facts)
    for stream in template.streams:
        if rows := [row for column in stream.columns if (row := _column_row(column))]:
            where = ", ".join(f"{header} is {' or '.join(sorted(words))}" for header, words in stream.where.items())
            yield f"Rows of `{stream.definition.name}`{_records(stream)}{f', where {where}' if where else ''}:"
            yield "\n".join(["| column | in the file | read as |", "|---|---|---|", *rows])


def _recognised(template: Template) -> str:
    said = []
    for table in template.tables if template.reader == "table" else ():
        signature = table.signature
        words = [f"`{header}`" for header in signature.headers]
        text = "Recognised by " + ", ".join(words) if words else "Recognised"
        if signature.any_of:
            text += (" and" if words else "") + " any of " + ", ".join(f"`{header}`" for header in signature.any_of)
        said.append(text + (f" on the sheet `{signature.sheet}`." if signature.sheet else "."))
    if template.reader == "pages":
        if template.signature.endpoints:
            said.append("Endpoint " + ", ".join(f"`{endpoint}`" for endpoint in template.signature.endpoints) + ".")
        if template.signature.fields:
            said.append("Recognised by the fields " + ", ".join(f"`{path}`" for path in template.signature.fields) + ".")
    return " ".join(said)


def _facts(template: Template) -> Iterator[str]:
    if template.zone:
        yield f"times without offset are those of {template.zone}"
    if template.ready_at:
        yield f"a day of nothing but zeros is no figure before {template.ready_at} of the next day"
    if template.restated_days:
        yield f"the platform changes a day for {template.restated_days} days: export or pull those again"
    if template.kept_days:
        yield f"the platform forgets a day after {template.kept_days} days"
    if template.row_cap:
        yield f"the platform exports at most {template.row_cap} rows and does not say when it left some out"
    for check in template.totals.checks:
        what = "the number of rows" if check.column is None else f"the sum of `{check.stream}.{check.column}`"
        yield f"the stated total `{check.header}` is compared with {what}"
    yield from (" ".join(note.split()) for note in template.notes)


def _records(stream: StreamTemplate) -> str:
    return f", one for each `{stream.records}`" if stream.records else ""


def _column_row(column: TemplateColumn) -> str:
    places = column.headers or column.path
    if column.constant is not None:
        found = "the date of the snapshot" if column.constant == SNAPSHOT_DATE else f"always `{column.constant}`"
    elif not places:
        return f"| `{column.name}` | | {column.unit} |" if column.unit else ""
    else:
        found = (f" {column.join} " if column.join else ", ").join(f"`{place}`" for place in places)
    details = [column.unit or "", "required" if column.required else ""]
    details += [f"matching `{column.pattern}`".replace("|", "\\|")] if column.pattern else []
    details += [f"`{word or '(empty)'}` → {ours or 'nothing'}" for word, ours in column.values.items()]
    details += ["number of entries"] if column.count else []
    details += [f"0 is unknown for {column.ready_after_hours} hours"] if column.ready_after_hours else []
    return f"| `{column.name}` | {found} | {', '.join(filter(None, details))} |"


def _stream(stream: StreamDefinition) -> Iterator[str]:
    dated = "the date of the snapshot" if stream.date_column == SNAPSHOT else f"`{stream.date_column}`"
    kept = "a newer row of the key replaces an older one" if stream.replaces == "rows" else "each snapshot is evidence of its own"
    yield f"### `{stream.name}`"
    yield f"Key: {', '.join(f'`{name}`' for name in stream.key)}; dated by {dated}; {kept}."
    rows = ["| column | kind | |", "|---|---|---|"]
    for column in stream.stored_columns:
        remarks = ["keyed hash"] if column.namespace else []
        remarks += ["required"] if column.required else []
        remarks += ["made by the pipeline"] if column.derived else []
        rows.append(f"| `{column.name}` | {column.kind} | {', '.join(remarks)} |")
    yield "\n".join(rows)
