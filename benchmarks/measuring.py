"""Costs: parts measured inside a process, and whole processes measured from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STEPS = "benchmarks.steps"


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds (all threads), and the greatest resident memory in bytes where a whole process was measured."""

    seconds: float
    cpu_seconds: float | None = None
    peak_bytes: int | None = None


@dataclass
class Stopwatch:
    """Costs of named parts of this process."""

    parts: dict[str, Cost] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.parts[name] = Cost(time.perf_counter() - wall, time.process_time() - cpu)


@dataclass(frozen=True)
class Measured:
    """One step in a process of its own: the whole command, its parts, and what the step found out."""

    whole: Cost
    parts: dict[str, Cost]
    facts: dict[str, Any]


class StepError(Exception):
    """A step of the benchmark failed; its output has said why."""


def answer(step: Callable[..., dict[str, Any]], arguments: str) -> None:
    """Run one step, in the process that `run_step` has started, and print what it cost and found as the last line."""
    watch = Stopwatch()
    facts = step(watch, **json.loads(arguments))
    print(json.dumps({"parts": {part: asdict(cost) for part, cost in watch.parts.items()}, "facts": facts}))


def run_step(name: str, module: str = STEPS, /, **arguments: Any) -> Measured:
    """Run a step of a module in a process of its own, which calls `answer`. Raises `StepError`.

    This process must stay small (no Arrow, no DuckDB): a child's greatest memory begins with that of the process that started it.
    """
    command = [sys.executable, "-m", module, name, json.dumps(arguments)]
    # Generated data needs no secret, and a fixed key gives every run the same files.
    environment = {**os.environ, "COMMUNITY_METRICS_ID_KEY": "benchmark"}
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise StepError(f"step `{name}` ended with {process.returncode}")
    # The last line is the answer; what a library printed before it is not ours.
    answer = json.loads(output.splitlines()[-1])
    # Linux counts in KiB, macOS in bytes.
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"bench:   {name} {seconds:.1f} s", file=sys.stderr, flush=True)
    return Measured(
        Cost(seconds, usage.ru_utime + usage.ru_stime, peak),
        {part: Cost(**cost) for part, cost in answer["parts"].items()},
        answer["facts"],
    )
