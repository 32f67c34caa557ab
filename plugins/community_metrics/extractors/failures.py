"""How an extraction ends when it does not succeed: for good, or only for now."""

from __future__ import annotations

from community_metrics.errors import CommunityMetricsError


class ExtractionError(CommunityMetricsError):
    """Somebody has to mend something: a permission, a secret, an IP on the allow list. Trying again changes nothing."""


class NothingToPullError(CommunityMetricsError):
    """The platform cannot deliver this business date: too old, or a list of the present asked for the past."""


class LaterError(CommunityMetricsError):
    """Not now, but without anybody doing anything. `delay_seconds`: when to come back.

    `counts`: whether the attempt is one of the few that are granted; waiting for a stated hour is not.
    """

    kind = "later"
    tries = 3

    def __init__(self, what: str, where: str = "", remedy: str = "", delay_seconds: float = 0.0, counts: bool = True) -> None:
        self.delay_seconds = delay_seconds
        self.counts = counts
        super().__init__(what, where, remedy)


class NotReadyError(LaterError):
    """The platform answers, but its figures of the date are not there yet."""

    kind = "not_ready"
    tries = 10


class RateLimitedError(LaterError):
    """The platform refuses more calls for longer than a task may sleep."""

    kind = "rate_limited"
    tries = 6


class UnreachableError(LaterError):
    """No usable answer after the client's own attempts: broken connections, timeouts, server errors, `busy`."""

    kind = "unreachable"
    tries = 4


class UnforeseenError(LaterError):
    """An exception that nobody has thought of: an answer of another shape, a full disk, a fault of ours."""

    kind = "unforeseen"
    tries = 3


class ResetPaginationError(Exception):
    """A paged list moved under the reader: it has to be read from its start again. Never leaves `pagination`."""
