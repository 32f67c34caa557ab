"""What WeCom and 公众号 have in common: the token in the address, the error in a body of status 200."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from community_metrics.extractors.failures import ExtractionError
from community_metrics.extractors.responses import ResponseClass, Rule
from community_metrics.extractors.tokens import Token

if TYPE_CHECKING:
    from datetime import datetime

    from community_metrics.extractors.client import Call, PlatformClient

REFRESH = Rule(ResponseClass.REFRESH_TOKEN)
COMMON_RULES = {
    -1: Rule(ResponseClass.RETRY),
    40014: REFRESH,
    42001: REFRESH,
    45009: Rule(ResponseClass.RATE_LIMITED, wait_seconds=60),
    45011: Rule(ResponseClass.RATE_LIMITED, wait_seconds=60),
}
_DEFAULT_LIFETIME_SECONDS = 7200


def with_token_in_address(call: Call, token: str) -> Call:
    """The call with its token, which is in no page and no log."""
    return replace(call, query={**call.query, "access_token": token})


def token_of(client: PlatformClient, call: Call, now: datetime) -> Token:
    """Ask for a token. Raises `ExtractionError` naming what is refused."""
    answer = client.call(call)
    if not answer.verdict.is_success or not answer.body.get("access_token"):
        hint = answer.verdict.hint or "check login and password of the connection"
        raise ExtractionError(f"no access token: {answer.verdict}", call.name, hint)
    lifetime = timedelta(seconds=_seconds(answer.body.get("expires_in")))
    return Token(str(answer.body["access_token"]), now + lifetime, lifetime)


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else _DEFAULT_LIFETIME_SECONDS
