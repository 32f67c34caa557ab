"""Chromium without outside traffic of its own, and a server that shows a site the way the Airflow plugin does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMEDRIVER = Path("/usr/bin/chromedriver")
CHROMIUM = Path("/usr/bin/chromium")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
SUB_PATH = "/airflow/community-metrics/"
# As Airflow frames the pages of plugins.
SANDBOX = "allow-scripts allow-same-origin allow-forms allow-downloads"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class SiteBrowser:
    """A page, seen as a reader sees it. Every open waits until all tiles are drawn."""

    def __init__(self, profile: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1360,900", "--lang=zh-CN"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(str(CHROMEDRIVER)))

    def open(self, address: str) -> None:
        self.driver.get("about:blank")  # otherwise a change of the hash alone would not load the page again
        self.driver.get(address)
        self.wait()

    def wait(self) -> None:
        WebDriverWait(self.driver, 20, poll_frequency=0.05).until(
            lambda driver: driver.execute_script("return document.body.dataset.ready")
        )

    def wide(self, width: int) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        )

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def script(self, text: str, *arguments: Any) -> Any:
        return self.driver.execute_script(text, *arguments)

    def click(self, selector: str) -> None:
        self.script("arguments[0].click()", self.find(selector))
        self.wait()

    def remember(self, **preferences: str) -> None:
        for name, value in preferences.items():
            self.script("localStorage.setItem(`community-metrics.${arguments[0]}`, arguments[1])", name, value)

    def choose_scope(self, scope: str) -> None:
        self.script("communityMetrics.filters.set({ scope: arguments[0] })", scope)
        self.wait()

    def kpi(self, key: str) -> float | None:
        """The exact number behind a tile; None where it shows that the number is not known."""
        value = self.find(f'[data-tile="{key}"] .kpi-value').get_attribute("data-value")
        return float(value) if value else None

    def text(self, key: str) -> str:
        return str(self.script("return document.querySelector(`[data-tile='${arguments[0]}']`).innerText", key))

    def errors(self) -> list[str]:
        """What the console has said since the last call, violations of the policy included."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"]


class _Handler(SimpleHTTPRequestHandler):
    """Serves the folder under the sub-path with the policy as a header, and one page that frames it."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix(SUB_PATH.rstrip("/")))

    def do_GET(self) -> None:
        if self.path == "/airflow/":
            frame = f'<iframe src="{SUB_PATH}index.html" sandbox="{SANDBOX}" width="1200" height="800"></iframe>'
            body = f'<!doctype html><link rel="icon" href="data:,">{frame}'
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())
        elif self.path.startswith(SUB_PATH):
            super().do_GET()
        else:
            self.send_error(404)

    def end_headers(self) -> None:
        if self.path.startswith(SUB_PATH):
            self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of `site` under a sub-path of a local server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: _Handler(*given, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{SUB_PATH}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
