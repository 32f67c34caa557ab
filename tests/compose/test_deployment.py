"""docs/deploy.md from an empty server to a published release, then what an operator meets: a crash, an upgrade, the end.

One story, told once: the tests stand in its order, and each begins where the one before has ended.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from bi.superset_server import Session
from community_metrics.airflow_runtime.configuration import POOLS, free_port
from community_metrics.sources.registry import load_registry
from compose.deployment import NAME, SERVICES, Deployment, deployment, run

pytestmark = pytest.mark.compose
_PROGRAM = "community_metrics.airflow_runtime.server"
_READER = "a-reader-of-the-tests"
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("deployment")) as made:
        yield made


def test_nothing_starts_without_settings_and_secrets(server: Deployment) -> None:
    refused = server.compose("up", "-d", "postgres", check=False)
    assert refused.returncode != 0
    assert "copy .env.example to .env" in refused.stderr
    (server.folder / ".env").write_text((server.folder / ".env.example").read_text())
    server.set(
        COMMUNITY_METRICS_IMAGE=NAME,
        COMMUNITY_METRICS_TAG="before",
        COMMUNITY_METRICS_ADDRESS=f"127.0.0.1:{server.port}",
        COMMUNITY_METRICS_POSTGRES_ADDRESS=f"127.0.0.1:{free_port(15432)}",
        COMMUNITY_METRICS_SUPERSET_IMAGE=f"{NAME}-superset",
        COMMUNITY_METRICS_SUPERSET_ADDRESS=f"127.0.0.1:{server.superset_port}",
        COMMUNITY_METRICS_MEMORY_LIMIT="2GB",
    )
    refused = server.compose("up", "-d", "postgres", check=False)
    assert refused.returncode != 0
    assert re.search(r"secrets/\w+_password", refused.stderr), refused.stderr
    server.compose("down", "--volumes")


def test_secrets_are_made_once(server: Deployment) -> None:
    assert run(["scripts/make-secrets.sh"], server.folder).returncode == 0
    folder = server.folder / "secrets"
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(set(made.values())) == len(made) == 13
    assert all(len(secret) >= 43 for secret in made.values())
    assert run(["scripts/make-secrets.sh"], server.folder).stdout == ""
    assert {path.name: path.read_text() for path in folder.iterdir()} == made


def test_all_services_come_up(server: Deployment) -> None:
    server.build("before")
    server.compose("up", "-d")
    server.wait_until_healthy()
    for service in ("airflow-init", "superset-init"):
        assert run(["docker", "inspect", "-f", "{{.State.ExitCode}}", f"{NAME}_{service}_1"], server.folder).stdout.strip() == "0"


def test_no_service_is_root_or_tells_a_secret(server: Deployment) -> None:
    told = ""
    for service in SERVICES:
        container = server.container(service)
        told += json.dumps(container)
        assert server.compose("exec", "-T", service, "id", "-u").stdout.strip() == ("999" if service == "postgres" else "50000")
        assert container["HostConfig"]["Memory"] > 0
        assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
        published = [binding["HostIp"] for bindings in container["HostConfig"]["PortBindings"].values() for binding in bindings]
        assert set(published) <= {"127.0.0.1"}
        if service != "postgres":
            assert container["HostConfig"]["ReadonlyRootfs"]
    for image in (NAME, f"{NAME}-superset"):
        told += run(["docker", "history", "--no-trunc", f"{image}:before"], server.folder).stdout
    told += server.compose("logs").stdout
    for path in (server.folder / "secrets").iterdir():
        assert path.read_text() not in told, path.name
    assert "PIP_INDEX_URL=" not in told


def test_exports_become_a_release_through_the_rest_api(server: Deployment) -> None:
    exports = ["-v", f"{server.folder}/examples/exports:/exports:ro", "--entrypoint", "sh"]
    server.cli("-c", 'inbox=$COMMUNITY_METRICS_HOME/landing/inbox; mkdir -p "$inbox" && cp -r /exports/. "$inbox"', options=exports)
    client = server.client()
    ingests = [f"ingest_{name}" for name in sorted(load_registry())]
    deadline = time.monotonic() + 180
    while not {*ingests, "warehouse_release", "serve_release"} <= client.dag_ids():
        assert time.monotonic() < deadline, (client.dag_ids(), client.import_errors())
        time.sleep(3)
    assert client.import_errors() == []
    listed = server.compose("exec", "-T", "scheduler", "python", "-m", _PROGRAM, "airflow", "pools", "list", "--output", "plain").stdout
    assert set(POOLS) <= set(listed.split())
    states = server.follow(ingests, {"wait": False})
    assert set(states.values()) == {"success"}, states
    assert server.follow(["warehouse_release"], {"wait": False}) == {"warehouse_release": "success"}
    assert _releases(server)


def test_a_viewer_sees_and_changes_nothing(server: Deployment) -> None:
    token = _token(server, "viewer", server.secret("airflow_viewer_password"))
    assert _call(server, "GET", "/api/v2/dags", token) == 200
    assert _call(server, "POST", "/api/v2/dags/warehouse_release/dagRuns", token, {"logical_date": None}) == 403
    assert _call(server, "GET", "/community-metrics/", token) == 200
    assert _call(server, "GET", "/community-metrics/", None) == 401
    with pytest.raises(urllib.error.HTTPError):
        _token(server, "admin", "admin")


def test_a_reader_of_postgres_sees_the_release(server: Deployment) -> None:
    assert server.follow(["serve_release"], {}) == {"serve_release": "success"}
    login = f"create role bi login password '{_READER}' in role community_metrics_reader"
    _psql(server, login)
    uri = f"postgresql://bi:{_READER}@postgres:5432/community_metrics"
    as_reader = ["-e", f"COMMUNITY_METRICS_POSTGRES_URI={uri}"]
    verified = server.cli("postgres", "verify", "--json", options=as_reader)
    assert json.loads(verified.stdout)["differing"] == []
    refused = server.compose("exec", "-T", "postgres", "psql", uri, "-c", "delete from marts.release", check=False)
    assert "permission denied" in refused.stderr
    refused = server.compose("exec", "-T", "postgres", "psql", uri.replace("community_metrics", "airflow"), "-c", "select 1", check=False)
    assert "permission denied for database" in refused.stderr


def test_superset_shows_the_release_that_postgres_holds(server: Deployment) -> None:
    """The DAG has imported the dashboards after it had loaded the marts; the reader's role sees the same number there."""
    viewer = Session(f"http://127.0.0.1:{server.superset_port}", "viewer", server.secret("superset_viewer_password"))
    mark = viewer.get("/api/v1/dashboard/community-growth")["result"]["certification_details"]
    assert any(release in mark for release in _releases(server)), mark
    shown = viewer.data(viewer.chart("community-growth", "新增成员 · New members", "big_number_total"))
    assert shown["is_cached"]
    query = "select sum(new_members) from marts.mart_growth_daily where scope_type = 'all'"
    uri = f"postgresql://bi:{_READER}@postgres:5432/community_metrics"
    held = server.compose("exec", "-T", "postgres", "psql", uri, "-Atc", query).stdout.strip()
    assert shown["data"] == [{"new_members": int(held)}]
    assert viewer.sql(1, query).json()["data"] == [{"sum": int(held)}]
    for statement in ("delete from marts.release", "select * from marts.dim_member", "select pg_read_file('/etc/passwd')"):
        assert viewer.sql(1, statement).status_code >= 400, statement
    assert "it was there already" in server.cli("superset", "import").stdout


