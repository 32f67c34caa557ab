"""Airflow connections to simulated platforms, in the environment."""

from __future__ import annotations

import json
from typing import Any

from community_metrics.extractors.connections import ConnectionValues


def connection_variable(connection: ConnectionValues, **extra: Any) -> tuple[str, str]:
    """The environment variable that makes the connection known to Airflow."""
    content = {
        "conn_type": "generic",
        "host": connection.host,
        "login": connection.login,
        "password": connection.password,
        "extra": {**connection.extra, **extra},
    }
    return f"AIRFLOW_CONN_{connection.connection_id.upper()}", json.dumps(content)
