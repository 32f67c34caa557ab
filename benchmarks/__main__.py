"""`python -m benchmarks`: measure the line beside the floor, print the table, keep the numbers."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measuring import Cost, Measured, StepError, run_step
from benchmarks.report import Comparison, Growth, Report, render

CHANGED_DAYS = 7
RESULTS = Path(__file__).with_name("results") / "latest.json"


def main() -> int:
    """Exit code 0, 1 if a step failed or the two sides disagree, 2 for wrong options."""
    options = _options()
    machine: dict[str, Any] = {"cpus": os.cpu_count(), "load_before": os.getloadavg()[0]}
    report = Report({"events_per_day": options.events_per_day, "days": options.days, "members": options.members}, machine)
    try:
        if options.folder:
            _measure(report, Path(options.folder).resolve(), options.lengths)
        else:
            with tempfile.TemporaryDirectory(prefix="community-metrics-bench-") as folder:
                _measure(report, Path(folder), options.lengths)
    except StepError as error:
        print(f"error: {error} - see above - run it with fewer --days to find out why", file=sys.stderr)
        return 1
    machine["load_after"] = os.getloadavg()[0]
    _keep(report)
    print(render(report))
    return 1 if any(report.different.values()) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The line beside the bare minimum, as ratios.")
    parser.add_argument("--events-per-day", type=int, default=2_000, metavar="N", help="events of each day (default 2000)")
    parser.add_argument("--days", type=int, default=30, metavar="N", help="length of the history, at least 24 (default 30)")
    parser.add_argument("--members", type=int, default=2_000, metavar="N", help="members who ever join (default 2000)")
    parser.add_argument(
        "--lengths",
        type=lambda text: sorted({int(number) for number in text.split(",")}),
        metavar="N,N",
        help="lengths of history, the last one all days, at which everything is measured (default: a quarter, half and all of the days)",
    )
    parser.add_argument("--folder", metavar="PATH", help="an empty folder to work in and to keep (default: a temporary one)")
    options = parser.parse_args()
    if options.days < 3 * (CHANGED_DAYS + 1) or min(options.events_per_day, options.members) < 100:
        parser.error(f"at least {3 * (CHANGED_DAYS + 1)} days, 100 events a day and 100 members")
    options.lengths = options.lengths or [options.days // 4, options.days // 2, options.days]
    if options.lengths[0] < 2 or options.lengths[-1] != options.days:
        parser.error("the shortest length is two days or more, the longest all --days")
    if options.folder and Path(options.folder).exists() and any(Path(options.folder).iterdir()):
        parser.error(f"{options.folder} is not empty")
    return options


def _measure(report: Report, folder: Path, lengths: list[int]) -> None:
    """Fill the report. Both sides of a row are measured one right after the other, so that a busy machine is busy for both."""
    days = report.options["days"]
    exports = folder / "exports"
    _say("generating exports")
    generated = run_step("generate", folder=str(exports), lengths=lengths, changed=CHANGED_DAYS, **report.options)
    last_date = date.fromisoformat(generated.facts["last_date"])
    first_date = last_date - timedelta(days=days - 1)

    _say("one day's file")
    file = str(next((exports / f"day-{days}" / "events").rglob("*.csv")))
    one_line = run_step("line-one-file", home=str(folder / "one-line"), file=file)
    one_floor = run_step("floor-one-file", home=str(folder / "one-floor"), file=file)
    report.comparisons.append(_part("one day's CSV to the lake", one_line, one_floor, "ingest"))
    report.comparisons.append(Comparison("  whole command", one_line.whole, one_floor.whole))

    landed: list[str] = []
    for length in lengths:
        line, floor = str(folder / f"line-{length}"), str(folder / f"floor-{length}")
        day = first_date + timedelta(days=length - 1)
        before = day - timedelta(days=1)
        landed.append(str(exports / f"history-{length}"))
        _say(f"{length} days: everything but the last day")
        line_full = run_step("line-history", home=line, exports=landed)
        floor_full = run_step("floor-history", home=floor, exports=landed, first=str(first_date), last=str(before))
        report.comparisons.extend(_rows(f"{length - 1} days", line_full, floor_full))
        _say(f"{length} days: one more day")
        landed.append(str(exports / f"day-{length}"))
        line_day = run_step("line-update", home=line, exports=landed[-1:])
        floor_day = run_step("floor-update", home=floor, exports=landed[-1:], first=str(day), last=str(day))
        report.comparisons.extend(_rows("one more day", line_day, floor_day))
        report.growth.append(_growth(length, line_day, floor_day, line_full, floor_full))
        report.models.update({f"{length - 1} days": line_full.facts["models"], f"day {length}": line_day.facts["models"]})
        _keep(report)
        if length != days:
            shutil.rmtree(line)
            shutil.rmtree(floor)

    _say(f"{CHANGED_DAYS} changed days")
    changed = [str(exports / "changed")]
    line_changed = run_step("line-update", home=line, exports=changed)
    floor_changed = run_step("floor-update", home=floor, exports=changed, first=generated.facts["first_changed"], last=str(last_date))
    report.comparisons.extend(_rows(f"{CHANGED_DAYS} changed days", line_changed, floor_changed))
    report.models[f"{CHANGED_DAYS} changed days"] = line_changed.facts["models"]

    _say("do both sides agree?")
    run_step("floor-full", home=floor, first=str(first_date), last=str(last_date))
    report.different.update(run_step("compare", home=floor, line_home=line).facts["different"])


def _keep(report: Report) -> None:
    """What is measured so far: a hundred million events take hours, and somebody may need the machine."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report.to_dict(), indent=2) + "\n", encoding="utf-8")


def _models(measured: Measured, which: str = "models") -> Cost:
    return Cost(sum(measured.facts[which].values()))


def _part(what: str, line: Measured, floor: Measured, name: str) -> Comparison:
    return Comparison(what, line.parts[name], floor.parts.get(name))


def _rows(what: str, line: Measured, floor: Measured) -> list[Comparison]:
    return [
        Comparison(f"{what}, models", _models(line), floor.parts["build"]),
        Comparison("  models of the floor's numbers", _models(line, "models_of_floor"), floor.parts["build"]),
        _part("  build step", line, floor, "build"),
        _part("  ingest", line, floor, "ingest"),
        _part("  audit", line, floor, "audit"),
        _part("  publish", line, floor, "publish"),
        Comparison("  file to release, whole command", line.whole, floor.whole),
    ]


def _growth(length: int, line_day: Measured, floor_day: Measured, line_full: Measured, floor_full: Measured) -> Growth:
    return Growth(
        days=length,
        member_days=floor_full.facts["member_days"],
        line_day_models=_models(line_day).seconds,
        line_day=line_day.parts["build"].seconds,
        floor_day=floor_day.parts["build"].seconds,
        line_full=_models(line_full).seconds,
        floor_full=floor_full.parts["build"].seconds,
    )


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
