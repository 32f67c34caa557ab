"""The environment that Airflow's processes get."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from community_metrics.airflow_runtime.configuration import configure, free_port
from community_metrics.settings import Settings


def test_keys_and_password_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first, second = configure(settings, port=1), configure(settings, port=2)
    for name in ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET"):
        assert len(first.environment[name]) > 30
        assert first.environment[name] == second.environment[name]
    assert first.password == second.password == json.loads((tmp_path / "airflow" / "passwords.json").read_text())["admin"]
    for name in ("keys.json", "passwords.json"):
        assert (tmp_path / "airflow" / name).stat().st_mode & 0o777 == 0o600


def test_two_homes_share_no_secret(tmp_path: Path) -> None:
    one, other = configure(Settings(home=tmp_path / "one"), port=1), configure(Settings(home=tmp_path / "other"), port=1)
    assert one.password != other.password
    assert one.environment["AIRFLOW__CORE__FERNET_KEY"] != other.environment["AIRFLOW__CORE__FERNET_KEY"]


def test_logging_in_is_never_left_out(tmp_path: Path) -> None:
    assert configure(Settings(home=tmp_path), port=1).environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    assert configure(Settings(home=tmp_path), port=1).environment["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_the_api_server_alone_gives_up_on_a_busy_database_soon(tmp_path: Path) -> None:
    made = configure(Settings(home=tmp_path), port=1)
    name = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    assert made.environment[name] == f"sqlite:///{tmp_path}/airflow/airflow.db?timeout=60"
    assert made.api_server_environment == made.environment | {name: f"sqlite:///{tmp_path}/airflow/airflow.db?timeout=5"}


def test_another_airflow_on_this_machine_does_not_leak_in(tmp_path: Path) -> None:
    foreign = {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": "elsewhere",
        "AIRFLOW_HOME": "/elsewhere",
        "LANG": "C",
    }
    environment = configure(Settings(home=tmp_path), port=1, environ=foreign).environment
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert environment["AIRFLOW_HOME"] == str(tmp_path / "airflow")
    assert "AIRFLOW__CELERY__BROKER_URL" not in environment
    assert environment["LANG"] == "C"


def test_no_tool_reports_its_use(tmp_path: Path) -> None:
    environment = configure(Settings(home=tmp_path), port=1, environ={}).environment
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["GX_ANALYTICS_ENABLED"] == "False"
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


def test_the_project_s_time_zone_is_that_of_the_schedules(tmp_path: Path) -> None:
    environment = configure(Settings(home=tmp_path, timezone="Europe/London"), port=1).environment
    assert environment["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "Europe/London"


def test_a_port_that_is_taken_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port
