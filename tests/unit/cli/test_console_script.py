"""The console script: options anywhere, errors in one form, stable exit codes, and a help that is there at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from community_metrics import pipeline
from community_metrics.cli import main
from community_metrics.errors import BusyError, CommunityMetricsError, RefusedError
from community_metrics.pipeline import FileReport, IngestReport, RunReport
from community_metrics.settings import PROJECT_ROOT, Settings
from support.released import day, release

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT / "plugins")}
COMMANDS = [
    "approve",
    "audit",
    "backup",
    "build",
    "digest",
    "doctor",
    "erase",
    "erasures",
    "export",
    "ingest",
    "land",
    "ledger",
    "postgres",
    "publish",
    "quarantine",
    "releases",
    "report",
    "restore",
    "run",
    "runs",
    "status",
    "superset",
    "upgrade",
]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def file_report(**changes: Any) -> FileReport:
    values = {
        "landing_id": "1",
        "sha256": "ab" * 32,
        "name": "orders.csv",
        "source": "orders",
        "account": "shop",
        "status": "ingested",
        "reason_code": None,
        "reason": None,
        "rows": 10,
        "accepted": 10,
        "quarantined": 0,
        "totals": 0,
    }
    return FileReport(**{**values, **changes})


def test_help_lists_every_command() -> None:
    result = call("--help")
    assert result.exit_code == 0
    assert sorted(main.commands) == COMMANDS
    assert all(f"  {command} " in result.output for command in COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys, community_metrics.cli;"
        "print(*sorted({'duckdb', 'pyarrow', 'pandas', 'dbt', 'great_expectations', 'airflow', 'jinja2', 'rich'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, env=ENVIRONMENT, text=True)
    assert found.stdout.strip() == ""


@pytest.mark.parametrize(
    "arguments",
    [["--home", "HOME", "--json", "status"], ["status", "--home", "HOME", "--json"], ["--json", "status", "--home", "HOME"]],
)
def test_home_and_json_may_stand_before_and_after_the_command(tmp_path: Path, arguments: list[str]) -> None:
    result = call(*(str(tmp_path / "home") if argument == "HOME" else argument for argument in arguments))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["current"] is None
    assert (tmp_path / "home").is_dir()


def test_the_home_nearest_to_the_command_holds(tmp_path: Path) -> None:
    result = call(
        "--home", str(tmp_path / "outer"), "releases", "--home", str(tmp_path / "middle"), "verify", "--home", str(tmp_path / "inner")
    )
    assert result.exit_code == 1
    assert str(tmp_path / "inner") in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["digest", "--bogus"],
        ["land"],
        ["land", "/no/such/file"],
        ["ledger", "withdraw", "abcdef0123"],
        ["releases", "diff", "one"],
        ["erase"],
        ["approve"],
    ],
)
def test_wrong_usage_is_told_in_one_line_and_exits_2(arguments: list[str]) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert line.endswith("--help`")


def test_wrong_usage_is_json_too_when_asked_for() -> None:
    result = call("digest", "--bogus", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["exit_code"] == 2


def test_a_group_without_a_command_shows_its_help_and_exits_2() -> None:
    result = call("releases")
    assert result.exit_code == 2
    assert "rollback" in result.stderr


def test_an_unknown_source_exits_2_and_lands_nothing(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("order_id\n1\n")
    result = call("--home", str(tmp_path / "home"), "land", str(file), "--source", "nonsense")
    assert result.exit_code == 2
    assert "nonsense" in result.stderr
    assert "known sources: " in result.stderr
    assert not list((tmp_path / "home").rglob("*.sqlite"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommunityMetricsError("disk full", "/data", "make room"), 1),
        (BusyError("busy: `run` (process 7)", "/data/lock", "wait"), 1),
        (RefusedError("not audited", "/data", "run audit"), 3),
        (RuntimeError("surprise"), 1),
    ],
)
def test_errors_go_to_standard_error_with_their_exit_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, code: int
) -> None:
    def fail(_: Settings) -> None:
        raise error

    monkeypatch.setattr(pipeline, "publish", fail)
    result = call("publish", "--home", str(tmp_path))
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.count(" - ") == 2
    as_json = call("publish", "--home", str(tmp_path), "--json")
    assert json.loads(as_json.stdout)["exit_code"] == code


def test_a_traceback_is_shown_only_on_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(_: Settings) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr(pipeline, "publish", fail)
    monkeypatch.setenv("COMMUNITY_METRICS_DEBUG", "1")
    assert isinstance(call("publish", "--home", str(tmp_path)).exception, RuntimeError)


@pytest.mark.parametrize(
    ("outcome", "files", "code"),
    [
        ("published", [], 0),
        ("nothing_new", [], 0),
        ("rolled_back", [], 0),
        ("published", [{"status": "rejected", "reason": "empty file"}], 4),
        ("nothing_new", [{"status": "unrecognised", "reason": "no template"}], 4),
        ("published", [{"status": "held", "reason": "half the rows"}], 4),
        ("published", [{"quarantined": 1, "accepted": 9}], 4),
        ("refused", [], 3),
        ("refused", [{"status": "rejected", "reason": "empty file"}], 3),
    ],
)
def test_the_exit_code_of_a_run_is_3_before_4_before_0(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outcome: Any, files: list[dict[str, Any]], code: int
) -> None:
    ingested = IngestReport(tuple(file_report(**file) for file in files))
    reasons = ("Nobody is counted twice: failed",) if outcome == "refused" else ()
    monkeypatch.setattr(pipeline, "run", lambda _: RunReport(outcome, "said so", ingested, reasons=reasons))
    result = call("run", "--home", str(tmp_path))
    assert result.exit_code == code
    assert "said so" in result.stdout
    for reason in reasons:
        assert f"refused: {reason}" in result.stderr
    for file in ingested.troubled:
        assert f"orders.csv ({file.sha256[:12]})" in result.stderr
    assert json.loads(call("run", "--json", "--home", str(tmp_path)).stdout)["exit_code"] == code


def test_ingest_says_what_is_wrong_where_and_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report = IngestReport((file_report(), file_report(name="bad.csv", quarantined=2, accepted=8)))
    monkeypatch.setattr(pipeline, "ingest", lambda _, retry: report)
    result = call("ingest", "--home", str(tmp_path))
    assert result.exit_code == 4
    assert result.stderr == (
        "quarantined: 2 of 10 rows - bad.csv (abababababab) - `community-metrics quarantine show abababababab` names them\n"
    )
    assert result.stdout.splitlines()[0] == "ingested orders orders.csv: 10 rows, 10 accepted, 0 quarantined, 0 totals"


def test_doctor_finds_nothing_wrong_with_a_new_home(tmp_path: Path) -> None:
    result = call("doctor", "--home", str(tmp_path / "home"), "--json")
    findings = {finding["subject"]: finding["status"] for finding in json.loads(result.stdout)["findings"]}
    findings.pop("charts")  # fetched by `make setup`
    assert "failed" not in findings.values()
    assert findings["id key"] == "warning"
    assert not (tmp_path / "home" / "id_key").exists()


def test_doctor_says_how_to_mend_a_key_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "id_key").write_text("secret")
    (tmp_path / "id_key").chmod(0o644)
    result = call("doctor", "--home", str(tmp_path))
    assert result.exit_code == 1
    assert f"chmod 600 {tmp_path}/id_key" in result.stdout


def test_doctor_explains_what_a_file_is_and_what_it_lacks(tmp_path: Path) -> None:
    good, poor = tmp_path / "good.csv", tmp_path / "poor.csv"
    good.write_text("platform,account_id,business_date,followers\ndouyin,a,2026-06-01,7\n")
    poor.write_text("platform,followers\ndouyin,7\n")
    recognised = call("doctor", str(good), "--home", str(tmp_path), "--source", "account_daily")
    assert recognised.exit_code == 0
    assert "account_daily" in recognised.stdout
    lacking = call("doctor", str(poor), "--home", str(tmp_path), "--source", "account_daily", "--json")
    assert lacking.exit_code == 1
    assert json.loads(lacking.stdout)["missing"] != []


def test_quarantine_and_ledger_of_a_new_home_are_empty(tmp_path: Path) -> None:
    assert call("quarantine", "--home", str(tmp_path)).stdout == "the quarantine is empty\n"
    assert call("quarantine", "list", "--home", str(tmp_path)).stdout == "the quarantine is empty\n"
    assert call("ledger", "--home", str(tmp_path)).stdout == "nothing has landed yet\n"
    assert call("ledger", "show", "abc", "--home", str(tmp_path)).exit_code == 1


def test_a_quarantined_row_says_where_it_stands_and_what_to_do(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    header = "platform,order_id,member_id,paid_at,gross_amount,currency\n"
    orders.write_text(header + "shop,1,a,2026-06-01,10,CNY\nshop,2,b,2026-06-01,ten yuan,CNY\n", encoding="utf-8")
    home = str(tmp_path / "home")
    assert call("land", str(orders), "--home", home).exit_code == 0
    call("ingest", "--home", home)
    [shown] = json.loads(call("quarantine", "show", "--home", home, "--json").stdout)["rows"]
    assert (shown["name"], shown["row_no"], shown["column"], shown["reason_code"]) == ("orders.csv", 3, "gross_amount", "not_a_number")
    assert (shown["shown"], "null_tokens" in shown["remedy"]) == ("te… (8 characters)", True)
    assert "null_tokens" in call("quarantine", "list", "--home", home).stdout


def test_a_report_has_one_period(tmp_path: Path) -> None:
    result = call("report", "--home", str(tmp_path), "--day", "2026-10-01", "--week", "2026-10-01", str(tmp_path / "r.html"))
    assert result.exit_code == 2
    assert "only one of --day, --week and --month" in result.stderr


def test_a_report_says_what_it_is_about(tmp_path: Path) -> None:
    release(Settings(home=tmp_path), "r1", missing=[day(13)])
    result = call("report", "--home", str(tmp_path), "--week", "2026-10-18", "--language", "zh", str(tmp_path / "r.html"))
    assert result.stdout == f"week 2026-10-12 to 2026-10-18 (r1, 1 days not complete) in {tmp_path / 'r.html'}\n"
    found = call("report", "--home", str(tmp_path), "--json", str(tmp_path / "r.html"))
    assert json.loads(found.stdout)["first"] == "2026-10-17"
