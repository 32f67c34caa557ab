"""Reports as Airflow sends them: a release in, files, messages and mails out."""

from __future__ import annotations

import email
import json
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from community_metrics.operators.report import SendReportsOperator, WriteReportsOperator
from community_metrics.settings import load_settings
from support.receiver import mail_receiver, webhook_receiver
from support.released import release


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COMMUNITY_METRICS_HOME", str(tmp_path))
    return tmp_path / "community_metrics.yml"


def connect(monkeypatch: pytest.MonkeyPatch, name: str, **values: Any) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(values))


def run() -> tuple[list[str], list[str]]:
    return WriteReportsOperator(task_id="write").execute({}), SendReportsOperator(task_id="send").execute({})


def test_a_robot_gets_the_main_numbers_once(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("reports: {connections: [group_robot], kinds: [day], language: zh}\nalerts: {site: 'https://metrics.example.com'}")
    release(load_settings(), "r1")
    with webhook_receiver() as receiver:
        connect(monkeypatch, "group_robot", conn_type="wecom_robot", host=receiver.address, password="k1")
        assert run() == (["社群日报 · 2026-10-18 周日"], ["group_robot: 社群日报 · 2026-10-18 周日"])
        assert run() == ([], [])
        (body,) = receiver.bodies
    text = body["markdown"]["content"]
    assert text.startswith("**社群日报 · 2026-10-18 周日**\n> 期末成员: 33 人, 较上周同日 +7 (+26.9%)\n")
    assert text.endswith("> https://metrics.example.com")


def test_a_webhook_gets_fields_and_a_refusal_is_tried_again(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("reports: {connections: [hook], kinds: [week], language: en}")
    release(load_settings(), "r1")
    with webhook_receiver() as receiver:
        connect(monkeypatch, "hook", conn_type="webhook", host=receiver.address, password="bearer1")
        receiver.status = 500
        # Not the exception that ends a task for good.
        with pytest.raises(AirflowException, match=r"not taken, sent again: hook: Weekly report .* HTTP 500") as caught:
            run()
        assert not isinstance(caught.value, AirflowFailException)
        receiver.status = 200
        assert run() == ([], ["hook: Weekly report · 2026-10-12 to 2026-10-18"])
        body = receiver.bodies[-1]
    assert (body["event"], body["kind"], body["first"], body["last"]) == ("report", "week", "2026-10-12", "2026-10-18")
    assert body["lines"][2] == "Messages: 84 messages, against the week before +14 (+20.0%)"


def test_a_mail_has_the_page_as_its_body_and_attached(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("reports: {connections: [post], kinds: [day]}")
    release(load_settings(), "r1")
    with mail_receiver() as (port, mails):
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "metrics@example.com", "to": "data@example.com"}
        connect(monkeypatch, "post", conn_type="smtp", host="127.0.0.1", port=port, extra=extra)
        run()
    mail = email.message_from_string(mails[0])
    assert str(make_header(decode_header(mail["Subject"]))) == "社群日报 · 2026-10-18 周日 | Daily brief · Sunday 2026-10-18"
    bodies = {part.get_filename(): part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()}
    page = (load_settings().home / "reports" / "day" / "2026-10-18.html").read_bytes()
    assert bodies["2026-10-18.html"] == page
    # Mail has its own ends of lines.
    assert bodies[None].decode().split() == page.decode().split()


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ("reports: {connections: [nowhere]}", "there is no connection 'nowhere'"),
        ("reports: {conections: []}", "known settings of reports: connections, kinds, language, pdf"),
        ("reports: {connections: robot}", "must be a list of names"),
        ("reports: {kinds: [year]}", "a list of day, week, month"),
        ("reports: {language: fr}", "language is zh, en or both"),
    ],
)
def test_wrong_settings_are_told(config: Path, settings: str, wrong: str) -> None:
    release(load_settings(), "r1")
    config.write_text(settings)
    with pytest.raises(Exception, match=wrong):
        run()
