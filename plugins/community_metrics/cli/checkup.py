"""What `doctor` looks at: is the set-up such that a run can succeed, and what to do if it is not."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from community_metrics.errors import CommunityMetricsError
from community_metrics.landing.store import object_path
from community_metrics.releases.history import utc_now
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.verify import verify_release
from community_metrics.settings import PREFIX, PROJECT_ROOT, Settings

# A release of a year of a busy community takes some hundred megabytes, and a build as much again.
ENOUGH_BYTES = 2 * 2**30
LOCK = PROJECT_ROOT / "requirements.lock"
CHARTS = PROJECT_ROOT / "dashboards" / "assets" / "vendor" / "echarts.min.js"


@dataclass(frozen=True)
class Finding:
    """One look at the set-up. A `warning` does not keep a run from succeeding."""

    subject: str
    status: Literal["ok", "warning", "failed"]
    message: str
    remedy: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; a look that itself fails is a finding."""
    looks: tuple[tuple[str, Callable[[Settings], Iterator[Finding]]], ...] = (
        ("python", _python),
        ("packages", _packages),
        ("home", _home),
        ("disk", _disk),
        ("id key", _id_key),
        ("time zone", _time_zone),
        ("definitions", _definitions),
        ("checks", _checks),
        ("charts", _charts),
        ("ledger", _ledger),
        ("release", _release),
    )
    findings: list[Finding] = []
    for subject, look in looks:
        try:
            findings += look(settings)
        except CommunityMetricsError as error:
            findings.append(Finding(subject, "failed", " - ".join(part for part in (error.what, error.where) if part), error.remedy))
        except Exception as error:
            findings.append(Finding(subject, "failed", f"{type(error).__name__}: {error}"))
    return findings


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == (3, 11):
        yield Finding("python", "ok", version)
    else:
        yield Finding("python", "warning", f"{version}, the lock is made for 3.11", "run `make setup` with Python 3.11")


def _packages(_: Settings) -> Iterator[Finding]:
    if not LOCK.exists():
        yield Finding("packages", "warning", f"no lock at {LOCK}", "use the project from its checkout")
        return
    pins = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    installed = {_normalised(found.name): found.version for found in importlib.metadata.distributions() if found.name}
    wrong = [
        f"{name} {installed[_normalised(name)]} instead of {pin}"
        for name, pin in pins.items()
        if installed.get(_normalised(name), pin) != pin
    ]
    missing = [name for name in ("apache-airflow", "dbt-duckdb", "duckdb", "great-expectations") if name not in installed]
    if wrong or missing:
        yield Finding("packages", "failed", "; ".join([*wrong, *(f"{name} is missing" for name in missing)]), "run `make setup`")
    else:
        yield Finding("packages", "ok", f"as locked ({len(pins)} pins)")


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _home(settings: Settings) -> Iterator[Finding]:
    settings.home.mkdir(parents=True, exist_ok=True)
    probe = settings.home / f".doctor.{os.getpid()}"
    try:
        probe.write_text("")
        probe.with_suffix(".link").symlink_to(probe.name)
    except OSError as error:
        yield Finding("home", "failed", f"{settings.home}: {error.strerror}", "name a folder that you may write and that can hold links")
    else:
        yield Finding("home", "ok", str(settings.home))
    finally:
        probe.with_suffix(".link").unlink(missing_ok=True)
        probe.unlink(missing_ok=True)


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.home).free
    status: Literal["ok", "warning"] = "ok" if free >= ENOUGH_BYTES else "warning"
    yield Finding(
        "disk", status, f"{free / 2**30:.1f} GiB free", "" if status == "ok" else "make room: a release needs space beside the old ones"
    )


def _id_key(settings: Settings) -> Iterator[Finding]:
    path = settings.home / "id_key"
    if os.environ.get(PREFIX + "ID_KEY"):
        yield Finding("id key", "ok", f"from {PREFIX}ID_KEY")
    elif not path.exists():
        yield Finding("id key", "warning", "none yet: the first ingest generates one", f"set {PREFIX}ID_KEY to use your own")
    elif path.stat().st_mode & 0o077:
        yield Finding("id key", "failed", f"{path} can be read by others", f"chmod 600 {path}")
    else:
        yield Finding("id key", "ok", str(path))


def _time_zone(settings: Settings) -> Iterator[Finding]:
    yield Finding("time zone", "ok", f"{settings.timezone}, weeks start on {settings.week_start}, it is {utc_now()}")


def _definitions(settings: Settings) -> Iterator[Finding]:
    from community_metrics.warehouse.definitions import read_definitions

    yield Finding("definitions", "ok", f"{len(read_definitions(settings.definitions))} files, {settings.definitions}")


def _checks(settings: Settings) -> Iterator[Finding]:
    from community_metrics.audit.bounds import marts_suites
    from community_metrics.audit.suites import load_suites

    suites = [*load_suites(settings, "sources"), *marts_suites(settings)]
    yield Finding("checks", "ok", f"{sum(len(suite.checks) for suite in suites)} in {len(suites)} suites")


def _charts(_: Settings) -> Iterator[Finding]:
    if CHARTS.exists():
        yield Finding("charts", "ok", str(CHARTS))
    else:
        yield Finding("charts", "failed", f"ECharts is missing: {CHARTS}", "run `make setup`, which fetches it")


def _ledger(settings: Settings) -> Iterator[Finding]:
    from community_metrics.landing.ledger import Ledger

    if not settings.ledger_path.exists():
        yield Finding("ledger", "ok", "none yet: nothing has landed")
        return
    with Ledger(settings.ledger_path) as ledger:
        landings = ledger.landings()
    absent = [landing for landing in landings if not object_path(settings, landing.sha256).exists()]
    if absent:
        yield Finding(
            "ledger",
            "failed",
            f"{len(absent)} landed files are gone, the first {absent[0].sha256}",
            "restore landing/objects from a backup",
        )
    else:
        yield Finding("ledger", "ok", f"{len(landings)} landings")


def _release(settings: Settings) -> Iterator[Finding]:
    current = current_release_id(settings)
    if current is None:
        yield Finding("release", "ok", "none yet")
        return
    report = verify_release(settings, current)
    if report.problems:
        first = report.problems[0]
        message = f"{current} is damaged: {len(report.problems)} problems, the first: {first.where} {first.what}"
        yield Finding("release", "failed", message, "`community-metrics releases rollback ID`, or land something and run")
    else:
        yield Finding("release", "ok", f"{current}, {report.marts} marts, {report.files} files as published")
