"""Publishes on a disk of its own: `small_disk.py FOLDER full|read-only`, inside a mount namespace of its own. Prints what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from release_workshop import candidate, land_orders, new_settings, use_small_site

from community_metrics.releases.digest import digest_database
from community_metrics.releases.history import list_releases
from community_metrics.releases.pointer import current_release_id
from community_metrics.releases.publish import publish_release
from community_metrics.releases.verify import verify_release
from community_metrics.settings import Settings

DISK = 24 << 20


def attempt(settings: Settings, version: int) -> str:
    try:
        publish_release(settings, CANDIDATES[version])
    except Exception as error:
        return type(error).__name__
    return "published"


folder, kind = Path(sys.argv[1]), sys.argv[2]
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)], check=True)
settings = new_settings(folder / "home")
use_small_site()
land_orders(settings, 1)
first = publish_release(settings, candidate(settings, 1)).release_id
CANDIDATES = {2: candidate(settings, 2)}
if kind == "read-only":
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    print(attempt(settings, 2), current_release_id(settings) == first, verify_release(settings, first).problems == ())
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
else:
    # Less and less room: the write that finds none is another one each time.
    for kilobytes in (16, 200, 600, 1000, 1400, 1800, 2200):
        ballast = folder / "ballast"
        with ballast.open("wb") as handle:
            room = os.statvfs(folder)
            handle.write(b"\0" * max(0, room.f_bavail * room.f_frsize - (kilobytes << 10)))
        outcome = attempt(settings, 2)
        whole = verify_release(settings, str(current_release_id(settings))).problems == ()
        print(kilobytes, outcome, current_release_id(settings) == first or outcome == "published", whole)
        ballast.unlink()
print(attempt(settings, 2), len(list_releases(settings)), verify_release(settings, str(current_release_id(settings))).problems == ())
with_digest = {mart.name: mart.digest for mart in digest_database(settings.current_release / "warehouse.duckdb")}
print(with_digest["mart_activity_daily"])
