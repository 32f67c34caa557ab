"""The steps that are measured, each run by `measuring.run_step` in a process of its own: `python -m benchmarks.steps NAME JSON`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from benchmarks import exports, floor, line
from benchmarks.measuring import Stopwatch

Step = Callable[..., dict[str, Any]]

STEPS: Mapping[str, Step] = {
    "generate": exports.generate,
    "line-one-file": line.ingest_one_file,
    "line-catch-up": line.catch_up,
    "line-update": line.update,
    "line-full": line.build_fully,
    "floor-one-file": floor.ingest_one_file,
    "floor-catch-up": floor.catch_up,
    "floor-update": floor.update,
    "floor-full": floor.build_fully,
    "compare": floor.compare,
}


def main() -> None:
    """Run one step and print what it cost and found as the last line."""
    name, arguments = sys.argv[1:]
    watch = Stopwatch()
    facts = STEPS[name](watch, **json.loads(arguments))
    print(json.dumps({"parts": {part: asdict(cost) for part, cost in watch.parts.items()}, "facts": facts}))


if __name__ == "__main__":
    main()
