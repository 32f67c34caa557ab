"""A home that an older version wrote, brought up to this one: everything is made ready and judged, nothing is shown.

Each step can be killed and begun again, and is what the next run would do by itself; done here together, before anybody waits for
the day's numbers, with what the new version says otherwise told mart by mart.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from community_metrics import pipeline
from community_metrics.backups import back_up
from community_metrics.errors import CommunityMetricsError, UsageError
from community_metrics.lake.batch import lake_identity
from community_metrics.landing.reading import TEMPLATE_FACT
from community_metrics.landing.schema import SCHEMA_VERSION, schema_version
from community_metrics.rebuilding import MartComparison, compare_with_release
from community_metrics.releases.digest import digest_database
from community_metrics.releases.manifest import code_version, read_manifest
from community_metrics.releases.pointer import current_release_id, release_path
from community_metrics.releases.verify import verify_release
from community_metrics.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class UpgradePlan:
    """What this version would do to the home. `written_by`: the version that made the current release, None without one.

    `reread`: how many landed files are read anew; `rebuild`: whether all tables are made anew.
    """

    written_by: str | None
    program: str
    ledger_schema: int
    program_schema: int
    lake_changes: tuple[str, ...]
    template_changes: tuple[str, ...]
    reread: int
    rebuild: bool

    @property
    def is_needed(self) -> bool:
        return self.ledger_schema != self.program_schema or bool(self.reread) or self.rebuild

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "is_needed": self.is_needed}


@dataclass(frozen=True)
class UpgradeReport:
    """What was done. `backup`: the file that holds the home as it was; `audit`: the verdict on the candidate, or
    `nothing_new` where none was needed."""

    plan: UpgradePlan
    backup: str | None
    files: int
    troubled: int
    audit: str
    reasons: tuple[str, ...]
    differences: tuple[MartComparison, ...]

    @property
    def exit_code(self) -> int:
        """As of a run: 3 refused, before 4 something in the files that were read anew."""
        if self.audit == "refused":
            return 3
        return 4 if self.troubled else 0

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "plan": self.plan.to_dict(), "exit_code": self.exit_code}


def plan_upgrade(settings: Settings) -> UpgradePlan:
    """Look at the home, change nothing. Raises `UsageError` when there is none, `CommunityMetricsError` when a newer version wrote it."""
    from community_metrics.sources.template_files import load_templates
    from community_metrics.warehouse.build import is_built_by_this_code

    if not settings.ledger_path.exists():
        raise UsageError("there is no home to upgrade", str(settings.home), "name the home: --home DIR")
    current = current_release_id(settings)
    with closing(sqlite3.connect(f"{settings.ledger_path.as_uri()}?mode=ro", uri=True)) as connection:
        schema = schema_version(connection)
        facts: dict[str, str] = dict(connection.execute("select name, value from facts").fetchall())
        used = dict(
            connection.execute(
                "select coalesce(template, ''), count(*) from landings where status in ('ingested', 'held', 'rejected') group by 1"
            ).fetchall()
        )
    if schema > SCHEMA_VERSION:
        raise CommunityMetricsError(
            f"a newer version wrote this home: its ledger has schema {schema}, this program knows {SCHEMA_VERSION}",
            str(settings.ledger_path),
            "use that version or a newer one, or `restore` the backup that was made before it",
        )
    lake = tuple(name for name, value in lake_identity(settings).items() if facts.get(f"lake_{name}") not in (None, value))
    templates = _changed_templates(facts, {name: template.fingerprint for name, template in load_templates(settings.own_templates).items()})
    reread = sum(used.values()) if lake else sum(used.get(name, 0) for name in templates)
    return UpgradePlan(
        written_by=read_manifest(release_path(settings, current))["code_version"] if current else None,
        program=code_version(),
        ledger_schema=schema,
        program_schema=SCHEMA_VERSION,
        lake_changes=lake,
        template_changes=templates,
        reread=reread,
        rebuild=bool(used) and not is_built_by_this_code(settings),
    )


def upgrade(settings: Settings, backup: Path | None = None) -> UpgradeReport:
    """Bring the home up to this version, up to an audited candidate; `publish`, or the next run, shows it.

    `backup`: where the home is saved to before anything is touched. Raises `CommunityMetricsError` when the current release is not
    whole, since it is what would be rolled back to; and what ingest, build and audit raise.
    """
    plan = plan_upgrade(settings)
    _require_whole_release(settings)
    saved = back_up(settings, backup).path if backup else None
    log.info("upgrade: from %s to %s", plan.written_by or "a home without a release", plan.program)
    ingested = pipeline.ingest(settings)
    if pipeline.nothing_new(settings):
        return UpgradeReport(plan, saved, len(ingested.files), len(ingested.troubled), "nothing_new", (), ())
    pipeline.build(settings)
    judged = pipeline.audit(settings)
    current = current_release_id(settings)
    differences = compare_with_release(settings, current, digest_database(settings.warehouse_path)) if current else ()
    return UpgradeReport(plan, saved, len(ingested.files), len(ingested.troubled), judged.status, judged.refused_reasons, differences)


def _changed_templates(facts: Mapping[str, str], fingerprints: Mapping[str, str]) -> tuple[str, ...]:
    known = {name.removeprefix(TEMPLATE_FACT): value for name, value in facts.items() if name.startswith(TEMPLATE_FACT)}
    return tuple(sorted(name for name, value in known.items() if fingerprints.get(name) != value))


def _require_whole_release(settings: Settings) -> None:
    current = current_release_id(settings)
    if current is None:
        return
    problems = verify_release(settings, current).problems
    if problems:
        raise CommunityMetricsError(
            f"the current release is damaged: {problems[0].what}",
            str(release_path(settings, current) / problems[0].where),
            "roll back to a whole one first: `community-metrics releases verify ID`, `community-metrics releases rollback ID`",
        )
