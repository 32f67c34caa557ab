"""The server under every simulated platform: it records calls, checks tokens, and misbehaves on order."""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class RecordedCall:
    """One request that arrived. `request`: body and query together, without the token."""

    endpoint: str
    request: Mapping[str, Any]
    token: str | None


@dataclass(frozen=True)
class Reply:
    """What goes back. `broken`: closed (no answer at all), half (fewer bytes than announced), trickle (a byte now and then)."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    broken: str | None = None

    @property
    def content(self) -> bytes:
        return (self.text if self.text is not None else json.dumps(self.body, ensure_ascii=False)).encode()


@dataclass
class Fault:
    """Misbehave `times` times for calls of an endpoint (its end is enough) whose request holds `having`, after letting some pass."""

    endpoint: str
    reply: Reply
    times: int = 1
    having: Mapping[str, Any] = field(default_factory=dict)
    after: int = 0

    def answers(self, call: RecordedCall) -> bool:
        if not call.endpoint.endswith(self.endpoint) or any(call.request.get(name) != value for name, value in self.having.items()):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return self.times >= 0


class SimulatedPlatform(ABC):
    """One platform. Use it as a context manager; `url` is where it listens."""

    def __init__(self) -> None:
        self.calls: list[RecordedCall] = []
        self.faults: list[Fault] = []
        self.tokens: list[str] = []
        self.token_lasts_calls: int | None = None
        self._uses: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def asked(self, endpoint: str) -> list[RecordedCall]:
        """The calls of an endpoint (its end is enough)."""
        return [call for call in self.calls if call.endpoint.endswith(endpoint)]

    def misbehave(self, endpoint: str, reply: Reply, times: int = 1, after: int = 0, **having: Any) -> None:
        self.faults.append(Fault(endpoint, reply, times, having, after))

    @abstractmethod
    def endpoint_of(self, path: str) -> str:
        """The endpoint as pages call it."""

    @abstractmethod
    def answer(self, call: RecordedCall) -> Reply:
        """What a platform in good order says."""

    @abstractmethod
    def token_of(self, query: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
        """The token that a request brings."""

    @abstractmethod
    def refused_token(self, call: RecordedCall) -> Reply | None:
        """What is said to a call whose token is not good; None if it is, or none is needed."""

    def issue_token(self) -> str:
        token = f"token-{len(self.tokens) + 1}-e7c1a9f05b"
        self.tokens.append(token)
        return token

    def is_good(self, token: str | None) -> bool:
        """Only the newest token holds, and only for so many calls."""
        if not self.tokens or token != self.tokens[-1]:
            return False
        self._uses[token] = self._uses.get(token, 0) + 1
        return self.token_lasts_calls is None or self._uses[token] <= self.token_lasts_calls

    def handle(self, path: str, query: dict[str, str], body: dict[str, Any], headers: Mapping[str, str]) -> Reply:
        with self._lock:
            token = self.token_of(query, headers)
            request = {name: value for name, value in {**query, **body}.items() if name != "access_token"}
            call = RecordedCall(self.endpoint_of(path), request, token)
            self.calls.append(call)
            for fault in self.faults:
                if fault.answers(call):
                    return fault.reply
            return self.refused_token(call) or self.answer(call)


def _handler(platform: SimulatedPlatform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two writes: the second would wait 40 ms for the acknowledgement of the first.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self._reply(json.loads(self.rfile.read(length) or b"{}"))

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

        def _reply(self, body: dict[str, Any]) -> None:
            parts = urlsplit(self.path)
            reply = platform.handle(parts.path, dict(parse_qsl(parts.query)), body, self.headers)
            if reply.broken == "closed":
                self.close_connection = True
                return
            content = reply.content
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json; charset=utf-8" if reply.text is None else "text/html")
            self.send_header("Content-Length", str(len(content)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if reply.broken == "half":
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True
            elif reply.broken == "trickle":
                _trickle(self.wfile.write, content)
                self.close_connection = True
            else:
                self.wfile.write(content)

    return Handler


def _trickle(write: Callable[[bytes], Any], content: bytes) -> None:
    try:
        for byte in content:
            write(bytes([byte]))
            time.sleep(0.05)
    except OSError:
        return
