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


@pytest.mark.parametrize("name", ["input-contracts.md", "marts.md"])
def test_a_generated_page_has_not_drifted(name: str) -> None:
    pages = {path.name: (path, render) for path, render in load_script().PAGES.items()}
    path, render = pages[name]
    assert path.read_text(encoding="utf-8") == render(), "run `python scripts/generate_docs.py`"
