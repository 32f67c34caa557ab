"""公众号 datacube: followers, and articles in two families of interfaces.

The old article family is out of maintenance and answers for dates before 2025-11-01, the new one from then on. The new one
says itself when a day is not complete (`is_delay`); what followers did is believed when it agrees with their number.
`getarticletotaldetail` is asked for each of the last 30 publish dates, because a row is cumulative and tracked for 30 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from community_metrics.extractors.client import Call, PlatformClient
from community_metrics.extractors.connections import Account, ConnectionValues, account_named
from community_metrics.extractors.platform import Group, Platform, Pulled
from community_metrics.extractors.readiness import Observation, Readiness
from community_metrics.extractors.responses import ResponseClass, Rule, RuleBook
from community_metrics.extractors.session import Page, Session
from community_metrics.extractors.tencent import COMMON_RULES, REFRESH, token_of, with_token_in_address
from community_metrics.extractors.tokens import Token, TokenStore
from community_metrics.extractors.windows import Window, restated, spans, within_history

RESTATED_DAYS = 3
TRACKED_DAYS = 30
LEGACY_TRACKED_DAYS = 7
MAX_USER_SPAN_DAYS = 7
MAX_SUMMARY_SPAN_DAYS = 30
BEGINS = date(2014, 12, 1)
NEW_FAMILY_BEGINS = date(2025, 11, 1)

USER_SUMMARY = "datacube/getusersummary"
USER_CUMULATE = "datacube/getusercumulate"
ARTICLE_READ = "datacube/getarticleread"
ARTICLE_SHARE = "datacube/getarticleshare"
ACCOUNT_SUMMARY = "datacube/getbizsummary"
ARTICLE_DETAIL = "datacube/getarticletotaldetail"
LEGACY_SUMMARY = "datacube/getarticlesummary"
LEGACY_TOTAL = "datacube/getarticletotal"
LEGACY_READ = "datacube/getuserread"

RULES = RuleBook(
    platform="wechat_mp",
    code_field="errcode",
    message_field="errmsg",
    rules={
        **COMMON_RULES,
        40001: REFRESH,
        40125: Rule(ResponseClass.FAIL, "the appsecret (the connection's password) is wrong"),
        40164: Rule(ResponseClass.FAIL, "the caller's IP is not on the allow list: add it"),
        61503: Rule(ResponseClass.IGNORE),
    },
)
_NOT_COMPUTED = 61503


def to_call(endpoint: str, request: Mapping[str, Any]) -> Call:
    return Call(endpoint, "POST", f"/{endpoint}", body=request)


def obtain_token(client: PlatformClient, connection: ConnectionValues, store: TokenStore, credential: str, force: bool) -> Token:
    """The account's token, from `stable_token`: asking for it leaves the tokens of other programs alone, which the older
    `token` does not (`"token_endpoint": "token"` in the extra takes that one all the same)."""
    identity = {"grant_type": "client_credential", "appid": connection.required("login"), "secret": connection.required("password")}
    if connection.extra.get("token_endpoint") == "token":
        call = Call("token", "GET", "/cgi-bin/token", query=identity, credential=None)
    else:
        call = Call("stable_token", "POST", "/cgi-bin/stable_token", body={**identity, "force_refresh": force}, credential=None)
    return token_of(client, call, client.now())


def accounts(connection: ConnectionValues) -> list[Account]:
    return [account_named(connection, str(connection.extra.get("account") or connection.required("login")))]


def pull_users(session: Session) -> Pulled:
    """Followers who came and went, by source, and their number at the end of each day."""
    pulled = Pulled()
    stocks: dict[date, int] = {}
    moved: set[date] = set()
    window = within_history(restated(session.business_date, RESTATED_DAYS), session.today, begins=BEGINS)
    for piece in spans(window, MAX_USER_SPAN_DAYS) if window else []:
        summary, cumulate = (_ask(session, pulled, endpoint, piece) for endpoint in (USER_SUMMARY, USER_CUMULATE))
        moved |= {_day(row) for row in _rows(summary)}
        stocks |= {_day(row): int(row.get("cumulate_user") or 0) for row in _rows(cumulate)}
    pulled.observations = [Observation(day, bool(stock)) for day, stock in stocks.items()]
    today, before = stocks.get(session.business_date), stocks.get(session.business_date - timedelta(days=1))
    if today is not None and before is not None and today != before and session.business_date not in moved:
        pulled.not_ready = f"followers went from {before} to {today} on {session.business_date}, but nobody is said to have come or gone"
    return pulled


def pull_articles(session: Session) -> Pulled:
    """Reads and shares of each article on a day, and the account's own figures."""
    pulled = Pulled()
    window = within_history(restated(session.business_date, RESTATED_DAYS), session.today, begins=NEW_FAMILY_BEGINS)
    if window is None:
        return pulled
    for day in window:
        for endpoint in (ARTICLE_READ, ARTICLE_SHARE):
            _ask(session, pulled, endpoint, Window(day, day))
    for piece in spans(window, MAX_SUMMARY_SPAN_DAYS):
        _ask(session, pulled, ACCOUNT_SUMMARY, piece)
    return pulled


