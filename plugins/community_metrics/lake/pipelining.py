"""Two hands: what Arrow, DuckDB and the disk do for one batch goes on while the next one is read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from queue import Full, Queue
from threading import BoundedSemaphore, Event, Thread
from typing import Any, TypeVar

Item = TypeVar("Item")

_MOST_WAITING = 2
_PATIENCE_SECONDS = 0.1


def ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """The same items, read by a thread of their own that is at most a few ahead. Short inputs need no thread."""
    count = 0
    for item in islice(items, 2):
        count += 1
        yield item
    if count < 2:
        return
    queue: Queue[tuple[Item | None, BaseException | None]] = Queue(_MOST_WAITING)
    stopped = Event()

    def put(item: Item | None, failure: BaseException | None = None) -> None:
        while not stopped.is_set():
            try:
                return queue.put((item, failure), timeout=_PATIENCE_SECONDS)
            except Full:
                continue

    def read() -> None:
        try:
            for one in items:
                put(one)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as failure:  # whatever it is, it belongs to the thread that asked for the items
            put(None, failure)

    reader = Thread(target=read, name="read-ahead", daemon=True)
    reader.start()
    try:
        while True:
            read_item, failure = queue.get()
            if failure is not None:
                raise failure
            if read_item is None:
                return
            yield read_item
    finally:
        stopped.set()
        reader.join()


class Stage:
    """Runs tasks in a thread of its own, one after the other in the order given, while at most a few wait."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._places = BoundedSemaphore(_MOST_WAITING)
        self._failure: BaseException | None = None

    def submit(self, task: Callable[..., object], *arguments: Any) -> None:
        """Wait for a place, then return. Raises what an earlier task has raised."""
        self._places.acquire()
        if self._failure is not None:
            self._places.release()
            raise self._failure
        self._pool.submit(self._run, task, arguments)

    def finish(self) -> None:
        """Wait for all tasks. Raises what one has raised: after it none was run."""
        self._pool.shutdown()
        if self._failure is not None:
            raise self._failure

    def cancel(self) -> None:
        """End without the tasks that have not begun. Harmless after `finish`."""
        self._failure = self._failure or RuntimeError("cancelled")
        self._pool.shutdown(cancel_futures=True)

    def _run(self, task: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        try:
            if self._failure is None:
                task(*arguments)
        except BaseException as failure:  # raised again by whoever hands in or waits for tasks
            self._failure = failure
        finally:
            self._places.release()
