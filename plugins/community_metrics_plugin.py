"""Registers the released dashboard with Airflow: a page of its UI, behind its login.

Airflow mounts applications of plugins without any authentication, so every route here asks for Airflow's user itself.
"""

from __future__ import annotations

import json
import mimetypes
import re
import threading
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import Annotated, Any, BinaryIO, Literal

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from community_metrics.dashboard.layout import ACCESS, AUDIENCES, EXPORTS, PROJECT_DOCS, PROJECT_DOCS_POLICY, SERVED_UNDER
from community_metrics.errors import CommunityMetricsError, UsageError
from community_metrics.settings import Settings, load_settings

URL_PREFIX = f"/{SERVED_UNDER}"
# The pages' own policy (dashboards/templates/page.html) and, what a page cannot say itself, who may frame it: Airflow's UI.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # Kept by the browser but asked for again: a new release must show at once.
    "Cache-Control": "no-cache",
}
# dbt's page of the models holds its scripts within itself; requests it may make none at all.
PROJECT_DOCS_HEADERS = {"Content-Security-Policy": f"{PROJECT_DOCS_POLICY}; frame-ancestors 'self'"}
EXPORT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
# Each holds a thread of the API server and a reader of the release for seconds; more at a time would slow Airflow itself.
EXPORTS_AT_A_TIME = 2
_exporting = threading.BoundedSemaphore(EXPORTS_AT_A_TIME)
_PIECE = 1 << 18
NOT_PUBLISHED = """\
<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>社群看板 · Community metrics</title>
<h1>还没有发布 · Nothing published yet</h1>
<p>把导出文件放进收件箱并运行 <code>warehouse_release</code>，通过审核后看板会出现在这里。</p>
<p lang="en">Drop exports into the inbox and let <code>warehouse_release</code> run; once a release has passed its audit, it shows here.</p>
</html>
"""

NOT_FOR_YOU = """\
<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>社群看板 · Community metrics</title>
<h1>这一页给运维人员 · This page is for operators</h1>
<p>需要 Airflow 的 Op 或 Admin 角色。<a href="index.html">总览</a></p>
<p lang="en">It takes Airflow's role Op or Admin. <a href="index.html">Overview</a></p>
</html>
"""
# A link that a page has for some of its readers only.
_LINK_FOR_SOME = re.compile(r'<a\b[^>]*\sdata-audience="([a-z]+)"[^>]*>.*?</a>', re.DOTALL)

app = FastAPI(title="Community metrics", docs_url=None, redoc_url=None, openapi_url=None)


@cache
def _settings() -> Settings:
    return load_settings()


def site_folder() -> FilePath | None:
    """The released site as it is at this moment, or None before the first release; the link is followed anew for every request."""
    folder = (_settings().current_release / "site").resolve()
    return folder if folder.is_dir() else None


def may_see(user: Any, audience: str) -> bool:
    """Whether a page for `audience` is for this user: operators are those whom the auth manager lets see Airflow's connections.

    Its custom views would be the natural question, but Airflow's simple auth manager answers them with yes to every viewer.
    """
    return audience == AUDIENCES[0] or get_auth_manager().is_authorized_connection(method="GET", user=user)


def _restricted(site: FilePath) -> Mapping[str, str]:
    """What of this site is not for everyone; a site of an older version says nothing of it."""
    file = site / ACCESS
    restricted: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return restricted


def _refuse_others(path: str, restricted: Mapping[str, str], user: Any) -> None:
    from community_metrics.dashboard.audiences import audience_of

    if restricted and not may_see(user, audience_of(path, restricted)):
        raise HTTPException(403, "this is for operators: it takes Airflow's role Op or Admin")


@app.exception_handler(HTTPException)
async def explain(request: Request, error: HTTPException) -> Response:
    """A person without a login is sent to it; a script is told."""
    if error.status_code == 401 and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(get_auth_manager().get_url_login(next_url=request.url.path), headers=HEADERS)
    if error.status_code == 403 and request.url.path.endswith(".html") and "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(NOT_FOR_YOU, status_code=403, headers=HEADERS)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=HEADERS)


@app.exception_handler(RequestValidationError)
async def explain_wrong_words(request: Request, error: RequestValidationError) -> Response:
    """A word of an address that means nothing."""
    wrong = [".".join(map(str, problem["loc"][1:])) + f": {problem['msg']}" for problem in error.errors()]
    return JSONResponse({"detail": wrong}, status_code=422, headers=HEADERS)