def pull_article_details(session: Session) -> Pulled:
    """What became until now of the articles of each of the last 30 publish dates."""
    pulled = Pulled()
    window = within_history(restated(session.business_date, TRACKED_DAYS), session.today, begins=NEW_FAMILY_BEGINS)
    for published in window or ():
        _ask(session, pulled, ARTICLE_DETAIL, Window(published, published))
    return pulled


def pull_legacy_articles(session: Session) -> Pulled:
    """The same before 2025-11-01: days of articles and of the account, and the first seven days of what was published."""
    pulled = Pulled()
    for endpoint, days in ((LEGACY_SUMMARY, RESTATED_DAYS), (LEGACY_READ, RESTATED_DAYS), (LEGACY_TOTAL, LEGACY_TRACKED_DAYS)):
        for day in restated(session.business_date, days):
            if BEGINS <= day < NEW_FAMILY_BEGINS:
                _ask(session, pulled, endpoint, Window(day, day))
    return pulled


def _ask(session: Session, pulled: Pulled, endpoint: str, window: Window) -> Page:
    page = session.fetch(endpoint, {"begin_date": window.first.isoformat(), "end_date": window.last.isoformat()})
    if page.verdict.code == _NOT_COMPUTED:
        pulled.doubtful.append(page.key)
        pulled.not_ready = f"{endpoint} is not computed yet ({page.verdict})"
    elif pulled.take(page, endpoint) and page.response.get("is_delay") is True:
        pulled.doubtful.append(page.key)
        pulled.not_ready = f"{endpoint} of {window.last} is delayed, as the platform says (is_delay)"
    return page


def _rows(page: Page) -> list[dict[str, Any]]:
    return page.response.get("list") or []


def _day(row: Mapping[str, Any]) -> date:
    return date.fromisoformat(str(row["ref_date"])[:10])


# Documented from 08:00; seen empty at 08:30, and complete from 10:00 on.
_FROM_TEN = time(10)

PLATFORM = Platform(
    name="wechat_mp",
    title="公众号",
    base_url="https://api.weixin.qq.com",
    rules=RULES,
    rates=((300, 60),),
    to_call=to_call,
    authorise=with_token_in_address,
    obtain_token=obtain_token,
    accounts=accounts,
    groups={
        "wechat_mp": (
            Group("users", pull_users, readiness=Readiness(_FROM_TEN, "impossible")),
            Group("articles", pull_articles, readiness=Readiness(_FROM_TEN)),
            Group("article_details", pull_article_details, readiness=Readiness(_FROM_TEN)),
            Group("legacy_articles", pull_legacy_articles, readiness=Readiness(_FROM_TEN)),
        ),
    },
)
