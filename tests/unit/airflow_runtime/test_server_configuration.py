"""What the containers of docker-compose.yml make of the secrets that they are given, and what that file gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from community_metrics.airflow_runtime.server import (
    SERVICES,
    Secrets,
    command_environment,
    healthy,
    server_environment,
    write_logins,
)
from community_metrics.errors import SettingsError
from community_metrics.settings import PROJECT_ROOT, Settings

NAMES = (
    "airflow_database_password",
    "airflow_fernet_key",
    "airflow_api_secret_key",
    "airflow_jwt_secret",
    "airflow_admin_password",
    "airflow_viewer_password",
    "community_metrics_loader_password",
    "superset_admin_password",
    "superset_reader_password",
)
SUPERSET = {"COMMUNITY_METRICS_SUPERSET_URL": "http://superset:8088"}


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    for name in NAMES:
        (tmp_path / name).write_text(f"{name}/@\n")
    return Secrets(tmp_path)


def test_airflow_s_tables_are_in_postgres(secrets: Secrets, tmp_path: Path) -> None:
    environment = server_environment(Settings(home=tmp_path), secrets, {})
    expected = "postgresql+psycopg2://airflow:airflow_database_password%2F%40@postgres:5432/airflow"
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == expected
    assert environment["AIRFLOW__CORE__FERNET_KEY"] == "airflow_fernet_key/@"
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert environment["DO_NOT_TRACK"] == "1"


def test_a_container_s_own_variables_of_airflow_hold(secrets: Secrets, tmp_path: Path) -> None:
    given = {"AIRFLOW__CORE__PARALLELISM": "8", "COMMUNITY_METRICS_URL": "https://metrics.example.com", "OTHER": "1"}
    environment = server_environment(Settings(home=tmp_path), secrets, given)
    assert environment["AIRFLOW__CORE__PARALLELISM"] == "8"
    assert environment["AIRFLOW__API__BASE_URL"] == "https://metrics.example.com"
    assert "OTHER" not in environment


def test_the_connection_of_the_loader_is_there_where_its_password_is(secrets: Secrets, tmp_path: Path) -> None:
    environment = server_environment(Settings(home=tmp_path), secrets, {})
    connection = json.loads(environment["AIRFLOW_CONN_COMMUNITY_METRICS_POSTGRES"])
    assert (connection["host"], connection["login"], connection["schema"]) == ("postgres", "community_metrics_loader", "community_metrics")
    (tmp_path / "community_metrics_loader_password").unlink()
    assert "AIRFLOW_CONN_COMMUNITY_METRICS_POSTGRES" not in server_environment(Settings(home=tmp_path), secrets, {})
    assert command_environment(secrets, {}) == {}


def test_the_connection_of_superset_is_there_where_one_is_deployed(secrets: Secrets, tmp_path: Path) -> None:
    environment = server_environment(Settings(home=tmp_path), secrets, SUPERSET)
    connection = json.loads(environment["AIRFLOW_CONN_COMMUNITY_METRICS_SUPERSET"])
    assert connection == {
        "conn_type": "http",
        "schema": "http",
        "host": "superset",
        "port": 8088,
        "login": "admin",
        "password": "superset_admin_password/@",
        "extra": {"database_uri": "postgresql://superset_reader:superset_reader_password%2F%40@postgres:5432/community_metrics"},
    }
    name = "AIRFLOW_CONN_COMMUNITY_METRICS_SUPERSET"
    assert name not in server_environment(Settings(home=tmp_path), secrets, {"COMMUNITY_METRICS_SUPERSET_URL": ""})
    (tmp_path / "superset_admin_password").unlink()
    assert name not in server_environment(Settings(home=tmp_path), secrets, SUPERSET)


def test_the_command_line_is_told_of_superset(secrets: Secrets) -> None:
    environment = command_environment(secrets, SUPERSET | {"COMMUNITY_METRICS_POSTGRES_URI": "postgresql://other"})
    assert environment == {
        "COMMUNITY_METRICS_SUPERSET_USER": "admin",
        "COMMUNITY_METRICS_SUPERSET_PASSWORD": "superset_admin_password/@",
        "COMMUNITY_METRICS_SUPERSET_DATABASE_URI": (
            "postgresql://superset_reader:superset_reader_password%2F%40@postgres:5432/community_metrics"
        ),
    }


def test_the_command_line_is_told_of_postgres_unless_it_was(secrets: Secrets) -> None:
    uri = "postgresql://community_metrics_loader:community_metrics_loader_password%2F%40@postgres:5432/community_metrics"
    assert command_environment(secrets, {}) == {"COMMUNITY_METRICS_POSTGRES_URI": uri}
    assert command_environment(secrets, {"COMMUNITY_METRICS_POSTGRES_URI": "postgresql://other"}) == {}


@pytest.mark.parametrize("name", ["airflow_fernet_key", "airflow_database_password", "airflow_jwt_secret", "airflow_api_secret_key"])
@pytest.mark.parametrize("content", [None, "", "\n"])
def test_nothing_starts_without_a_secret(secrets: Secrets, tmp_path: Path, name: str, content: str | None) -> None:
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(SettingsError, match=name):
        server_environment(Settings(home=tmp_path), secrets, {})


def test_logins_follow_their_secrets(secrets: Secrets, tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    for password in ("first", "second"):
        (tmp_path / "airflow_admin_password").write_text(password)
        write_logins(secrets, path)
        assert json.loads(path.read_text()) == {"admin": password, "viewer": "airflow_viewer_password/@"}
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_service_whose_database_is_away_is_not_healthy(secrets: Secrets) -> None:
    assert not healthy("scheduler", secrets, {"COMMUNITY_METRICS_DATABASE_HOST": "127.0.0.2"})


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return content


def test_every_service_of_airflow_is_deployed_and_watched(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name in SERVICES:
        assert services[name]["command"] == ["start", name]
        assert services[name]["healthcheck"]["test"][-2:] == ["healthy", name]


def test_every_service_is_limited_and_none_is_root(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["mem_limit"] and service["cap_drop"] == ["ALL"], name
        assert service.get("restart") == "unless-stopped" or name in ("airflow-init", "superset-init", "cli"), name
        assert name != "postgres" or service["user"] == "999:999"
        assert name == "postgres" or service["read_only"], name
    for dockerfile in ("Dockerfile", "deploy/superset/Dockerfile"):
        assert "USER 50000:0" in (PROJECT_ROOT / dockerfile).read_text(encoding="utf-8")


def test_superset_is_given_its_own_secrets_and_never_the_marts_password(compose: dict[str, Any]) -> None:
    """The password of the role that reads the marts comes with the import, and lies encrypted in Superset's own database."""
    superset = compose["services"]["superset"]
    assert superset["secrets"] == ["superset_database_password", "superset_secret_key"]
    assert superset["ports"] == ["${COMMUNITY_METRICS_SUPERSET_ADDRESS:-127.0.0.1:8088}:8088"]
    assert superset["healthcheck"]["test"] == ["CMD", "/opt/superset/superset", "healthy"]
    assert set(superset["volumes"]) == {"superset:/var/lib/superset"}


def test_every_secret_is_a_file_that_the_script_makes(compose: dict[str, Any]) -> None:
    script = (PROJECT_ROOT / "scripts" / "make-secrets.sh").read_text(encoding="utf-8")
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
        assert name in script, name
    used = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert used == set(compose["secrets"])
    assert "/secrets/" in (PROJECT_ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_server_installs_the_versions_that_the_tests_ran_with() -> None:
    tested, served = (_pins(PROJECT_ROOT / name) for name in ("requirements.lock", "requirements-server.txt"))
    assert served.items() <= tested.items()
    assert "pytest" in tested and "pytest" not in served


def _pins(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.rstrip(" \\").split("==", 1) for line in lines if "==" in line and not line.startswith(("#", " ")))
