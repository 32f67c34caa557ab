"""How the local Airflow is configured: one home, SQLite, LocalExecutor, this machine only.

Everything is passed in the environment, so that no file has to be kept in step with the project; what must stay the same
from one start to the next (keys, the administrator's password) is generated once into Airflow's home.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from community_metrics.settings import PREFIX, PROJECT_ROOT, Settings

DEFAULT_PORT = 8080
ADMINISTRATOR = "admin"
# How long SQLite waits for another writer. Its own 5 seconds are too short for several processes on a busy machine.
_PATIENCE_SECONDS = 60
_API_SERVER_PATIENCE_SECONDS = 5
# name -> (slots, what for): DuckDB has one writer, the ledger one loader, and some platforms want one caller.
POOLS = {
    "warehouse_writer": (1, "The working DuckDB file has one writer"),
    "landing_reader": (1, "One process at a time turns landed files into the lake"),
    "wecom_api": (1, "WeCom refuses parallel calls of one corporation"),
}


@dataclass(frozen=True)
class AirflowConfiguration:
    """One start of Airflow: where it lives, where it listens, and the environment of its processes."""

    home: Path
    port: int
    password: str
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def api_server_environment(self) -> dict[str, str]:
        """That of the API server, which must not wait long for the database.

        It writes its log of actions from its event loop, where it also ends the transactions of the tasks' calls: waiting for one of
        these, it waits for itself until its patience ends (seen with 60 seconds: the call failed, and two tasks with it). Who calls
        it tries again.
        """
        return self.environment | as_environment({"database": {"sql_alchemy_conn": _database(self.home, _API_SERVER_PATIENCE_SECONDS)}})

    @property
    def logs(self) -> Path:
        return self.home / "logs"


def configure(
    settings: Settings, port: int | None = None, run_schedules: bool = True, environ: Mapping[str, str] | None = None
) -> AirflowConfiguration:
    """The configuration for one start; `run_schedules=False` leaves cron and assets alone, so that only what is triggered runs."""
    inherited = os.environ if environ is None else environ
    home = settings.airflow_home
    home.mkdir(parents=True, exist_ok=True)
    keys = _kept(home / "keys.json", _new_keys)
    passwords = _kept(home / "passwords.json", lambda: {ADMINISTRATOR: secrets.token_urlsafe(12)})
    chosen = port or free_port(DEFAULT_PORT)
    options: dict[str, dict[str, object]] = {
        "core": project_options(settings)
        | {
            "execution_api_server_url": f"http://127.0.0.1:{chosen}/execution/",
            "fernet_key": keys["fernet"],
            "simple_auth_manager_users": f"{ADMINISTRATOR}:admin",
            "simple_auth_manager_passwords_file": home / "passwords.json",
        },
        "database": {"sql_alchemy_conn": _database(home, _PATIENCE_SECONDS)},
        "api": {"host": "127.0.0.1", "port": chosen, "workers": 1, "secret_key": keys["api_secret"], "expose_config": False},
        "api_auth": {"jwt_secret": keys["jwt_secret"]},
        "scheduler": {"use_job_schedule": run_schedules, "scheduler_idle_sleep_time": 0.5},
        "dag_processor": {"refresh_interval": 30, "parsing_processes": 1},
        "logging": {"base_log_folder": home / "logs"},
    }
    # Nothing of another Airflow on this machine may leak in.
    environment = {name: value for name, value in inherited.items() if not name.startswith("AIRFLOW__")}
    environment |= as_environment(options)
    environment |= quiet_tools()
    # Compiled modules are what makes a task's process start fast.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["AIRFLOW_HOME"] = str(home)
    environment[PREFIX + "HOME"] = str(settings.home)
    # Airflow starts parts of itself by name.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    return AirflowConfiguration(home=home, port=chosen, password=passwords[ADMINISTRATOR], environment=environment)


def _database(home: Path, patience_seconds: int) -> str:
    return f"sqlite:///{home / 'airflow.db'}?timeout={patience_seconds}"


def project_options(settings: Settings) -> dict[str, object]:
    """What Airflow's section `core` says of this project wherever Airflow runs."""
    return {
        "dags_folder": PROJECT_ROOT / "dags",
        "plugins_folder": PROJECT_ROOT / "plugins",
        "executor": "LocalExecutor",
        # The scheduler forks a worker for each slot; the tasks that cost anything wait for one another in pools.
        "parallelism": 4,
        "load_examples": False,
        "dags_are_paused_at_creation": False,
        "default_timezone": settings.timezone,
        "simple_auth_manager_all_admins": False,
    }


def as_environment(options: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Options by section and name as the variables that Airflow reads."""
    return {f"AIRFLOW__{section}__{name}".upper(): str(value) for section, values in options.items() for name, value in values.items()}


def quiet_tools() -> dict[str, str]:
    """No tool of the line reports its use to anybody."""
    return {
        "DO_NOT_TRACK": "1",
        "SCARF_ANALYTICS": "false",
        "GX_ANALYTICS_ENABLED": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def free_port(preferred: int) -> int:
    """`preferred` if nobody listens there on this machine, else one that the system gives."""
    for candidate in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def _new_keys() -> dict[str, str]:
    return {
        "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "api_secret": secrets.token_urlsafe(32),
        "jwt_secret": secrets.token_urlsafe(48),
    }


def _kept(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The secrets in the file; made once, readable by this user only."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            json.dump(make(), handle)
    content: dict[str, str] = json.loads(path.read_text())
    return content
