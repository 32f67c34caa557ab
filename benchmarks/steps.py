"""The steps that are measured, each run by `measuring.run_step` in a process of its own: `python -m benchmarks.steps NAME JSON`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import exports, floor, line
from benchmarks.measuring import answer

Step = Callable[..., dict[str, Any]]

STEPS: Mapping[str, Step] = {
    "generate": exports.generate,
    "line-one-file": line.ingest_one_file,
    "line-history": line.history,
    "line-update": line.update,
    "floor-one-file": floor.ingest_one_file,
    "floor-history": floor.history,
    "floor-update": floor.update,
    "floor-full": floor.build_fully,
    "compare": floor.compare,
}


if __name__ == "__main__":
    answer(STEPS[sys.argv[1]], sys.argv[2])
