"""Landed files become canonical rows on the right dates, and every row is in exactly one place."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import date

import pyarrow.parquet as pq
import pytest

from community_metrics.lake.files import lake_schema
from community_metrics.landing.ledger import Ledger
from community_metrics.sources.registry import load_registry, load_streams
from support.intake import Intake, workbook

EVENTS = "event_id,occurred_at,platform,account_id,member_id,event_type,community_id,value,properties\n"


def pseudonym(platform: str, account: str, kind: str, identifier: str) -> str:
    """The contract, said once more: HMAC-SHA256 over the namespace and the id, 128 bits as hex."""
    message = "\x1f".join((platform, account, kind, identifier)).encode()
    return hmac.new(b"a key for tests", message, hashlib.sha256).hexdigest()[:32]


def test_values_are_canonical_text_and_ids_are_hashed(intake: Intake) -> None:
    landing = intake.ingest("events.csv", EVENTS + 'e1,2026-06-01 23:30:00,WeChat,acc,u1,message,g1,"1,234.50","{""a"": 1}"\n')
    assert (landing.status, landing.rows, landing.accepted, landing.template) == ("ingested", 1, 1, "mapped_events")
    columns = "event_id, occurred_at, platform, account_id, member_id, id_kind, community_id, event_type, value, properties, actor_type"
    assert intake.rows("events/events", columns) == [
        (
            "e1",
            "2026-06-01T15:30:00.000000Z",
            "wechat",
            "acc",
            pseudonym("wechat", "acc", "native", "u1"),
            "native",
            "g1",
            "message",
            "1234.5",
            '{"a": 1}',
            None,
        )
    ]


def test_rows_stand_on_the_business_date_of_the_projects_zone(intake: Intake) -> None:
    rows = ["e1,2026-05-31T15:59:59Z", "e2,2026-05-31T16:00:00Z", "e3,2026-06-01 00:00:00", "e4,2026-06-01T23:59:59.999999+08:00"]
    intake.ingest("events.csv", EVENTS + "".join(f"{row},x,,u,message,,,\n" for row in rows))
    assert intake.rows("events/events", "event_id, _period_date") == [
        ("e1", "2026-05-31"),
        ("e2", "2026-06-01"),
        ("e3", "2026-06-01"),
        ("e4", "2026-06-01"),
    ]
    with Ledger(intake.settings.ledger_path) as ledger:
        [landing] = ledger.landings()
        files = ledger.lake_files(landing.landing_id)
    assert [(file.business_date, file.rows, file.path) for file in files] == [
        (date(2026, 5, 31), 1, f"lake/events/events/date=2026-05-31/{landing.landing_id[:16]}-r1.parquet"),
        (date(2026, 6, 1), 3, f"lake/events/events/date=2026-06-01/{landing.landing_id[:16]}-r1.parquet"),
    ]
    for file in files:
        assert pq.read_schema(intake.settings.home / file.path).equals(lake_schema(load_registry()["events"].streams[0]))


def test_technical_columns_tell_where_a_row_comes_from(intake: Intake) -> None:
    landing = intake.ingest(
        "events.csv", EVENTS + "e1,2026-06-01,x,,u,message,,,\n", source="events", account="acc9", snapshot_at="2026-06-02T00:00:00Z"
    )
    columns = "_file_sha256, _row_no, _snapshot_at, _account_id, _template, _extra, account_id"
    assert intake.rows("events/events", columns) == [
        (landing.sha256, 2, "2026-06-02T00:00:00.000000Z", "acc9", "mapped_events", None, "acc9")
    ]


def test_an_account_in_the_row_wins_over_the_landings(intake: Intake) -> None:
    intake.ingest("events.csv", EVENTS + "e1,2026-06-01,x,own,u,message,,,\n", account="acc9")
    assert intake.rows("events/events", "account_id, member_id") == [("own", pseudonym("x", "own", "native", "u"))]


def test_the_same_id_in_two_accounts_or_kinds_is_two_members(intake: Intake) -> None:
    header = "platform,account_id,member_id,id_kind\n"
    intake.ingest("members.csv", header + "x,a,u1,\nx,b,u1,\nx,a,u1,OpenID\nx,a,u1,native\n")
    hashes = [row[0] for row in intake.rows("members/members", "member_id")]
    assert hashes[0] == hashes[3]
    assert len(set(hashes)) == 3
    assert hashes[2] == pseudonym("x", "a", "openid", "u1")


def test_a_person_has_one_namespace_of_its_own(intake: Intake) -> None:
    intake.ingest("links.csv", "platform,account_id,member_id,person_id\nx,a,u1,p1\ny,b,u2,p1\n")
    assert intake.rows("identity_links/identity_links", "person_id") == [(pseudonym("", "", "person", "p1"),)] * 2


def test_no_raw_member_id_is_anywhere_outside_the_landing(intake: Intake) -> None:
    secret = "wmSECRETMEMBERID0001"
    rows = f"e1,2026-06-01,x,,{secret},message,,,\ne2,not a date,x,,{secret},message,,,\n"
    intake.ingest("events.csv", EVENTS + rows)
    for path in [*intake.settings.lake.rglob("*"), *intake.settings.quarantine.rglob("*")]:
        assert path.is_dir() or secret.encode() not in path.read_bytes(), path


def test_undeclared_columns_are_kept_as_json_unless_personal_and_noted_as_drift(intake: Intake) -> None:
    landing = intake.ingest("m.csv", "platform,member_id,score,phone,Nick Name,tier\nx,u1,5,13800138000,Ann,gold\nx,u2,,1,Bob,\n")
    assert [json.loads(row[0]) if row[0] else None for row in intake.rows("members/members", "_extra")] == [
        {"score": "5", "tier": "gold"},
        None,
    ]
    assert landing.drift == {"unknown": ["score", "tier"], "dropped": ["Nick Name", "phone"]}


def test_undeclared_columns_with_strange_names_and_values_stay_valid_json(intake: Intake) -> None:
    intake.ingest("m.csv", 'platform,member_id,"it\'s ""odd""",列\nx,u1,"a ""b"" \\ c",值\n')
    assert json.loads(intake.rows("members/members", "_extra")[0][0]) == {'it\'s "odd"': 'a "b" \\ c', "列": "值"}


