"""Write what is derived from definitions: pages of `docs/`, and what dbt says about the marts.

From the source registry come `docs/input-contracts.md` and `docs/sources/`, from the metric registry (`metrics/`) `docs/marts.md`,
dbt's doc blocks and descriptions, and MetricFlow's semantic layer. `python scripts/generate_docs.py` writes them; a test compares
them with what would be written.
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

from community_metrics.errors import SettingsError  # noqa: E402
from community_metrics.metrics import metricflow, wording  # noqa: E402
from community_metrics.metrics.dbt_docs import BLOCKS, contract_files, contracts, described, doc_blocks  # noqa: E402
from community_metrics.metrics.entries import Metric  # noqa: E402
from community_metrics.metrics.registry import project_registry  # noqa: E402
from community_metrics.sources.registry import load_registry  # noqa: E402

REGISTRY = ROOT / "plugins" / "community_metrics" / "sources" / "registry"
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

*Generated from the metric registry and the models' contracts by `scripts/generate_docs.py`.*

Tables of schema `marts` in every release. The grain names the columns that no two rows share. A number adds up over dates,
platforms or another column only where this page says so; everything else has been computed at its own grain and is read there.
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
    registry = project_registry()
    parts = [MARTS_HEAD]
    for path in contract_files():
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            mart = registry.marts[model["name"]]
            parts.append(f"## {mart.name} · {mart.label.zh}\n\n{mart.definition.en}\n")
            parts.append(f"Grain: {', '.join(f'`{name}`' for name in mart.grain)}.\n")
            parts.append("| column | type | 名称 | meaning | adds up |\n|---|---|---|---|---|")
            parts += [_mart_column(mart.name, column["name"], column["data_type"]) for column in model["columns"]]
            parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _mart_column(mart: str, column: str, data_type: str) -> str:
    registry = project_registry()
    entry = registry.entry(mart, column)
    if entry is None:
        raise SettingsError(f"{mart}.{column} has no entry", "metrics/", "add one: docs/adding-a-metric.md")
    null = wording.when_null(entry)
    meaning = entry.definition.en + (f" {null.en}." if null else "")
    additivity = wording.additivity(entry, registry).en if isinstance(entry, Metric) else ""
    return f"| `{column}` | {data_type} | {entry.label.zh} | {meaning} | {additivity} |"


def contract(path: Path) -> str:
    """A mart's contract, its descriptions pointing at the doc blocks."""
    return described(path.read_text(encoding="utf-8"), project_registry())


def semantic_layer() -> dict[Path, str]:
    """The files of MetricFlow's semantic layer."""
    columns = {str(model["name"]): [str(column["name"]) for column in model["columns"]] for model in contracts()}
    return {metricflow.FOLDER / name: text for name, text in metricflow.semantic_files(project_registry(), columns).items()}


def _default(column: dict[str, object]) -> str:
    default = column.get("default")
    if default is None:
        return "not reported"
    return "empty" if default == "" else f"`{default}`"


PAGES: dict[Path, Callable[[], str]] = {
    ROOT / "docs" / "input-contracts.md": input_contracts,
    ROOT / "docs" / "marts.md": marts,
    BLOCKS: lambda: doc_blocks(project_registry()),
    **{path: partial(contract, path) for path in contract_files()},
    **{path: partial(str, text) for path, text in semantic_layer().items()},
    ROOT / "docs" / "sources" / "README.md": source_index,
    **{ROOT / "docs" / "sources" / f"{source.name}.md": partial(source_page, source) for source in load_registry().values()},
}


def write_pages() -> None:
    """Write every page and remove the pages of sources and of marts that are gone."""
    for page, render in PAGES.items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render(), encoding="utf-8")
        print(page.relative_to(ROOT))
    for page in {*(ROOT / "docs" / "sources").glob("*.md"), *metricflow.FOLDER.glob("*.yml")} - PAGES.keys():
        page.unlink()


if __name__ == "__main__":
    write_pages()
