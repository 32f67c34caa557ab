"""Keeping under a platform's rate, and waiting out its blocks within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pyrate_limiter import AbstractClock, Duration, InMemoryBucket, Limiter, Rate

from community_metrics.extractors.clock import Clock
from community_metrics.extractors.failures import RateLimitedError
from community_metrics.extractors.responses import Verdict

# A task that sleeps holds a worker: one block by the minute rule is slept through, more is left to a later attempt.
SLEEP_BUDGET_SECONDS = 150.0
_COME_BACK_SECONDS = 3600.0
_AFTER_MIDNIGHT = timedelta(minutes=10)


class _BucketClock(AbstractClock):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> int:
        return int(self._clock.monotonic() * 1000)


class _Bucket(InMemoryBucket):
    """A bucket on the extractors' clock."""

    def __init__(self, rates: list[Rate], clock: Clock) -> None:
        super().__init__(rates)
        self._time = _BucketClock(clock)

    def now(self) -> int:
        return self._time.now()


class RateLimits:
    """One bucket per endpoint, as the platforms count."""

    def __init__(
        self, rates: Sequence[tuple[int, float]], clock: Clock, zone: ZoneInfo, budget_seconds: float = SLEEP_BUDGET_SECONDS
    ) -> None:
        """`rates`: (calls, seconds) pairs that all hold."""
        self._rates = [Rate(calls, int(seconds * Duration.SECOND)) for calls, seconds in rates]
        self._clock = clock
        self._zone = zone
        self._left = budget_seconds
        self._limiters: dict[str, Limiter] = {}

    def wait_turn(self, endpoint: str) -> None:
        """Return when one more call of the endpoint keeps its rate."""
        if not self._rates:
            return
        limiter = self._limiters.get(endpoint)
        if limiter is None:
            limiter = self._limiters[endpoint] = Limiter(_Bucket(self._rates, self._clock))
        while not limiter.try_acquire(endpoint, blocking=False):
            self._clock.sleep(0.05)

    def wait_out(self, verdict: Verdict, where: str) -> None:
        """Sleep through a block. Raises `RateLimitedError` when it is longer than what is left of the run's budget."""
        if verdict.until_tomorrow:
            delay = _until_tomorrow(self._clock.now(), self._zone)
            raise RateLimitedError(f"the day's quota is used up: {verdict}", where, "it is tried again after midnight", delay)
        wait = verdict.wait_seconds or 0.0
        if wait > self._left:
            raise RateLimitedError(
                f"blocked for calling too often: {verdict}", where, "it is tried again later", max(wait, _COME_BACK_SECONDS)
            )
        self._left -= max(wait, 1.0)
        self._clock.sleep(wait)


def _until_tomorrow(now: datetime, zone: ZoneInfo) -> float:
    local = now.astimezone(zone)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(0), zone)
    return (midnight - local + _AFTER_MIDNIGHT).total_seconds()
