"""Runs on a disk that fills up at one step after the other: `full_disk.py PLACE DAY`, where `PLACE/home` becomes that disk.

To be called inside a mount namespace of its own. Standard input: JSON of what the home is to be like in the end. Ends with an error
where anything is otherwise than it should be.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from chaos_home import ChaosHome
from exports import drop_day

STEPS = [
    ("community_metrics.landing.store:_copied", 2, "before"),
    ("community_metrics.landing.ledger:Ledger.land_together", 1, "before"),
    ("community_metrics.lake.files:ParquetFile.__init__", 2, "before"),
    ("community_metrics.landing.ledger:Ledger.record_together", 1, "before"),
    ("community_metrics.audit.gates:gate_landings", 1, "before"),
    ("community_metrics.warehouse.control:prepare", 1, "before"),
    ("dbt.adapters.duckdb.connections:DuckDBConnectionManager.add_query", 100, "before"),
    ("community_metrics.audit.results:append_results", 1, "before"),
    ("community_metrics.releases.contents:write_marts", 1, "before"),
    ("community_metrics.releases.manifest:list_files", 1, "before"),
    ("community_metrics.releases.pointer:switch_to", 1, "before"),
    ("community_metrics.landing.ledger:Ledger.record_publication", 1, "before"),
]
DISK = "size=400M"


def main(place: Path, day: int) -> None:
    expected = json.load(sys.stdin)
    home = ChaosHome(place / "home")
    subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(home.path)], check=True)
    home.begin_as(place / f"day-{day - 1}")
    drop_day(home.settings.inbox, day)
    ballast = home.path / "ballast"
    wrong = []
    with home.read_throughout():
        for at, call, when in STEPS:
            done = home.command("run", act="fill", at=at, call=call, when=when, ballast=str(ballast))
            assert ballast.exists(), f"the run did not come to {at}: {done}"
            ballast.unlink()
            print(at, done.code, done.err.strip().splitlines()[-1:], flush=True)
            if done.code != 1 or "make room" not in done.err or "unexpected" in done.err:
                wrong.append(f"{at}: {done}")
        home.run()
    assert home.digest() == expected["digest"]
    home.assert_whole(expected["files"])
    assert wrong == []


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
