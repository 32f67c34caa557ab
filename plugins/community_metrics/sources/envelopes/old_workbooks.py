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
    """Raises `InputError` unreadable_envelope when the reader does not survive the file, or refuses it."""
    command = [sys.executable, "-I", str(_PROBE), str(path), str(_MEMORY), str(_SECONDS)]
    try:
        probe = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=4 * _SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise InputError("unreadable_envelope", "the workbook keeps its reader busy for ever", where, EXPORT_AGAIN) from error
    if probe.returncode:
        said = probe.stderr.decode("utf-8", "replace").strip().splitlines()
        what = "its reader did not survive it" if probe.returncode < 0 or not said else said[-1][:300]
        raise InputError("unreadable_envelope", f"the workbook is damaged: {what}", where, EXPORT_AGAIN)
