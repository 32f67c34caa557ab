"""One call of a platform's API, to an answer that can be used or a failure that says what to do.

httpx does the exchange and tenacity the attempts; what they cannot know (codes in a body of status 200, a token that has to
be renewed, a block that lasts a minute, an answer that trickles in for ever) is here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from community_metrics.extractors.clock import Clock
from community_metrics.extractors.failures import ExtractionError, UnreachableError
from community_metrics.extractors.limits import RateLimits
from community_metrics.extractors.responses import ResponseClass, RuleBook, Verdict
from community_metrics.extractors.tokens import Token, Tokens
from community_metrics.observability.masking import hide, masked

log = logging.getLogger(__name__)

ATTEMPTS = 4
EXCHANGE_SECONDS = 60.0
"""One exchange, from the connection to the last byte: a read timeout alone never ends an answer that trickles."""
CALL_SECONDS = 300.0
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 30.0
_MAX_BODY_BYTES = 64 * 2**20
_COME_BACK_SECONDS = 300.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Call:
    """One request. `name`: the endpoint as pages and limits call it; `credential`: whose token it needs, None for none."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    credential: str | None = "default"


@dataclass(frozen=True)
class Answer:
    """What came of a call: the body, and what it means (success, ignore, reset pagination or fail)."""

    body: dict[str, Any]
    verdict: Verdict


class _WorthAnotherAttempt(Exception):
    def __init__(self, reason: str, wait_seconds: float | None = None) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(reason)


class PlatformClient:
    """Speaks to one platform over one connection, one call at a time."""

    def __init__(
        self,
        *,
        base_url: str,
        rules: RuleBook,
        limits: RateLimits,
        clock: Clock,
        authorise: Callable[[Call, str], Call],
        obtain_token: Callable[[PlatformClient, str, bool], Token],
        on_secret: Callable[[str], None] = lambda secret: None,
        exchange_seconds: float = EXCHANGE_SECONDS,
    ) -> None:
        # httpx logs every address at INFO, and WeCom's and 公众号's addresses hold the token.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._base_url = base_url
        self._rules = rules
        self._limits = limits
        self._clock = clock
        self._authorise = authorise
        self._on_secret = on_secret
        self._exchange_seconds = exchange_seconds
        self._secrets: set[str] = set()
        self._tokens = Tokens(lambda credential, force: self._obtained(obtain_token(self, credential, force)), clock)
        self._http = httpx.Client(
            base_url=base_url,
            timeout=httpx.Timeout(min(_READ_SECONDS, exchange_seconds), connect=min(_CONNECT_SECONDS, exchange_seconds)),
            follow_redirects=False,
            # A company's proxy may be the address on the platform's allow list; this machine needs none to reach itself.
            trust_env=urlsplit(base_url).hostname not in _LOOPBACK,
        )
        self.calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()

    def now(self) -> datetime:
        """The present instant, for whoever has to say when a token ends."""
        return self._clock.now()

    def keep_secret(self, secret: str) -> None:
        """From now on the text is in no message of this client."""
        if secret:
            self._secrets.add(secret)
            hide(secret)
            self._on_secret(secret)

    def redact(self, text: str) -> str:
        """The text without secrets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return masked(text)

    def call(self, call: Call) -> Answer:
        """Ask until there is an answer that can be used.

        Raises `UnreachableError`, `RateLimitedError`, and `ExtractionError` for a token that is refused twice.
        """
        renewed = False
        while True:
            answer = self._attempts(call)
            verdict = answer.verdict
            if verdict.response_class is ResponseClass.RATE_LIMITED:
                log.warning("%s: %s", call.name, verdict)
                self._limits.wait_out(verdict, call.name)
            elif verdict.response_class is ResponseClass.REFRESH_TOKEN and call.credential is not None and not renewed:
                log.info("%s: the access token is renewed (%s)", call.name, verdict)
                self._tokens.renew(call.credential)
                renewed = True
            elif verdict.response_class is ResponseClass.REFRESH_TOKEN:
                raise ExtractionError(f"the access token is refused: {verdict}", call.name, verdict.hint or "check the connection's secret")
            else:
                return answer

    def _attempts(self, call: Call) -> Answer:
        started = self._clock.monotonic()
        backoff = wait_exponential_jitter(initial=1, max=30, jitter=1)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            stated = error.wait_seconds if isinstance(error, _WorthAnotherAttempt) else None
            return backoff(state) if stated is None else stated

        def too_long(state: RetryCallState) -> bool:
            return self._clock.monotonic() - started + state.upcoming_sleep > CALL_SECONDS

        retrying = Retrying(
            retry=retry_if_exception_type(_WorthAnotherAttempt),
            stop=lambda state: stop_after_attempt(ATTEMPTS)(state) or too_long(state),
            wait=wait,
            sleep=self._clock.sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, call)
        except _WorthAnotherAttempt as error:
            delay = max(_COME_BACK_SECONDS, error.wait_seconds or 0.0)
            remedy = "it is tried again later; if it stays, look at the network, the proxy and the platform's status page"
            raise UnreachableError(f"no usable answer: {error}", call.name, remedy, delay) from None

    def _once(self, call: Call) -> Answer:
        self._limits.wait_turn(call.name)
        authorised = call if call.credential is None else self._authorise(call, self._tokens.current(call.credential))
        self.calls += 1
        status, headers, content = self._exchange(authorised)
        body = _parsed(content)
        verdict = self._rules.judge(status, headers, body, self._clock.now())
        verdict = replace(verdict, message=self.redact(verdict.message))
        if verdict.response_class is ResponseClass.RETRY:
            raise _WorthAnotherAttempt(str(verdict), verdict.wait_seconds)
        return Answer(body if isinstance(body, dict) else {}, verdict)

    def _exchange(self, call: Call) -> tuple[int, Mapping[str, str], bytes]:
        deadline = self._clock.monotonic() + self._exchange_seconds
        content = bytearray()
        try:
            with self._http.stream(
                call.method, call.path, params=dict(call.query) or None, json=call.body, headers=dict(call.headers)
            ) as response:
                for chunk in response.iter_bytes():
                    content += chunk
                    if self._clock.monotonic() > deadline:
                        raise _WorthAnotherAttempt(f"the answer was not complete after {self._exchange_seconds:g} s")
                    if len(content) > _MAX_BODY_BYTES:
                        raise ExtractionError(f"the answer is larger than {_MAX_BODY_BYTES} bytes", call.name, "ask for smaller pages")
                return response.status_code, response.headers, bytes(content)
        except (httpx.TransportError, httpx.DecodingError) as error:
            # Without its cause: what httpx says may hold the address, and with it the token.
            raise _WorthAnotherAttempt(f"{type(error).__name__}: {self.redact(str(error))}") from None

    def _obtained(self, token: Token) -> Token:
        self.keep_secret(token.value)
        return token


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
