"""No raw id, name, telephone number or text of a message leaves the landing, whatever the layout: planted, and looked for everywhere."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from community_metrics import pipeline
from community_metrics.cli import main
from community_metrics.landing.inbox import land_files
from community_metrics.landing.ledger import Ledger
from community_metrics.releases.candidate import read_candidate
from community_metrics.releases.publish import publish_release
from community_metrics.settings import Settings
from support.erased import found_in
from support.intake import archive
from support.planted import NAME, PERSONAL, PHONE, TEXT, identifier_columns, planted_files, planted_id, readable_templates

SAID = {"date": "2026-06-01T09:00:00", "date_unixtime": "1780275600"}
IDS = [
    planted_id(column, number)
    for column in {name for one in readable_templates() for name in identifier_columns(one)}
    for number in (1, 2, 3)
]
CHAT_IDS = ["U0PLANTED1", "user777777777", "777777777", "227000000000000777"]
# A row that cannot be read is put aside: what of it is shown is masked.
BROKEN = (
    "event_id,occurred_at,platform,member_id,event_type,nick_name\n"
    f"e1,{PHONE},forum,{planted_id('member_id', 1)},message,{NAME}\n"
    f"e2,2026-06-01T10:00:00Z,forum,{planted_id('member_id', 1)},message,{NAME},{TEXT},{PHONE}\n"
    f"e3,2026-06-01T10:00:00Z,forum,=HYPERLINK({PHONE}|{planted_id('member_id', 1)}),message,{NAME}\n"
)


def chats() -> list[tuple[str, bytes]]:
    profile = {"real_name": NAME, "phone": PHONE}
    slack = {
        "users.json": [{"id": "U0PLANTED1", "name": NAME, "profile": profile}],
        "channels.json": [{"id": "C1", "name": "general", "created": 1780275600, "members": ["U0PLANTED1"]}],
        "general/2026-06-01.json": [
            {"type": "message", "user": "U0PLANTED1", "text": TEXT, "ts": "1780275600.000100", "user_profile": profile}
        ],
    }
    message = {"id": 1, "type": "message", **SAID, "from": NAME, "from_id": "user777777777", "text": TEXT}
    author = {"id": "227000000000000777", "name": NAME, "nickname": NAME, "isBot": False, "roles": []}
    said = {"id": "1284500000000000001", "type": "Default", "timestamp": "2026-06-01T23:30:00+02:00", "content": TEXT, "author": author}
    discord = {
        "guild": {"id": "1284417755310886912", "name": "Lantern"},
        "channel": {"id": "1284417755310886999", "type": "GuildTextChat", "name": "tea"},
        "messages": [said],
        "messageCount": 1,
    }
    telegram = {"name": "room", "type": "private_supergroup", "id": 42, "messages": [message]}
    return [
        ("slack.zip", archive(slack)),
        ("result.json", json.dumps(telegram, ensure_ascii=False).encode()),
        ("room.json", json.dumps(discord, ensure_ascii=False).encode()),
    ]


@pytest.mark.laws
def test_what_is_personal_stays_in_the_landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("COMMUNITY_METRICS_ID_KEY", "a key for tests")
    caplog.set_level(logging.DEBUG)
    settings = replace(Settings(home=tmp_path / "home"), threads=1, memory_limit="1GB")
    outside = tmp_path / "outside"
    outside.mkdir()
    files = [
        (one.source, f"{one.name}-{number}-{name}", content)
        for one in readable_templates()
        for number, (name, content) in enumerate(planted_files(one))
    ]
    files += [("chat_export", name, content) for name, content in chats()] + [("events", "broken.csv", BROKEN.encode())]
    for source, name, content in files:
        path = outside / name
        path.write_bytes(content)
        land_files(settings, [path], source=source, account="a1")
    told = [pipeline.ingest(settings).to_dict()]
    with Ledger(settings.ledger_path) as ledger:
        # The gate holds what has totals or volumes that no real file has; here all of it is to go through the line.
        for landing in ledger.landings("held"):
            ledger.pass_gate(landing.landing_id)
        assert {landing.status for landing in ledger.landings()} == {"ingested"}
    told.append(pipeline.build(settings).to_dict())
    told.append(pipeline.audit(settings).to_dict())
    candidate = read_candidate(settings)
    assert candidate is not None
    told.append(publish_release(settings, replace(candidate, audit_status="passed", reasons=[])).to_dict())
    for command in (["quarantine", "list"], ["quarantine", "show"], ["status"], ["releases", "show"], ["doctor"]):
        told.append({"said": CliRunner().invoke(main, ["--home", str(settings.home), *command]).output})

    words = [*PERSONAL, *IDS, *CHAT_IDS]
    assert {word for word, _ in found_in(settings.landing, words)} >= {*PERSONAL, "U0PLANTED1", "user777777777", planted_id("member_id", 1)}
    assert found_in(settings.home, words, skip=["landing"]) == []
    said = caplog.text + json.dumps(told, ensure_ascii=False, default=str)
    assert [word for word in words if word in said] == []
