"""These tests import Airflow: it gets a home of its own first."""

from __future__ import annotations

from support.airflow_process import become_airflow

become_airflow()
