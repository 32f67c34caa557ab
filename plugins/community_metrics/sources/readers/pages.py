"""API pages, as a template describes them: which lists are which streams, and where each column stands.

A file is one response, a list of responses, or one a line; each may stand in {"endpoint", "request", "response", "pulled_at"}.
A platform answers HTTP 200 also when it has failed, so that the error code in the body decides: a page that failed is put
aside, and what it would have told was not observed, which is not the same as empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from community_metrics.errors import InputError
from community_metrics.sources.api_errors import hint
from community_metrics.sources.envelopes import RowProblem, is_xml_callback, iter_json_items, json_source, parse_xml_documents
from community_metrics.sources.envelopes.json_array import JsonArrayTable
from community_metrics.sources.envelopes.json_lines import JsonLinesTable
from community_metrics.sources.grammar import ColumnType, interpret
from community_metrics.sources.readers.model import Drift, OpenedFile, Record, RowGroup, batch_records, scalar
from community_metrics.sources.readers.paths import Node, has_field, iter_nodes, text_at, value_at
from community_metrics.sources.readers.shaping import match_groups, translate
from community_metrics.sources.templates import EVERY_OTHER, PageRules, StreamTemplate, Template, TemplateColumn, words_named

_PAGES_LOOKED_AT = 20
# A longer list of pages is read page by page, every time anew; a shorter one once.
_HELD_BYTES = 8 * 2**20
_SMALL_BYTES = 2**20
_FIRST_PAGES = "first pages"
KINDS = ("json", "jsonl", "xml")


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
    if file.envelope.kind not in KINDS:
        return 0
    best = 0
    for page in _first_pages(file):
        if page.endpoint is not None:
            if page.endpoint.strip("/") in template.signature.endpoints:
                return 2
        elif template.signature.fields and all(has_field(page.response, path) for path in template.signature.fields):
            best = 1
    return best


def finds_code(file: OpenedFile, template: Template) -> bool:
    """Whether the template's error code stands in a page, of whatever interface it is."""
    return any(isinstance(page.response, Mapping) and _at_root(page, template.page.error) is not None for page in _first_pages(file))


def _first_pages(file: OpenedFile) -> Iterable[Page]:
    """As many as are looked at; of a small file they are read once for all templates."""
    if file.path.stat().st_size > _SMALL_BYTES:
        return islice(iter_pages(file), _PAGES_LOOKED_AT)
    if _FIRST_PAGES not in file.noted:
        file.noted[_FIRST_PAGES] = list(islice(iter_pages(file), _PAGES_LOOKED_AT))
    pages: list[Page] = file.noted[_FIRST_PAGES]
    return pages


def observed_at(file: OpenedFile) -> datetime | None:
    """The newest `pulled_at` of the pages, as aware UTC instant; None if no page has one that can be read."""
    if file.envelope.kind not in KINDS:
        return None
    newest: str | None = None
    for page in iter_pages(file):
        value = interpret(page.pulled_at, ColumnType("instant")).value if page.pulled_at else None
        newest = max(filter(None, (newest, value)), default=None)
    return datetime.fromisoformat(newest) if newest else None


def read(file: OpenedFile, template: Template, drift: Drift) -> Iterator[RowGroup]:
    """Every record of every stream. Raises `InputError`: unexpected_layout (no such pages), api_error (every page failed)."""
    if file.envelope.kind not in KINDS:
        raise _unexpected(file, template, f"a {file.envelope.kind} file stands where API pages are expected")
    names = dict.fromkeys(stream.definition.name for stream in template.streams)
    columns = {name: [column.name for column in template.stream(name).columns] for name in names}
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
        for path, streams in _by_records(template).items():
            for node in iter_nodes(page.response, page.request, path):
                for record in _records_of(node, streams, row_no, template):
                    row_no += 1
                    seen.update(name for name, value in record.values.items() if value is not None)
                    yield record
                if isinstance(node.value, Mapping):
                    drift.dropped.update(node.value.keys() - read_fields)
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
    if _is_of(page, template):
        return None
    wanted = ", ".join(template.signature.fields or template.signature.endpoints)
    return RowProblem(row_no, "unexpected_layout", None, f"page {page.number} has no {wanted}"[:300])


