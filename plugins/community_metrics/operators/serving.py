"""Brings the release to where BI tools read it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowSkipException

from community_metrics.operators.base import PipelineOperator, keep_secret
from community_metrics.settings import Settings

POSTGRES_CONNECTION = "community_metrics_postgres"
SUPERSET_CONNECTION = "community_metrics_superset"


class LoadPostgresOperator(PipelineOperator):
    """The current release into the Postgres of a connection; skipped where there is no such connection, or nothing is published.

    XCom: release, marts that were loaded, rows.
    """

    def __init__(self, *, connection_id: str = POSTGRES_CONNECTION, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.connection_id = connection_id

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics.releases.pointer import current_release_id
        from community_metrics.serving.postgres import load_release

        if current_release_id(settings) is None:
            raise AirflowSkipException("nothing is published yet")
        report = load_release(settings, self._uri())
        return {"release_id": report.release_id, "loaded": list(report.loaded), "rows": report.rows}

    def _uri(self) -> str:
        try:
            connection = BaseHook.get_connection(self.connection_id)
        except AirflowNotFoundException:
            raise AirflowSkipException(f"no connection {self.connection_id}: the marts are not served from Postgres") from None
        password = str(connection.password or "")
        if password:
            keep_secret(password)
        user = f"{quote(str(connection.login or ''), safe='')}:{quote(password, safe='')}@" if connection.login else ""
        return (
            f"postgresql://{user}{connection.host or 'localhost'}:{connection.port or 5432}/{quote(str(connection.schema or ''), safe='')}"
        )


class RefreshSupersetOperator(PipelineOperator):
    """Dashboards and caches of the Superset of a connection at the current release; skipped where there is no such connection, or nothing
    is published.

    The connection: address and login; in its extra `database_uri`, the Postgres of the marts as Superset reaches it. Without that
    Superset reads the released file, which has to be on its machine. XCom: release, whether it was imported, number of charts.
    """

    def __init__(self, *, connection_id: str = SUPERSET_CONNECTION, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.connection_id = connection_id

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics.releases.pointer import current_release_id
        from community_metrics.serving.superset.client import Server
        from community_metrics.serving.superset.refreshing import refresh, source_of

        if current_release_id(settings) is None:
            raise AirflowSkipException("nothing is published yet")
        try:
            connection = BaseHook.get_connection(self.connection_id)
        except AirflowNotFoundException:
            raise AirflowSkipException(f"no connection {self.connection_id}: no Superset is brought to the release") from None
        url = f"{connection.schema or 'http'}://{connection.host or 'localhost'}:{connection.port or 8088}"
        server = Server(url, str(connection.login or "admin"), str(connection.password or ""))
        source = source_of(settings, connection.extra_dejson.get("database_uri"))
        for secret in (server.password, source.password):
            if secret:
                keep_secret(secret)
        report = refresh(settings, server, source)
        return {"release_id": report.release_id, "imported": report.imported, "charts": report.charts}
