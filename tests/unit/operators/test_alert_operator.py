"""Alerts as Airflow sends them: connections in, messages out."""

from __future__ import annotations

import email
import json
from datetime import UTC, datetime
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from community_metrics.operators.alert import TellOperator
from community_metrics.releases.files import append_line
from community_metrics.releases.history import record_refusal, refusals_path
from community_metrics.settings import load_settings
from support.receiver import mail_receiver, webhook_receiver


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path))
    return tmp_path / "community_metrics.yml"


def connect(monkeypatch: pytest.MonkeyPatch, name: str, **values: Any) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(values))


def look() -> dict[str, Any]:
    return TellOperator(task_id="tell").execute({})


def test_a_refused_release_reaches_the_robot_once(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("alerts: {connections: [group_robot], site: 'https://metrics.example.com'}")
    with webhook_receiver() as receiver:
        connect(monkeypatch, "group_robot", conn_type="wecom_robot", host=receiver.address, password="k1")
        assert look()["sent"] == ()
        record_refusal(load_settings(), "fingerprint", ["members add up"])
        for _ in range(2):
            look()
        assert len(receiver.got) == 1
        text = receiver.bodies[0]["markdown"]["content"]
        assert text.startswith("**[告警 alert] 发布被拒绝 Release refused**")
        assert "> members add up" in text and text.endswith("> https://metrics.example.com")
        refusals_path(load_settings()).unlink()
        look()
        assert receiver.bodies[1]["markdown"]["content"].startswith("**[已恢复 resolved] 发布被拒绝 Release refused**")


def test_a_message_that_was_not_taken_makes_the_task_red(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("alerts: {connections: [group_robot]}")
    record_refusal(load_settings(), "fingerprint", ["members add up"])
    with webhook_receiver() as receiver:
        receiver.answer = {"errcode": 93000, "errmsg": "invalid webhook url"}
        connect(monkeypatch, "group_robot", conn_type="wecom_robot", host=receiver.address, password="k1")
        with pytest.raises(AirflowFailException, match=r"sent again at the next look: group_robot: .*Release refused.*code 93000"):
            look()


def test_mail_goes_through_the_mail_connection(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("alerts: {connections: [post]}")
    at = datetime(2026, 11, 22, tzinfo=UTC).isoformat()
    append_line(refusals_path(load_settings()), {"refused_at": at, "fingerprint": "f", "after_release": None, "reasons": ["a < b"]})
    with mail_receiver() as (port, mails):
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "metrics@example.com", "to": "data@example.com"}
        connect(monkeypatch, "post", conn_type="smtp", host="127.0.0.1", port=port, extra=extra)
        look()
    mail = email.message_from_string(mails[0])
    assert str(make_header(decode_header(mail["Subject"]))) == "[告警 alert] 发布被拒绝 Release refused"
    assert mail["To"] == "data@example.com"
    body = next(part.get_payload(decode=True).decode() for part in mail.walk() if part.get_content_type() == "text/html")
    assert "<p>a &lt; b</p>" in body


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ("alerts: {connections: [nowhere]}", "there is no connection 'nowhere'"),
        ("alerts: {conections: []}", "known settings of alerts: connections, stale_after_hours"),
        ("alerts: {connections: group_robot}", "must be a list of names"),
        ("alerts: {stale_after_hours: 0}", "must be a positive whole number"),
    ],
)
def test_wrong_settings_are_told(config: Path, settings: str, wrong: str) -> None:
    record_refusal(load_settings(), "fingerprint", ["members add up"])
    config.write_text(settings)
    with pytest.raises(Exception, match=wrong):
        look()
