"""Airflow on a server, one process to a container: `python -m community_metrics.airflow_runtime.server start|init|healthy|...`.

What the services of docker-compose.yml call. The containers are given their passwords and keys as files; this program reads them, and
becomes the process that needs them. So no secret stands in the compose file, in what the engine tells of a container, or in the home.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from community_metrics.airflow_runtime.configuration import ADMINISTRATOR, POOLS, as_environment, project_options, quiet_tools
from community_metrics.errors import CommunityMetricsError, SettingsError
from community_metrics.settings import PREFIX, Settings, load_settings

VIEWER = "viewer"
PORT = 8080
SERVICES = {
    "api-server": ("airflow", "api-server"),
    "scheduler": (sys.executable, "-m", "community_metrics.airflow_runtime.scheduler", "--skip-serve-logs"),
    "dag-processor": ("airflow", "dag-processor"),
    "triggerer": ("airflow", "triggerer", "--skip-serve-logs"),
}
# The names under which Airflow's processes note their heartbeats in its database.
_JOBS = {"scheduler": "SchedulerJob", "dag-processor": "DagProcessorJob", "triggerer": "TriggererJob"}
# Airflow itself takes a process for dead after 30 seconds; a small machine that builds the marts may be late once.
_HEARTBEAT_SECONDS = 60
# Airflow writes a configuration file of its defaults and the logins' file here: a folder in memory, not the home.
_AIRFLOW_HOME = Path("/tmp/airflow")
_SECRETS = Path("/run/secrets")


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and give the exit code, or become another program."""
    # What follows `command` and `airflow` is theirs, options included.
    given = sys.argv[1:] if arguments is None else arguments
    split = 1 if given[:1] in (["command"], ["airflow"]) else len(given)
    options = _parser().parse_args(given[:split])
    secrets = Secrets(Path(os.environ.get(PREFIX + "SECRETS") or _SECRETS))
    try:
        if options.action == "healthy":
            return 0 if healthy(options.service, secrets, os.environ) else 1
        if options.action == "command":
            os.environ.update(command_environment(secrets, os.environ))
            return _become((sys.executable, "-m", "community_metrics.cli", *given[split:]))
        settings = load_settings()
        os.environ.update(server_environment(settings, secrets, os.environ))
        _AIRFLOW_HOME.mkdir(parents=True, exist_ok=True)
        if options.action == "init":
            return prepare()
        if options.action == "airflow":
            return _become(("airflow", *given[split:]))
        if options.service == "api-server":
            write_logins(secrets, _AIRFLOW_HOME / "passwords.json")
        return _become(SERVICES[options.service])
    except CommunityMetricsError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


class Secrets:
    """Files in a folder, one secret in each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> str:
        """Raises `SettingsError` if the secret was not given, or is empty."""
        found = self.get(name)
        if not found:
            raise SettingsError(f"the secret {name} is missing or empty", str(self._folder / name), "scripts/make-secrets.sh makes it")
        return found

    def get(self, name: str) -> str | None:
        """None where this container is not given the secret."""
        try:
            return (self._folder / name).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            where = str(self._folder / name)
            raise SettingsError(
                f"the secret {name} cannot be read: {error.strerror}", where, "scripts/make-secrets.sh says who may"
            ) from error


def server_environment(settings: Settings, secrets: Secrets, environ: Mapping[str, str]) -> dict[str, str]:
    """What Airflow's processes and the tasks read; a variable of Airflow that the container was given itself holds before all of it."""
    database = f"{_address('airflow', secrets['airflow_database_password'], environ)}/airflow"
    options: dict[str, dict[str, object]] = {
        "core": project_options(settings)
        | {
            "execution_api_server_url": f"http://api-server:{PORT}/execution/",
            "fernet_key": secrets["airflow_fernet_key"],
            "simple_auth_manager_users": f"{ADMINISTRATOR}:admin,{VIEWER}:viewer",
            "simple_auth_manager_passwords_file": _AIRFLOW_HOME / "passwords.json",
            # Under the name that `healthy` looks for.
            "hostname_callable": "socket.gethostname",
        },
        "database": {"sql_alchemy_conn": f"postgresql+psycopg2://{database}"},
        "api": {"host": "0.0.0.0", "port": PORT, "workers": 1, "secret_key": secrets["airflow_api_secret_key"], "expose_config": False},
        "api_auth": {"jwt_secret": secrets["airflow_jwt_secret"]},
        "dag_processor": {"refresh_interval": 30, "parsing_processes": 1},
        "logging": {
            # In the home, so that the API server shows what the scheduler's tasks wrote.
            "base_log_folder": settings.airflow_home / "logs",
            "dag_processor_child_process_log_directory": _AIRFLOW_HOME / "dag-processor",
        },
    }
    if environ.get(PREFIX + "URL"):
        options["api"]["base_url"] = environ[PREFIX + "URL"]
    environment = as_environment(options) | quiet_tools()
    environment |= {"AIRFLOW_HOME": str(_AIRFLOW_HOME), PREFIX + "HOME": str(settings.home)}
    loader = secrets.get("community_metrics_loader_password")
    if loader:
        connection = {
            "conn_type": "postgres",
            "host": _host(environ),
            "port": 5432,
            "login": "community_metrics_loader",
            "password": loader,
            "schema": "community_metrics",
        }
        environment["AIRFLOW_CONN_COMMUNITY_METRICS_POSTGRES"] = json.dumps(connection)
    superset = _superset(secrets, environ)
    if superset:
        address = urlsplit(superset["URL"])
        environment["AIRFLOW_CONN_COMMUNITY_METRICS_SUPERSET"] = json.dumps(
            {
                "conn_type": "http",
                "schema": address.scheme,
                "host": address.hostname,
                "port": address.port,
                "login": superset["USER"],
                "password": superset["PASSWORD"],
                "extra": {"database_uri": superset["DATABASE_URI"]},
            }
        )
    given = {name: value for name, value in environ.items() if name.startswith("AIRFLOW_")}
    return environment | given