def test_a_row_without_event_id_is_named_by_its_content_and_occurrence(intake: Intake) -> None:
    body = "2026-06-01 10:00:00,x,u1,message\n2026-06-01 10:00:00,x,u1,message\n2026-06-01 10:00:00,x,u2,message\n"
    intake.ingest("events.csv", "occurred_at,platform,member_id,event_type\n" + body)
    ids, is_derived, members = zip(*intake.rows("events/events", "event_id, event_id_is_derived, member_id"), strict=True)
    first, second = (
        hashlib.md5(
            "\x1f".join(
                ["\x1e", "2026-06-01T02:00:00.000000Z", "x", "", member, "native", "\x1e", "message", *["\x1e"] * 5, "false"]
            ).encode()
        ).hexdigest()
        for member in (members[0], members[2])
    )
    assert ids == (f"h:{first}:1", f"h:{first}:2", f"h:{second}:1")
    assert set(is_derived) == {"true"}


def test_derived_event_ids_do_not_depend_on_column_order_or_file(intake: Intake) -> None:
    intake.ingest("a.csv", "occurred_at,platform,member_id,event_type\n2026-06-01 10:00:00,x,u1,message\n")
    intake.ingest("b.csv", "member_id,event_type,platform,occurred_at\nu1,message,X,2026-06-01T02:00:00Z\n")
    ids = [row[0] for row in intake.rows("events/events", "event_id")]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_given_event_id_is_not_called_derived(intake: Intake) -> None:
    intake.ingest("events.csv", EVENTS + "e1,2026-06-01,x,,u,message,,,\n,2026-06-01,x,,u,message,,,\n")
    assert [row[0] for row in intake.rows("events/events", "event_id_is_derived")] == [None, "true"]


