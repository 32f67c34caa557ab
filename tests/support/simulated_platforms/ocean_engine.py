"""巨量引擎 as its documents describe it: every text a string, the error in `code`, refresh tokens that hold once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from support.simulated_platforms.server import RecordedCall, Reply, SimulatedPlatform

APP = "1700000000000001"
SECRET = "the-secret-of-the-ads-application"
REFRESH = "refresh-0-c0ffee"


def no(code: int, message: str = "") -> Reply:
    """巨量引擎's way to say no: status 200."""
    return Reply({"code": code, "message": message or f"error {code}", "request_id": "r", "data": {}})


class SimulatedOceanEngine(SimulatedPlatform):
    """`idle`: days without spend. `projects`: how many spend each day. `grows_at`: from this report call on there is a row more."""

    def __init__(self, projects: int = 2) -> None:
        super().__init__()
        self.projects = projects
        self.refresh_token = REFRESH
        self.refreshed = 0
        self.idle: set[date] = set()
        self.zeros: dict[date, int] = {}
        self.not_permitted: set[str] = set()
        self.grows_at: int | None = None

    def endpoint_of(self, path: str) -> str:
        return path.removeprefix("/open_api/").strip("/")

    def token_of(self, query: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
        return headers.get("Access-Token")

    def refused_token(self, call: RecordedCall) -> Reply | None:
        if call.endpoint == "oauth2/refresh_token" or self.is_good(call.token):
            return None
        return no(40102, "access token expired")

    def answer(self, call: RecordedCall) -> Reply:
        request = dict(call.request)
        if call.endpoint == "oauth2/refresh_token":
            return self._refresh(request)
        if request["advertiser_id"] in self.not_permitted:
            return no(40002, "no permission")
        first, last = date.fromisoformat(request["start_time"]), date.fromisoformat(request["end_time"])
        if (last - first).days + 1 > 30:
            return no(40001, "the span is longer than 30 days")
        rows = [row for number in range((last - first).days + 1) for row in self._rows(first + timedelta(days=number))]
        if self.grows_at is not None and len(self.asked("report/custom/get")) >= self.grows_at:
            rows.append(rows[-1])
        page, size = int(request["page"]), int(request["page_size"])
        info = {"page": page, "page_size": size, "total_number": len(rows), "total_page": -(-len(rows) // size)}
        assert json.loads(request["filters"]) == []
        return Reply({"code": 0, "message": "OK", "data": {"rows": rows[(page - 1) * size : page * size], "page_info": info}})

    def _refresh(self, request: dict[str, Any]) -> Reply:
        if request["secret"] != SECRET:
            return no(40101, "app id or secret is wrong")
        if request["refresh_token"] != self.refresh_token:
            return no(40103, "refresh token expired")
        self.refreshed += 1
        self.refresh_token = f"refresh-{self.refreshed}-c0ffee"
        data = {"access_token": self.issue_token(), "expires_in": 86_400, "refresh_token": self.refresh_token}
        return Reply({"code": 0, "message": "OK", "data": {**data, "refresh_token_expires_in": 2_592_000}})

    def _rows(self, day: date) -> list[dict[str, Any]]:
        if day in self.idle:
            return []
        left = self.zeros.get(day, 0)
        self.zeros[day] = max(left - 1, 0)
        spend = "0" if left > 0 else f"{day.day}.50"
        return [
            {
                "dimensions": {
                    "stat_time_day": str(day),
                    "cdp_project_id": f"73000000000000000{number}",
                    "cdp_project_name": f"项目{number}",
                },
                "metrics": {
                    "stat_cost": spend,
                    "show_cnt": "0" if left > 0 else "100",
                    "click_cnt": "0" if left > 0 else "7",
                    "convert_cnt": "0",
                },
            }
            for number in range(self.projects)
        ]