def command_environment(secrets: Secrets, environ: Mapping[str, str]) -> dict[str, str]:
    """What the project's own command line needs besides: the Postgres and the Superset that are served from, unless others are named."""
    environment = {PREFIX + "SUPERSET_" + name: value for name, value in _superset(secrets, environ).items()}
    loader = secrets.get("community_metrics_loader_password")
    if loader:
        address = _address("community_metrics_loader", loader, environ)
        environment[PREFIX + "POSTGRES_URI"] = f"postgresql://{address}/community_metrics"
    return {name: value for name, value in environment.items() if not environ.get(name)}


def _superset(secrets: Secrets, environ: Mapping[str, str]) -> dict[str, str]:
    """Address and login of Superset, and the marts' address as Superset reaches them; nothing where there is no Superset."""
    url, admin, reader = (
        environ.get(PREFIX + "SUPERSET_URL"),
        secrets.get("superset_admin_password"),
        secrets.get("superset_reader_password"),
    )
    if not url or not admin or not reader:
        return {}
    database = f"postgresql://{_address('superset_reader', reader, environ)}/community_metrics"
    return {"URL": url, "USER": ADMINISTRATOR, "PASSWORD": admin, "DATABASE_URI": database}


def write_logins(secrets: Secrets, path: Path) -> None:
    """The logins of Airflow's UI and API, anew at every start: a changed secret is a changed password."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump({ADMINISTRATOR: secrets["airflow_admin_password"], VIEWER: secrets["airflow_viewer_password"]}, handle)


def prepare() -> int:
    """Bring Airflow's database to this version and make the pools that are not there; may be repeated. Gives an exit code."""
    code = subprocess.run(["airflow", "db", "migrate"], check=False).returncode
    if code:
        return code
    # Needs the environment, and the tables.
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        present = set(session.scalars(select(Pool.pool)))
        for name, (slots, description) in POOLS.items():
            if name not in present:
                session.add(Pool(pool=name, slots=slots, description=description, include_deferred=False))
    return 0


def healthy(service: str, secrets: Secrets, environ: Mapping[str, str]) -> bool:
    """Whether the service of this very container works: the API server answers and reaches the database, the others' hearts beat.

    Asks the database itself: `airflow jobs check` tells the same and loads all of Airflow for it, every half minute, in every container.
    """
    if service == "api-server":
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/api/v2/monitor/health", timeout=20) as response:
                return bool(json.load(response)["metadatabase"]["status"] == "healthy")
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False
    import psycopg2

    try:
        connection = psycopg2.connect(
            f"postgresql://{_address('airflow', secrets['airflow_database_password'], environ)}/airflow", connect_timeout=10
        )
    except psycopg2.OperationalError:
        return False
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from job where job_type = %s and hostname = %s and state = 'running'"
            " and latest_heartbeat > now() - make_interval(secs => %s)",
            (_JOBS[service], socket.gethostname(), _HEARTBEAT_SECONDS),
        )
        return bool(cursor.fetchone()[0])


def _host(environ: Mapping[str, str]) -> str:
    return environ.get(PREFIX + "DATABASE_HOST") or "postgres"


def _address(user: str, password: str, environ: Mapping[str, str]) -> str:
    return f"{user}:{quote(password, safe='')}@{_host(environ)}:5432"


def _become(command: tuple[str, ...]) -> int:
    os.execvp(command[0], command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m community_metrics.airflow_runtime.server", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    start = actions.add_parser("start", help="become a service of Airflow")
    start.add_argument("service", choices=SERVICES)
    actions.add_parser("init", help="bring Airflow's database to this version")
    check = actions.add_parser("healthy", help="exit 0 if the service of this container works")
    check.add_argument("service", choices=SERVICES)
    for name, text in (("command", "the project's command line"), ("airflow", "Airflow's own command line")):
        actions.add_parser(name, help=text, add_help=False)
    return parser


if __name__ == "__main__":
    sys.exit(main())
