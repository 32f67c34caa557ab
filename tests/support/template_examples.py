"""A small file as each template describes it, made from the template alone: what fuzzing and conservation start from."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from community_metrics.sources.readers.paths import _steps
from community_metrics.sources.registry import StreamDefinition
from community_metrics.sources.templates import StreamTemplate, TableTemplate, Template, TemplateColumn
from support.intake import workbook

MOMENT = datetime(2026, 6, 1, 10, 30, 5)
ROWS = 3

_PLAIN = {"integer": "5", "decimal": "1.5", "fraction": "0.25", "seconds": "14.7", "amount": "12", "boolean": "true", "json": "{}"}


def table_files(template: Template) -> Iterator[tuple[str, bytes]]:
    """The template's tables as CSV in two encodings and as a workbook, each with rows that fit."""
    for table in template.tables:
        rows = _table(template, table)
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        if table.signature.sheet is None:
            yield "utf-8.csv", text.getvalue().encode()
            yield "gb18030.csv", text.getvalue().encode("gb18030")
            yield "book.xlsx", workbook(rows)
        else:
            yield "book.xlsx", workbook([["说明"]], **{table.signature.sheet: rows})


def page_files(template: Template) -> Iterator[tuple[str, bytes]]:
    """One response with a record in every list, bare and wrapped."""
    response: dict[str, Any] = {}
    request: dict[str, Any] = {}
    for stream in template.streams:
        _fill(response, request, stream, template)
    # What the streams do not read stands there as well; what they do read keeps its meaning.
    for path in template.signature.fields:
        _put(response, path.removesuffix("[]") if path.endswith("[]") else path, [] if path.endswith("[]") else "1")
    # A layout that needs the request is not told by a bare response.
    needs_request = any(
        path.startswith("@") and column.required for stream in template.streams for column in stream.columns for path in column.path[:1]
    )
    if template.signature.fields and not needs_request:
        yield "page.json", json.dumps(response, ensure_ascii=False).encode()
    if template.signature.endpoints:
        wrapped = {
            "endpoint": template.signature.endpoints[0],
            "request": request,
            "response": response,
            "pulled_at": "2026-06-05T03:00:00Z",
        }
        yield "pages.jsonl", "\n".join(json.dumps(wrapped | {"n": n}, ensure_ascii=False) for n in range(2)).encode()


def _table(template: Template, table: TableTemplate) -> list[list[str]]:
    columns: dict[str, tuple[TemplateColumn, StreamTemplate]] = {}
    for stream in table.streams:
        for column in stream.columns:
            if column.headers:
                columns.setdefault(column.headers[0], (column, stream))
    wanted = {header: sorted(words) for stream in table.streams for header, words in stream.where.items()}
    headers = list(dict.fromkeys([*columns, *wanted, *table.signature.headers, *table.signature.any_of[:1]]))
    rows = [headers]
    for number in range(1, ROWS + 1):
        row = []
        for header in headers:
            if header in wanted:
                row.append(wanted[header][number % len(wanted[header])])
            else:
                row.append(_sample(*columns[header], number) if header in columns else "x")
        rows.append([template.cell_prefix + cell for cell in row])
    return rows


def _sample(column: TemplateColumn, stream: StreamTemplate, number: int) -> str:
    """A value that the column's declared kind, unit and formats accept."""
    return next((word for word in column.values if word not in ("*", "")), None) or _value(column, stream.definition, number)


def _value(column: TemplateColumn, definition: StreamDefinition, number: int) -> str:
    kind = definition.column(column.name).kind
    if column.formats and kind in ("instant", "date"):
        return MOMENT.replace(day=number).strftime(column.formats[0])
    if column.unit in ("unix_seconds", "unix_milliseconds"):
        return str((1_780_280_000 + 86_400 * number) * (1000 if column.unit == "unix_milliseconds" else 1))
    if kind == "date":
        return f"2026-06-0{number}"
    if kind == "instant":
        return f"2026-06-0{number} 10:30:05"
    return _PLAIN.get(kind, f"{column.name}{number}")


def _fill(response: dict[str, Any], request: dict[str, Any], stream: StreamTemplate, template: Template) -> None:
    head = stream.records
    records: list[Any] = [response]
    holders: list[Any] = []
    found: Any = None
    for key, index in _steps(head):
        found = records[0].get(key)
        if not isinstance(found, (dict, list)):
            found = [{}] if index is not None else {}
            records[0][key] = found
        holders.append(records[0])
        if isinstance(found, list) and not found:
            found.append({})
        records = [found[0]] if isinstance(found, list) else [found]
    record = records[0]
    plain = next((column for column in stream.columns if "" in column.path), None)
    if plain is not None and isinstance(found, list):
        # A list of plain values: the value itself is what the columns read.
        record = found[0] = _sample(plain, stream, 1)
    chain = [response, *holders[1:]] if holders else []
    for path, words in stream.where.items():
        _put(record, path, sorted(words)[0])
    for column in stream.columns:
        for path in column.path if column.join else column.path[:1]:
            value: Any = [] if column.count else _sample(column, stream, 1)
            if path.startswith("@"):
                _put(request, path[1:], value)
            elif path.startswith("$."):
                _put(response, path[2:], value)
            elif path.startswith("^"):
                levels = len(path) - len(path.lstrip("^"))
                if levels <= len(chain) and isinstance(chain[-levels], dict):
                    _put(chain[-levels], path.lstrip("^"), value)
            elif isinstance(record, dict):
                _put(record, path, value)


def _put(target: Any, path: str, value: Any) -> None:
    """Set the value at the path unless something stands there."""
    steps = _steps(path)
    for position, (key, index) in enumerate(steps):
        is_last = position == len(steps) - 1
        if not isinstance(target, dict):
            return
        if is_last and index is None:
            target.setdefault(key, value)
            return
        found = target.setdefault(key, [] if index is not None else {})
        if isinstance(found, list):
            if is_last:
                if not found:
                    found.append(value)
                return
            if not found:
                found.append({})
            found = found[0]
        target = found
