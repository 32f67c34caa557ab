"""Write the bundled example exports and the facts about them: `python examples/generate.py [--out FOLDER]`.

The same code writes the same files: the committed ones are tested against it.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from generator.event_files import event_files
from generator.facts import facts
from generator.observation_files import observation_files
from generator.platform_files import platform_files
from generator.story import build_story
from generator.table_files import table_files
from generator.tencent_files import tencent_files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder that gets exports/ and facts.json")
    out: Path = parser.parse_args().out
    shutil.rmtree(out / "exports", ignore_errors=True)
    story = build_story()
    for export in (*event_files(story), *table_files(story), *observation_files(story), *platform_files(story), *tencent_files(story)):
        path = out / "exports" / export.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(export.content)
    (out / "facts.json").write_text(json.dumps(facts(story), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
