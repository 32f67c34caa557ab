"""Reading a paged list to its end, although it may move meanwhile.

What is promised: every item that was in the list from the beginning of the reading to its end is in the pages. A list that
moved so that this cannot be said (a cursor that is refused or runs in a circle, a total that changed, numbered pages that
repeat) is read again from its start, a few times; then the run fails. A page that repeats another word for word is dropped;
items that stand in two different pages are the same items, and the loader keeps one of them.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from community_metrics.extractors.failures import ResetPaginationError, UnreachableError
from community_metrics.extractors.session import Page, Session

log = logging.getLogger(__name__)

MAX_RESETS = 3
_MAX_PAGES = 100_000


def read_by_cursor(
    session: Session, endpoint: str, request: Mapping[str, Any], items: str, cursor: str = "cursor", next_cursor: str = "next_cursor"
) -> list[Page]:
    """The pages of a list that hands out cursors; `items` is the response's list. A refused list is its one page."""
    return _read_again_if_it_moves(
        session, endpoint, lambda pages: _follow_cursor(session, endpoint, request, items, cursor, next_cursor, pages)
    )


def read_by_number(
    session: Session,
    endpoint: str,
    request: Mapping[str, Any],
    rows: Callable[[Page], Sequence[Any]],
    totals: Callable[[Page], tuple[int, int]],
) -> list[Page]:
    """The pages of a list with numbered pages; `totals(page)` gives (number of rows, number of pages) as the page states them."""
    return _read_again_if_it_moves(session, endpoint, lambda pages: _follow_numbers(session, endpoint, request, rows, totals, pages))


def _read_again_if_it_moves(session: Session, endpoint: str, read: Callable[[list[Page]], list[Page]]) -> list[Page]:
    for attempt in range(MAX_RESETS + 1):
        asked: list[Page] = []
        try:
            return read(asked)
        except ResetPaginationError as error:
            session.forget([page.key for page in asked])
            log.warning("%s: the list moved (%s); read again from its start, time %d", endpoint, error, attempt + 1)
    raise UnreachableError(
        f"the list moved {MAX_RESETS + 1} times while it was read", endpoint, "it is tried again later; pull it at a quieter hour", 600
    )


def _follow_cursor(
    session: Session, endpoint: str, request: Mapping[str, Any], items: str, cursor: str, next_cursor: str, asked: list[Page]
) -> list[Page]:
    pages: list[Page] = []
    seen_cursors = {""}
    seen_contents: set[str] = set()
    following = ""
    while len(asked) < _MAX_PAGES:
        page = session.fetch(endpoint, {**request, **({cursor: following} if following else {})}, in_list=bool(following))
        asked.append(page)
        if not page.verdict.is_success:
            return [page]
        content = page.response.get(items) or []
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        if content and digest in seen_contents:
            log.warning("%s: a page repeats another one; it is dropped", endpoint)
        else:
            seen_contents.add(digest)
            pages.append(page)
        following = str(page.response.get(next_cursor) or "")
        if not following:
            return pages
        if following in seen_cursors:
            raise ResetPaginationError("its cursors run in a circle")
        seen_cursors.add(following)
    raise ResetPaginationError("it does not end")


def _follow_numbers(
    session: Session,
    endpoint: str,
    request: Mapping[str, Any],
    rows: Callable[[Page], Sequence[Any]],
    totals: Callable[[Page], tuple[int, int]],
    asked: list[Page],
) -> list[Page]:
    first = session.fetch(endpoint, {**request, "page": 1})
    asked.append(first)
    if not first.verdict.is_success:
        return [first]
    stated = totals(first)
    previous = rows(first)
    found = len(previous)
    for number in range(2, stated[1] + 1):
        page = session.fetch(endpoint, {**request, "page": number}, in_list=True)
        asked.append(page)
        if not page.verdict.is_success:
            raise ResetPaginationError(f"page {number}: {page.verdict}")
        if totals(page) != stated:
            raise ResetPaginationError(f"{stated[0]} rows became {totals(page)[0]}")
        if rows(page) == previous:
            raise ResetPaginationError(f"page {number} repeats the one before")
        previous = rows(page)
        found += len(previous)
    if found != stated[0]:
        raise ResetPaginationError(f"{stated[0]} rows are stated, {found} came")
    return list(asked)
