"""`published/current`: the one link through which readers see a release."""

from __future__ import annotations

import os
from pathlib import Path

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases.files import sync_directory
from community_metrics.settings import Settings

_TEMPORARY_PREFIX = ".current-"


def current_release_id(settings: Settings) -> str | None:
    """The id of the release that readers see now; None before the first."""
    try:
        return settings.current_release.readlink().name
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CommunityMetricsError(
            "published/current is not a link to a release", str(settings.current_release), "move it away and run `community-metrics run`"
        ) from error


def release_path(settings: Settings, release_id: str) -> Path:
    """The folder of an existing release. Raises `CommunityMetricsError` when there is none of that name."""
    path = settings.releases / release_id
    if Path(release_id).name != release_id or release_id.startswith(".") or not (path / "manifest.json").is_file():
        raise CommunityMetricsError(
            f"no release {release_id!r}", str(settings.releases), "`community-metrics releases list` shows which there are"
        )
    return path


def switch_to(settings: Settings, release_id: str) -> None:
    """Show `release_id` to readers, in one step.

    The link is to a folder and is replaced by `rename`: database, files and site change together, a reader that has
    resolved the old link keeps the old release, and DuckDB sees a new path (it would hand out its cached old instance
    for a file that was replaced under an old path).
    """
    release_path(settings, release_id)
    settings.published.mkdir(parents=True, exist_ok=True)
    temporary = settings.published / f"{_TEMPORARY_PREFIX}{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(Path(os.path.relpath(settings.releases, settings.published)) / release_id, target_is_directory=True)
    temporary.replace(settings.current_release)
    sync_directory(settings.published)


def remove_leftovers(settings: Settings) -> None:
    """Remove links that a killed process had made but not put in place. Call under the writer lock."""
    for leftover in settings.published.glob(f"{_TEMPORARY_PREFIX}*"):
        leftover.unlink()
