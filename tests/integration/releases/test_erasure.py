"""An erasure through the whole line: what is published afterwards, why it differs, and what no home holds any more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from release_workshop import passed, write_small_site

from community_metrics import pipeline
from community_metrics.cli import main
from community_metrics.dashboard import site
from community_metrics.erasing import erase
from community_metrics.errors import UsageError
from community_metrics.landing.inbox import land_files
from community_metrics.releases.candidate import read_candidate
from community_metrics.releases.digest import digest_database
from community_metrics.releases.history import list_releases
from community_metrics.releases.publish import publish_release
from community_metrics.releases.retention import expire_releases, pin
from community_metrics.settings import Retention, Settings
from support.erased import found_in

EVENTS = "event_id,occurred_at,platform,member_id,community_id,event_type\n"
ORDERS = "order_id,platform,member_id,paid_at,gross_amount,currency\n"
MEMBERS = "platform,member_id,first_seen_at\n"
LINKS = "platform,member_id,person_id,status\n"
ANN, ANN_TOO = "member-ann-1", "shop-buyer-ann"
ROWS = {
    "events": EVENTS
    + "evt-1,2026-10-01T09:00:00+08:00,forum,member-ann-1,c1,message\nevt-2,2026-10-01T10:00:00+08:00,forum,member-ben-2,c1,message\n"
    + "evt-3,2026-10-02T09:00:00+08:00,forum,member-ann-1,c1,message\nevt-4,2026-10-02T10:00:00+08:00,forum,member-cat-3,c1,message\n",
    "orders": ORDERS
    + "ord-1,shop,shop-buyer-ann,2026-10-01T12:00:00+08:00,10.00,CNY\nord-2,shop,shop-buyer-ben,2026-10-02T12:00:00+08:00,25.00,CNY\n",
    "members": MEMBERS + "forum,member-ann-1,2026-09-01\nforum,member-ben-2,2026-09-02\n",
    "identity_links": LINKS + "forum,member-ann-1,person-ann,linked\nshop,shop-buyer-ann,person-ann,linked\n",
}
WITHOUT_ANN = {name: "".join(line for line in text.splitlines(True) if "ann" not in line) for name, text in ROWS.items()}


def land(settings: Settings, contents: dict[str, str]) -> None:
    drop = settings.home.parent / f"drop-{settings.home.name}"
    drop.mkdir(exist_ok=True)
    for source, text in contents.items():
        path = drop / f"{source}.csv"
        path.write_text(text, encoding="utf-8")
        land_files(settings, [path], source=source, period=date(2026, 10, 2), snapshot_at=datetime(2026, 10, 3, tzinfo=UTC))


def release(settings: Settings) -> str:
    assert pipeline.ingest(settings).exit_code == 0
    pipeline.build(settings)
    built = read_candidate(settings)
    assert built is not None
    return publish_release(settings, built.audited(passed(1), "suites")).release_id


@pytest.fixture(scope="module", autouse=True)
def one_key() -> object:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COMMUNITY_METRICS_ID_KEY", "the same in every home")
        patched.setattr(site, "build_site", write_small_site)
        yield


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Settings, list[str]]:
    """A home from which Ann was erased after two releases, one of which is pinned; and a home that never had her."""
    folder = tmp_path_factory.mktemp("erased")
    settings = replace(Settings(home=folder / "home"), retention=Retention(30, 35, 0), threads=1, memory_limit="1GB")
    land(settings, ROWS)
    first = release(settings)
    pin(settings, first, "shown to the board")
    built = read_candidate(settings)
    assert built is not None
    second = publish_release(settings, built.audited(passed(1), "suites"), again=True).release_id
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        [(identifier,)] = connection.execute("select distinct member_key from intermediate.int_identity__members order by 1").fetchall()
        key = identifier.hex
    report = erase(settings, "forum", ANN, by="the officer", reason="she asked for it")
    assert (report.pinned, set(report.releases)) == ((first,), {first, second})
    third = release(settings)

    fresh = replace(settings, home=folder / "fresh")
    land(fresh, WITHOUT_ANN)
    pipeline.ingest(fresh)
    pipeline.build(fresh)
    return settings, fresh, [first, second, third, key]


@pytest.mark.laws
def test_the_tables_are_those_of_a_home_that_never_had_her(erased: tuple[Settings, Settings, list[str]]) -> None:
    settings, fresh, _ = erased
    assert digest_database(settings.warehouse_path) == digest_database(fresh.warehouse_path)


@pytest.mark.laws
def test_what_differs_is_told_with_the_erasure_as_its_cause(erased: tuple[Settings, Settings, list[str]]) -> None:
    settings, _, (_, _, third, _) = erased
    with duckdb.connect(str(settings.ops_path), read_only=True) as connection:
        rows = connection.execute("select distinct cause from ops.restatements where release_id = ?", [third]).fetchall()
        dau = connection.execute(
            "select business_date::varchar, old, new from ops.restatements where release_id = ? and mart = 'mart_activity_daily'"
            " and metric = 'dau' and json_extract_string(key, 'scope_type') = 'all' order by 1",
            [third],
        ).fetchall()
    assert rows == [("erasure",)]
    assert dau == [("2026-10-01", "2", "1"), ("2026-10-02", "2", "1")]


@pytest.mark.laws
def test_nothing_of_her_is_left_but_what_somebody_pinned(erased: tuple[Settings, Settings, list[str]]) -> None:
    settings, _, (first, _, third, key) = erased
    assert [one.release_id for one in list_releases(settings)] == [third, first]
    words = [ANN, ANN_TOO, "person-ann", "ord-1,", "evt-1,"]
    assert found_in(settings.home, words, skip=[f"releases/{first}"]) == []
    # The list of those who are kept out is of such hashes.
    assert {where for _, where in found_in(settings.home, [key], skip=[f"releases/{first}"])} == {"landing/ledger.sqlite"}
    assert {word for word, _ in found_in(settings.releases / first, [*words, key])} == {key}
    outcomes = expire_releases(settings, is_rehearsal=True)
    assert [(one.release_id, one.kept, one.holds_erased) for one in outcomes] == [(first, "pinned: shown to the board", True)]


def test_links_that_nobody_has_built_are_not_guessed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    land(settings, ROWS)
    pipeline.ingest(settings)
    with pytest.raises(UsageError, match="--only-this-id"):
        erase(settings, "forum", ANN, by="the officer", reason="she asked for it")
    rehearsal = erase(settings, "forum", ANN, is_rehearsal=True)
    assert (rehearsal.number, sum(one.rows for one in rehearsal.files)) == (None, 4)
    report = erase(settings, "forum", ANN, by="the officer", reason="she asked for it", only_this_id=True)
    assert (len(report.files), report.linked) == (3, 0)
    assert {word for word, _ in found_in(settings.landing, [ANN, ANN_TOO])} == {ANN_TOO}

    result = CliRunner().invoke(main, ["--home", str(settings.home), "erasures", "--json"])
    [order] = json.loads(result.stdout)["erasures"]
    assert (order["ordered_by"], order["reason"], order["files"], order["rows"]) == ("the officer", "she asked for it", 3, 4)
    assert order["finished_at"] >= order["ordered_at"]
    assert ANN not in result.stdout
    listed = CliRunner().invoke(main, ["--home", str(settings.home), "quarantine", "list", "--json"])
    counts = json.loads(listed.stdout)["quarantine"]
    assert sorted((one["reason_code"], one["source"], one["rows"]) for one in counts) == [
        ("erased", "events", 2),
        ("erased", "identity_links", 1),
        ("erased", "members", 1),
    ]


def test_the_command_wants_a_reason_and_reads_the_id_from_standard_input(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    land(settings, {"members": ROWS["members"]})
    command = ["--home", str(settings.home), "erase", "--platform", "forum", "--member", "-", "--by", "the officer"]
    refused = CliRunner().invoke(main, command, input=ANN)
    assert (refused.exit_code, "needs a reason" in refused.stderr) == (2, True)
    done = CliRunner().invoke(main, [*command, "--reason", "she asked for it"], input=f"{ANN}\n")
    assert (done.exit_code, "1 rows and 0 cells went out of 1 files" in done.stdout, ANN in done.stdout) == (0, True, False)
    again = CliRunner().invoke(main, [*command, "--reason", "she asked for it", "--json"], input=ANN)
    assert json.loads(again.stdout)["files"] == []


def test_a_changed_key_reads_everything_anew_and_still_keeps_her_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/privacy.md says it, step by step."""
    monkeypatch.delenv("COMMUNITY_METRICS_ID_KEY")
    settings = Settings(home=tmp_path / "home")
    land(settings, {"events": ROWS["events"]})
    erase(settings, "forum", ANN, by="the officer", reason="she asked for it")
    old = [row[0] for row in lake_members(settings)]
    (settings.home / "id_key").write_text("another key")
    rotated = Settings(home=settings.home)
    [report] = pipeline.ingest(rotated).files
    assert (report.status, report.accepted) == ("ingested", 2)
    new = [row[0] for row in lake_members(rotated)]
    assert len(new) == 2 and not set(new) & set(old)
    # An export of hers that comes after the change: the list has a key of its own.
    land(rotated, {"orders": ORDERS + f"ord-9,forum,{ANN},2026-10-01T12:00:00+08:00,10.00,CNY\n"})
    [report] = pipeline.ingest(rotated).files
    assert (report.status, report.rows) == ("ingested", 0)


def lake_members(settings: Settings) -> list[tuple[str]]:
    """Those of the newest revision."""
    newest = max(path.name.rpartition("-r")[2] for path in settings.lake.glob("events/events/date=*/*-r*.parquet"))
    query = "select distinct member_id from read_parquet($1, hive_partitioning = false)"
    return duckdb.execute(query, [str(settings.lake / "events" / "events" / "date=*" / f"*-r{newest}")]).fetchall()
