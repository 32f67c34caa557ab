"""An API -> the inbox for one source and business date, and when to come back if the platform is not ready."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, RetryDecision, RetryPolicy, Variable
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException, AirflowSkipException

from community_metrics.errors import UsageError
from community_metrics.extractors.failures import LaterError, NothingToPullError, NotReadyError
from community_metrics.operators.base import PipelineOperator, keep_secret
from community_metrics.settings import Settings

if TYPE_CHECKING:
    from community_metrics.extractors.connections import ConnectionValues

# More than all kinds of failure together are granted (see `LaterError.tries`), so that the extraction itself says when it ends.
ATTEMPTS = 40
_PLAIN_ATTEMPTS = 3
_PLAIN_DELAY = timedelta(seconds=30)
_VARIABLE_PREFIX = "community_metrics_token_"


class ComeBackPolicy(RetryPolicy):
    """An extraction says itself when to come back, and counts its attempts by kind of failure; what it could not even begin is
    tried twice more, as everywhere."""

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        if isinstance(exception, LaterError):
            return RetryDecision.retry(timedelta(seconds=exception.delay_seconds), f"{exception.kind}: {exception}"[:500])
        if try_number >= _PLAIN_ATTEMPTS:
            return RetryDecision.fail("tried again without success")
        return RetryDecision.retry(_PLAIN_DELAY)


class ExtractOperator(PipelineOperator):
    """Pulls what the source's platform has of the run's business date into the inbox.

    Skips without a connection (the source then lives on dropped files), and for what no platform can deliver any more.
    XCom: the report, without pages.
    """

    def __init__(self, *, source: str, connection_id: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.source = source
        self.connection_id = connection_id

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics.extractors.run import extract

        connections = _connections(self.connection_id)
        if not connections:
            raise AirflowSkipException(
                f"no connection {self.connection_id}: nothing is pulled, files dropped into the inbox are taken all the same"
            )
        day = business_date(context, settings)
        try:
            report = extract(settings, self.source, day, connections, store=AirflowTokenStore(), on_secret=keep_secret)
        except NothingToPullError as error:
            raise AirflowSkipException(str(error)) from None
        except LaterError as error:
            if _configuration(context).get("wait", True):
                raise
            # Somebody stands and waits: the scheduled run of the date takes what is missing.
            kind = AirflowSkipException if isinstance(error, NotReadyError) else AirflowFailException
            raise kind(f"not waited for: {error}") from None
        for group in report.groups:
            self.log.info("%s %s: %s, %d pages %s", group.account, group.group, group.status, group.pages, group.note)
        return report.to_dict()


class AirflowTokenStore:
    """Rotating tokens as Airflow variables: encrypted in its database, masked in its UI and logs."""

    def load(self, name: str) -> str | None:
        value: str | None = Variable.get(_VARIABLE_PREFIX + name, default=None)
        return value

    def save(self, name: str, value: str) -> None:
        Variable.set(_VARIABLE_PREFIX + name, value, description="Written by the extractor at every renewal of the token")


def business_date(context: Any, settings: Settings) -> date:
    """The day that a run is about: the last one within its data interval.

    A run by hand may name another (`{"business_date": "2026-11-03"}`); one without a data interval is about yesterday.
    Raises `UsageError` for a date that is none.
    """
    named = _configuration(context).get("business_date")
    if named is not None:
        try:
            return date.fromisoformat(str(named))
        except ValueError:
            raise UsageError(f"{named!r} is no date", "the run's configuration", 'write {"business_date": "2026-11-03"}') from None
    end: datetime | None = context.get("data_interval_end")
    if end is None:
        run_after: datetime = context["dag_run"].run_after
        return run_after.astimezone(settings.zone).date() - timedelta(days=1)
    return (end - timedelta(microseconds=1)).astimezone(settings.zone).date()


def _configuration(context: Any) -> Mapping[str, Any]:
    run = context.get("dag_run")
    return (run.conf if run is not None else None) or {}


def _connections(connection_id: str) -> list[ConnectionValues]:
    """The connection and those that it names in `connections`; none if there is no such connection."""
    try:
        found = [_values(connection_id)]
    except AirflowNotFoundException:
        return []
    for other in found[0].texts("connections"):
        try:
            found.append(_values(other))
        except AirflowNotFoundException:
            raise UsageError(
                f"there is no connection {other!r}", f"`connections` in {connection_id}", "create it, or take it out"
            ) from None
    return found


def _values(connection_id: str) -> ConnectionValues:
    from community_metrics.extractors.connections import ConnectionValues

    found = BaseHook.get_connection(connection_id)
    return ConnectionValues(
        connection_id=connection_id,
        host=found.host,
        schema=found.schema,
        port=found.port,
        login=found.login,
        password=found.password,
        extra=found.extra_dejson,
    )
