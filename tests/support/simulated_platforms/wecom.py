"""企业微信 as its documents describe it, and as its users have met it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from support.simulated_platforms.server import RecordedCall, Reply, SimulatedPlatform

CHINA = timezone(timedelta(hours=8))
CORP = "ww1a2b3c"
SECRET = "the-secret-of-the-application"


def error(code: int, message: str = "") -> Reply:
    """WeCom's way to say no: status 200."""
    return Reply({"errcode": code, "errmsg": message or f"error {code}"})


class SimulatedWeCom(SimulatedPlatform):
    """`groups`: chat_id -> (owner, members). `zeros`: date -> how many answers say zero before the date is ready."""

    def __init__(self, owners: int = 3, groups: int = 5, members: int = 4, page_size: int = 1000) -> None:
        super().__init__()
        self.owners = [f"owner{number}" for number in range(1, owners + 1)]
        self.groups = {
            f"wr{number:03}": (self.owners[number % owners], [f"wm{number:03}{member:02}" for member in range(members)])
            for number in range(groups)
        }
        self.page_size = page_size
        self.zeros: dict[date, int] = {}
        self.quiet: set[date] = set()
        self.not_permitted: dict[str, int] = {}
        self.customers: dict[str, list[str]] = {owner: [f"wm{owner}{number}" for number in range(3)] for owner in self.owners}
        self.too_many_people = False
        self.empty_lists = 0

    def endpoint_of(self, path: str) -> str:
        return path.removeprefix("/cgi-bin/")

    def token_of(self, query: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
        return query.get("access_token")

    def refused_token(self, call: RecordedCall) -> Reply | None:
        if call.endpoint == "gettoken" or self.is_good(call.token):
            return None
        return error(42001, "access_token expired")

    def answer(self, call: RecordedCall) -> Reply:
        known = {
            "gettoken": self._token,
            "externalcontact/get_follow_user_list": lambda request: {"follow_user": self.owners},
            "externalcontact/groupchat/list": self._list,
            "externalcontact/groupchat/get": self._get,
            "externalcontact/groupchat/statistic_group_by_day": self._group_statistics,
            "externalcontact/get_user_behavior_data": self._behaviour,
            "externalcontact/list": self._contacts,
            "externalcontact/batch/get_by_user": self._relations,
            "externalcontact/customer_acquisition/list_link": lambda request: {"link_id_list": ["l1", "l2"], "next_cursor": ""},
            "externalcontact/customer_acquisition/customer": self._link_customers,
            "kf/get_corp_statistic": self._kf,
            "kf/get_servicer_statistic": self._kf,
        }
        content = known[call.endpoint](dict(call.request))
        return content if isinstance(content, Reply) else Reply({"errcode": 0, "errmsg": "ok", **content})

    def _token(self, request: dict[str, Any]) -> Any:
        if request["corpid"] != CORP:
            return error(40013, "invalid corpid")
        if request["corpsecret"] != SECRET:
            return error(40001, "invalid credential")
        return {"access_token": self.issue_token(), "expires_in": 7200}

    def _list(self, request: dict[str, Any]) -> Any:
        owners = request.get("owner_filter", {}).get("userid_list")
        if owners is None and self.too_many_people:
            return error(81017, "too many users")
        if owners is not None and len(owners) > 100:
            return error(40058, "userid_list exceeds 100")
        for owner in owners or []:
            if owner in self.not_permitted:
                return error(self.not_permitted[owner], "no privilege")
        if self.empty_lists > 0:
            self.empty_lists -= 1
            return {"group_chat_list": []}
        start = int(request.get("cursor") or 0)
        chats = [chat for chat, (owner, _) in self.groups.items() if owners is None or owner in owners]
        listed = [{"chat_id": chat, "status": 0} for chat in chats[start : start + self.page_size]]
        following = start + self.page_size
        return {"group_chat_list": listed, **({"next_cursor": str(following)} if following < len(chats) else {})}

    def _get(self, request: dict[str, Any]) -> Any:
        if request["chat_id"] not in self.groups:
            return error(90501, "not external group chat")
        owner, members = self.groups[request["chat_id"]]
        people = [{"userid": owner, "type": 1, "join_time": 1_790_000_000, "join_scene": 1}]
        people += [{"userid": member, "type": 2, "join_time": 1_790_000_100, "join_scene": 3} for member in members]
        group = {"chat_id": request["chat_id"], "name": "", "owner": owner, "create_time": 1_790_000_000, "member_list": people}
        return {"group_chat": {**group, "member_version": "d41d8cd98f00b204e9800998ecf8427e"}}

    def _group_statistics(self, request: dict[str, Any]) -> Any:
        (owner,) = request["owner_filter"]["userid_list"]
        if owner in self.not_permitted:
            return error(self.not_permitted[owner], "no privilege")
        days = _days(request["day_begin_time"], request["day_end_time"])
        if len(days) > 30:
            return error(40058, "the span is longer than 30 days")
        rows = [(day, self._figures(owner, day)) for day in days]
        return {"items": [{"stat_time": _midnight(day), "data": figures} for day, figures in rows]}

    def _figures(self, owner: str, day: date) -> dict[str, int]:
        names = ("new_chat_cnt", "chat_total", "chat_has_msg", "new_member_cnt", "member_total", "member_has_msg", "msg_total")
        if self._says_zero(day):
            return dict.fromkeys(names, 0)
        base = (self.owners.index(owner) + 1) * 10 + day.day
        return {name: base + place for place, name in enumerate(names)}

    def _behaviour(self, request: dict[str, Any]) -> Any:
        if request.get("partyid") or len(request["userid"]) != 1:
            return error(40058, "the tests ask for one person at a time")
        if request["userid"][0] in self.not_permitted:
            return error(self.not_permitted[request["userid"][0]], "no privilege")
        rows = []
        for day in _days(request["start_time"], request["end_time"]):
            zero = self._says_zero(day) or day in self.quiet
            names = ("chat_cnt", "message_cnt", "negative_feedback_cnt", "new_apply_cnt", "new_contact_cnt")
            figures: dict[str, Any] = {name: 0 if zero else day.day + place for place, name in enumerate(names)}
            rows.append({"stat_time": _midnight(day), **figures, **({} if zero else {"reply_percentage": 60.25, "avg_reply_time": 2})})
        return {"behavior_data": rows}

    def _kf(self, request: dict[str, Any]) -> Any:
        rows = [
            {"stat_time": _midnight(day), "statistic": {"session_cnt": 0 if self._says_zero(day) else day.day}}
            for day in _days(request["start_time"], request["end_time"])
        ]
        return {"statistic_list": rows}

    def _says_zero(self, day: date) -> bool:
        left = self.zeros.get(day, 0)
        if left <= 0:
            return False
        self.zeros[day] = left - 1
        return True

    def _contacts(self, request: dict[str, Any]) -> Any:
        if request["userid"] in self.not_permitted:
            return error(self.not_permitted[request["userid"]], "no privilege")
        customers = self.customers.get(request["userid"], [])
        return {"external_userid": customers} if customers else error(84061, "not external contact")

    def _relations(self, request: dict[str, Any]) -> Any:
        start = int(request.get("cursor") or 0)
        (userid,) = request["userid_list"]
        customers = self.customers[userid]
        page = customers[start : start + min(self.page_size, request["limit"])]
        following = start + len(page)
        rows = [
            {"external_contact": {"external_userid": who}, "follow_info": {"userid": userid, "createtime": 1_790_000_000}} for who in page
        ]
        return {"external_contact_list": rows, "next_cursor": str(following) if following < len(customers) else ""}

    def _link_customers(self, request: dict[str, Any]) -> Any:
        return {"customer_list": [{"external_userid": "wm1", "userid": "owner1", "chat_status": 1, "state": "s"}], "next_cursor": ""}


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp())


def _days(first: int, last: int) -> list[date]:
    begin, end = (datetime.fromtimestamp(seconds, UTC).astimezone(CHINA).date() for seconds in (first, last))
    return [begin + timedelta(days=number) for number in range((end - begin).days + 1)]
