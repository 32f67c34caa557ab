"""The client of Airflow's API against a server that answers what Airflow's own did."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import tenacity

from community_metrics.airflow_runtime.client import AirflowClient
from community_metrics.airflow_runtime.configuration import AirflowConfiguration
from community_metrics.errors import CommunityMetricsError

# Word for word, but for the id.
BUSY = {"detail": {"reason": "Database error", "statement": "hidden", "orig_error": "hidden", "message": "Serious error"}}
Answer = tuple[int, Any]
Ask = Callable[[AirflowClient], str]


class Airflow:
    """Answers the requests for runs with `answers` in turn, and keeps their bodies."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.bodies: list[Any] = []
        self.port = 0


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Airflow]:
    told = Airflow()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/auth/token":
                status, answer = 201, {"access_token": "a-token"}
            else:
                told.bodies.append(body)
                status, answer = told.answers.pop(0)
            self._answer(status, answer)

        def do_GET(self) -> None:
            self._answer(*told.answers.pop(0))

        def _answer(self, status: int, answer: Any) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            pass

    retrying: Any = AirflowClient._call
    monkeypatch.setattr(retrying.retry, "wait", tenacity.wait_none())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(airflow: Airflow, tmp_path: Path) -> AirflowClient:
    return AirflowClient(AirflowConfiguration(tmp_path, airflow.port, "password", {}))


def test_a_busy_database_is_asked_again(airflow: Airflow, client: AirflowClient) -> None:
    airflow.answers = [(500, BUSY), (500, BUSY), (200, {"state": "running"})]
    assert client.run_state("warehouse_release", "manual__1") == "running"


def test_a_run_that_is_asked_for_twice_has_one_name(airflow: Airflow, client: AirflowClient) -> None:
    airflow.answers = [(500, BUSY), (200, {})]
    run_id = client.trigger("warehouse_release", {"wait": False})
    assert [body["dag_run_id"] for body in airflow.bodies] == [run_id, run_id]
    assert airflow.bodies[0]["conf"] == {"wait": False}


def test_a_run_that_was_started_although_the_answer_was_an_error_is_followed(airflow: Airflow, client: AirflowClient) -> None:
    airflow.answers = [(500, BUSY), (409, {"detail": "exists"})]
    assert client.trigger("warehouse_release") == airflow.bodies[0]["dag_run_id"]


def test_two_runs_have_two_names(airflow: Airflow, client: AirflowClient) -> None:
    airflow.answers = [(200, {}), (200, {})]
    assert client.trigger("warehouse_release") != client.trigger("warehouse_release")


def test_a_database_that_stays_busy_is_told(airflow: Airflow, client: AirflowClient) -> None:
    airflow.answers = [(500, BUSY)] * 8
    with pytest.raises(CommunityMetricsError, match=r"Airflow answered 500.*Database error"):
        client.run_state("warehouse_release", "manual__1")
    assert airflow.answers == []


@pytest.mark.parametrize(
    ("answer", "ask"),
    [
        ((500, {"detail": "Internal Server Error"}), lambda client: client.run_state("warehouse_release", "manual__1")),
        ((404, {"detail": "no such DAG"}), lambda client: client.trigger("nobody")),
    ],
)
def test_another_error_is_told_at_once(
    airflow: Airflow, client: AirflowClient, answer: Answer, ask: Callable[[AirflowClient], str]
) -> None:
    airflow.answers = [answer]
    with pytest.raises(CommunityMetricsError, match=f"Airflow answered {answer[0]}.*read the api-server's log"):
        ask(client)
