"""`python -m benchmarks.chats`: a Telegram export of any size from the inbox to the lake, beside a bare pass of ijson over it.

Two exports of the same messages: a sound one, and one with the defects of Telegram's own (`\\x01`, stray bytes) in one message
of a hundred, which ijson cannot read. Steps run in processes of their own, see `measuring.run_step`.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measured, Stopwatch, answer, run_step
from benchmarks.report import HEADER, Comparison, cells, table

MODULE = "benchmarks.chats"
RESULTS = Path(__file__).with_name("results") / "chats.json"
DEFECTS = b"\\u2028\x80\xa8 \\x01"
_WORDS = ("the", "tea", "第二泡", "was", "很好", "but", "water", "温度", "matters", "more", "than", "茶具", "🍵", "second", "steep")
_FIRST = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())


def generate(watch: Stopwatch, folder: str, megabytes: int) -> dict[str, Any]:
    """Write `sound.json` and `defects.json`: `messages` of 20,000 people over two years, 30 lines of JSON each."""
    rng = random.Random("chats")
    texts = [" ".join(rng.choices(_WORDS, k=6 + rng.randrange(30))).encode() for _ in range(500)]
    template, count = _template(), 0
    with watch.part("generate"), (Path(folder) / "sound.json").open("wb") as sound, (Path(folder) / "defects.json").open("wb") as defects:
        for file in (sound, defects):
            file.write(b'{\n "name": "bench",\n "type": "private_supergroup",\n "id": 1893021477,\n "messages": [')
        while sound.tell() < megabytes * 1_000_000:
            count += 1
            text, values = rng.choice(texts), _values(count)
            for file, said in ((sound, text), (defects, text + DEFECTS if count % 100 == 0 else text)):
                file.write(b"\n  " if count == 1 else b",\n  ")
                file.write(template % {**values, b"text": said})
        for file in (sound, defects):
            file.write(b"\n ]\n}\n")
    return {"messages": count}


def line(watch: Stopwatch, home: str, file: str) -> dict[str, Any]:
    """From the inbox to the lake, source gate included."""
    # Imported here, so that the process that measures stays small, and the bare pass too.
    from community_metrics import pipeline
    from community_metrics.settings import load_settings

    settings = load_settings(home, environ={})
    target = settings.inbox / "chat_export" / "_" / "result.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    # A move, as whoever drops a file does: the copy is not the line's.
    shutil.move(file, target)
    with watch.part("ingest"):
        report = pipeline.ingest(settings)
    if report.troubled:
        raise RuntimeError(f"the generated export was not taken whole: {report.troubled}")
    return {"rows": sum(landing.rows for landing in report.files)}


def floor(watch: Stopwatch, file: str) -> dict[str, Any]:
    """Every message as a Python object, one after the other, and nothing done with it."""
    import ijson

    with watch.part("pass"), Path(file).open("rb") as stream:
        messages = sum(1 for _ in ijson.items(stream, "messages.item"))
    return {"messages": messages, "backend": ijson.backend}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {"generate": generate, "line": line, "floor": floor}


def main() -> int:
    """Measure, print, keep the numbers. Exit code 1 if a step failed or messages are missing."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description="A Telegram export to the lake, beside a bare ijson pass.")
    parser.add_argument("--megabytes", type=int, default=50, metavar="N", help="size of the export (default 50)")
    megabytes: int = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory(prefix="community-metrics-bench-") as name:
        folder = Path(name)
        messages = run_step("generate", MODULE, folder=name, megabytes=megabytes).facts["messages"]
        bare = run_step("floor", MODULE, file=str(folder / "sound.json"))
        sound = run_step("line", MODULE, home=str(folder / "home-1"), file=str(folder / "sound.json"))
        shutil.rmtree(folder / "home-1")
        broken = run_step("line", MODULE, home=str(folder / "home-2"), file=str(folder / "defects.json"))
    rows = [
        Comparison(f"{megabytes} MB, {messages:,} messages to the lake", sound.parts["ingest"], bare.parts["pass"]),
        Comparison("  whole command", sound.whole, bare.whole),
        Comparison("  the same with Telegram's defects", broken.whole),
    ]
    print(table(HEADER, [cells(row) for row in rows]))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"megabytes": megabytes, "comparisons": list(map(asdict, rows))}, indent=2) + "\n", encoding="utf-8")
    return 0 if _agree(messages, bare, sound, broken) else 1


def _agree(messages: int, bare: Measured, *lines: Measured) -> bool:
    """Whether everybody has seen every message: a row each, a reaction each, and the chat."""
    return bare.facts["messages"] == messages and all(step.facts["rows"] == 2 * messages + 1 for step in lines)


def _template() -> bytes:
    """A message as Telegram Desktop lays it out, with places for what differs: number, times, people, text."""
    reaction = {"type": "emoji", "count": 1, "emoji": "👍", "recent": [{"from": "Someone", "from_id": "@other", "date": "@date"}]}
    message = {
        "id": "@number",
        "type": "message",
        "date": "@date",
        "date_unixtime": "@unix",
        "from": "Somebody 某人",
        "from_id": "@sender",
        "reply_to_message_id": "@answered",
        "text": "@text",
        "text_entities": [{"type": "plain", "text": "@text"}],
        "reactions": [reaction],
    }
    text = json.dumps(message, ensure_ascii=False, indent=1).replace("\n", "\n  ")
    for bare in ("number", "answered"):
        text = text.replace(f'"@{bare}"', f"%({bare})d")
    for name in ("date", "unix", "sender", "other", "text"):
        text = text.replace(f"@{name}", f"%({name})s")
    return text.encode()


def _values(number: int) -> dict[bytes, Any]:
    at = _FIRST + number * 45
    return {
        b"number": number,
        b"answered": max(number - 3, 1),
        b"date": datetime.fromtimestamp(at, UTC).isoformat()[:19].encode(),
        b"unix": b"%d" % at,
        b"sender": b"user%d" % (10_000_000 + number * 7919 % 20_000),
        b"other": b"user%d" % (10_000_000 + number * 104_729 % 20_000),
    }


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in STEPS:
        answer(STEPS[sys.argv[1]], sys.argv[2])
    else:
        sys.exit(main())
