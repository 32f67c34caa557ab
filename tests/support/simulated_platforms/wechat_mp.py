"""公众号 datacube as its documents describe it, and as its users have met it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from support.simulated_platforms.server import RecordedCall, Reply, SimulatedPlatform
from support.simulated_platforms.wecom import error

APP = "wx0123456789abcdef"
SECRET = "the-secret-of-the-official-account"
MAX_SPAN = {
    "getusersummary": 7,
    "getusercumulate": 7,
    "getarticleread": 1,
    "getarticleshare": 1,
    "getbizsummary": 30,
    "getarticletotaldetail": 1,
    "getarticlesummary": 1,
    "getarticletotal": 1,
    "getuserread": 3,
}
NEW_FAMILY = date(2025, 11, 1)


class SimulatedWeChatMp(SimulatedPlatform):
    """`still`: days on which nobody came or went. `empty_summaries`, `delays`, `missing_cumulates`: date -> how many answers lie."""

    def __init__(self) -> None:
        super().__init__()
        self.still: set[date] = set()
        self.empty_summaries: dict[date, int] = {}
        self.missing_cumulates: dict[date, int] = {}
        self.delays: dict[date, int] = {}

    def endpoint_of(self, path: str) -> str:
        return path.removeprefix("/")

    def token_of(self, query: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
        return query.get("access_token")

    def refused_token(self, call: RecordedCall) -> Reply | None:
        if not call.endpoint.startswith("datacube/") or self.is_good(call.token):
            return None
        return error(40001, "invalid credential, access_token is invalid or not latest")

    def answer(self, call: RecordedCall) -> Reply:
        request = dict(call.request)
        if call.endpoint in ("cgi-bin/stable_token", "cgi-bin/token"):
            if request["secret"] != SECRET:
                return error(40125, "invalid appsecret")
            good = self.tokens and not request.get("force_refresh") and self.token_lasts_calls is None
            return Reply({"access_token": self.tokens[-1] if good else self.issue_token(), "expires_in": 7200})
        name = call.endpoint.removeprefix("datacube/")
        first, last = date.fromisoformat(request["begin_date"]), date.fromisoformat(request["end_date"])
        if (last - first).days + 1 > MAX_SPAN[name]:
            return error(61501, "date range error")
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        if name == "getusersummary":
            return Reply({"list": [row for day in days if not self._lies(self.empty_summaries, day) for row in self._summary(day)]})
        if name == "getusercumulate":
            listed = [day for day in days if not self._lies(self.missing_cumulates, day)]
            return Reply({"list": [{"ref_date": str(day), "user_source": 0, "cumulate_user": self.followers(day)} for day in listed]})
        return self._articles(name, days)

    def followers(self, day: date) -> int:
        """At the end of the day: five more each day on which somebody came."""
        began = date(2025, 1, 1)
        return 1000 + 5 * sum(began + timedelta(days=number) not in self.still for number in range((day - began).days + 1))

    def _summary(self, day: date) -> list[dict[str, Any]]:
        if day in self.still:
            return []
        return [{"ref_date": str(day), "user_source": source, "new_user": new, "cancel_user": 1} for source, new in ((0, 3), (1, 4))]

    def _articles(self, name: str, days: list[date]) -> Reply:
        is_new = name in ("getarticleread", "getarticleshare", "getbizsummary", "getarticletotaldetail")
        if is_new != (days[0] >= NEW_FAMILY):
            return error(61501, "date range error")
        rows = [{"ref_date": str(day), "msgid": f"{day:%m%d}_1", "detail": {"read_user": day.day}} for day in days]
        if not is_new:
            return Reply({"list": rows})
        delayed = max(self._lies(self.delays, day) for day in days)
        return Reply({"list": [] if delayed else rows, "is_delay": delayed})

    def _lies(self, lies: dict[date, int], day: date) -> bool:
        left = lies.get(day, 0)
        lies[day] = max(left - 1, 0)
        return left > 0
