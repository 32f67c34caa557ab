"""What robots, webhooks and their owners get to see: literal bodies, literal signatures, and no credentials anywhere else."""

from __future__ import annotations

import pytest

from community_metrics.alerts import channels
from community_metrics.alerts.channels import Channel, deliver
from community_metrics.alerts.incidents import Incident
from community_metrics.alerts.messages import Message, shortened
from community_metrics.errors import CommunityMetricsError, UsageError
from support.receiver import Receiver, webhook_receiver

MISSING = Incident("source_missing", "orders shop", "2026-11-20", ("2026-11-20 .. 2026-11-20",), "docs/runbooks/source-missing.md")
TITLE = "[告警 alert] 数据源缺失 Source missing: orders shop"
LINES = [
    "应到的每日数据没有到齐，相关数字为空。",
    "Daily data that were due are not complete; numbers that need them are NULL.",
    "自 since 2026-11-20",
    "2026-11-20 .. 2026-11-20",
    "处理 what to do: docs/runbooks/source-missing.md",
]


@pytest.fixture
def receiver():
    with webhook_receiver() as found:
        yield found


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels.time, "time", lambda: 1700000000.0)


def sent(receiver: Receiver, channel: Channel, message: Message | None = None) -> tuple[str, object]:
    deliver(channel, message or Message(MISSING, False))
    path, _, body = receiver.got[-1]
    return path, body


def test_wecom(receiver: Receiver) -> None:
    text = f"**{TITLE}**\n" + "\n".join(f"> {line}" for line in LINES)
    expected = {"msgtype": "markdown", "markdown": {"content": text}}
    assert sent(receiver, Channel("w", "wecom_robot", receiver.address + "/send", "k1")) == ("/send?key=k1", expected)


def test_feishu_signed_and_not(receiver: Receiver) -> None:
    body = {"msg_type": "text", "content": {"text": "\n".join([TITLE, *LINES])}}
    assert sent(receiver, Channel("f", "feishu_robot", receiver.address + "/hook/", "k2")) == ("/hook/k2", body)
    # printf '' | openssl dgst -sha256 -hmac "$(printf '1700000000\\ns3cret')" -binary | base64
    signed = body | {"timestamp": "1700000000", "sign": "IX3eHI0/v/Td7jqJ0ynSEK3Dq5JY3HUZeoeMgVZeZGo="}
    assert sent(receiver, Channel("f", "feishu_robot", receiver.address + "/hook", "k2", "s3cret")) == ("/hook/k2", signed)


def test_dingtalk_signed_and_not(receiver: Receiver) -> None:
    body = {"msgtype": "markdown", "markdown": {"title": TITLE, "text": "\n\n".join([f"**{TITLE}**", *LINES])}}
    assert sent(receiver, Channel("d", "dingtalk_robot", receiver.address, "k3")) == ("/?access_token=k3", body)
    # printf '1700000000000\\ns3cret' | openssl dgst -sha256 -hmac s3cret -binary | base64, as a part of an address
    sign = "MT7bXSNfVTPzQMEuLWvmMNbmZSCUY1X6YKn9AxBnLsI%3D"
    path = f"/?access_token=k3&timestamp=1700000000000&sign={sign}"
    assert sent(receiver, Channel("d", "dingtalk_robot", receiver.address, "k3", "s3cret")) == (path, body)


def test_a_webhook_gets_fields_and_its_token(receiver: Receiver) -> None:
    receiver.status, receiver.answer = 202, b"thank you"
    path, body = sent(receiver, Channel("h", "webhook", receiver.address + "/in?x=1", "bearer1"), Message(MISSING, True, "https://site"))
    assert path == "/in?x=1"
    assert receiver.got[-1][1]["Authorization"] == "Bearer bearer1"
    assert body == {
        "event": "closed",
        "kind": "source_missing",
        "subject": "orders shop",
        "since": "2026-11-20",
        "title": "[已恢复 resolved] 数据源缺失 Source missing: orders shop",
        "details": ["2026-11-20 .. 2026-11-20"],
        "runbook": "docs/runbooks/source-missing.md",
        "site": "https://site",
    }


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (200, {"errcode": 93000, "errmsg": "invalid webhook url"}, "code 93000 invalid webhook url"),
        (200, {"code": 19021, "msg": "sign match fail"}, "code 19021 sign match fail"),
        (200, {}, "code None"),
        (200, b"<html>", "no JSON object"),
        (200, b"[]", "no JSON object"),
        (500, {"errcode": 0}, "HTTP 500"),
        (302, {"errcode": 0}, "HTTP 302"),
    ],
)
def test_what_a_robot_did_not_take_is_an_error_without_credentials(receiver: Receiver, status: int, answer: object, why: str) -> None:
    receiver.status, receiver.answer = status, answer
    with pytest.raises(CommunityMetricsError) as caught:
        deliver(Channel("w", "wecom_robot", receiver.address, "the-key", "the-secret"), Message(MISSING, False))
    assert why in str(caught.value)
    assert "the-key" not in str(caught.value) + repr(Channel("w", "wecom_robot", receiver.address, "the-key", "the-secret"))


def test_a_receiver_that_is_not_there() -> None:
    with pytest.raises(CommunityMetricsError, match="ConnectError") as caught:
        deliver(Channel("w", "wecom_robot", "http://127.0.0.1:9", "the-key"), Message(MISSING, False))
    assert "the-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("channel", "wrong"),
    [
        (Channel("c", "pigeon", "http://x", "k"), "unknown kind of channel 'pigeon'"),
        (Channel("c", "webhook"), "no address"),
        (Channel("c", "webhook", "file:///etc/passwd"), "no address"),
        (Channel("c", "wecom_robot"), "no key"),
    ],
)
def test_a_channel_that_cannot_be_used(channel: Channel, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        deliver(channel, Message(MISSING, False))


def test_a_long_text_is_cut_between_characters() -> None:
    assert shortened("指标" * 1000, limit=100) == "指标" * 16 + "…"
    assert len(shortened("指" * 5000).encode()) <= 4096
