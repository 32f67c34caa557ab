"""dbt's own documentation of the project: one HTML file with every model, its SQL, lineage, columns and metrics.

It says nothing about data, so it changes only with the project, and is made at set-up (`python -m
community_metrics.warehouse.project_docs`, a moment when nothing changed) and not by a run: a release takes the file along if it
is of the very project that built it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from community_metrics.errors import CommunityMetricsError
from community_metrics.settings import PROJECT_ROOT
from community_metrics.warehouse.dbt import PROJECT, run_quietly

FOLDER = PROJECT_ROOT / "build" / "project-docs"
_DECIDING = ("models", "semantic", "macros", "seeds", "tests")


def project_docs() -> Path | None:
    """The documentation of the project as it stands; None if it has not been made since the project changed."""
    path = FOLDER / f"{fingerprint()}.html"
    return path if path.exists() else None


def make_project_docs() -> Path:
    """Make the documentation unless it is there. Raises `DbtError`."""
    wanted = FOLDER / f"{fingerprint()}.html"
    if wanted.exists():
        return wanted
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        # A database that does not exist: the page tells of definitions, and types stand in the contracts.
        variables = {"COMMUNITY_METRICS_DBT_DATABASE": str(Path(scratch, "none.duckdb"))}
        for arguments in (["parse"], ["docs", "generate", "--static", "--empty-catalog", "--no-compile"]):
            run_quietly([*arguments, "--target-path", scratch], variables)
        # Seeds carry the path of the checkout, which is nobody's business.
        page = Path(scratch, "static_index.html").read_text(encoding="utf-8").replace(str(PROJECT_ROOT), "")
    part = wanted.with_suffix(f".{os.getpid()}.part")
    part.write_text(page, encoding="utf-8")
    part.replace(wanted)
    for old in set(FOLDER.glob("*.html")) - {wanted}:
        old.unlink()
    return wanted


def fingerprint() -> str:
    """Short sha256 over everything that the page is made of."""
    digest = hashlib.sha256()
    files = [PROJECT / "dbt_project.yml", *(path for name in _DECIDING for path in (PROJECT / name).rglob("*") if path.is_file())]
    for path in sorted(files):
        digest.update(f"{path.relative_to(PROJECT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    try:
        make_project_docs()
    except CommunityMetricsError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
