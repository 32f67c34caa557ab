"""Delivery of a message over HTTP: robots of 企业微信, 飞书 and 钉钉, and a plain webhook.

A robot answers 200 to almost everything and says in the body whether it took the message: that is what counts.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from community_metrics.alerts.messages import Announcement, dingtalk_body, dingtalk_signature, feishu_body, wecom_body
from community_metrics.errors import CommunityMetricsError, UsageError

# The public addresses of the robots; a channel may name another one.
_ADDRESSES = {
    "wecom_robot": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
    "feishu_robot": "https://open.feishu.cn/open-apis/bot/v2/hook",
    "dingtalk_robot": "https://oapi.dingtalk.com/robot/send",
}
KINDS = (*_ADDRESSES, "webhook")
_SECONDS = 15.0


@dataclass(frozen=True)
class Channel:
    """Where messages go. `token` and `secret` are credentials: they are never part of an error or a log.

    `address`: the robot's (its public one when empty) or the webhook's. `token`: the robot's key, or the webhook's bearer token.
    """

    name: str
    kind: str
    address: str = ""
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


def deliver(channel: Channel, message: Announcement) -> None:
    """Send it. Raises `CommunityMetricsError` when it was not taken, `UsageError` when the channel cannot be used at all."""
    import httpx

    address, body, headers = _request(channel, message)
    try:
        # A redirect could carry the credentials elsewhere.
        answer = httpx.post(address, json=body, headers=headers, timeout=_SECONDS, follow_redirects=False)
    except httpx.HTTPError as error:
        raise _refused(channel, type(error).__name__) from None
    if answer.status_code >= 300:
        raise _refused(channel, f"HTTP {answer.status_code}")
    if channel.kind != "webhook":
        _require_taken(channel, answer)


def _request(channel: Channel, message: Announcement) -> tuple[str, dict[str, Any], Mapping[str, str]]:
    if channel.kind not in KINDS:
        raise UsageError(f"unknown kind of channel {channel.kind!r}", f"channel {channel.name}", f"use one of {', '.join(KINDS)}")
    address = (channel.address or _ADDRESSES.get(channel.kind, "")).rstrip("/")
    if urlsplit(address).scheme not in ("http", "https"):
        raise UsageError("the channel has no address", f"channel {channel.name}", "give it the address of the webhook as its host")
    if channel.kind == "webhook":
        return address, message.to_dict(), {"Authorization": f"Bearer {channel.token}"} if channel.token else {}
    if not channel.token:
        raise UsageError("the robot has no key", f"channel {channel.name}", "give it the robot's key as its password")
    now = time.time()
    if channel.kind == "wecom_robot":
        return f"{address}?key={channel.token}", wecom_body(message), {}
    if channel.kind == "feishu_robot":
        return f"{address}/{channel.token}", feishu_body(message, channel.secret, int(now)), {}
    signature = dingtalk_signature(channel.secret, int(now * 1000))
    return f"{address}?access_token={channel.token}{signature}", dingtalk_body(message), {}


def _require_taken(channel: Channel, answer: Any) -> None:
    try:
        content = answer.json()
        code = content.get("errcode", content.get("code", content.get("StatusCode")))
        reason = content.get("errmsg") or content.get("msg") or content.get("StatusMessage") or ""
    except (ValueError, AttributeError):
        raise _refused(channel, "an answer that is no JSON object") from None
    if code != 0:
        raise _refused(channel, f"code {code} {str(reason)[:200]}")


def _refused(channel: Channel, why: str) -> CommunityMetricsError:
    return CommunityMetricsError(
        f"the message was not taken: {why}", f"channel {channel.name}", "look at the channel; the next look sends it again"
    )
