"""One run: the pages of one source and business date, from every account of its connections, into the inbox.

The business date decides what is asked for; the clock decides only whether the platform can answer yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

from community_metrics.errors import CommunityMetricsError
from community_metrics.extractors.client import PlatformClient
from community_metrics.extractors.clock import Clock, SystemClock
from community_metrics.extractors.connections import Account, ConnectionValues
from community_metrics.extractors.failures import ExtractionError, LaterError, NothingToPullError, NotReadyError, UnforeseenError
from community_metrics.extractors.limits import SLEEP_BUDGET_SECONDS, RateLimits
from community_metrics.extractors.pages import deliver
from community_metrics.extractors.platform import Group, Platform, Pulled
from community_metrics.extractors.platforms import platform_of
from community_metrics.extractors.readiness import Waits, judge_zeros, refuse_too_early
from community_metrics.extractors.session import Session
from community_metrics.extractors.spool import Attempts, Spool, close_run, open_run
from community_metrics.extractors.tokens import MemoryTokenStore, TokenStore
from community_metrics.extractors.windows import CHINA
from community_metrics.settings import Settings

log = logging.getLogger(__name__)

_LAST_SECOND = time(23, 59, 59)
_SHOWN = 20
_UNFORESEEN_SECONDS = 30


@dataclass(frozen=True)
class GroupReport:
    """What became of one group of pages. `failed_parts`: what the platform refused, first ones; its pages say so too."""

    account: str
    group: str
    status: Literal["delivered", "delivered_before", "empty", "impossible"]
    pages: int = 0
    files: tuple[str, ...] = ()
    failed_parts: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class ExtractionReport:
    """What one run has delivered."""

    source: str
    business_date: date
    groups: tuple[GroupReport, ...]
    calls: int

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "business_date": self.business_date.isoformat()}


@dataclass
class _Run:
    settings: Settings
    source: str
    business_date: date
    clock: Clock
    folder: Path
    attempts: Attempts
    reports: list[GroupReport] = field(default_factory=list)
    later: list[LaterError] = field(default_factory=list)
    failed: list[CommunityMetricsError] = field(default_factory=list)
    accounts: set[str] = field(default_factory=set)
    calls: int = 0


def extract(
    settings: Settings,
    source: str,
    business_date: date,
    connections: Sequence[ConnectionValues],
    *,
    clock: Clock | None = None,
    store: TokenStore | None = None,
    on_secret: Callable[[str], None] = lambda secret: None,
) -> ExtractionReport:
    """Pull what the platform has of the business date, and deliver every group of pages that is complete.

    What is complete is delivered even when the rest is not. Raises `LaterError` (come back after `delay_seconds`: what has
    been pulled is kept), `NothingToPullError`, `ExtractionError` (somebody has to mend something, or too many attempts).
    """
    platform = platform_of(source)
    clock = clock or SystemClock()
    # Whole seconds: the start is part of the delivered files' names.
    folder, attempts = open_run(settings, source, business_date, clock.now().replace(microsecond=0))
    run = _Run(settings, source, business_date, clock, folder, attempts)
    for connection in connections:
        _pull_connection(run, platform, connection, store or MemoryTokenStore(), on_secret)
    return _conclude(run)


def _pull_connection(
    run: _Run, platform: Platform, connection: ConnectionValues, store: TokenStore, on_secret: Callable[[str], None]
) -> None:
    try:
        accounts = platform.accounts(connection)
        budget = connection.number("sleep_seconds", SLEEP_BUDGET_SECONDS)
        exchange_seconds = connection.number("exchange_seconds", 60.0)
    except ExtractionError as error:
        run.failed.append(error)
        return
    with PlatformClient(
        base_url=connection.base_url(platform.base_url),
        rules=platform.rules,
        limits=RateLimits(platform.rates, run.clock, CHINA, budget),
        clock=run.clock,
        authorise=platform.authorise,
        obtain_token=lambda client, credential, force: platform.obtain_token(client, connection, store, credential, force),
        on_secret=on_secret,
        exchange_seconds=exchange_seconds,
    ) as client:
        for secret in connection.secrets():
            client.keep_secret(secret)
        for account in accounts:
            if account.name in run.accounts:
                what = f"two connections pull the account {account.name!r}"
                run.failed.append(ExtractionError(what, connection.connection_id, "give one of them another `account` in its extra"))
                continue
            run.accounts.add(account.name)
            with Spool(run.folder / account.name) as spool:
                session = Session(
                    platform=platform,
                    connection=connection,
                    account=account,
                    business_date=run.business_date,
                    client=client,
                    spool=spool,
                    clock=run.clock,
                )
                for group in platform.groups[run.source]:
                    if group.wanted(connection):
                        with _collecting(run, f"{run.source}, account {account.name}, {group.name}"):
                            run.reports.append(_pull_group(run, connection, account, group, session, spool))
        run.calls += client.calls


@contextmanager
def _collecting(run: _Run, where: str) -> Iterator[None]:
    """One group's failure does not keep the others from being pulled."""
    try:
        yield
    except LaterError as error:
        run.later.append(error)
    except CommunityMetricsError as error:
        run.failed.append(error)
    except Exception as error:
        log.exception("%s", where, extra={"source": run.source})
        what = f"unforeseen: {type(error).__name__}: {error}"[:500]
        run.later.append(UnforeseenError(what, where, "the log has the trace; report it", _UNFORESEEN_SECONDS))


