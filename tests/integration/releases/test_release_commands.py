"""The console script on a home with releases: what it prints and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from release_workshop import candidate, land_orders

from community_metrics.cli import main
from community_metrics.landing.ledger import Ledger
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.publish import publish_release
from community_metrics.settings import Settings


@pytest.fixture
def releases(settings: Settings) -> tuple[str, str]:
    """Two releases, in which every number is 1 and 2."""
    return publish_release(settings, candidate(settings, 1)).release_id, publish_release(settings, candidate(settings, 2)).release_id


def call(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(settings.home), *arguments])


def test_digest_prints_name_rows_and_sum_of_the_current_or_a_named_release(settings: Settings, releases: tuple[str, str]) -> None:
    current = call(settings, "digest")
    assert current.exit_code == 0
    assert [line.split()[:2] for line in current.stdout.splitlines()] == [
        ["mart_activity_daily", "30"],
        ["mart_conversion_daily", "1"],
        ["mart_data_status", "2"],
    ]
    assert all(len(line.split()[2]) == 64 for line in current.stdout.splitlines())
    earlier = call(settings, "digest", "--release", releases[0])
    assert earlier.stdout.splitlines()[0] != current.stdout.splitlines()[0]
    assert earlier.stdout.splitlines()[2] == current.stdout.splitlines()[2]
    assert call(settings, "digest", "--release", "nothing").exit_code == 1


def test_list_and_show_tell_the_history(settings: Settings, releases: tuple[str, str]) -> None:
    listed = call(settings, "releases", "list").stdout.splitlines()
    assert [line.split()[:3] for line in listed[1:]] == [[releases[1], "current", "2026-05-30"], [releases[0], "earlier", "2026-05-30"]]
    assert json.loads(call(settings, "releases", "show", releases[0], "--json").stdout)["release_id"] == releases[0]
    assert "Mrs Example" not in call(settings, "releases", "show").stdout


def test_verify_exits_1_and_names_the_damaged_file(settings: Settings, releases: tuple[str, str]) -> None:
    assert call(settings, "releases", "verify").exit_code == 0
    page = settings.current_release / "site" / "index.html"
    page.chmod(0o644)
    page.write_text("forged")
    damaged = call(settings, "releases", "verify")
    assert damaged.exit_code == 1
    assert f"{releases[1]}/site/index.html" in damaged.stderr
    assert call(settings, "releases", "verify", releases[0]).exit_code == 0
    assert call(settings, "doctor").exit_code == 1


def test_diff_prints_keys_old_and_new(settings: Settings, releases: tuple[str, str]) -> None:
    lines = call(settings, "releases", "diff", *releases).stdout.splitlines()
    assert lines[0] == "mart_activity_daily: 0 rows added, 0 removed, 60 cells changed"
    assert lines[1] == "  business_date=2026-05-01 scope_type=all scope_id=all dau: 1 -> 2 (bug_fix_release)"
    assert call(settings, "releases", "diff", releases[0], releases[0]).stdout == "no mart differs\n"


def test_rollback_shows_the_named_release(settings: Settings, releases: tuple[str, str]) -> None:
    result = call(settings, "releases", "rollback", releases[0])
    assert result.stdout == f"readers see {releases[0]} now, instead of {releases[1]}\n"
    assert current_release_id(settings) == releases[0]
    assert call(settings, "releases", "rollback", releases[0]).exit_code == 1


def test_status_tells_what_is_in_the_numbers_and_what_is_not(settings: Settings, releases: tuple[str, str], tmp_path: Path) -> None:
    held = land_orders(settings, 2)
    land_orders(settings, 3)
    with Ledger(settings.ledger_path) as ledger:
        ledger.hold(held, "half of the usual rows")
    (settings.inbox / "orders").mkdir(parents=True)
    (settings.inbox / "orders" / "new.csv").write_text("order_id\n")

    lines = call(settings, "status").stdout.splitlines()
    assert lines[0] == f"release   {releases[1]}, data through 2026-05-30"
    assert lines[1] == "landed    1 held, 2 ingested"
    assert lines[2].startswith("waiting   1 files")
    assert lines[3] == "pending   1 files added, 0 removed, 0 dates touched"
    assert lines[4] == "missing   orders shop: not complete 2026-05-31 to 2026-05-31"
    assert lines[5].startswith("held      ")
    assert lines[5].endswith("orders of Mrs Example 2.csv: half of the usual rows")
    content = json.loads(call(settings, "status", "--json").stdout)
    assert content["held"][0]["reason"] == "half of the usual rows"
    assert content["missing"] == [{"source": "orders", "account": "shop", "first_date": "2026-05-31", "last_date": "2026-05-31"}]


def test_a_withdrawn_file_is_out_of_the_active_set(settings: Settings, releases: tuple[str, str]) -> None:
    with Ledger(settings.ledger_path) as ledger:
        (landing,) = ledger.landings()
    result = call(settings, "ledger", "withdraw", landing.sha256[:12], "--reason", "wrong shop")
    assert result.exit_code == 0
    assert "the next `community-metrics run` publishes without it" in result.stdout
    shown = json.loads(call(settings, "ledger", "show", landing.sha256[:12], "--json").stdout)["landings"]
    assert [(entry["status"], entry["reason"]) for entry in shown] == [("withdrawn", "wrong shop")]
