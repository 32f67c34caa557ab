"""What an answer means: seven classes, decided by HTTP status and the code in the body.

The platforms answer 200 with an error in the body, so the status alone decides nothing. Which code means what stands in
each platform's module; a code that is in no table fails with its own words, because guessing would hide it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from community_metrics.sources.api_errors import hint

_TOO_MANY_REQUESTS = 429
_UNAUTHORISED = 401
_WORTH_TRYING_AGAIN = frozenset({408, 425, 500, 502, 503, 504})
_DAILY_WORDS = ("daily", "quota")


class ResponseClass(StrEnum):
    """What to do with an answer."""

    SUCCESS = "success"
    RETRY = "retry"
    FAIL = "fail"
    IGNORE = "ignore"
    RESET_PAGINATION = "reset_pagination"
    RATE_LIMITED = "rate_limited"
    REFRESH_TOKEN = "refresh_token"


@dataclass(frozen=True)
class Rule:
    """What one code means.

    `hint`: what a person can do. `part_only` (of FAIL): only this owner, group or account is refused, the others may be
    asked; its page is kept, as "not fetched". `wait_seconds` (of RATE_LIMITED): how long the platform blocks.
    """

    response_class: ResponseClass
    hint: str = ""
    part_only: bool = False
    wait_seconds: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What one answer means. `until_tomorrow`: a quota of the natural day is used up."""

    response_class: ResponseClass
    code: int = 0
    message: str = ""
    hint: str = ""
    part_only: bool = False
    wait_seconds: float | None = None
    until_tomorrow: bool = False

    @property
    def is_success(self) -> bool:
        return self.response_class is ResponseClass.SUCCESS

    @property
    def is_failed_part(self) -> bool:
        return self.response_class is ResponseClass.FAIL and self.part_only

    def __str__(self) -> str:
        return f"code {self.code} {self.message}".strip()


@dataclass(frozen=True)
class RuleBook:
    """How one platform says what happened.

    `platform`: whose list of codes (`sources.api_errors`). `code_field`, `message_field`: where the body says it.
    `code_required`: a body without a code is no answer (otherwise it is a success). `rules`: code -> what it means.
    """

    platform: str
    code_field: str
    message_field: str
    rules: Mapping[int, Rule]
    code_required: bool = False
    default_wait_seconds: float = 60.0

    def judge(self, status: int, headers: Mapping[str, str], body: Any, now: datetime) -> Verdict:
        """The class of one answer; `body` is the parsed JSON, None if it was none."""
        code = self._code(body)
        message = str(body.get(self.message_field) or "")[:300] if isinstance(body, dict) else ""
        retry_after = _retry_after(headers, now)
        if code is not None and code != 0:
            return self._of_code(code, message, retry_after)
        if status == _TOO_MANY_REQUESTS:
            return Verdict(ResponseClass.RATE_LIMITED, status, "too many requests", wait_seconds=retry_after or self.default_wait_seconds)
        if status in _WORTH_TRYING_AGAIN:
            return Verdict(ResponseClass.RETRY, status, f"HTTP {status}", wait_seconds=retry_after)
        if status == _UNAUTHORISED:
            return Verdict(ResponseClass.REFRESH_TOKEN, status, "HTTP 401")
        if not 200 <= status < 300:
            return Verdict(
                ResponseClass.FAIL, status, f"HTTP {status}", "check the address of the connection, and the proxy if there is one"
            )
        if not isinstance(body, dict) or (code is None and (self.code_required or self.code_field in body)):
            # A gateway's page of HTML, or half an answer.
            return Verdict(ResponseClass.RETRY, status, "the answer is no JSON object of the platform")
        return Verdict(ResponseClass.SUCCESS, 0, message)

    def _code(self, body: Any) -> int | None:
        value = body.get(self.code_field) if isinstance(body, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        try:
            return int(value)
        except ValueError:
            return None

    def _of_code(self, code: int, message: str, retry_after: float | None) -> Verdict:
        rule = self.rules.get(code)
        if rule is None:
            return Verdict(ResponseClass.FAIL, code, message, hint(self.platform, str(code)))
        until_tomorrow = rule.response_class is ResponseClass.RATE_LIMITED and any(word in message.lower() for word in _DAILY_WORDS)
        wait = retry_after or rule.wait_seconds
        if rule.response_class is ResponseClass.RATE_LIMITED and wait is None:
            wait = self.default_wait_seconds
        return Verdict(
            rule.response_class, code, message, rule.hint or hint(self.platform, str(code)), rule.part_only, wait, until_tomorrow
        )


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """`Retry-After` as seconds: a number, or a date."""
    value = headers.get("retry-after")
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
