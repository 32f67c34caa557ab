"""Registers the released dashboard with Airflow: a page of its UI, behind its login.

Airflow mounts applications of plugins without any authentication, so every route here asks for Airflow's user itself.
"""

from __future__ import annotations

import mimetypes
from functools import cache
from pathlib import Path
from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from community_metrics.dashboard.layout import PROJECT_DOCS, PROJECT_DOCS_POLICY
from community_metrics.settings import load_settings

URL_PREFIX = "/community-metrics"
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
NOT_PUBLISHED = """\
<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>社群看板 · Community metrics</title>
<h1>还没有发布 · Nothing published yet</h1>
<p>把导出文件放进收件箱并运行 <code>warehouse_release</code>，通过审核后看板会出现在这里。</p>
<p lang="en">Drop exports into the inbox and let <code>warehouse_release</code> run; once a release has passed its audit, it shows here.</p>
</html>
"""

app = FastAPI(title="Community metrics", docs_url=None, redoc_url=None, openapi_url=None)


@cache
def _current_release() -> Path:
    return load_settings().current_release


def site_folder() -> Path | None:
    """The released site as it is at this moment, or None before the first release; the link is followed anew for every request."""
    folder = (_current_release() / "site").resolve()
    return folder if folder.is_dir() else None


@app.exception_handler(HTTPException)
async def explain(request: Request, error: HTTPException) -> Response:
    """A person without a login is sent to it; a script is told."""
    if error.status_code == 401 and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(get_auth_manager().get_url_login(next_url=request.url.path), headers=HEADERS)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=HEADERS)


@app.api_route("/{path:path}", methods=["GET", "HEAD"])
def page(path: str, request: Request, user: GetUserDep, site: Annotated[Path | None, Depends(site_folder)]) -> Response:
    """One file of the released site, to whoever is logged in."""
    if site is None:
        return HTMLResponse(NOT_PUBLISHED, status_code=404, headers=HEADERS)
    file = _file_within(site, path or "index.html")
    status = file.stat()
    tag = f'"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={**HEADERS, "ETag": tag})
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    policy = PROJECT_DOCS_HEADERS if path == PROJECT_DOCS else {}
    return FileResponse(file, media_type=media_type, headers={**HEADERS, **policy, "ETag": tag}, stat_result=status)


def _file_within(site: Path, path: str) -> Path:
    try:
        file = (site / path).resolve()
        found = file.is_relative_to(site) and file.is_file()
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
