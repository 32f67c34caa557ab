"""API pages, as a template describes them: which lists are which streams, and where each column stands.

A file is one response, a list of responses, or one a line; each may stand in {"endpoint", "request", "response", "pulled_at"}.
A platform answers HTTP 200 also when it has failed, so that the error code in the body decides: a page that failed is put
aside, and what it would have told was not observed, which is not the same as empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from community_metrics.errors import InputError
from community_metrics.sources.api_errors import hint
from community_metrics.sources.envelopes import RowProblem
from community_metrics.sources.envelopes.json_lines import JsonLinesTable
from community_metrics.sources.grammar import ColumnType, interpret
from community_metrics.sources.readers.model import Drift, OpenedFile, Record, RowGroup, batch_records, scalar
from community_metrics.sources.readers.paths import Node, has_field, iter_nodes, text_at, value_at
from community_metrics.sources.readers.shaping import match_groups, translate
from community_metrics.sources.templates import PageRules, StreamTemplate, Template, TemplateColumn

_PAGES_LOOKED_AT = 20
_KINDS = ("json", "jsonl", "xml")


@dataclass(frozen=True)
class Page:
    """One response. `number`: its line, or its place in the list. `pulled_at`: when it was fetched, if the file says so."""

    number: int
    response: Any
    request: Any = None
    endpoint: str | None = None
    pulled_at: str | None = None


def recognises(file: OpenedFile, template: Template) -> int:
    """How well the file fits: 0 not at all, 1 by its fields, 2 by the endpoint that its pages name."""
    if file.envelope.kind not in _KINDS:
        return 0
    best = 0
    for page in islice(iter_pages(file), _PAGES_LOOKED_AT):
        if page.endpoint is not None:
            if page.endpoint.strip("/") in template.signature.endpoints:
                return 2
        elif template.signature.fields and all(has_field(page.response, path) for path in template.signature.fields):
            best = 1
    return best


def observed_at(file: OpenedFile) -> datetime | None:
    """The newest `pulled_at` of the pages, as aware UTC instant; None if no page has one that can be read."""
    if file.envelope.kind not in _KINDS:
        return None
    newest: str | None = None
    for page in iter_pages(file):
        value = interpret(page.pulled_at, ColumnType("instant")).value if page.pulled_at else None
        newest = max(filter(None, (newest, value)), default=None)
    return datetime.fromisoformat(newest) if newest else None


def read(file: OpenedFile, template: Template, drift: Drift) -> Iterator[RowGroup]:
    """Every record of every stream. Raises `InputError`: unexpected_layout (no such pages), api_error (every page failed)."""
    if file.envelope.kind not in _KINDS:
        raise _unexpected(file, template, f"a {file.envelope.kind} file stands where API pages are expected")
    columns = {stream.definition.name: [column.name for column in stream.columns] for stream in template.streams}
    yield from batch_records(_records(file, template, drift), columns)


def _records(file: OpenedFile, template: Template, drift: Drift) -> Iterator[Record]:
    row_no = fetched = 0
    failures: list[tuple[Page, RowProblem]] = []
    seen: set[str] = set()
    main = template.streams[0].definition.name
    read_fields = _read_fields(template)
    for page in iter_pages(file):
        problem = _problem(page, template, row_no + 1)
        if problem is not None:
            failures.append((page, problem))
            row_no += 1
            yield Record(main, row_no, {}, problem)
            continue
        fetched += 1
        for stream in template.streams:
            for node in iter_nodes(page.response, page.request, stream.records):
                row_no += 1
                record = _record(stream, node, row_no, template)
                seen.update(name for name, value in record.values.items() if value is not None)
                if isinstance(node.value, Mapping):
                    drift.dropped.update(node.value.keys() - read_fields)
                yield record
    if not fetched:
        raise _nothing_fetched(file, template, failures)
    if failures:
        first = f"the first: {failures[0][1].reason_code} {failures[0][1].detail}"
        drift.warnings["api_error"] = (
            f"{len(failures)} of {fetched + len(failures)} pages failed ({first}): what they would have told is carried forward"
        )
    expected = {column.name for stream in template.streams for column in stream.columns if column.path}
    drift.missing |= expected - seen if seen else set()


def _problem(page: Page, template: Template, row_no: int) -> RowProblem | None:
    """Why a page tells nothing; None if it tells something."""
    rules = template.page
    if not isinstance(page.response, Mapping):
        return RowProblem(row_no, "malformed_row", None, f"page {page.number} is no JSON object")
    code = _error_code(page, rules)
    if code not in rules.ok:
        return RowProblem(row_no, "api_error", rules.error, code)
    for path, words in rules.not_ready.items():
        if (said := _at_root(page, path)) in words:
            return RowProblem(row_no, "not_ready", path, said or "")
    if page.endpoint is not None and page.endpoint.strip("/") in template.signature.endpoints:
        return None  # An empty list is an answer.
    if template.signature.fields and not all(has_field(page.response, path) for path in template.signature.fields):
        heads = {path.partition("[]")[0].partition(".")[0] for path in template.signature.fields}
        if not any(isinstance(page.response.get(head), list) and not page.response[head] for head in heads):
            return RowProblem(row_no, "unexpected_layout", None, f"page {page.number} has no {', '.join(template.signature.fields)}"[:300])
    return None


def _error_code(page: Page, rules: PageRules) -> str:
    return _at_root(page, rules.error) or next(iter(sorted(rules.ok)))


def _at_root(page: Page, path: str) -> str | None:
    return text_at(Node(page.response, (), page.request), path)


def _record(stream: StreamTemplate, node: Node, row_no: int, template: Template) -> Record:
    name = stream.definition.name
    if not isinstance(node.value, Mapping):
        return Record(name, row_no, {}, RowProblem(row_no, "malformed_row", None, f"no object at {stream.records}"))
    for path, words in stream.where.items():
        said = text_at(node, path)
        if (said or "").strip() not in words:
            return Record(name, row_no, {}, RowProblem(row_no, "no_stream", path, f"none of {'/'.join(sorted(words))}"[:300]))
    is_total = bool(template.totals.when) and all(text_at(node, path) in words for path, words in template.totals.when.items())
    return Record(name, row_no, {column.name: _value(column, node) for column in stream.columns}, is_total=is_total)


def _value(column: TemplateColumn, node: Node) -> str | None:
    """The column's text in a record."""
    if column.count:
        found = value_at(node, column.path[0])
        return str(len(found)) if isinstance(found, list) else None
    if column.join is not None:
        parts = [text_at(node, path) for path in column.path]
        text = column.join.join(filter(None, parts)) if all(parts) else None
    else:
        text = next((found for path in column.path if (found := text_at(node, path)) not in (None, "")), None)
    if text is None and "" not in column.values:
        return None
    if column.pattern is not None and text is not None:
        text = match_groups(column.pattern, text)
    return translate(column.values, text or "") if column.values and (text is not None or "" in column.values) else text


