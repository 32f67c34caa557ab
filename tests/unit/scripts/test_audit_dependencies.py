"""What is said of pip-audit's answer: known vulnerabilities stop a change, silence is not taken for safety."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date
from types import ModuleType
from typing import Any

import pytest

from community_metrics.settings import PROJECT_ROOT


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(PROJECT_ROOT / "scripts"))
    spec = importlib.util.spec_from_file_location("audit_dependencies", PROJECT_ROOT / "scripts" / "audit_dependencies.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "audit_dependencies", module)
    spec.loader.exec_module(module)
    return module


def answer(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


SAFE = {"name": "duckdb", "version": "1.0.0", "vulns": []}
# As pip-audit 2.10 printed it for jinja2 2.4.1, shortened.
VULNERABLE = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"], "aliases": ["CVE-2019-10906"], "description": "..."}],
}
UNKNOWN = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited: jinja2 (2.4.1)"}


def test_nothing_known_of_everything_is_good(audit: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.report([audit.read_answer(answer(SAFE))], ()) == 0
    assert capsys.readouterr().out == "1 packages, none with a known vulnerability that is not accepted\n"


def test_a_vulnerable_package_is_named_with_the_version_that_mends_it(audit: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.report([audit.read_answer(answer(SAFE, VULNERABLE)), None], ()) == 1
    assert "vulnerable: PYSEC-2019-217 - jinja2 2.4.1 - mended in 2.10.1" in capsys.readouterr().err


def test_an_accepted_advisory_stops_nothing_until_its_date(audit: ModuleType) -> None:
    found = [audit.read_answer(answer(VULNERABLE))]
    text = "# comment\n\nPYSEC-2019-217 2026-12-31 no template of ours comes from outside\n"
    assert audit.report(found, audit.read_accepted(text, date(2026, 12, 31))) == 0
    assert audit.report(found, audit.read_accepted(text, date(2027, 1, 1))) == 1


@pytest.mark.parametrize("line", ["PYSEC-1", "PYSEC-1 soon because", "PYSEC-1 2026-12-31"])
def test_an_acceptance_without_date_or_reason_is_an_error(audit: ModuleType, line: str) -> None:
    with pytest.raises(audit.bootstrap.SetupError, match=r"accepted-advisories.txt line 2"):
        audit.read_accepted(f"# accepted\n{line}\n", date(2026, 11, 22))


@pytest.mark.parametrize("found", [[None], [answer()], [answer(UNKNOWN)], [answer(SAFE, UNKNOWN)]])
def test_what_could_not_be_asked_is_not_called_safe(audit: ModuleType, found: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    read = [audit.read_answer(each) if each else None for each in found]
    assert audit.report(read, ()) == 2
    assert capsys.readouterr().err.startswith("not audited: ")


def test_the_project_s_own_acceptances_can_be_read(audit: ModuleType) -> None:
    audit.read_accepted(audit.ACCEPTED.read_text(encoding="utf-8"), date(2026, 11, 22))
