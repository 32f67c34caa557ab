"""What a library imports and nobody here uses costs nothing; whoever uses it finds it."""

from __future__ import annotations

import os
import subprocess
import sys

from community_metrics.audit.deferred_imports import deferred

GATE = """
import sys, tempfile
from pathlib import Path
from community_metrics.audit.validation import open_gate
from community_metrics.settings import Settings
with open_gate(Settings(home=Path(tempfile.mkdtemp())), "marts"):
    print(*sorted({"altair", "scipy.stats"} & set(sys.modules)), "and then")
from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as of_statistics
print(of_statistics.stats.entropy([0.5, 0.5], base=2))
import scipy.stats
print(scipy.stats.__file__.endswith("__init__.py"), of_statistics.stats.entropy is scipy.stats.entropy)
"""


def test_a_module_is_imported_when_it_is_first_used() -> None:
    sys.modules.pop("colorsys", None)
    with deferred("colorsys"):
        import colorsys as within

        assert "rgb_to_hsv" not in vars(within)
    assert "colorsys" not in sys.modules
    assert within.rgb_to_hsv(0, 0, 1) == (2 / 3, 1, 1)
    assert sys.modules["colorsys"] is not within


def test_a_module_may_be_used_within() -> None:
    sys.modules.pop("colorsys", None)
    with deferred("colorsys"):
        import colorsys as within

        assert within.rgb_to_hsv(0, 0, 1) == (2 / 3, 1, 1)
        real = sys.modules["colorsys"]
    assert sys.modules["colorsys"] is real


def test_a_module_that_is_there_stays() -> None:
    import colorsys

    with deferred("colorsys"):
        assert sys.modules["colorsys"] is colorsys
    assert sys.modules["colorsys"] is colorsys


def test_a_gate_imports_no_plots_and_no_statistics() -> None:
    """A third of what importing Great Expectations costs every process that runs a check, for one expectation that none is."""
    found = subprocess.run([sys.executable, "-W", "ignore", "-c", GATE], check=True, capture_output=True, env=os.environ, text=True)
    assert found.stdout.splitlines() == ["and then", "1.0", "True True"]
