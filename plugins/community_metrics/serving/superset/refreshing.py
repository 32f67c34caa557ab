"""Brings dashboards and caches of a Superset to the release that readers see."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from community_metrics.errors import UsageError
from community_metrics.releases.pointer import current_release_id
from community_metrics.serving.superset.bundle import Bundle, Source, make_bundle, postgres_source, released_file
from community_metrics.serving.superset.client import Server, SupersetClient, SupersetError
from community_metrics.settings import PREFIX, Settings

log = logging.getLogger(__name__)

URL_VARIABLE = PREFIX + "SUPERSET_URL"
USER_VARIABLE = PREFIX + "SUPERSET_USER"
PASSWORD_VARIABLE = PREFIX + "SUPERSET_PASSWORD"
DATABASE_VARIABLE = PREFIX + "SUPERSET_DATABASE_URI"


@dataclass(frozen=True)
class RefreshReport:
    """`imported`: False when Superset had this release and these definitions already; then no chart was asked either."""

    release_id: str
    bundle: str
    imported: bool
    dashboards: int
    charts: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def server_from_environment(environ: Mapping[str, str] | None = None) -> Server:
    """Raises `UsageError` when none is named."""
    given = os.environ if environ is None else environ
    url, password = given.get(URL_VARIABLE, ""), given.get(PASSWORD_VARIABLE, "")
    for name, value, remedy in (
        (URL_VARIABLE, url, "http://host:8088"),
        (PASSWORD_VARIABLE, password, "the password of a login that may import"),
    ):
        if not value:
            raise UsageError("no Superset is named", name, f"set it: {remedy}")
    return Server(url, given.get(USER_VARIABLE) or "admin", password)


def source_of(settings: Settings, uri: str | None) -> Source:
    """The Postgres of the address; without one the released file."""
    return postgres_source(uri) if uri else released_file(settings)


def source_from_environment(settings: Settings, database: str | None, environ: Mapping[str, str] | None = None) -> Source:
    """`duckdb` or `postgres`; without a word Postgres where its address is set. Raises `UsageError` for a Postgres without address."""
    uri = (os.environ if environ is None else environ).get(DATABASE_VARIABLE, "")
    if database == "postgres" and not uri:
        raise UsageError(
            "no Postgres is named", DATABASE_VARIABLE, "set it: postgresql://reader:password@host:5432/database, as Superset reaches it"
        )
    return source_of(settings, None if database == "duckdb" else uri)


def bundle_of(settings: Settings, source: Source) -> tuple[Bundle, str]:
    """The bundle of the current release, and its id. Raises `UsageError` when nothing is published."""
    release = current_release_id(settings)
    if release is None:
        raise UsageError("nothing is published yet", str(settings.current_release), "`community-metrics run` publishes")
    return make_bundle(source, release), release


def refresh(settings: Settings, server: Server, source: Source, force: bool = False) -> RefreshReport:
    """Import the dashboards and ask every chart once, so that readers find its answer in the cache.

    Does nothing when Superset has this release and these definitions; `force` does it all the same. Raises `SupersetError` naming the
    charts that cannot be shown, `UsageError` when nothing is published.
    """
    started = time.monotonic()
    bundle, release = bundle_of(settings, source)
    mark = f"发布 · Release {release} · {bundle.digest[:12]}"
    with SupersetClient(server) as client:
        imported = force or not all(_carries(client, dashboard.slug, mark) for dashboard in bundle.dashboards)
        charts = _import(client, bundle, mark) if imported else sum(len(dashboard.charts) for dashboard in bundle.dashboards)
    return RefreshReport(release, bundle.digest, imported, len(bundle.dashboards), charts, round(time.monotonic() - started, 3))


def _carries(client: SupersetClient, slug: str, mark: str) -> bool:
    found = client.dashboard(slug)
    return found is not None and found.get("certification_details") == mark


def _import(client: SupersetClient, bundle: Bundle, mark: str) -> int:
    """Number of charts. The mark comes last: an import that did not come to its end is done again."""
    client.import_assets(bundle.content, bundle.passwords)
    broken, asked = [], 0
    for dashboard in bundle.dashboards:
        for chart, title in client.charts(dashboard.slug).items():
            asked += 1
            log.info("superset: %s, %s", dashboard.name, title)
            problem = client.warm_up(chart)
            if problem:
                broken.append(f"{dashboard.name}: {title}: {problem}")
    if broken:
        raise SupersetError(
            "charts cannot be shown: " + "; ".join(broken[:5]), f"{len(broken)} of {asked} charts", "see the log of Superset"
        )
    for dashboard in bundle.dashboards:
        found = client.dashboard(dashboard.slug)
        if found is None:
            raise SupersetError("a dashboard is not there after its import", dashboard.slug, "see the log of Superset")
        client.certify(int(found["id"]), mark)
    return asked
