"""Write the pages that are derived from definitions: `docs/input-contracts.md`, `docs/marts.md` and `docs/sources/`.

`python scripts/generate_docs.py` writes them; a test compares them with what would be written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "plugins"), str(ROOT / "scripts")]

from source_pages import source_index, source_page  # noqa: E402 - found beside this file

from community_metrics.sources.registry import load_registry  # noqa: E402

REGISTRY = ROOT / "plugins" / "community_metrics" / "sources" / "registry"
MARTS = ROOT / "dbt_project" / "models" / "marts"

CONTRACTS_HEAD = """# Input contracts

*Generated from the source registry by `scripts/generate_docs.py`.*

Whoever has a platform without a template maps its export to one of these: CSV (any encoding), JSON Lines, Parquet or xlsx, one or
more files, headers named like the columns. **Bold** columns are required; unknown columns are kept. Instants are ISO 8601, without an
offset in the project's time zone. Ids are text and never numbers. Identifiers (members, persons, inviters) become keyed hashes.

Of rows with the same key the greatest (`updated_at`, snapshot, file sha256, row number) wins; a row without `updated_at` is older
than any with one. `is_deleted` removes a row. Equal rows of one file without an `event_id` are distinct occurrences; such a file must
not be landed in pieces.
"""

MARTS_HEAD = """# Marts

*Generated from the models' contracts by `scripts/generate_docs.py`.*

Tables of schema `marts` in every release. The grain names the columns that no two rows share.
"""


def input_contracts() -> str:
    """The page of the mapped sources: one section a stream, one row a column."""
    parts = [CONTRACTS_HEAD]
    for path in sorted(REGISTRY.glob("*.yml")):
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not source.get("mapped"):
            continue
        for stream in source["streams"]:
            key = ", ".join(f"`{name}`" for name in stream["key"])
            parts.append(f"## {source['name']} · {source['title']['zh']}\n\n{source['description']}\n\nKey: {key}.\n")
            parts.append("| column | kind | when missing |\n|---|---|---|")
            for column in stream["columns"]:
                if column.get("derived"):
                    continue
                name = f"**`{column['name']}`**" if column.get("required") else f"`{column['name']}`"
                missing = "row quarantined" if column.get("required") else _default(column)
                parts.append(f"| {name} | {column['kind']} | {missing} |")
            parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def marts() -> str:
    """The page of the marts: one section a mart, one row a column."""
    parts = [MARTS_HEAD]
    for path in sorted(MARTS.rglob("*.yml")):
        model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
        grain = next(test["unique_combination"]["arguments"]["columns"] for test in model["data_tests"] if "unique_combination" in test)
        parts.append(f"## {model['name']}\n\n{model['description']}\n\nGrain: {', '.join(f'`{name}`' for name in grain)}.\n")
        parts.append("| column | type | meaning |\n|---|---|---|")
        parts += [f"| `{column['name']}` | {column['data_type']} | {column['description']} |" for column in model["columns"]]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _default(column: dict[str, object]) -> str:
    default = column.get("default")
    if default is None:
        return "not reported"
    return "empty" if default == "" else f"`{default}`"


PAGES: dict[Path, Callable[[], str]] = {
    ROOT / "docs" / "input-contracts.md": input_contracts,
    ROOT / "docs" / "marts.md": marts,
    ROOT / "docs" / "sources" / "README.md": source_index,
    **{ROOT / "docs" / "sources" / f"{source.name}.md": partial(source_page, source) for source in load_registry().values()},
}


def write_pages() -> None:
    """Write every page and remove the pages of sources that are gone."""
    for page, render in PAGES.items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render(), encoding="utf-8")
        print(page.relative_to(ROOT))
    for page in set((ROOT / "docs" / "sources").glob("*.md")) - PAGES.keys():
        page.unlink()


if __name__ == "__main__":
    write_pages()
