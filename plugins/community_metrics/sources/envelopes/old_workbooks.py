"""What an old xls file would do to the reader that trusts it.

Its compound file is a little file system: one flipped bit makes a chain of sectors a ring, which the reader follows until the
memory is full and the process is killed. So the reader first tries it in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from community_metrics.errors import InputError
from community_metrics.sources.envelopes.boundary import EXPORT_AGAIN

# A sheet has at most 65,536 rows of 256 cells of 32 bytes: half a gigabyte, and as much again for its texts.
_MEMORY = 2 * 2**30
_SECONDS = 60
_PROBE = Path(__file__).with_name("xls_probe.py")


def check_xls(path: Path, where: str) -> None:
    """Raises `InputError` unreadable_envelope when the reader would not survive the file. What it only refuses passes."""
    command = [sys.executable, "-I", str(_PROBE), str(path), str(_MEMORY), str(_SECONDS)]
    try:
        died = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=4 * _SECONDS, check=False).returncode < 0
    except subprocess.TimeoutExpired:
        died = True
    if died:
        raise InputError("unreadable_envelope", "the workbook is damaged: its reader did not survive it", where, EXPORT_AGAIN)