def _pull_group(run: _Run, connection: ConnectionValues, account: Account, group: Group, session: Session, spool: Spool) -> GroupReport:
    if group.name in spool.delivered:
        return GroupReport(account.name, group.name, "delivered_before", files=tuple(spool.delivered[group.name]))
    impossible = _impossible(run, group)
    if impossible:
        return GroupReport(account.name, group.name, "impossible", note=impossible)
    where = f"{run.source}, account {account.name}, {group.name}"
    refuse_too_early(group.readiness, run.business_date, run.clock.now(), CHINA, where)
    session.begin()
    pulled = group.pull(session)
    if pulled.failed and not pulled.fetched:
        raise ExtractionError(
            f"the platform refused all of it: {'; '.join(pulled.failed[:3])}", where, "grant the permission, then clear the task"
        )
    _judge(run, connection, account, group, pulled, session, where)
    for failed in pulled.failed:
        log.warning("%s: not fetched: %s", where, failed, extra={"source": run.source, "public": f"{where}: a part was not fetched"})
    files, count = _deliver(run, account, group, pulled, spool)
    spool.mark_delivered(group.name, files)
    failed_parts = tuple(pulled.failed[:_SHOWN])
    if files:
        log.info("%s: %d pages delivered as %s", where, count, ", ".join(files), extra={"source": run.source})
    return GroupReport(account.name, group.name, "delivered" if files else "empty", count, tuple(files), failed_parts)


def _deliver(run: _Run, account: Account, group: Group, pulled: Pulled, spool: Spool) -> tuple[list[str], int]:
    """The names of the group's files, and the number of their pages."""
    snapshot_at = _end_of_day(run) if group.kind == "present" else None
    deliveries = [
        deliver(
            run.settings,
            source=run.source,
            account=account.name,
            endpoint=endpoint,
            business_date=run.business_date,
            started_at=run.attempts.started_at,
            snapshot_at=snapshot_at,
            pages=spool.pages(keys),
            scratch=run.folder,
        )
        for endpoint, keys in pulled.files.items()
    ]
    return [delivery.path.name for delivery in deliveries], sum(delivery.pages for delivery in deliveries)


def _end_of_day(run: _Run) -> datetime:
    """The last second of the business date, and within it the order of pulling: a list that is pulled again is the later one."""
    end = datetime.combine(run.business_date, _LAST_SECOND, CHINA)
    share_of_next_day = (run.attempts.started_at - end) / timedelta(days=1)
    return end + timedelta(seconds=min(share_of_next_day, 0.999))


def _impossible(run: _Run, group: Group) -> str:
    """Why the platform cannot say anything of this date, if it cannot."""
    today = run.clock.now().astimezone(CHINA).date()
    age = (today - run.business_date).days
    if age < 1:
        return f"{run.business_date} is not over yet"
    if group.kind == "present" and age > 1:
        return (
            f"the platform lists only the present: the state at the end of {run.business_date} could be pulled on the following day alone"
        )
    if group.history_days is not None and age > group.history_days:
        return f"the platform keeps {group.history_days} days, {run.business_date} is older"
    return ""


def _judge(run: _Run, connection: ConnectionValues, account: Account, group: Group, pulled: Pulled, session: Session, where: str) -> None:
    """Raises `NotReadyError`, and forgets what was said, while the figures cannot be believed."""
    waits = Waits(connection.number("not_ready_seconds", Waits.not_ready), connection.number("settled_seconds", Waits.settled))
    look = f"{account.name}/{group.name}"
    run.attempts.looks[look] = run.attempts.looks.get(look, 0) + 1
    run.attempts.save()
    try:
        if pulled.not_ready:
            raise NotReadyError(pulled.not_ready, where, "it is asked again later", waits.not_ready)
        judge_zeros(
            group.readiness,
            run.business_date,
            pulled.observations,
            run.attempts.looks[look],
            run.clock.now(),
            CHINA,
            where,
            waits,
        )
    except NotReadyError:
        session.forget(pulled.doubtful or session.asked)
        raise


def _conclude(run: _Run) -> ExtractionReport:
    # What comes by itself is waited for first: the attempt after it meets the other failures again, or finds them mended.
    if run.later:
        raise _come_back(run)
    if run.failed:
        run.attempts.begin_anew()
        raise _together(run.failed)
    report = ExtractionReport(run.source, run.business_date, tuple(run.reports), run.calls)
    close_run(run.folder)
    if run.reports and all(group.status == "impossible" for group in run.reports):
        raise NothingToPullError("; ".join(dict.fromkeys(group.note for group in run.reports)), run.source)
    return report


def _come_back(run: _Run) -> CommunityMetricsError:
    counted = {error.kind: error for error in run.later if error.counts}
    for kind in counted:
        run.attempts.tries[kind] = run.attempts.tries.get(kind, 0) + 1
    run.attempts.save()
    exhausted = [error for kind, error in counted.items() if run.attempts.tries[kind] >= error.tries]
    if exhausted:
        tries = ", ".join(f"{run.attempts.tries[error.kind]} times {error.kind}" for error in exhausted)
        run.attempts.begin_anew()
        return ExtractionError(f"given up ({tries}): {exhausted[0].what}", exhausted[0].where, exhausted[0].remedy)
    soonest = min(run.later, key=lambda error: error.delay_seconds)
    others = len(run.later) + len(run.failed) - 1
    if others:
        soonest.args = (f"{soonest} (and {others} more)",)
    return soonest


def _together(errors: Sequence[CommunityMetricsError]) -> CommunityMetricsError:
    first = errors[0]
    if len(errors) == 1:
        return first
    for error in errors:
        log.error("%s", error)
    return ExtractionError(f"{first.what} (and {len(errors) - 1} more, see the log)", first.where, first.remedy)
