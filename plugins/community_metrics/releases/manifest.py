"""`manifest.json`: what a release was made of, and how to tell that it is still whole."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from community_metrics import __version__
from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.files import render_json, sha256_of
from community_metrics.settings import PROJECT_ROOT

MANIFEST_NAME = "manifest.json"
_SEAL = "seal"


def manifest_path(release: Path) -> Path:
    return release / MANIFEST_NAME


def read_manifest(release: Path) -> dict[str, Any]:
    """The manifest of a release folder. Raises `CommunityMetricsError` when it cannot be read."""
    path = manifest_path(release)
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CommunityMetricsError(
            f"unreadable manifest: {error}", str(path), "`community-metrics releases rollback` to another release"
        ) from error
    if not isinstance(content, dict):
        raise CommunityMetricsError("the manifest is not a mapping", str(path), "`community-metrics releases rollback` to another release")
    return content


def sealed(content: dict[str, Any]) -> bytes:
    """The bytes of a manifest, its last field a SHA-256 over all the others, so that a changed manifest shows too."""
    body = {name: value for name, value in content.items() if name != _SEAL}
    return render_json({**body, _SEAL: hashlib.sha256(render_json(body)).hexdigest()})


def is_untouched(release: Path) -> bool:
    """Whether the manifest's bytes are those that were once written."""
    return manifest_path(release).read_bytes() == sealed(read_manifest(release))


def list_files(release: Path) -> list[dict[str, Any]]:
    """Path, size in bytes and SHA-256 of every file of a release but its manifest, sorted by path."""
    paths = sorted(path for path in release.rglob("*") if path.is_file() and path != manifest_path(release))
    return [{"path": path.relative_to(release).as_posix(), "bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in paths]


def new_release_id(fingerprint: str, now: datetime, taken: list[str]) -> str:
    """An id that sorts after all that were given out before: UTC second and the head of the fingerprint."""
    stamps = [name.split("-", 1)[0] for name in taken]
    second = int(now.timestamp())
    # Two releases in one second, or a clock that was set back, must not make the later one sort first.
    while stamps and _stamp(second) <= max(stamps):
        latest = datetime.strptime(max(stamps), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        second = int(latest.timestamp()) + 1
    return f"{_stamp(second)}-{fingerprint[:8]}"


def _stamp(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")


def code_version() -> str:
    """The package's version and, where the code stands in a git checkout, its commit (`0.1.0+1a2b3c4d5e6f[-dirty]`)."""
    if not (PROJECT_ROOT / ".git").exists():
        return __version__
    try:
        described = subprocess.run(
            ["git", "-C", str(PROJECT_ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__}+{described.stdout.strip()}"
