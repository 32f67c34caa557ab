"""Misfortune inside a process of a test: this folder stands on its PYTHONPATH, and so Python imports this before anything else.

`COMMUNITY_METRICS_TEST_MISFORTUNE` holds JSON: `at` a function as `module:name`, `call` (which call of it, from 1), `when` (`before` or
`after` it) and `act`: `kill` ends this very process as `kill -9` does, `fill` writes the disk full through the file `ballast`,
`pause` makes the file `ballast` and waits until it is gone. With `once` only the first process that comes there is struck, and makes
that file. `clock_days` moves the clock that the project's own modules read.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

PLAN = json.loads(os.environ.get("COMMUNITY_METRICS_TEST_MISFORTUNE", "{}"))


def strike() -> None:
    if "once" in PLAN:
        try:
            Path(PLAN["once"]).touch(exist_ok=False)
        except FileExistsError:
            return
    if PLAN["act"] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    ballast = Path(PLAN["ballast"])
    if PLAN["act"] == "pause":
        ballast.touch()
        while ballast.exists():
            time.sleep(0.05)
        return
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    size = 1 << 20
    while size:
        try:
            os.write(descriptor, b"\0" * size)
        except OSError:
            size //= 2
    os.close(descriptor)


def struck(function):
    calls = 0

    @functools.wraps(function)
    def wrapper(*arguments, **named):
        nonlocal calls
        calls += 1
        is_the_one = calls == PLAN["call"]
        if is_the_one and PLAN["when"] == "before":
            strike()
        result = function(*arguments, **named)
        if is_the_one and PLAN["when"] == "after":
            strike()
        return result

    return wrapper


def strike_in(module: ModuleType) -> None:
    *path, name = PLAN["at"].partition(":")[2].split(".")
    owner = functools.reduce(getattr, path, module)
    setattr(owner, name, struck(getattr(owner, name)))


def move_clock(module: ModuleType) -> None:
    """Give a module of the project another `datetime`, of which `now` is days off; what it makes are ordinary instants."""
    import datetime as library

    real = library.datetime
    if getattr(module, "datetime", None) is not real:
        return

    class Kind(type(real)):
        def __instancecheck__(cls, value):
            return isinstance(value, real)

    class Moved(real, metaclass=Kind):
        @classmethod
        def now(cls, tz=None):
            return real.now(tz) + library.timedelta(days=PLAN["clock_days"])

        def __new__(cls, *arguments, **named):
            return real(*arguments, **named)

        strptime, fromisoformat, fromtimestamp, combine = real.strptime, real.fromisoformat, real.fromtimestamp, real.combine

    module.datetime = Moved


class Interceptor(importlib.abc.MetaPathFinder):
    """Finds modules as they would be found, and changes those in question as soon as they are loaded."""

    def find_spec(self, name, path, target=None):
        is_struck = "at" in PLAN and name == PLAN["at"].partition(":")[0]
        is_moved = "clock_days" in PLAN and name.startswith("community_metrics.")
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if is_struck or is_moved else None
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            if is_struck:
                strike_in(module)
            if is_moved:
                move_clock(module)

        spec.loader.exec_module = exec_module
        return spec


if PLAN:
    sys.meta_path.insert(0, Interceptor())
