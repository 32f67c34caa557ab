"""It does not matter how the rows came: in one file or many, in which order, how often, over how many runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest

from community_metrics.settings import Settings
from community_metrics.warehouse.build import STATIC_VIEWS
from community_metrics.warehouse.control import open_warehouse
from community_metrics.warehouse.dbt import run_dbt
from community_metrics.warehouse.definitions import assemble_seeds
from support.histories.comparison import differences
from support.histories.files import ExportFile, Style, export_file
from support.histories.generator import generate_history, restated
from support.histories.pipeline_home import PipelineHome
from support.naive.marts import GRAINS, naive_marts
from support.naive.records import Event, Link, MemberRecord, Membership, Order, Record, Refund

SNAPSHOT = datetime(2026, 11, 12, 2, tzinfo=UTC)
PERIOD = date(2026, 11, 10)
# A history in which staff bring members, orders of two shops share a number, and identities are merged and parted.
SEED = 16


def distinct_rows(seed: int) -> dict[str, list[Record]]:
    """Per source rows with an id each, every one of them once, and a later word on some of them that says when it was said."""
    random = Random(seed)
    rows: dict[str, dict[tuple[object, ...], Record]] = {}
    for file in generate_history(seed, timezone="Asia/Shanghai").files:
        for row in file.rows:
            if not (isinstance(row, Event) and row.event_id is None):
                rows.setdefault(file.source, {}).setdefault(identity(row), replace(row, updated_at=None, is_deleted=False))
    return {source: list(found.values()) + restatements(random, list(found.values())) for source, found in rows.items()}


def identity(row: Record) -> tuple[object, ...]:
    """The key of the row's source, as the input contracts have it."""
    match row:
        case Event():
            return (row.member.platform, row.member.account, row.event_id)
        case Order():
            return (row.member.platform, row.member.account, row.order_id)
        case Refund():
            return (row.platform, row.account, row.refund_id)
        case Membership():
            return (row.member, row.community, row.joined_at)
        case Link():
            return (row.member, row.person)
        case MemberRecord():
            return (row.member,)
    raise TypeError(type(row))


def restatements(random: Random, rows: list[Record]) -> list[Record]:
    chosen = random.sample(rows, len(rows) // 6)
    return [restated(random, row, datetime(2026, 11, 1, number % 24, tzinfo=UTC)) for number, row in enumerate(chosen)]


def whole(rows: dict[str, list[Record]]) -> list[ExportFile]:
    return [export_file(f"whole-{source}", source, found, Style(), SNAPSHOT, PERIOD) for source, found in rows.items()]


def pieces(rows: dict[str, list[Record]], random: Random) -> list[ExportFile]:
    """The same rows in several files that overlap, shuffled, each source's last words in a file of their own."""
    files = []
    for source, found in rows.items():
        first = [row for row in found if row.updated_at is None]
        random.shuffle(first)
        third = len(first) // 3 + 1
        parts = [first[index : index + third + 3] for index in range(0, len(first), third)]
        parts.append([row for row in found if row.updated_at is not None])
        for number, part in enumerate(part for part in parts if part):
            style = Style(random.choice(("csv", "jsonl")), random.choice(("utc", "offset", "local")))
            files.append(export_file(f"{source}-piece-{number}", source, part, style, SNAPSHOT, PERIOD))
    random.shuffle(files)
    return files


def views_stay_as_they_are(settings: Settings) -> None:
    """A build after one that came to its end leaves these views out: they would have been made with the same SQL."""
    before = view_texts(settings)
    run_dbt(settings, assemble_seeds(settings, settings.warehouse / "definitions"), ["run", "--select", STATIC_VIEWS, "--no-write-json"])
    assert len(before) > 20
    assert view_texts(settings) == before


def view_texts(settings: Settings) -> dict[str, str]:
    with open_warehouse(settings, read_only=True) as connection:
        return dict(connection.execute("select view_name, sql from duckdb_views() where schema_name = 'intermediate'").fetchall())


def check(home: Settings, seed: int, runs: int) -> None:
    random = Random(seed)
    rows = distinct_rows(seed)
    files = whole(rows)
    rules = generate_history(seed, timezone="Asia/Shanghai").rules
    once = PipelineHome(replace(home, home=home.home / "once"), rules)
    once.land(files)
    once.build()

    many = PipelineHome(replace(home, home=home.home / "many"), rules)
    parts = pieces(rows, random)
    mistake = export_file("mistake", "events", [replace(row, is_deleted=True) for row in rows["events"][:20]], Style(), SNAPSHOT, PERIOD)
    for run in range(runs):
        batch = parts[run::runs]
        # What landed already comes again, and once a file that should not have come at all.
        many.land([*batch, *random.sample(batch, 2), *([mistake] if run == 0 else [])])
        if run == runs - 1:
            many.withdraw(mistake)
        many.build()
        if run % 2 == 0:
            many.publish()
    for mart, wanted in naive_marts([file.landing(order) for order, file in enumerate(files)], rules).items():
        assert differences(mart, wanted, once.rows(mart, GRAINS[mart])) == []
    views_stay_as_they_are(many.settings)
    expected, found = once.every_row(), many.every_row()
    assert set(expected) == set(found)
    for mart, lines in expected.items():
        only = sorted(set(lines) ^ set(found[mart]))
        assert lines == found[mart], f"{mart}: {len(only)} rows differ, such as {only[:6]}"


@pytest.mark.laws
def test_pieces_repeats_restatements_and_a_withdrawn_mistake_over_two_runs_equal_one_run(home: Settings) -> None:
    check(home, SEED, runs=2)


@pytest.mark.laws
@pytest.mark.parametrize("seed", range(5))
def test_pieces_over_many_runs_equal_one_run(home: Settings, seed: int) -> None:
    check(home, seed, runs=4)


def test_a_history_too_big_for_one_piece(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts of events that are made in pieces of some dates are those that are made in one."""
    history = generate_history(SEED)
    built = PipelineHome(home, history.rules)
    built.land(history.files)
    built.build()
    expected = built.every_row()
    monkeypatch.setenv("COMMUNITY_METRICS_DBT_ROWS_A_PIECE", "40")
    built.build(full_refresh=True)
    assert built.every_row() == expected
