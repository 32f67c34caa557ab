"""The boundary to hostile bytes: whatever a parser does with them, only `InputError` comes out."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from community_metrics.errors import InputError

EXPORT_AGAIN = "export the file again"


@contextmanager
def typed_errors(where: str) -> Iterator[None]:
    """Turn every failure inside into an `InputError` that names `where`."""
    try:
        yield
    except (InputError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except MemoryError as error:
        raise InputError("too_large", "the file does not fit into memory", where, "export it in smaller parts") from error
    except EOFError as error:
        raise InputError("truncated", "the file ends early", where, EXPORT_AGAIN) from error
    except zlib.error as error:
        raise InputError("unreadable_envelope", f"the compressed data is damaged: {error}", where, EXPORT_AGAIN) from error
    except BaseException as error:
        # BaseException, because a panic inside a parser written in Rust is none of Exception.
        detail = f"{type(error).__name__}: {error}"[:300]
        raise InputError("unreadable_envelope", f"the file cannot be read: {detail}", where, EXPORT_AGAIN) from error
