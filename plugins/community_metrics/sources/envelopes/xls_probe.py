"""Reads every cell of a workbook and says nothing: run as a program, with its memory and time limited, by `old_workbooks`."""

from __future__ import annotations

import resource
import sys


def main(path: str, memory: int, seconds: int) -> None:
    # The limits come before the reader is loaded: it is what they are for.
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(path)
    for name in workbook.sheet_names:
        for _ in workbook.get_sheet_by_name(name).iter_rows():
            pass


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
