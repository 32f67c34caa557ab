"""The incremental law, asked of a home: everything is built once more from the lake, beside the warehouse, and compared by digest.

Readers and the working warehouse are not touched, whatever is found.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from community_metrics import pipeline
from community_metrics.errors import UsageError
from community_metrics.observability.runs import recorded
from community_metrics.releases.digest import MartDigest, differing_marts, digest_database
from community_metrics.releases.manifest import read_manifest
from community_metrics.releases.pointer import current_release_id, release_path
from community_metrics.settings import Settings

log = logging.getLogger(__name__)

# What a build reads of a home; the second warehouse stands beside links to it.
_READ = ("landing", "lake", "quarantine", "templates")


@dataclass(frozen=True)
class MartComparison:
    """One mart that differs; None for a mart that only the other side has."""

    mart: str
    published_rows: int | None
    rebuilt_rows: int | None
    published_digest: str | None
    rebuilt_digest: str | None


@dataclass(frozen=True)
class RebuildReport:
    """A release, and what a rebuild from the same files made otherwise."""

    release_id: str
    marts: int
    differences: tuple[MartComparison, ...]
    seconds: float

    @property
    def is_equal(self) -> bool:
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "is_equal": self.is_equal}


def compare_rebuild(settings: Settings) -> RebuildReport:
    """Build everything from the lake into a second warehouse, compare its digests with those of the current release, remove it.

    Raises `UsageError` when the release does not hold what has landed by now (or something lands meanwhile): then a difference
    would say nothing.
    """
    from community_metrics.warehouse.build import build_warehouse

    current = current_release_id(settings)
    if current is None:
        raise UsageError("nothing is published yet", str(settings.current_release), "`community-metrics run` publishes")
    _require_settled(settings)
    scratch = settings.warehouse / f".rebuild-{current}"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        beside = _second_home(settings, scratch)
        log.info("rebuild: everything, into %s", scratch)
        with recorded(settings, "rebuild") as step:
            report = build_warehouse(beside, full_refresh=True)
            step.models = report.models
        _require_settled(settings)
        rebuilt = digest_database(beside.warehouse_path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return RebuildReport(current, len(rebuilt), compare_with_release(settings, current, rebuilt), report.seconds)


def compare_with_release(settings: Settings, release_id: str, rebuilt: Iterable[MartDigest]) -> tuple[MartComparison, ...]:
    """The marts that differ from what the manifest of the release says of them, by name."""
    marts = read_manifest(release_path(settings, release_id))["marts"]
    published = [MartDigest(mart["name"], mart["rows"], mart["digest"]) for mart in marts]
    differences = [_comparison(before, after) for before, after in differing_marts(published, rebuilt)]
    return tuple(sorted(differences, key=lambda found: found.mart))


def _comparison(published: MartDigest | None, rebuilt: MartDigest | None) -> MartComparison:
    named = published or rebuilt
    assert named is not None, "a mart that neither side has does not differ"
    return MartComparison(
        named.name,
        published.rows if published else None,
        rebuilt.rows if rebuilt else None,
        published.digest if published else None,
        rebuilt.digest if rebuilt else None,
    )


def _require_settled(settings: Settings) -> None:
    idle = pipeline.nothing_new(settings)
    if idle is None or idle[0] != "nothing_new":
        raise UsageError(
            "the current release is not of what has landed by now",
            str(settings.current_release),
            "`community-metrics run` first, then compare again",
        )


def _second_home(settings: Settings, scratch: Path) -> Settings:
    scratch.mkdir(parents=True)
    for name in _READ:
        if (settings.home / name).exists():
            (scratch / name).symlink_to(settings.home / name, target_is_directory=True)
    return replace(settings, home=scratch)