def _is_of(page: Page, template: Template) -> bool:
    """Whether the page is an answer that the template describes; an empty list is one, where the page names its endpoint or
    has the list."""
    signature = template.signature
    if page.endpoint is not None and page.endpoint.strip("/") in signature.endpoints:
        return True
    if not signature.fields:
        return False
    if all(has_field(page.response, path) for path in signature.fields):
        return True
    heads = {path.partition("[]")[0].partition(".")[0] for path in signature.fields}
    return any(isinstance(page.response.get(head), list) and not page.response[head] for head in heads)


def _error_code(page: Page, rules: PageRules) -> str:
    return _at_root(page, rules.error) or next(iter(sorted(rules.ok)))


def _at_root(page: Page, path: str) -> str | None:
    return text_at(Node(page.response, (), page.request), path)


def _by_records(template: Template) -> dict[str, list[StreamTemplate]]:
    """Streams by the list that they read."""
    lists: dict[str, list[StreamTemplate]] = {}
    for stream in template.streams:
        lists.setdefault(stream.records, []).append(stream)
    return lists


def _records_of(node: Node, streams: Sequence[StreamTemplate], row_no: int, template: Template) -> Iterator[Record]:
    """One record for each stream whose `where` the entry meets; one that meets none is put aside once."""
    named = words_named(streams)
    takers = [stream for stream in streams if _failed_condition(node, stream, named) is None]
    for number, stream in enumerate(takers, start=1):
        yield _record(stream, node, row_no + number, template)
    if not takers:
        stream = streams[0]
        path, words = _failed_condition(node, stream, named) or ("", frozenset())
        problem = RowProblem(row_no + 1, "no_stream", path, f"{text_at(node, path)} is none of {'/'.join(sorted(words))}"[:300])
        yield Record(stream.definition.name, row_no + 1, {}, problem)


def _failed_condition(node: Node, stream: StreamTemplate, named: Mapping[str, frozenset[str]]) -> tuple[str, frozenset[str]] | None:
    for path, words in stream.where.items():
        said = (text_at(node, path) or "").strip()
        if said not in words and not (EVERY_OTHER in words and said not in named[path]):
            return path, words
    return None


def _record(stream: StreamTemplate, node: Node, row_no: int, template: Template) -> Record:
    name = stream.definition.name
    is_object = isinstance(node.value, Mapping)
    # A list of plain values is read by the columns whose path is empty.
    if not is_object and (isinstance(node.value, list) or not any("" in column.path for column in stream.columns)):
        return Record(name, row_no, {}, RowProblem(row_no, "malformed_row", None, f"no object at {stream.records}"))
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
        nothing = column.null_tokens or frozenset()
        text = next((found for path in column.path if (found := text_at(node, path)) not in (None, "") and found not in nothing), None)
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


def is_still_of(content: Any, template: Template, name: str) -> bool:
    """Whether what is left of a page is still one that the template describes, if it is a page that tells something."""
    problem = _problem(_page(0, content, name), template, 0)
    return problem is None or problem.reason_code != "unexpected_layout"


def iter_pages(file: OpenedFile) -> Iterator[Page]:
    """The file's pages without what wraps them, in order."""
    for number, content in _contents(file):
        yield _page(number, content, file.name)


def _page(number: int, content: Any, name: str) -> Page:
    response = _response(content, name)
    if response is None:
        return Page(number, content, None, None, scalar(content, "pulled_at"))
    request = content.get("request")
    if isinstance(request, str):
        request = _parsed(request)
    return Page(number, response, request, scalar(content, "endpoint"), scalar(content, "pulled_at"))


def _response(content: Any, name: str) -> Any:
    """What is wrapped: an object, or the text of an XML callback; None if nothing is wrapped."""
    response = content.get("response") if isinstance(content, Mapping) else None
    if isinstance(response, str) and is_xml_callback(response.encode("utf-8", "surrogatepass")):
        try:
            return parse_xml_documents(response.encode("utf-8", "surrogatepass"), name)[0]
        except InputError:
            return None
    return response if isinstance(response, Mapping) else None


def _contents(file: OpenedFile) -> Iterator[tuple[int, Any]]:
    if file.envelope.kind == "jsonl":
        for table in file.envelope.tables:
            if isinstance(table, JsonLinesTable):
                yield from table.iter_documents()
        return
    if file.path.stat().st_size > _HELD_BYTES and any(isinstance(table, JsonArrayTable) for table in file.envelope.tables):
        yield from enumerate(iter_json_items(json_source(file.path, file.limits, file.name), file.limits), start=1)
        return
    document = file.document
    yield from enumerate(document if isinstance(document, list) else [document], start=1)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except ValueError:
        return None