@app.get(f"/{EXPORTS}/{{mart}}.{{kind}}")
def export(
    mart: Annotated[str, Path(pattern="^[a-z0-9_]{1,63}$")],
    kind: Literal["csv", "xlsx", "parquet"],
    user: GetUserDep,
    site: Annotated[FilePath | None, Depends(site_folder)],
    language: Literal["zh", "en"] | None = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    scope_type: str | None = None,
    scope: str | None = None,
) -> Response:
    """A mart of the current release as a file, to whoever is logged in: made for this answer, gone when it is sent."""
    # Airflow loads this module in each of its processes; only the API server makes files.
    from community_metrics.metrics.registry import project_registry
    from community_metrics.serving.export import Selection, export_mart

    known = project_registry().marts.get(mart)
    if site is None or known is None:
        raise HTTPException(404, "no such mart, or nothing is published yet")
    _refuse_others(f"{EXPORTS}/{mart}", _restricted(site), user)
    if known.is_about_persons:
        raise HTTPException(403, "a row of this mart is a person: read it where the release is")
    if not _exporting.acquire(blocking=False):
        raise HTTPException(503, "other files are being made: ask again in a minute")
    try:
        with TemporaryDirectory(prefix="community-metrics-export-") as folder:
            target = FilePath(folder) / f"{mart}.{kind}"
            report = export_mart(_settings(), mart, target, language, Selection(first, last, scope_type, scope))
            file = target.open("rb")  # its bytes stay until they are sent, its name goes now: no answer that breaks off leaves it behind
            size = target.stat().st_size
    except CommunityMetricsError as error:  # without `where`, which names folders of the server
        raise HTTPException(400 if isinstance(error, UsageError) else 503, f"{error.what}: {error.remedy}") from error
    finally:
        _exporting.release()
    name = f"{mart}-{report.release_id}.{kind}"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
    return StreamingResponse(_pieces(file), media_type=EXPORT_TYPES[kind], headers=headers)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


@app.api_route("/{path:path}", methods=["GET", "HEAD"])
def page(path: str, request: Request, user: GetUserDep, site: Annotated[FilePath | None, Depends(site_folder)]) -> Response:
    """One file of the released site, to whoever is logged in and may see it; links to pages that the user may not see are taken out."""
    if site is None:
        return HTMLResponse(NOT_PUBLISHED, status_code=404, headers=HEADERS)
    file = _file_within(site, path or "index.html")
    restricted = _restricted(site)
    _refuse_others(file.relative_to(site).as_posix(), restricted, user)
    hidden = {audience for audience in restricted.values() if not may_see(user, audience)} if file.suffix == ".html" else set()
    status = file.stat()
    # Two readers of one page may see two: neither may be told that the other's is unchanged.
    tag = f'"{"-".join([f"{status.st_ino:x}", f"{status.st_mtime_ns:x}", f"{status.st_size:x}", *sorted(hidden)])}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={**HEADERS, "ETag": tag})
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    policy = PROJECT_DOCS_HEADERS if path == PROJECT_DOCS else {}
    if hidden:
        shown = _LINK_FOR_SOME.sub(lambda link: "" if link[1] in hidden else link[0], file.read_text(encoding="utf-8"))
        return HTMLResponse(shown, headers={**HEADERS, **policy, "ETag": tag})
    return FileResponse(file, media_type=media_type, headers={**HEADERS, **policy, "ETag": tag}, stat_result=status)


def _file_within(site: FilePath, path: str) -> FilePath:
    try:
        file = (site / path).resolve()
        found = file.is_relative_to(site) and file.is_file() and file != site / ACCESS
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, or a link that leads to itself
        found = False
    if not found:
        raise HTTPException(404, "not a page of the dashboard")
    return file


class CommunityMetricsPlugin(AirflowPlugin):
    """The dashboard in Airflow's navigation."""

    name = "community_metrics"
    fastapi_apps = [{"app": app, "url_prefix": URL_PREFIX, "name": "Community metrics"}]  # noqa: RUF012 (Airflow reads plain lists)
    external_views = [  # noqa: RUF012
        {
            "name": "社群看板 / Community metrics",
            "href": f"{URL_PREFIX}/index.html",
            "destination": "nav",
            "nav_top_level": True,
            "url_route": "community-metrics",
            "icon": f"{URL_PREFIX}/assets/icon.svg",
        }
    ]
