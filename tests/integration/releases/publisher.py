"""A process that publishes: `publisher.py HOME FIRST LAST [SECONDS]` publishes one release per version and says so.

It waits so long for another one to end.
"""

from __future__ import annotations

import sys
from pathlib import Path

from release_workshop import candidate, new_settings, use_small_site

from community_metrics.locks import writer_lock
from community_metrics.releases.publish import publish_release

settings = new_settings(Path(sys.argv[1]))
use_small_site()
wait_seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 0
for version in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
    with writer_lock(settings, "publish", wait_seconds):
        publish_release(settings, candidate(settings, version))
    print(version, flush=True)
