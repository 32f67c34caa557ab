"""企业微信: customer groups, statistics of groups and staff, 微信客服, customers and 获客助手.

Answers are always HTTP 200: `errcode` says what happened. Two questions that look like one are asked separately on purpose:
`statistic_group_by_day` once per owner and `get_user_behavior_data` once per userid, because several at once come back as
one sum without a name (and with a partyid everybody gets the same figures).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any

from community_metrics.extractors.client import Call, PlatformClient
from community_metrics.extractors.connections import Account, ConnectionValues, account_named
from community_metrics.extractors.failures import ExtractionError
from community_metrics.extractors.pagination import read_by_cursor
from community_metrics.extractors.platform import Group, Platform, Pulled
from community_metrics.extractors.readiness import Observation, Readiness
from community_metrics.extractors.responses import ResponseClass, Rule, RuleBook
from community_metrics.extractors.session import Page, Session
from community_metrics.extractors.tencent import COMMON_RULES, REFRESH, token_of, with_token_in_address
from community_metrics.extractors.tokens import Token, TokenStore
from community_metrics.extractors.windows import Window, day_of_unix, restated, spans, unix_midnight, within_history

log = logging.getLogger(__name__)

HISTORY_DAYS = 180
RESTATED_DAYS = 3
MAX_SPAN_DAYS = 30
MAX_KF_SPAN_DAYS = 31
TOO_MANY_PEOPLE = 81017
_OWNERS_AT_ONCE = 100
_KF = "kf"

GROUP_LIST = "externalcontact/groupchat/list"
GROUP_GET = "externalcontact/groupchat/get"
GROUP_STATISTICS = "externalcontact/groupchat/statistic_group_by_day"
BEHAVIOUR = "externalcontact/get_user_behavior_data"
FOLLOW_USERS = "externalcontact/get_follow_user_list"
CONTACT_LIST = "externalcontact/list"
CONTACT_BATCH = "externalcontact/batch/get_by_user"
KF_CORP = "kf/get_corp_statistic"
KF_SERVICER = "kf/get_servicer_statistic"
LINK_LIST = "externalcontact/customer_acquisition/list_link"
LINK_CUSTOMERS = "externalcontact/customer_acquisition/customer"
_ASKED_WITH_GET = frozenset({FOLLOW_USERS, CONTACT_LIST})

_PART = Rule(ResponseClass.FAIL, part_only=True)
_GONE = Rule(ResponseClass.IGNORE)
RULES = RuleBook(
    platform="wecom",
    code_field="errcode",
    message_field="errmsg",
    code_required=True,
    rules={
        **COMMON_RULES,
        40001: REFRESH,
        # No code of its own is documented for a cursor that has expired: in a list that was begun, a parameter that is
        # suddenly wrong is it.
        40058: Rule(ResponseClass.RESET_PAGINATION, "a parameter is wrong: check the ids in the connection's extra"),
        45033: Rule(ResponseClass.RATE_LIMITED, wait_seconds=5),
        48002: _PART,
        60011: _PART,
        60111: Rule(ResponseClass.FAIL, "there is no such userid: take it out of the connection", part_only=True),
        TOO_MANY_PEOPLE: _PART,
        84061: _GONE,
        86001: _GONE,
        86003: _GONE,
        90501: _GONE,
        95000: Rule(ResponseClass.FAIL, "there is no such open_kfid: take it out of the connection", part_only=True),
    },
)


def to_call(endpoint: str, request: Mapping[str, Any]) -> Call:
    credential = _KF if endpoint.startswith("kf/") else "default"
    if endpoint in _ASKED_WITH_GET:
        return Call(
            endpoint, "GET", f"/cgi-bin/{endpoint}", query={name: str(value) for name, value in request.items()}, credential=credential
        )
    return Call(endpoint, "POST", f"/cgi-bin/{endpoint}", body=request, credential=credential)


def obtain_token(client: PlatformClient, connection: ConnectionValues, store: TokenStore, credential: str, force: bool) -> Token:
    """A token of the application; 微信客服 may have a secret of its own (`kf_secret`)."""
    secret = str(connection.extra.get("kf_secret") or "") if credential == _KF else ""
    query = {"corpid": connection.required("login"), "corpsecret": secret or connection.required("password")}
    return token_of(client, Call("gettoken", "GET", "/cgi-bin/gettoken", query=query, credential=None), client.now())


def accounts(connection: ConnectionValues) -> list[Account]:
    return [account_named(connection, str(connection.extra.get("account") or connection.required("login")))]


def pull_groups(session: Session) -> Pulled:
    """Every customer group with its members, as of now."""
    pulled = Pulled()
    lists = _group_lists(session, session.connection.texts("owners") or None)
    chats = dict.fromkeys(chat_id for page in lists if page.verdict.is_success for chat_id in _texts(page, "group_chat_list", "chat_id"))
    for page in lists:
        if page.verdict.is_failed_part:
            owners = page.request.get("owner_filter", {}).get("userid_list", ["everybody"])
            # In both files: neither the list nor the groups of these owners is whole.
            pulled.take(page, f"groups of {', '.join(owners)}", GROUP_GET)
        if chats:
            pulled.keep(page)
    for chat_id in chats:
        page = session.fetch(GROUP_GET, {"chat_id": chat_id, "need_name": 0})
        if not pulled.take(page, f"group {chat_id}") and not page.verdict.is_failed_part:
            said = {"public": f"a group is gone since it was listed ({page.verdict})"}
            log.info("group %s is gone since it was listed (%s)", chat_id, page.verdict, extra=said)
    pulled.observations = [Observation(session.business_date, bool(pulled.fetched))]
    return pulled


def _group_lists(session: Session, owners: Sequence[str] | None) -> list[Page]:
    """The list's pages; of owners who are refused one page each, found by halving."""
    if owners is not None and len(owners) > _OWNERS_AT_ONCE:
        return [page for chunk in _chunks(owners, _OWNERS_AT_ONCE) for page in _group_lists(session, chunk)]
    request: dict[str, Any] = {"status_filter": 0, "limit": 1000}
    if owners is not None:
        request["owner_filter"] = {"userid_list": list(owners)}
    pages = read_by_cursor(session, GROUP_LIST, request, items="group_chat_list")
    if all(page.verdict.is_success for page in pages):
        return pages
    if owners is None and pages[0].verdict.code == TOO_MANY_PEOPLE:
        return _group_lists(session, _follow_users(session))
    if owners is None or len(owners) == 1:
        return pages
    return [page for chunk in _chunks(owners, (len(owners) + 1) // 2) for page in _group_lists(session, chunk)]


def pull_group_statistics(session: Session) -> Pulled:
    """A day's figures of an owner's groups; one series per owner."""
    pulled = Pulled()
    for owner in _people(session, "owners"):
        for window in _windows(session, MAX_SPAN_DAYS):
            request = {
                "day_begin_time": unix_midnight(window.first),
                "day_end_time": unix_midnight(window.last),
                "owner_filter": {"userid_list": [owner]},
            }
            page = session.fetch(GROUP_STATISTICS, request)
            if pulled.take(page, f"owner {owner}"):
                pulled.observations += _observed(page, "items", "data")
    return pulled


def pull_behaviour(session: Session) -> Pulled:
    """A day's figures of a member of staff; one series per userid."""
    pulled = Pulled()
    for userid in _people(session, "userids"):
        for window in _windows(session, MAX_SPAN_DAYS):
            request = {"userid": [userid], "start_time": unix_midnight(window.first), "end_time": unix_midnight(window.last)}
            page = session.fetch(BEHAVIOUR, request)
            if pulled.take(page, f"userid {userid}"):
                pulled.observations += _observed(page, "behavior_data", None)
    return pulled


def pull_kf(session: Session) -> Pulled:
    """微信客服: figures of each account, and of its servicers where the connection names them."""
    pulled = Pulled()
    servicers = session.connection.texts("kf_servicers")
    for open_kfid in session.connection.texts("open_kfids"):
        for window in _windows(session, MAX_KF_SPAN_DAYS):
            request = {"open_kfid": open_kfid, "start_time": unix_midnight(window.first), "end_time": unix_midnight(window.last)}
            asked = [(KF_CORP, request), *((KF_SERVICER, {**request, "servicer_userid": servicer}) for servicer in servicers)]
            for endpoint, question in asked:
                page = session.fetch(endpoint, question)
                if pulled.take(page, f"{endpoint} of {open_kfid}"):
                    pulled.observations += _observed(page, "statistic_list", "statistic")
    return pulled


def pull_contacts(session: Session) -> Pulled:
    """Every relation of a member of staff with a customer, as of now. Who has none is left out (84061)."""
    pulled = Pulled()
    for userid in _people(session, "userids"):
        listed = session.fetch(CONTACT_LIST, {"userid": userid})
        if listed.verdict.is_failed_part:
            pulled.take(listed, f"userid {userid}", CONTACT_BATCH)
            continue
        if not listed.verdict.is_success or not listed.response.get("external_userid"):
            continue
        request = {"userid_list": [userid], "limit": 100}
        for page in read_by_cursor(session, CONTACT_BATCH, request, items="external_contact_list"):
            pulled.take(page, f"userid {userid}")
    pulled.observations = [Observation(session.business_date, bool(pulled.fetched))]
    return pulled


def pull_links(session: Session) -> Pulled:
    """获客助手: who came over which link, as of now."""
    pulled = Pulled()
    links: dict[str, None] = {}
    for page in read_by_cursor(session, LINK_LIST, {"limit": 100}, items="link_id_list"):
        if page.verdict.is_success:
            links.update(dict.fromkeys(str(link) for link in page.response.get("link_id_list") or []))
        else:
            pulled.take(page, "the list of links", LINK_CUSTOMERS)
    for link_id in links:
        for page in read_by_cursor(session, LINK_CUSTOMERS, {"link_id": link_id, "limit": 1000}, items="customer_list"):
            pulled.take(page, f"link {link_id}")
    return pulled


def _people(session: Session, option: str) -> list[str]:
    """Who is asked for: those whom the connection names, else everybody who may have customers."""
    return session.connection.texts(option) or _follow_users(session)


def _follow_users(session: Session) -> list[str]:
    page = session.fetch(FOLLOW_USERS, {})
    people = [str(userid) for userid in page.response.get("follow_user") or []]
    if not page.verdict.is_success or not people:
        raise ExtractionError(
            f"nobody is known who has customers: {page.verdict}", FOLLOW_USERS, "name owners and userids in the connection's extra"
        )
    return people


def _windows(session: Session, max_days: int) -> list[Window]:
    window = within_history(restated(session.business_date, RESTATED_DAYS), session.today, HISTORY_DAYS)
    return spans(window, max_days) if window else []


def _observed(page: Page, rows: str, figures: str | None) -> Iterable[Observation]:
    for row in page.response.get(rows) or []:
        values = row.get(figures) or {} if figures else {name: value for name, value in row.items() if name != "stat_time"}
        yield Observation(day_of_unix(int(row["stat_time"])), any(bool(value) for value in values.values()))


def _texts(page: Page, rows: str, name: str) -> list[str]:
    return [str(row[name]) for row in page.response.get(rows) or []]


def _chunks(values: Sequence[str], size: int) -> list[Sequence[str]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


PLATFORM = Platform(
    name="wecom",
    title="WeCom",
    base_url="https://qyapi.weixin.qq.com",
    rules=RULES,
    # 10,000 a minute and 150,000 an hour per interface are shared with every other program of the corporation: a third of it.
    rates=((3_000, 60), (50_000, 3600)),
    to_call=to_call,
    authorise=with_token_in_address,
    obtain_token=obtain_token,
    accounts=accounts,
    groups={
        "wecom_groups": (Group("groupchat", pull_groups, "present", Readiness(zeros="confirmed")),),
        "wecom_stats": (
            # Stocks are among the figures: groups and members do not vanish overnight.
            Group("group_statistics", pull_group_statistics, readiness=Readiness(time(8), "impossible"), history_days=HISTORY_DAYS),
            Group("behaviour", pull_behaviour, readiness=Readiness(time(8), "confirmed"), history_days=HISTORY_DAYS),
            Group(
                "kf",
                pull_kf,
                readiness=Readiness(time(8), "confirmed"),
                history_days=HISTORY_DAYS,
                wanted=lambda connection: bool(connection.texts("open_kfids")),
            ),
        ),
        "wecom_contacts": (
            Group("contacts", pull_contacts, "present", Readiness(zeros="confirmed")),
            Group("links", pull_links, "present", wanted=lambda connection: bool(connection.extra.get("acquisition_links"))),
        ),
    },
)
