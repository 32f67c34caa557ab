"""An incident in words, Chinese and English, and in the bodies that mail, webhooks and robots take.

The bodies are those of the platforms' own documentation of custom robots (WeCom group robot, Feishu custom bot, DingTalk custom
robot): each has its own field for text, its own limit and its own signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol
from urllib.parse import quote_plus

from community_metrics.alerts.incidents import Incident

# WeCom's limit of a robot's markdown, in bytes; the others take more.
_ROBOT_BYTES = 4096

_TITLES = {
    "release_refused": ("发布被拒绝", "Release refused"),
    "release_stale": ("发布过期", "Release stale"),
    "source_missing": ("数据源缺失", "Source missing"),
    "retention_clock": ("平台即将不再保留", "About to be lost at the platform"),
}
_MEANINGS = {
    "release_refused": ("新的数据没有通过检查，读者仍看到上一次发布。", "New data failed a critical check; readers keep the last release."),
    "release_stale": ("读者看到的发布已经过旧。", "The release that readers see is too old."),
    "source_missing": (
        "应到的每日数据没有到齐，相关数字为空。",
        "Daily data that were due are not complete; numbers that need them are NULL.",
    ),
    "retention_clock": (
        "这一天的数据还没有到，平台即将（或已经）不再保留，过期就再也取不到。",
        "A day that has not come is about to be forgotten by its platform, or has been: after that nobody can fetch it.",
    ),
}


class Announcement(Protocol):
    """What every channel can send: an incident, or a report. `html` is the body of a mail, `files` what is attached to it (paths)."""

    @property
    def title(self) -> str: ...
    @property
    def lines(self) -> tuple[str, ...]: ...
    @property
    def html(self) -> str: ...
    @property
    def files(self) -> tuple[str, ...]: ...
    def to_dict(self) -> dict[str, Any]:
        """What a generic webhook gets."""
        ...


@dataclass(frozen=True)
class Message:
    """One message: about an incident that began, or is over."""

    incident: Incident
    is_over: bool
    site: str = ""

    @property
    def title(self) -> str:
        chinese, english = _TITLES[self.incident.kind]
        subject = "" if self.incident.subject == "release" else f" {self.incident.subject}"
        mark = "[已恢复 resolved]" if self.is_over else "[告警 alert]"
        return f"{mark} {chinese} {english}:{subject}".rstrip(":") if subject else f"{mark} {chinese} {english}"

    @property
    def lines(self) -> tuple[str, ...]:
        """The text below the title."""
        incident = self.incident
        if self.is_over:
            return (f"自 since {incident.since}", *incident.details)
        meaning = _MEANINGS[incident.kind]
        found = (*meaning, f"自 since {incident.since}", *incident.details, f"处理 what to do: {incident.runbook}")
        return (*found, self.site) if self.site else found

    @property
    def html(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in self.lines)

    @property
    def files(self) -> tuple[str, ...]:
        return ()

    def to_dict(self) -> dict[str, Any]:
        """What a generic webhook gets."""
        return {
            "event": "closed" if self.is_over else "opened",
            "kind": self.incident.kind,
            "subject": self.incident.subject,
            "since": self.incident.since,
            "title": self.title,
            "details": list(self.incident.details),
            "runbook": self.incident.runbook,
            "site": self.site,
        }


def shortened(text: str, limit: int = _ROBOT_BYTES) -> str:
    """At most `limit` bytes of UTF-8, cut between characters, with a mark where it was cut."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    mark = "…"
    return encoded[: limit - len(mark.encode())].decode(errors="ignore") + mark


def wecom_body(message: Announcement) -> dict[str, Any]:
    """企业微信群机器人: markdown."""
    text = "\n".join((f"**{message.title}**", *(f"> {line}" for line in message.lines)))
    return {"msgtype": "markdown", "markdown": {"content": shortened(text)}}


def feishu_body(message: Announcement, secret: str, seconds: int) -> dict[str, Any]:
    """飞书自定义机器人: text; with a secret, signed for the moment `seconds` (Unix time)."""
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": shortened("\n".join((message.title, *message.lines)))}}
    if secret:
        # Feishu's own order: the text is the key, and nothing is signed with it.
        signature = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
        body |= {"timestamp": str(seconds), "sign": base64.b64encode(signature).decode()}
    return body


def dingtalk_body(message: Announcement) -> dict[str, Any]:
    """钉钉自定义机器人: markdown."""
    text = "\n\n".join((f"**{message.title}**", *message.lines))
    return {"msgtype": "markdown", "markdown": {"title": message.title, "text": shortened(text)}}


def dingtalk_signature(secret: str, milliseconds: int) -> str:
    """What a signed robot wants behind its address; empty without a secret."""
    if not secret:
        return ""
    signature = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return f"&timestamp={milliseconds}&sign={quote_plus(base64.b64encode(signature))}"
