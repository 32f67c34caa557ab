"""`python -m benchmarks.pages`: thousands of small API pages, one file each, from the inbox to the lake and through the source gate.

Each page is one answer of `externalcontact/groupchat/get` (1 to 2 kB, 5 to 15 members) with a sidecar, as an extractor leaves it.
Beside it stands the least that reads them: open, parse, forget. Steps run in processes of their own, see `measuring.run_step`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measured, Stopwatch, answer, run_step
from benchmarks.report import table

MODULE = "benchmarks.pages"
RESULTS = Path(__file__).with_name("results") / "pages.json"
DAYS = 60
_FIRST = datetime(2026, 6, 1, 2, tzinfo=UTC)


def generate(watch: Stopwatch, folder: str, files: int) -> dict[str, Any]:
    """`files` pages over 60 days, each with its sidecar."""
    rng = random.Random("pages")
    target = Path(folder)
    target.mkdir(parents=True)
    rows = 0
    with watch.part("generate"):
        for number in range(files):
            moment = _FIRST + timedelta(days=number % DAYS, seconds=number)
            group = f"wr{number // DAYS:07d}"
            members = [_member(rng, place) for place in range(rng.randrange(5, 16))]
            rows += 1 + len(members)
            answered = {"errcode": 0, "errmsg": "ok", "group_chat": {"chat_id": group, "name": "茶友", "member_list": members}}
            wrapped = {
                "endpoint": "externalcontact/groupchat/get",
                "request": {"chat_id": group},
                "response": answered,
                "pulled_at": moment.isoformat(),
            }
            path = target / f"{number:06d}.jsonl"
            path.write_text(json.dumps(wrapped, ensure_ascii=False) + "\n", encoding="utf-8")
            stated = {"snapshot_at": moment.isoformat(), "period": moment.date().isoformat()}
            path.with_name(path.name + ".meta.json").write_text(json.dumps(stated), encoding="utf-8")
    return {"rows": rows}


def line(watch: Stopwatch, home: str, pages: str | None = None) -> dict[str, Any]:
    """What `ingest` does, part by part. `pages`: land the files of this folder by name first, instead of dropping them."""
    from community_metrics.audit.gates import gate_landings
    from community_metrics.lake.batch import ingest_waiting
    from community_metrics.landing.inbox import land_files, take_inbox
    from community_metrics.landing.ledger import Ledger
    from community_metrics.settings import load_settings

    settings = load_settings(home, environ={})
    with watch.part("landing"):
        if pages is None:
            take_inbox(settings)
        else:
            land_files(settings, sorted(Path(pages).glob("*.jsonl")), source="wecom_groups")
    with watch.part("lake"):
        ingest_waiting(settings)
    with watch.part("gate"), Ledger(settings.ledger_path) as ledger:
        verdicts = gate_landings(settings, ledger)
        rows = sum(landing.accepted for landing in ledger.active_landings())
    if any(verdict.status != "passed" for verdict in verdicts):
        raise RuntimeError("a generated page was held")
    return {"rows": rows, "lake_files": sum(1 for _ in settings.lake.rglob("date=*/*.parquet"))}


def floor(watch: Stopwatch, pages: str) -> dict[str, Any]:
    """Every page opened and parsed, and nothing done with it."""
    with watch.part("pass"):
        found = [len(json.loads(path.read_bytes())["response"]["group_chat"]["member_list"]) for path in Path(pages).glob("*.jsonl")]
    return {"rows": sum(found) + len(found)}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {"generate": generate, "line": line, "floor": floor}


def main() -> int:
    """Measure a third of the files, all of them, and all of them landed by name. Exit code 1 if a step failed or rows are missing."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description="Small API pages to the lake, one file each.")
    parser.add_argument("--files", type=int, default=10_000, metavar="N", help="how many pages (default 10000)")
    files: int = parser.parse_args().files
    with tempfile.TemporaryDirectory(prefix="community-metrics-bench-") as name:
        inbox = Path("landing") / "inbox" / "wecom_groups" / "corp"
        folder = Path(name)
        measured: dict[str, Measured] = {}
        expected: dict[str, int] = {}
        for what, count in ((f"{files // 3} pages dropped", files // 3), (f"{files} pages dropped", files)):
            home = folder / what.replace(" ", "-")
            expected[what] = run_step("generate", MODULE, folder=str(home / inbox), files=count).facts["rows"]
            measured[what] = run_step("line", MODULE, home=str(home))
        pages = str(folder / "pages")
        by_name = f"{files} pages landed by name"
        expected[by_name] = run_step("generate", MODULE, folder=pages, files=files).facts["rows"]
        measured[by_name] = run_step("line", MODULE, home=str(folder / "by-name"), pages=pages)
        bare = run_step("floor", MODULE, pages=pages)
    print(_report(measured, bare))
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {
        what: {"whole": asdict(one.whole), "parts": {part: asdict(cost) for part, cost in one.parts.items()}, "facts": one.facts}
        for what, one in {**measured, "open and parse": bare}.items()
    }
    RESULTS.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    lost = [what for what, one in measured.items() if one.facts["rows"] != expected[what]]
    for what in lost:
        print(f"error: {measured[what].facts['rows']} of {expected[what]} rows arrived - {what}", file=sys.stderr)
    return 1 if lost else 0


def _report(measured: dict[str, Measured], bare: Measured) -> str:
    header = ("", "whole s", "CPU s", "landing s", "lake s", "gate s", "MB", "lake files")
    rows = [
        (
            what,
            f"{one.whole.seconds:.1f}",
            f"{one.whole.cpu_seconds or 0:.1f}",
            *(f"{one.parts[part].seconds:.1f}" for part in ("landing", "lake", "gate")),
            f"{(one.whole.peak_bytes or 0) / 2**20:.0f}",
            str(one.facts["lake_files"]),
        )
        for what, one in measured.items()
    ]
    rows.append(("open and parse, nothing else", f"{bare.whole.seconds:.1f}", f"{bare.whole.cpu_seconds or 0:.1f}", "", "", "", "", ""))
    return table(header, rows)


def _member(rng: random.Random, place: int) -> dict[str, Any]:
    return {
        "userid": f"wm{rng.randrange(10**6):06d}{place}",
        "type": 1 if place == 0 else 2,
        "join_time": 1_700_000_000 + rng.randrange(10**7),
        "join_scene": rng.choice([1, 2, 3]),
        "invitor": {"userid": f"staff{rng.randrange(9)}"},
        "name": "茶友",
    }


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in STEPS:
        answer(STEPS[sys.argv[1]], sys.argv[2])
    else:
        sys.exit(main())
