"""A reader of the published release: `reader.py HOME`, over and over until it is asked to end. Prints what it saw as JSON.

Every read opens `published/current` anew, as a BI tool does: rows of all marts from one release, as its manifest says, and the site
beside it.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

DATABASE = "warehouse.duckdb"
asked_to_end = False


def opened_release() -> Path:
    """The release whose database this process has open: what `current` was at the moment of opening."""
    # Of a descriptor that is closed by now, that of the listing itself, this gives no database and no error.
    [path] = {path for entry in Path("/proc/self/fd").iterdir() if (path := entry.resolve()).name == DATABASE}
    return path.parent


def read(current: Path, manifests: dict[str, Any]) -> str:
    """One look at everything; gives the release that was seen. Raises `AssertionError` for what does not fit together."""
    with duckdb.connect(str(current / DATABASE), read_only=True) as connection:
        release = opened_release()
        marts = [row[0] for row in connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()]
        counted = connection.execute(" union all ".join(f"select '{mart}', count(*) from marts.{mart}" for mart in marts)).fetchall()
        if release.name not in manifests:
            manifests[release.name] = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    expected = {mart["name"]: mart["rows"] for mart in manifests[release.name]["marts"]}
    assert dict(counted) == expected, f"{release.name}: {counted}, its manifest says {expected}"
    folder = current.resolve()
    shown = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["release_id"]
    assert shown == folder.name, f"the manifest of {shown} in {folder.name}"
    assert shown in (folder / "site" / "index.html").read_text(encoding="utf-8"), f"another site in {shown}"
    return release.name


def end(*_: object) -> None:
    global asked_to_end
    asked_to_end = True


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    seen: list[str] = []
    faults: list[str] = []
    manifests: dict[str, Any] = {}
    reads = 0
    while not asked_to_end or not reads:
        try:
            release = read(Path(sys.argv[1]) / "published" / "current", manifests)
            seen += [release] if seen[-1:] != [release] else []
        except Exception as error:
            faults.append(repr(error))
        reads += 1
        # A core is left to the work that is being read around.
        time.sleep(0.1)
    print(json.dumps({"reads": reads, "releases": seen, "faults": faults[:20]}))
