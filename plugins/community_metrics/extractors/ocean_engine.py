"""巨量引擎: the custom report of each advertiser, by day.

Spend still moves on the following day, and conversions by billing time are written back to the day of the spend for 30
days. One report of 30 days with all metrics serves both: a row that held only conversions would take the spend out of the
row that it replaces.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from community_metrics.extractors.client import Call, PlatformClient
from community_metrics.extractors.connections import Account, ConnectionValues, account_named
from community_metrics.extractors.failures import ExtractionError
from community_metrics.extractors.pagination import read_by_number
from community_metrics.extractors.platform import Group, Platform, Pulled
from community_metrics.extractors.readiness import Observation, Readiness
from community_metrics.extractors.responses import ResponseClass, Rule, RuleBook
from community_metrics.extractors.session import Page, Session
from community_metrics.extractors.tokens import Token, TokenStore
from community_metrics.extractors.windows import restated, spans, within_history

RESTATED_DAYS = 30
MAX_SPAN_DAYS = 30
PAGE_SIZE = 1000
BEGINS = date(2016, 10, 26)
REPORT = "v3.0/report/custom/get"
DIMENSIONS = ("stat_time_day", "cdp_project_id", "cdp_project_name")
METRICS = ("stat_cost", "show_cnt", "click_cnt", "convert_cnt", "attribution_convert_cnt", "deep_convert_cnt")
_AUTHORISE_AGAIN = "authorise the application again and put the new refresh_token into the connection"
_REFRESH = Rule(ResponseClass.REFRESH_TOKEN, _AUTHORISE_AGAIN)

RULES = RuleBook(
    platform="ocean_engine",
    code_field="code",
    message_field="message",
    code_required=True,
    default_wait_seconds=5.0,
    rules={
        40001: Rule(ResponseClass.FAIL, "a parameter is wrong: check dimensions and metrics in the connection's extra"),
        40002: Rule(ResponseClass.FAIL, part_only=True),
        40100: Rule(ResponseClass.RATE_LIMITED, wait_seconds=5),
        40102: _REFRESH,
        40104: _REFRESH,
        40105: _REFRESH,
        40107: Rule(ResponseClass.FAIL, _AUTHORISE_AGAIN),
        40110: Rule(ResponseClass.RATE_LIMITED, wait_seconds=5),
        50000: Rule(ResponseClass.RETRY),
        51010: Rule(ResponseClass.RETRY),
    },
)


def to_call(endpoint: str, request: Mapping[str, Any]) -> Call:
    query = {
        name: json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, list | dict) else str(value)
        for name, value in request.items()
    }
    return Call(endpoint, "GET", f"/open_api/{endpoint}/", query=query)


def authorise(call: Call, token: str) -> Call:
    return replace(call, headers={**call.headers, "Access-Token": token})


def obtain_token(client: PlatformClient, connection: ConnectionValues, store: TokenStore, credential: str, force: bool) -> Token:
    """The token that is still good, or a new one for the refresh token, which is itself replaced by that.

    Both are kept with Airflow, never in the home: whoever loses the new refresh token has to authorise again, so it is
    saved before anything else is done.
    """
    kept = _kept(store, connection)
    if kept is not None:
        for secret in (kept["access_token"], kept["refresh_token"]):
            client.keep_secret(secret)
        token = Token(kept["access_token"], datetime.fromisoformat(kept["expires_at"]), timedelta(hours=24))
        if not force and token.expires_at > client.now() + timedelta(minutes=10):
            return token
    refresh_token = kept["refresh_token"] if kept else str(connection.extra.get("refresh_token") or "")
    if not refresh_token:
        raise ExtractionError("the connection has no refresh_token", connection.connection_id, _AUTHORISE_AGAIN)
    body = {
        "app_id": connection.required("login"),
        "secret": connection.required("password"),
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
    }
    answer = client.call(Call("oauth2/refresh_token", "POST", "/open_api/oauth2/refresh_token/", body=body, credential=None))
    data = answer.body.get("data")
    if not answer.verdict.is_success or not isinstance(data, dict) or not data.get("access_token"):
        raise ExtractionError(f"no access token: {answer.verdict}", connection.connection_id, answer.verdict.hint or _AUTHORISE_AGAIN)
    lifetime = timedelta(seconds=float(data.get("expires_in") or 86_400))
    token = Token(str(data["access_token"]), client.now() + lifetime, lifetime)
    following = str(data.get("refresh_token") or refresh_token)
    content = {"access_token": token.value, "expires_at": token.expires_at.astimezone(UTC).isoformat(), "refresh_token": following}
    store.save(connection.connection_id, json.dumps({**content, "given": _fingerprint(connection)}))
    client.keep_secret(following)
    return token


def _kept(store: TokenStore, connection: ConnectionValues) -> dict[str, str] | None:
    """What an earlier run has saved, unless the connection has been given a new refresh token since."""
    try:
        content = json.loads(store.load(connection.connection_id) or "null")
    except ValueError:
        return None
    if not isinstance(content, dict) or content.get("given") != _fingerprint(connection):
        return None
    return content


def _fingerprint(connection: ConnectionValues) -> str:
    # Enough to see that it was replaced, too little to be used.
    return str(connection.extra.get("refresh_token") or "")[-4:]


def accounts(connection: ConnectionValues) -> list[Account]:
    advertisers = connection.texts("advertiser_ids")
    if not advertisers:
        raise ExtractionError(
            "the connection names no advertiser", connection.connection_id, 'write {"advertiser_ids": ["..."]} in its extra'
        )
    return [account_named(connection, advertiser) for advertiser in advertisers]


def pull_report(session: Session) -> Pulled:
    """A day's spend and conversions of each project."""
    pulled = Pulled()
    window = within_history(restated(session.business_date, RESTATED_DAYS), session.today, begins=BEGINS)
    for piece in spans(window, MAX_SPAN_DAYS) if window else []:
        request = {
            "advertiser_id": session.account.name,
            "data_topic": "BASIC_DATA",
            "dimensions": session.connection.texts("dimensions") or list(DIMENSIONS),
            "metrics": session.connection.texts("metrics") or list(METRICS),
            "start_time": piece.first.isoformat(),
            "end_time": piece.last.isoformat(),
            "filters": [],
            "order_by": [{"field": "stat_time_day", "type": "ASC"}],
            "page_size": PAGE_SIZE,
        }
        for page in read_by_number(session, REPORT, request, _rows, _totals):
            if pulled.take(page, f"advertiser {session.account.name}"):
                pulled.observations += [_observed(row) for row in _rows(page)]
    return pulled


