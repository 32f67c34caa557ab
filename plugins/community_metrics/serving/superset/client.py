"""Superset's REST API, as far as the import of a bundle needs it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from community_metrics.errors import BusyError, CommunityMetricsError, UsageError

# A chart's query may take what Superset grants it (superset_config.py: 60 seconds); an import writes some hundred rows.
_SECONDS = 90.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SAID = 300
# Too many requests, and what a proxy says before a server that starts.
_LATER = (429, 502, 503, 504)


@dataclass(frozen=True)
class Server:
    """A Superset and a login that may import."""

    url: str
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Server({self.url!r}, {self.user!r})"


class SupersetError(CommunityMetricsError):
    """Superset does not do what it was asked."""


class SupersetAwayError(BusyError):
    """Superset does not answer now: it starts, or has too much to do. Another attempt may succeed."""


class SupersetClient:
    """One logged-in session. Raises `SupersetError` for whatever Superset refuses, `SupersetAwayError` when it is not there,
    `UsageError` for an address that is none."""

    def __init__(self, server: Server) -> None:
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        parts = urlsplit(server.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"not an address of a Superset: {server.url!r}", "", "write http://host:8088")
        self._url = server.url.rstrip("/")
        # A company's proxy is none of this machine's own business, nor of a network of containers.
        trusts = parts.hostname not in _LOOPBACK and "." in parts.hostname
        self._http = httpx.Client(base_url=self._url, timeout=_SECONDS, trust_env=trusts, follow_redirects=False)
        try:
            self._log_in(server)
        except BaseException:
            self._http.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()

    def import_assets(self, bundle: bytes, passwords: Mapping[str, str]) -> None:
        """Databases, datasets, charts and dashboards of the bundle; what is there of the same ids is overwritten."""
        self._call(
            "POST",
            "/api/v1/assets/import/",
            files={"bundle": ("bundle.zip", bytes(bundle), "application/zip")},
            data={"passwords": json.dumps(dict(passwords)), "sparse": "false"},
        )

    def dashboard(self, slug: str) -> dict[str, Any] | None:
        """What Superset says of a dashboard; None where there is none."""
        found = self._call("GET", f"/api/v1/dashboard/{slug}", absent=True)
        return None if found is None else dict(found["result"])

    def charts(self, slug: str) -> dict[int, str]:
        """The charts of a dashboard: id -> title."""
        found = self._call("GET", f"/api/v1/dashboard/{slug}/charts") or {}
        return {int(chart["id"]): str(chart["slice_name"]) for chart in found["result"]}

    def warm_up(self, chart: int) -> str | None:
        """Ask the chart's query and keep its answer; gives what went wrong, None when nothing did."""
        found = self._call("PUT", "/api/v1/chart/warm_up_cache", json={"chart_id": chart}) or {}
        problems = [str(result["viz_error"]) for result in found["result"] if result.get("viz_error")]
        return problems[0] if problems else None

    def certify(self, dashboard: int, details: str) -> None:
        """What readers see beside the dashboard's title."""
        body = {"certified_by": "Community Metrics Warehouse", "certification_details": details}
        self._call("PUT", f"/api/v1/dashboard/{dashboard}", json=body)

    def _log_in(self, server: Server) -> None:
        body = {"username": server.user, "password": server.password, "provider": "db", "refresh": False}
        token = (self._call("POST", "/api/v1/security/login", json=body) or {}).get("access_token")
        self._http.headers["Authorization"] = f"Bearer {token}"
        found = self._call("GET", "/api/v1/security/csrf_token/") or {}
        # The session's cookie came with it; Superset also looks at where a request says it comes from.
        self._http.headers.update({"X-CSRFToken": str(found.get("result")), "Referer": self._url})

    def _call(self, method: str, path: str, absent: bool = False, **content: Any) -> dict[str, Any] | None:
        try:
            answer = self._http.request(method, path, **content)
        except httpx.HTTPError as error:
            raise SupersetAwayError(f"Superset does not answer: {error}", self._url, "start it, or look at its log") from None
        if absent and answer.status_code == 404:
            return None
        if answer.status_code in _LATER:
            raise SupersetAwayError(f"Superset cannot answer now ({answer.status_code})", self._url, "try again, or look at its log")
        if not answer.is_success:
            remedy = "check the login of the connection" if answer.status_code in (401, 403) else "look at Superset's log"
            raise SupersetError(f"Superset refuses {method} {path} ({answer.status_code}): {answer.text[:_SAID]}", self._url, remedy)
        try:
            found: dict[str, Any] = answer.json()
        except ValueError:
            what = f"{method} {path} was not answered with JSON: {answer.text[:_SAID]!r}"
            raise SupersetError(what, self._url, "check the address: is it Superset's?") from None
        return found
