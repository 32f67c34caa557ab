"""The home's log: what a line holds, what it never holds, and that it keeps nobody from their work."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from community_metrics.cli import main
from community_metrics.observability import masking
from community_metrics.observability.logs import logging_to
from community_metrics.observability.masking import hide, masked
from community_metrics.observability.runs import recorded, triggered_by
from community_metrics.settings import PROJECT_ROOT, Settings

log = logging.getLogger("community_metrics.test")


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_secrets", set())


@pytest.fixture
def made(home: Settings) -> Settings:
    home.home.mkdir()
    return home


def lines(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(settings.logs.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_says_when_how_serious_where_and_what(made: Settings) -> None:
    with logging_to(made), triggered_by("warehouse_release manual__1", "dag-1"), recorded(made, "build"):
        log.warning("%d 个文件", 3, extra={"source": "orders", "file": "3f2a1b4c5d6e"})
        log.debug("not worth a line")
    line, end = lines(made)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "community_metrics.test",
        "run_id": "dag-1",
        "step": "build",
        "source": "orders",
        "file": "3f2a1b4c5d6e",
        "message": "3 个文件",
    }
    assert (end["message"].startswith("build: succeeded in "), end["status"]) == (True, "succeeded")


def test_secrets_are_in_no_line_and_no_record(made: Settings) -> None:
    hide("tok-5f0c91")
    with logging_to(made), pytest.raises(RuntimeError), recorded(made, "extract"):
        log.info("into postgresql://loader:p%40ss@db.example.com/marts")
        log.info("sent tok-5f0c91 to https://api.example.com/x?access_token=QWERTY&a=1 with Authorization: Bearer zxcvbn")
        raise RuntimeError("tok-5f0c91")
    written = "".join(path.read_bytes().decode(errors="replace") for path in made.home.rglob("*") if path.is_file())
    assert "access_token=***&a=1" in written and "postgresql://loader:***@db.example.com/marts" in written
    assert not [secret for secret in ("tok-5f0c91", "QWERTY", "zxcvbn", "p%40ss") if secret in written]


def test_a_text_as_short_as_a_word_is_no_secret() -> None:
    hide("a")
    hide("")
    assert masked("a file of April") == "a file of April"


def test_what_may_name_a_person_is_said_to_people_only(made: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    said = {"file": "3f2a1b4c5d6e", "public": "a file failed"}
    with logging_to(made, terminal=True):
        try:
            raise ValueError("13800138000 is no date")
        except ValueError:
            log.exception("%s failed", "张三 13800138000.csv", extra=said)
    assert "张三 13800138000.csv failed" in capsys.readouterr().err
    (line,) = lines(made)
    assert (line["message"], line["error"]["kind"], line["file"]) == ("a file failed", "ValueError", "3f2a1b4c5d6e")
    assert "13800138000" not in json.dumps(line) and "test_logs.py" in line["error"]["places"][0]


def test_a_log_of_more_than_a_month_ago_goes(made: Settings) -> None:
    made.logs.mkdir()
    for name in ("2026-01-01.jsonl", "2999-01-01.jsonl", "notes.txt"):
        (made.logs / name).write_text("{}\n")
    with logging_to(made):
        log.info("something")
    kept = {path.name for path in made.logs.iterdir()}
    assert {"2999-01-01.jsonl", "notes.txt"} < kept and "2026-01-01.jsonl" not in kept


def test_lines_of_several_processes_do_not_mix(made: Settings) -> None:
    program = (
        "import logging\nfrom pathlib import Path\nfrom community_metrics.settings import Settings\n"
        "from community_metrics.observability.logs import logging_to\n"
        f"with logging_to(Settings(home=Path({str(made.home)!r}))):\n"
        "    for number in range(200):\n        logging.getLogger('community_metrics').info('%s', 'x' * 3000)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT / "plugins")}
    processes = [subprocess.Popen([sys.executable, "-c", program], env=environment) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert [line["message"] for line in lines(made)] == ["x" * 3000] * 600


def test_nothing_is_made_where_there_is_no_home_and_nothing_fails_where_it_cannot_be_written(made: Settings, tmp_path: Path) -> None:
    with logging_to(Settings(home=tmp_path / "elsewhere")):
        log.warning("something")
    assert not (tmp_path / "elsewhere").exists()
    made.logs.write_text("no folder")
    with logging_to(made):
        log.warning("something")


def test_a_command_logs_its_steps_and_says_no_more_than_before(made: Settings) -> None:
    result = CliRunner().invoke(main, ["--home", str(made.home), "ingest"])
    assert (result.exit_code, result.stderr, result.stdout) == (0, "", "")
    assert {(line["step"], line["level"]) for line in lines(made)} == {("ingest", "info")}
    assert [line["status"] for line in lines(made) if "status" in line] == ["nothing_new"]
    before = len(lines(made))
    assert CliRunner().invoke(main, ["--home", str(made.home), "status"]).exit_code == 0
    assert len(lines(made)) == before
    assert logging.getLogger("community_metrics").handlers == []