def _data(page: Page) -> dict[str, Any]:
    data = page.response.get("data")
    return data if isinstance(data, dict) else {}


def _rows(page: Page) -> list[dict[str, Any]]:
    return _data(page).get("rows") or []


def _totals(page: Page) -> tuple[int, int]:
    info = _data(page).get("page_info") or {}
    return int(info.get("total_number") or 0), int(info.get("total_page") or 0)


def _observed(row: Mapping[str, Any]) -> Observation:
    metrics = row.get("metrics") or {}
    day = date.fromisoformat(str((row.get("dimensions") or {}).get("stat_time_day"))[:10])
    return Observation(day, any(_is_not_zero(value) for value in metrics.values()))


def _is_not_zero(value: Any) -> bool:
    try:
        return float(value) != 0
    except (TypeError, ValueError):
        return False


PLATFORM = Platform(
    name="ocean_engine",
    title="巨量引擎",
    base_url="https://api.oceanengine.com",
    rules=RULES,
    rates=((5, 1), (200, 60)),
    to_call=to_call,
    authorise=authorise,
    obtain_token=obtain_token,
    accounts=accounts,
    # Spend of a day is stable from 08:00 of the following day.
    groups={"ad_spend": (Group("report", pull_report, readiness=Readiness(time(8, 10), "confirmed")),)},
)