def test_a_list_without_dates_stands_on_its_snapshots_local_date(intake: Intake) -> None:
    intake.ingest("m.csv", "platform,member_id\nx,u1\n", source="members", snapshot_at="2026-06-01T17:00:00Z")
    assert intake.rows("members/members", "_period_date, _snapshot_at") == [("2026-06-02", "2026-06-01T17:00:00.000000Z")]


def test_all_sheets_with_the_header_are_read_and_others_named(intake: Intake) -> None:
    header = ["platform", "member_id", "region"]
    content = workbook([header, ["x", "u1", "north"]], July=[header, ["x", "u2", "south"]], Notes=[["about", "this"]])
    landing = intake.ingest("members.xlsx", content)
    assert (landing.status, landing.rows) == ("ingested", 2)
    assert intake.rows("members/members", "region, _row_no") == [("north", 2), ("south", 1_048_578)]
    assert "Notes" in landing.drift["warnings"]["tables_left_out"]


def test_json_lines_with_later_keys_are_read(intake: Intake) -> None:
    lines = [
        {"platform": "x", "member_id": "u1"},
        {"platform": "x", "member_id": 4781320682406083641, "region": "north"},
        {"platform": "x"},
    ]
    landing = intake.ingest("members.jsonl", "\n".join(map(json.dumps, lines)))
    assert (landing.accepted, landing.quarantined) == (2, 1)
    assert intake.rows("members/members", "member_id, region") == [
        (pseudonym("x", "", "native", "u1"), None),
        (pseudonym("x", "", "native", "4781320682406083641"), "north"),
    ]


def test_an_empty_list_of_a_declared_period_counts_as_observed(intake: Intake) -> None:
    landing = intake.ingest(
        "refunds.csv", "refund_id,platform,order_id,refunded_at,amount,currency\n", source="refunds", account="shop1", period="2026-06-01"
    )
    assert (landing.status, landing.rows) == ("ingested", 0)
    with Ledger(intake.settings.ledger_path) as ledger:
        ledger.pass_gate(landing.landing_id)
        [entry] = ledger.observed_until()
    assert (entry.account_id, entry.first_date, entry.observed_until) == ("shop1", date(2026, 6, 1), date(2026, 6, 1))


@pytest.mark.parametrize(
    ("declared", "until"),
    [
        ({"period": "2026-06-05"}, date(2026, 6, 5)),
        ({"snapshot_at": "2026-06-05T08:00:00+08:00"}, date(2026, 6, 4)),
        ({}, date(2026, 6, 2)),
        ({"period": "2026-06-03", "snapshot_at": "2026-06-05T08:00:00+08:00"}, date(2026, 6, 3)),
    ],
    ids=["period", "declared snapshot", "nothing declared", "period before snapshot"],
)
def test_how_far_a_file_is_complete_never_comes_from_the_clock(intake: Intake, declared: dict[str, str], until: date) -> None:
    landing = intake.ingest("e.csv", EVENTS + "e1,2026-06-01,x,a,u,message,,,\ne2,2026-06-02,x,a,u,message,,,\n", **declared)
    with Ledger(intake.settings.ledger_path) as ledger:
        ledger.pass_gate(landing.landing_id)
        [entry] = ledger.observed_until()
    assert (entry.first_date, entry.observed_until) == (date(2026, 6, 1), until)


def test_a_list_of_members_without_declared_snapshot_observes_nothing(intake: Intake) -> None:
    landing = intake.ingest("m.csv", "platform,member_id\nx,u1\n")
    with Ledger(intake.settings.ledger_path) as ledger:
        ledger.pass_gate(landing.landing_id)
        assert ledger.observed_until() == []


def test_every_stream_has_an_empty_file_that_tells_its_columns(intake: Intake) -> None:
    intake.run()
    for stream in load_streams():
        path = intake.settings.lake / stream.source / stream.name / "schema.parquet"
        assert pq.read_schema(path).equals(lake_schema(stream))
        assert pq.read_metadata(path).num_rows == 0
