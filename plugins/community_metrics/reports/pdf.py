"""A report on paper, by a Chromium on this machine, where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from community_metrics.errors import CommunityMetricsError, UsageError

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 120


def find_chromium() -> str | None:
    """The program, or None."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def write_pdf(html: str, target: Path) -> None:
    """Print the page to `target`. Raises `UsageError` without Chromium, `CommunityMetricsError` when it fails."""
    program = find_chromium()
    if program is None:
        raise UsageError(
            "a PDF needs Chromium, and there is none", str(target), "`apt-get install chromium`, or write a file that ends with .html"
        )
    with TemporaryDirectory() as folder:
        page, paper = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(html, encoding="utf-8")
        # Its sandbox wants user namespaces, which root and many containers do not have. The page is our own: no script, no request.
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-pdf-header-footer"]
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={paper}", page.as_uri()]
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, env={**os.environ, "HOME": folder})
            why = run.stderr.strip().splitlines()[-1:] or [f"exit {run.returncode}"]
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CommunityMetricsError(f"Chromium did not print: {error}", str(target), "write a file that ends with .html") from error
        if not paper.exists():
            raise CommunityMetricsError(f"Chromium did not print: {why[0]}", str(target), "write a file that ends with .html")
        shutil.move(paper, target)
