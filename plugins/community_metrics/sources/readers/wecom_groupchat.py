"""企业微信 `externalcontact/groupchat/get`: one page per customer group.

HTTP status is 200 even on failure, so `errcode` decides. A page that failed is put aside: its group was not observed, which
is not the same as an empty group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from community_metrics.errors import InputError
from community_metrics.sources.envelopes import RowProblem, parse_json_document
from community_metrics.sources.grammar import ColumnType, interpret
from community_metrics.sources.readers.model import Drift, OpenedFile, Record, SourceBatch, batch_records, scalar
from community_metrics.sources.templates import Template

STAFF = "1"
_PAGES_LOOKED_AT = 20
_HINTS = {
    "40001": "the secret is wrong: get a new access token",
    "40014": "the access token is invalid: get a new one",
    "42001": "the access token has expired: get a new one",
    "45009": "called too often: wait a minute (an hour by the hourly rule) and pull again",
    "48002": "the application may not call this interface: grant it",
    "60011": "the group's owner is outside the application's visible range: widen it",
    "60020": "the caller's IP is not on the allow list: add it and wait a minute",
    "90501": "the group is no customer group: leave it out",
}


@dataclass(frozen=True)
class Page:
    """One response. `pulled_at`: when it was fetched, if the file says so."""

    number: int
    response: Any
    pulled_at: str | None = None


def recognises(file: OpenedFile) -> bool:
    """Whether the file holds pages of `groupchat/get`."""
    if file.envelope.kind not in ("json", "jsonl"):
        return False
    return any(_problem(page) is None for page in islice(_pages(file), _PAGES_LOOKED_AT))


def observed_at(file: OpenedFile) -> datetime | None:
    """The newest `pulled_at` of the pages, as aware UTC instant; None if no page has one that can be read."""
    newest: str | None = None
    for page in _pages(file):
        value = interpret(page.pulled_at, ColumnType("instant")).value if page.pulled_at else None
        newest = max(filter(None, (newest, value)), default=None)
    return datetime.fromisoformat(newest) if newest else None


def read(file: OpenedFile, template: Template, drift: Drift) -> Iterator[SourceBatch]:
    """Streams `groups` (one row per page) and `group_members`.

    Raises `InputError`: unexpected_layout (no pages at all), api_error (every page failed).
    """
    if file.envelope.kind not in ("json", "jsonl"):
        raise InputError(
            "unexpected_layout",
            f"a {file.envelope.kind} file stands where JSON pages of groupchat/get are expected",
            file.name,
            "save each response of externalcontact/groupchat/get as it came",
        )
    columns = {stream.definition.name: [column.name for column in stream.columns] for stream in template.streams}
    yield from batch_records(_records(file, drift), columns)


def _records(file: OpenedFile, drift: Drift) -> Iterator[Record]:
    row_no = fetched = failed = 0
    failures: list[Page] = []
    for page in _pages(file):
        problem = _problem(page)
        if problem is not None:
            failed += 1
            failures.append(page)
            row_no += 1
            yield Record("groups", row_no, {}, RowProblem(row_no, problem[0], problem[1], problem[2]))
            continue
        fetched += 1
        for record in _group_records(page.response["group_chat"], row_no):
            row_no = record.row_no
            yield record
    if not fetched:
        raise _nothing_fetched(file, failures)
    if failed:
        first = scalar(failures[0].response, "errcode")
        drift.warnings["api_error"] = f"{failed} of {fetched + failed} groups were not fetched (errcode {first}): they are carried forward"


def _problem(page: Page) -> tuple[str, str, str] | None:
    """Reason code, column and detail of a page that tells nothing."""
    errcode = scalar(page.response, "errcode") or "0"
    if errcode != "0":
        return "api_error", "errcode", errcode
    group = page.response.get("group_chat") if isinstance(page.response, dict) else None
    if not isinstance(group, dict) or not scalar(group, "chat_id"):
        return "unexpected_layout", "group_chat", ""
    if not isinstance(group.get("member_list", []), list):
        return "unexpected_layout", "member_list", ""
    return None


def _group_records(group: dict[str, Any], row_no: int) -> Iterator[Record]:
    chat_id = scalar(group, "chat_id")
    members = group.get("member_list", [])
    row_no += 1
    yield Record(
        "groups",
        row_no,
        {
            "chat_id": chat_id,
            "name": scalar(group, "name"),
            "owner": scalar(group, "owner"),
            "created_at": scalar(group, "create_time"),
            "member_version": scalar(group, "member_version"),
            "members_listed": str(len(members)),
        },
    )
    for member in members:
        row_no += 1
        is_staff = scalar(member, "type") == STAFF
        yield Record(
            "group_members",
            row_no,
            {
                "chat_id": chat_id,
                "member_id": scalar(member, "userid"),
                "id_kind": "staff_userid" if is_staff else "external_userid",
                "actor_type": "staff" if is_staff else "member",
                "joined_at": scalar(member, "join_time"),
                "join_scene": scalar(member, "join_scene"),
                "state": scalar(member, "state"),
                "inviter_id": scalar(member, "invitor", "userid"),
                "unionid": scalar(member, "unionid"),
            },
        )


def _nothing_fetched(file: OpenedFile, failures: list[Page]) -> InputError:
    for page in failures:
        errcode = scalar(page.response, "errcode") or "0"
        if errcode != "0":
            message = (scalar(page.response, "errmsg") or "")[:200]
            hint = _HINTS.get(errcode, "look the code up in WeCom's list of global error codes")
            return InputError("api_error", f"WeCom answered errcode {errcode} {message}".strip(), f"{file.name}, page {page.number}", hint)
    return InputError(
        "unexpected_layout",
        "no page of groupchat/get is in the file (an object with `group_chat.chat_id`)",
        file.name,
        "save each response of externalcontact/groupchat/get as it came",
    )


def _pages(file: OpenedFile) -> Iterator[Page]:
    """The file's pages without what wraps them, in order."""
    if file.envelope.kind == "jsonl":
        yield from _pages_of_lines(file)
        return
    document = file.document
    for number, page in enumerate(document if isinstance(document, list) else [document], start=1):
        yield _unwrap(number, page)


def _pages_of_lines(file: OpenedFile) -> Iterator[Page]:
    [table] = file.envelope.tables
    for batch in table.iter_batches():
        names = batch.columns.schema.names
        for problem in batch.problems:
            yield Page(problem.row_no, None)
        for row_no, values in zip(
            batch.row_numbers.to_pylist(), zip(*(column.to_pylist() for column in batch.columns), strict=True), strict=True
        ):
            page: dict[str, Any] = {}
            for name, text in zip(names, values, strict=True):
                # An object within a line arrives as its JSON text.
                nested = name in ("group_chat", "response") and text is not None
                page[name] = parse_json_document(text.encode(), f"{file.name}, line {row_no}") if nested else text
            yield _unwrap(row_no, page)


def _unwrap(number: int, page: Any) -> Page:
    if isinstance(page, dict) and isinstance(page.get("response"), dict):
        return Page(number, page["response"], scalar(page, "pulled_at"))
    return Page(number, page, scalar(page, "pulled_at"))