def _read_fields(template: Template) -> frozenset[str]:
    """The names of all fields on the way to something that is read: what else a record has is reported as left out."""
    paths = [path for stream in template.streams for column in stream.columns for path in column.path]
    paths += [path for stream in template.streams for path in (stream.records, *stream.where)]
    paths += [template.page.error, template.page.message, *template.page.not_ready, *template.totals.when]
    return frozenset(step.partition("[")[0].lstrip("^@$") for path in paths for step in path.split("."))


def _nothing_fetched(file: OpenedFile, template: Template, failures: list[tuple[Page, RowProblem]]) -> InputError:
    for page, problem in failures:
        if problem.reason_code == "api_error":
            message = (_at_root(page, template.page.message) or "")[:200]
            remedy = hint(template.constants.get("platform"), problem.detail)
            return InputError(
                "api_error", f"the platform answered {problem.detail} {message}".strip(), f"{file.name}, page {page.number}", remedy
            )
        if problem.reason_code == "not_ready":
            what = f"the platform was not ready: {problem.column} is {problem.detail}"
            return InputError("not_ready", what, f"{file.name}, page {page.number}", "pull the page again later")
    return _unexpected(file, template, f"no page of {template.title_en} is in the file")


def _unexpected(file: OpenedFile, template: Template, what: str) -> InputError:
    wanted = ", ".join((*template.signature.fields, *template.signature.endpoints))
    return InputError("unexpected_layout", f"{what} (recognised by {wanted})", file.name, "save each response as it came")


def iter_pages(file: OpenedFile) -> Iterator[Page]:
    """The file's pages without what wraps them, in order."""
    for number, content in _contents(file):
        if isinstance(content, Mapping) and isinstance(content.get("response"), Mapping):
            request = content.get("request")
            if isinstance(request, str):
                request = _parsed(request)
            endpoint = scalar(content, "endpoint")
            yield Page(number, content["response"], request, endpoint, scalar(content, "pulled_at"))
        else:
            yield Page(number, content, None, None, scalar(content, "pulled_at"))


def _contents(file: OpenedFile) -> Iterator[tuple[int, Any]]:
    if file.envelope.kind == "jsonl":
        for table in file.envelope.tables:
            if isinstance(table, JsonLinesTable):
                yield from table.iter_documents()
        return
    document = file.document
    yield from enumerate(document if isinstance(document, list) else [document], start=1)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except ValueError:
        return None