def test_the_home_is_saved_where_the_maintenance_saves_it(server: Deployment) -> None:
    server.cli("backup", "/backups/by-hand.tar.gz")
    assert server.compose("exec", "-T", "scheduler", "ls", "/backups").stdout.split() == ["by-hand.tar.gz"]


def test_a_killed_service_comes_back(server: Deployment) -> None:
    for service in ("scheduler", "api-server"):
        before = server.container(service)
        os.kill(before["State"]["Pid"], signal.SIGKILL)
        deadline = time.monotonic() + 60
        while (after := server.container(service))["RestartCount"] == before["RestartCount"] or not after["State"]["Running"]:
            assert time.monotonic() < deadline, after["State"]
            time.sleep(1)
    server.wait_until_healthy(("scheduler", "api-server"))
    assert server.follow(["warehouse_release"], {"wait": False}) == {"warehouse_release": "success"}


def test_another_image_takes_over_the_home(server: Deployment) -> None:
    before, image = _releases(server), server.container("scheduler")["Image"]
    project = server.folder / "pyproject.toml"
    project.write_text(project.read_text().replace('description = "', 'description = "Next: '))
    server.build("after")
    # Nobody else may build while the home is looked at.
    server.compose("stop", "scheduler")
    server.set(COMMUNITY_METRICS_TAG="after")
    server.cli("upgrade", "--check")
    server.compose("up", "-d")
    server.wait_until_healthy()
    assert server.container("scheduler")["Image"] != image
    assert _releases(server) == before
    assert json.loads(server.cli("postgres", "verify", "--json").stdout)["differing"] == []


def test_changed_passwords_are_taken_over(server: Deployment) -> None:
    for name in ("airflow_admin_password", "airflow_database_password"):
        (server.folder / "secrets" / name).unlink()
    assert run(["scripts/make-secrets.sh"], server.folder).stdout.count("made ") == 2
    server.compose("up", "-d", "--force-recreate", "postgres")
    server.wait_until_healthy(("postgres",))
    server.compose("exec", "-T", "postgres", "sh", "/docker-entrypoint-initdb.d/roles.sh")
    server.compose("up", "-d", "--force-recreate")
    server.wait_until_healthy()
    assert "warehouse_release" in server.client().dag_ids()


def test_nothing_is_left(server: Deployment) -> None:
    server.compose("down", "--volumes", "--timeout", "20")
    label = f"label=com.docker.compose.project={NAME}"
    for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
        assert run(["docker", *kind, "--quiet", "--filter", label], server.folder).stdout == ""


def _releases(server: Deployment) -> list[str]:
    listed = json.loads(server.cli("releases", "list", "--json").stdout)
    return re.findall(r'"release_id": "([^"]+)"', json.dumps(listed))


def _psql(server: Deployment, statement: str) -> None:
    server.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-c", statement)


def _token(server: Deployment, user: str, password: str) -> str:
    body = json.dumps({"username": user, "password": password}).encode()
    request = urllib.request.Request(_url(server, "/auth/token"), data=body, headers={"Content-Type": "application/json"})
    with _direct(request, timeout=60) as answer:
        return str(json.load(answer)["access_token"])


def _call(server: Deployment, method: str, path: str, token: str | None, body: object = None) -> int:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with _direct(urllib.request.Request(_url(server, path), data=data, headers=headers, method=method), timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _url(server: Deployment, path: str) -> str:
    return f"http://127.0.0.1:{server.port}{path}"
