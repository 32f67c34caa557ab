"""What every check that is written in SQL asks of Great Expectations: how many rows break the rule. Importing this takes seconds."""

from __future__ import annotations

from typing import Any

from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

_COUNT = "unexpected_rows_query.row_count"


class UnexpectedRowsCounted(UnexpectedRowsExpectation):
    """Great Expectations' own without the query's first rows: these are asked for beside the count, and dropped, for as much again.

    Of a check that fails, the gate asks for examples itself.
    """

    metric_dependencies = (_COUNT,)

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: dict[str, Any] | None = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        count = metrics[_COUNT]
        return {"success": count == 0, "result": {"observed_value": count}}
