"""The errors of the domain. Each says what is wrong, where, and what to do."""

from __future__ import annotations


class CommunityMetricsError(Exception):
    """Base of every error that the project raises on purpose.

    Printed as ``what - where - what to do`` on standard error; `exit_code` is the process's exit code.
    """

    exit_code = 1

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        # What a file says of itself may hold half a character, which neither a database nor a terminal takes.
        self.what, self.where, self.remedy = (part.encode("utf-8", "replace").decode() for part in (what, where, remedy))
        super().__init__(" - ".join(part for part in (self.what, self.where, self.remedy) if part))


class UsageError(CommunityMetricsError):
    """The command or a setting was wrong; nothing was done."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting or a definition file is wrong: names the file, row and column."""


class InputError(CommunityMetricsError):
    """A landed file cannot be used. `reason_code` stands in the ledger and in the quarantine."""

    exit_code = 4

    def __init__(self, reason_code: str, what: str, where: str = "", remedy: str = "") -> None:
        self.reason_code = reason_code
        super().__init__(what, where, remedy)


class RefusedError(CommunityMetricsError):
    """The audit refused the candidate: the published release stays."""

    exit_code = 3


class BusyError(CommunityMetricsError):
    """Another process holds the warehouse's writer lock."""


class NoRoomError(CommunityMetricsError):
    """The disk takes no more: nobody's input or definition is wrong, and the same step succeeds when there is room."""


# As the system, Arrow, DuckDB (also through dbt and SQLAlchemy) and SQLite put it.
_NO_ROOM = ("No space left on device", "Disk quota exceeded", "database or disk is full", "Could not write all bytes to file")


def says_no_room(problem: object) -> bool:
    """Whether an exception, or its text, is about a full disk."""
    return any(sign in str(problem) for sign in _NO_ROOM)


# As DuckDB puts it in a query, and when it commits one.
_NO_MEMORY = ("Out of Memory Error", "could not allocate block of size")


def says_no_memory(problem: object) -> bool:
    """Whether an exception, or its text, is about a database that may take no more memory."""
    return any(sign in str(problem) for sign in _NO_MEMORY)
