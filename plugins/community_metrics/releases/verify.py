"""Is a release still what was published? Every byte and every digest is computed again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.contents import DATABASE_NAME, PARQUET_NAME
from community_metrics.releases.digest import MartDigest, differing_marts, digest_database, digest_parquet
from community_metrics.releases.files import sha256_of
from community_metrics.releases.leases import lease
from community_metrics.releases.manifest import is_untouched, manifest_path, read_manifest
from community_metrics.settings import Settings


@dataclass(frozen=True)
class Problem:
    """Something in a release that is not as published: `where` is a path inside the release."""

    where: str
    what: str


@dataclass(frozen=True)
class VerifyReport:
    """The outcome for one release; `problems` is empty for a whole one."""

    release_id: str
    files: int
    marts: int
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "problems": [asdict(problem) for problem in self.problems]}


def verify_release(settings: Settings, release_id: str) -> VerifyReport:
    """Compare a release with its manifest: bytes of all files, digests in DuckDB and in Parquet.

    Raises `CommunityMetricsError` when there is no such release; what is wrong inside it is in the report.
    """
    with lease(settings, release_id) as folder:
        return _verify(folder, release_id)


def _verify(folder: Path, release_id: str) -> VerifyReport:
    try:
        manifest = read_manifest(folder)
        files = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
        marts = [MartDigest(mart["name"], mart["rows"], mart["digest"]) for mart in manifest["marts"]]
    except (CommunityMetricsError, KeyError, TypeError) as error:
        return VerifyReport(release_id, 0, 0, (Problem(manifest_path(folder).name, f"unreadable: {error}"),))
    problems = list(_file_problems(folder, files))
    if not is_untouched(folder):
        problems.insert(0, Problem(manifest_path(folder).name, "was changed after publishing"))
    # A file whose bytes are wrong is not opened: a damaged database may bring its reader down.
    damaged = {problem.where for problem in problems}
    if DATABASE_NAME not in damaged:
        problems += _digest_problems(DATABASE_NAME, marts, digest_database(folder / DATABASE_NAME))
    for mart in marts:
        path = f"{PARQUET_NAME}/{mart.name}.parquet"
        if path in files and path not in damaged:
            problems += _digest_problems(path, [mart], [digest_parquet(folder / path, mart.name)])
        elif path not in files:
            problems.append(Problem(path, "is missing"))
    return VerifyReport(release_id, len(files), len(marts), tuple(problems))


def _file_problems(folder: Path, files: dict[str, str]) -> Iterator[Problem]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file() and path != manifest_path(folder)}
    for name in sorted(files.keys() - found.keys()):
        yield Problem(name, "is missing")
    for name in sorted(found.keys() - files.keys()):
        yield Problem(name, "does not belong to the release")
    for name in sorted(files.keys() & found.keys()):
        if sha256_of(found[name]) != files[name]:
            yield Problem(name, "was changed after publishing: its sha256 is another")


def _digest_problems(where: str, expected: list[MartDigest], found: list[MartDigest]) -> Iterator[Problem]:
    for mart, actual in differing_marts(expected, found):
        if mart is None:
            assert actual is not None
            yield Problem(where, f"{actual.name} does not belong to the release")
        elif actual is None:
            yield Problem(where, f"{mart.name} is missing")
        else:
            yield Problem(where, f"{mart.name} holds other rows than the manifest says: {actual.rows} rows, digest {actual.digest}")
