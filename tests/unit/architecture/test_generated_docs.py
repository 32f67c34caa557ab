"""The generated pages say what the definitions say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "generate_docs.py"


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = load_script().PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(page.parents[1]).as_posix())
def test_a_generated_page_has_not_drifted(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == PAGES[page](), "run `make docs`"


def test_every_page_of_a_source_is_of_a_source_that_exists() -> None:
    folder = SCRIPT.parents[1] / "docs" / "sources"
    assert set(folder.glob("*.md")) == {page for page in PAGES if page.parent == folder}


def test_every_file_of_the_semantic_layer_is_of_a_mart_that_exists() -> None:
    folder = SCRIPT.parents[1] / "dbt_project" / "semantic"
    assert set(folder.glob("*.yml")) == {page for page in PAGES if page.parent == folder}
