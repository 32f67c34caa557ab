"""What DuckDB says when it may not take more memory is told apart from a model that is wrong."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from community_metrics.settings import Settings
from community_metrics.warehouse import dbt

IN_A_QUERY = "Out of Memory Error: failed to pin block of size 256.0 KiB (1.1 GiB/1.1 GiB used)"
AT_A_COMMIT = "TransactionContext Error: Failed to commit: could not allocate block of size 256.0 KiB (13.1 MiB/13.3 MiB used)"
OTHER = 'Binder Error: Referenced column "dau" not found in FROM clause!'


@pytest.mark.parametrize(
    ("message", "error"), [(IN_A_QUERY, dbt.OutOfMemoryError), (AT_A_COMMIT, dbt.OutOfMemoryError), (OTHER, dbt.DbtError)]
)
def test_a_build_that_ran_out_of_memory_says_so(
    home: Settings, monkeypatch: pytest.MonkeyPatch, message: str, error: type[dbt.DbtError]
) -> None:
    node = SimpleNamespace(name="mart_activity_daily", resource_type="model")
    failed = SimpleNamespace(node=node, status="error", execution_time=0.1, message=message)
    monkeypatch.setattr(dbt, "_invoke", lambda *_: SimpleNamespace(result=SimpleNamespace(results=[failed])))
    with pytest.raises(dbt.DbtError, match="mart_activity_daily") as raised:
        dbt.run_dbt(home, home.warehouse, ["build"])
    assert raised.type is error
