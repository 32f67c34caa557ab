"""How files get into the landing: named one by one, or dropped into the inbox.

Inbox: `<home>/landing/inbox/<source>/<account>/[dt=YYYY-MM-DD/]file`, account `_` for none; `<file>.meta.json` beside it may
declare account, period, snapshot_at and source. A file leaves the inbox only when it is stored and recorded.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from community_metrics.errors import InputError, UsageError
from community_metrics.landing.declarations import (
    SIDECAR_SUFFIX,
    Declaration,
    from_flags,
    from_folder,
    from_sidecar,
    sidecar_of,
)
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Landing, LandResult
from community_metrics.landing.store import StoredObject, is_unchanged, object_path, store_object
from community_metrics.settings import Settings
from community_metrics.sources.detection import Recognition, observed_at, recognise
from community_metrics.sources.readers.model import OpenedFile
from community_metrics.sources.registry import load_registry
from community_metrics.sources.template_files import load_templates

log = logging.getLogger(__name__)

_UNFINISHED_SUFFIXES = (".part", ".tmp", ".crdownload")
_UNFINISHED_PREFIXES = (".", "~$")


def land_files(
    settings: Settings,
    paths: Sequence[Path],
    source: str | None = None,
    account: str | None = None,
    period: str | date | None = None,
    snapshot_at: str | datetime | None = None,
) -> list[LandResult]:
    """Store the files as received and record them; the files themselves stay where they are.

    Without a source (flag or sidecar) the content decides. Raises `UsageError` before anything is done: unknown source, no
    such file, a date that is none.
    """
    flags = from_flags(settings, source, account, period, snapshot_at)
    _check_source(source)
    for path in paths:
        if not path.is_file():
            raise UsageError("a folder cannot be landed" if path.is_dir() else "there is no such file", str(path), "name files")
    results = []
    with Ledger(settings.ledger_path) as ledger:
        for path in paths:
            # Whoever names a link by hand means the file behind it.
            resolved = path.resolve()
            try:
                declared = flags.over(from_sidecar(settings, path))
                _check_source(declared.source)
                results.append(_land(settings, ledger, resolved, path.name, declared)[0])
            except (InputError, UsageError) as error:
                results.append(LandResult(str(path), "refused", str(error)))
    return results


def take_inbox(settings: Settings, sources: Sequence[str] | None = None) -> list[LandResult]:
    """Land everything that waits in the inbox (of some sources only, if given), in the order of the paths.

    What cannot be taken (an unknown source's folder, a link, a bad sidecar) stays and is in the result as `refused`.
    """
    results = []
    with Ledger(settings.ledger_path) as ledger:
        for path in _waiting(settings.inbox):
            parts = path.relative_to(settings.inbox).parts
            if sources is not None and parts[0] not in sources:
                continue
            try:
                declared = from_sidecar(settings, path).over(_folder_declaration(settings, path, parts))
                _check_source(declared.source)
                result, stored = _land(settings, ledger, path, path.name, declared)
            except (InputError, UsageError) as error:
                results.append(LandResult(str(path), "refused", str(error)))
                continue
            _remove(path, stored)
            results.append(result)
    return results


def _remove(path: Path, stored: StoredObject) -> None:
    if not is_unchanged(path, stored):
        return  # written again meanwhile: the next run takes the new content
    sidecar = sidecar_of(path)
    try:
        path.unlink()
        sidecar.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s has landed but cannot be removed from the inbox: %s; mend the folder's mode", path, error.strerror)


def open_landing(settings: Settings, landing: Landing) -> OpenedFile:
    """The landed bytes, opened. Raises `InputError`."""
    path = object_path(settings, landing.sha256)
    if not path.exists():
        raise InputError("object_missing", "the landed bytes are gone from the store", str(path), "restore the landing from a backup")
    return OpenedFile.open(path, landing.original_name, settings.limits)


def _land(settings: Settings, ledger: Ledger, path: Path, name: str, declared: Declaration) -> tuple[LandResult, StoredObject]:
    stored = store_object(settings, path)
    now = datetime.now(UTC)
    account = declared.account or ""
    recognition, stamp, problem = _inspect(settings, stored.path, name, declared.source, account)
    source = declared.source or (recognition.template.source if recognition.template else None)
    snapshot_at, origin = declared.snapshot_at, declared.snapshot_origin
    if snapshot_at is None:
        snapshot_at, origin = (stamp, "file") if stamp else (now, "landing")
    landing, is_new = ledger.land(
        sha256=stored.sha256,
        size=stored.size,
        original_name=name,
        landed_at=now,
        source=source or "",
        account_id=account,
        snapshot_at=snapshot_at,
        snapshot_origin=origin or "landing",
        period=declared.period,
        template=recognition.template.name if recognition.template else None,
        status="landed" if source else "unrecognised",
        reason_code=None if source else "unrecognised",
        reason=None if source else problem or unrecognised_reason(recognition, name),
    )
    return _result(path, landing, is_new), stored


def unrecognised_reason(recognition: Recognition, name: str) -> str:
    """What - where - what to do, for a file without a source."""
    return f"not recognised: {recognition.reason} - {name} - land it again with --source, or map it to one of the input contracts"


def _inspect(
    settings: Settings, path: Path, name: str, source: str | None, account: str
) -> tuple[Recognition, datetime | None, str | None]:
    """Recognition and stamp of a stored file; what is damaged is kept and reported, its ingest will say the same."""
    try:
        file = OpenedFile.open(path, name, settings.limits)
        recognition = recognise(file, source, account, load_templates(settings.own_templates))
        return recognition, observed_at(file, recognition), None
    except InputError as error:
        return Recognition(None), None, str(error)


def _result(path: Path, landing: Landing, is_new: bool) -> LandResult:
    if landing.status == "unrecognised":
        return LandResult(str(path), "unrecognised", landing.reason or "not recognised", landing)
    if landing.status == "withdrawn":
        message = f"these bytes were withdrawn ({landing.reason}) and stay so"
        return LandResult(str(path), "withdrawn", message, landing)
    account = f", account {landing.account_id}" if landing.account_id else ""
    if not is_new:
        since = landing.landed_at.strftime("%Y-%m-%d %H:%M UTC")
        return LandResult(str(path), "already_landed", f"already landed on {since} as {landing.original_name}, nothing done", landing)
    return LandResult(str(path), "landed", f"landed as {landing.source}{account}", landing)


def _check_source(source: str | None) -> None:
    known = load_registry()
    if source is not None and source not in known:
        raise UsageError(f"there is no source {source!r}", "the flag, sidecar or inbox folder", f"known sources: {', '.join(known)}")


def _folder_declaration(settings: Settings, path: Path, parts: tuple[str, ...]) -> Declaration:
    if path.is_symlink() or not path.is_file():
        raise InputError("not_a_file", "a link or device is not followed out of the inbox", str(path), "drop the file itself")
    folders = list(parts[:-1])
    dt = folders.pop().removeprefix("dt=") if folders and folders[-1].startswith("dt=") else None
    if not 1 <= len(folders) <= 2 or any("=" in folder for folder in folders):
        raise InputError(
            "bad_folder", "the file is in no folder of a source and account", str(path), "move it to <source>/<account>/[dt=YYYY-MM-DD/]"
        )
    return from_folder(settings, folders[0], folders[1] if len(folders) == 2 else "_", dt)


def _waiting(inbox: Path) -> Iterator[Path]:
    """Files that are finished, sorted; what is hidden or still being written is left alone."""
    found: list[Path] = []
    for folder, folders, names in os.walk(inbox, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(_UNFINISHED_PREFIXES)]
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        found += [Path(folder) / name for name in (*names, *linked) if _is_finished(name)]
    return iter(sorted(found))


def _is_finished(name: str) -> bool:
    return not (name.startswith(_UNFINISHED_PREFIXES) or name.lower().endswith((*_UNFINISHED_SUFFIXES, SIDECAR_SUFFIX)))
