"""One account, one business date: pages by request, from the spool if they are there, else from the platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from community_metrics.extractors.client import PlatformClient
from community_metrics.extractors.clock import Clock
from community_metrics.extractors.connections import Account, ConnectionValues
from community_metrics.extractors.failures import ExtractionError, ResetPaginationError
from community_metrics.extractors.pages import instant_text
from community_metrics.extractors.platform import Platform
from community_metrics.extractors.responses import ResponseClass, Verdict
from community_metrics.extractors.spool import Spool, page_key
from community_metrics.extractors.windows import CHINA

_REQUEST_SHOWN = 200


@dataclass(frozen=True)
class Page:
    """One answer of the platform, and what it means."""

    key: str
    endpoint: str
    request: Mapping[str, Any]
    response: dict[str, Any]
    verdict: Verdict


class Session:
    """What a platform's module works with."""

    def __init__(
        self,
        *,
        platform: Platform,
        connection: ConnectionValues,
        account: Account,
        business_date: date,
        client: PlatformClient,
        spool: Spool,
        clock: Clock,
    ) -> None:
        self.connection = connection
        self.account = account
        self.business_date = business_date
        self._platform = platform
        self._client = client
        self._spool = spool
        self._clock = clock
        self.asked: list[str] = []
        """The keys of what has been asked for since `begin`, lists that are not delivered included."""

    def begin(self) -> None:
        """Another group of pages."""
        self.asked = []

    @property
    def today(self) -> date:
        """The platforms' present day."""
        return self._clock.now().astimezone(CHINA).date()

    def fetch(self, endpoint: str, request: Mapping[str, Any], in_list: bool = False) -> Page:
        """The page of one request; `in_list`: it goes on with a list that was begun, and the platform may say that it moved.

        Its verdict is success, ignore, or the refusal of a part; anything else is raised: `ExtractionError`, `LaterError`,
        `ResetPaginationError`.
        """
        key = page_key(endpoint, request)
        self.asked.append(key)
        kept = self._spool.find(key)
        if kept is not None:
            verdict = self._platform.rules.judge(200, {}, kept["response"], self._clock.now())
            return Page(key, endpoint, request, kept["response"], verdict)
        answer = self._client.call(self._platform.to_call(endpoint, request))
        verdict = answer.verdict
        where = f"{endpoint} {self._client.redact(str(dict(request)))[:_REQUEST_SHOWN]}"
        if verdict.response_class is ResponseClass.RESET_PAGINATION and in_list:
            raise ResetPaginationError(f"{where}: {verdict}")
        if verdict.response_class in (ResponseClass.FAIL, ResponseClass.RESET_PAGINATION) and not verdict.part_only:
            raise ExtractionError(f"{self._platform.title} answered {verdict}", where, verdict.hint)
        self._spool.add(
            key, {"endpoint": endpoint, "request": request, "response": answer.body, "pulled_at": instant_text(self._clock.now())}
        )
        return Page(key, endpoint, request, answer.body, verdict)

    def forget(self, keys: Iterable[str]) -> None:
        """These pages are asked for again."""
        self._spool.forget(keys)
