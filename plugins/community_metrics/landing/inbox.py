"""How files get into the landing: named one by one, or dropped into the inbox.

Inbox: `<home>/landing/inbox/<source>/<account>/[dt=YYYY-MM-DD/]file`, account `_` for none; `<file>.meta.json` beside it may
declare account, period, snapshot_at and source. A file leaves the inbox only when it is stored and recorded.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from community_metrics.errors import CommunityMetricsError, InputError, UsageError
from community_metrics.landing.declarations import (
    SIDECAR_SUFFIX,
    Declaration,
    from_flags,
    from_folder,
    from_sidecar,
    sidecar_of,
)
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Arrival, Landing, LandResult
from community_metrics.landing.store import StoredObject, is_erased, is_unchanged, object_path, store_objects
from community_metrics.observability.logs import SHORT_SUM
from community_metrics.settings import Settings
from community_metrics.sources.detection import Recognition, observed_at, recognise
from community_metrics.sources.readers.model import OpenedFile
from community_metrics.sources.registry import load_registry
from community_metrics.sources.template_files import load_templates

log = logging.getLogger(__name__)

_GROUP_FILES = 500
_GROUP_BYTES = 64 * 2**20
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
    # Whoever names a link by hand means the file behind it.
    wanted = [_Wanted(path, path.resolve(), partial(_declared_by_hand, settings, path, flags)) for path in paths]
    with _Landing(settings) as landing:
        return [result for group in _groups(wanted) for result, _ in landing.land(group)]


def take_inbox(settings: Settings, sources: Sequence[str] | None = None) -> list[LandResult]:
    """Land everything that waits in the inbox (of some sources only, if given), in the order of the paths.

    What cannot be taken (an unknown source's folder, a link, a bad sidecar) stays and is in the result as `refused`. Raises
    `SettingsError` for a template that cannot be read, before anything is taken.
    """
    wanted = []
    for path in _waiting(settings.inbox):
        parts = path.relative_to(settings.inbox).parts
        if sources is None or parts[0] in sources:
            wanted.append(_Wanted(path, path, partial(_declared_in_inbox, settings, path, parts)))
    results = []
    with _Landing(settings) as landing:
        for group in _groups(wanted):
            for (result, stored), one in zip(landing.land(group), group, strict=True):
                if stored is not None:
                    _remove(one.path, stored)
                results.append(result)
    return results


def open_landing(settings: Settings, landing: Landing) -> OpenedFile:
    """The landed bytes, opened. Raises `InputError`."""
    path = object_path(settings, landing.sha256)
    if not path.exists():
        raise InputError("object_missing", "the landed bytes are gone from the store", str(path), "restore the landing from a backup")
    return OpenedFile.open(path, landing.original_name, settings.limits)


def unrecognised_reason(recognition: Recognition, name: str) -> str:
    """What - where - what to do, for a file without a source."""
    return f"not recognised: {recognition.reason} - {name} - land it again with --source, or map it to one of the input contracts"


@dataclass(frozen=True)
class _Wanted:
    """A file to land. `declared` finds out what is declared of it; raises `InputError` or `UsageError`."""

    path: Path
    resolved: Path
    declared: Callable[[], Declaration]


class _Landing:
    """Lands files in groups: a group waits for the disk together and is one transaction of the ledger."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        load_registry()
        self._templates = load_templates(settings.own_templates)
        self._ledger = Ledger(settings.ledger_path)

    def __enter__(self) -> _Landing:
        return self

    def __exit__(self, *_: object) -> None:
        self._ledger.close()

    def land(self, group: Sequence[_Wanted]) -> list[tuple[LandResult, StoredObject | None]]:
        """The results in the order of the files. A file that is refused has no stored object; the others go on."""
        found: dict[_Wanted, Declaration | CommunityMetricsError] = {one: _found_out(one) for one in group}
        known = [one for one, declared in found.items() if isinstance(declared, Declaration)]
        stored = dict(zip(known, store_objects(self._settings, [one.resolved for one in known]), strict=True))
        arrivals: dict[_Wanted, Arrival] = {}
        for one, copy in stored.items():
            declared = found[one]
            if isinstance(copy, StoredObject) and isinstance(declared, Declaration):
                arrivals[one] = self._arrival(copy, one.path.name, declared)
        landed = dict(zip(arrivals, self._ledger.land_together(list(arrivals.values())), strict=True))
        results: list[tuple[LandResult, StoredObject | None]] = []
        for one in group:
            outcome = stored.get(one, found[one])
            if isinstance(outcome, StoredObject):
                results.append((_result(one.path, *landed[one], outcome), outcome))
            else:
                results.append((LandResult(str(one.path), "refused", str(outcome)), None))
        return results

    def _arrival(self, stored: StoredObject, name: str, declared: Declaration) -> Arrival:
        now = datetime.now(UTC)
        account = declared.account or ""
        recognition, stamp, problem = self._inspect(stored.path, name, declared.source, account)
        source = declared.source or (recognition.template.source if recognition.template else None)
        snapshot_at, origin = declared.snapshot_at, declared.snapshot_origin
        if snapshot_at is None:
            snapshot_at, origin = (stamp, "file") if stamp else (now, "landing")
        return Arrival(
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

    def _inspect(self, path: Path, name: str, source: str | None, account: str) -> tuple[Recognition, datetime | None, str | None]:
        """Recognition and stamp of a stored file; what is damaged is kept and reported, its ingest will say the same."""
        try:
            file = OpenedFile.open(path, name, self._settings.limits)
            recognition = recognise(file, source, account, self._templates)
            return recognition, observed_at(file, recognition), None
        except InputError as error:
            return Recognition(None), None, str(error)
        except Exception as error:
            # One file that the program fails on keeps none of the others in the inbox.
            log.exception("looking at %s failed", name)
            return Recognition(None), None, f"the program failed on this file: {type(error).__name__} - {name} - see the log"


def _found_out(one: _Wanted) -> Declaration | CommunityMetricsError:
    try:
        declared = one.declared()
        _check_source(declared.source)
    except (InputError, UsageError) as error:
        return error
    return declared


def _groups(wanted: Sequence[_Wanted]) -> Iterator[list[_Wanted]]:
    """Some hundred files at a time, fewer large ones: as much again as a group holds is needed on the disk, and lost when killed."""
    group: list[_Wanted] = []
    size = 0
    for one in wanted:
        group.append(one)
        size += one.resolved.lstat().st_size if one.resolved.exists() else 0
        if len(group) >= _GROUP_FILES or size >= _GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _remove(path: Path, stored: StoredObject) -> None:
    if not is_unchanged(path, stored):
        return  # written again meanwhile: the next run takes the new content
    sidecar = sidecar_of(path)
    try:
        path.unlink()
        sidecar.unlink(missing_ok=True)
    except OSError as error:
        said = {"file": stored.sha256[:SHORT_SUM], "public": f"a file has landed but cannot be removed from the inbox: {error.strerror}"}
        log.warning("%s has landed but cannot be removed from the inbox: %s; mend the folder's mode", path, error.strerror, extra=said)


def _result(path: Path, landing: Landing, is_new: bool, stored: StoredObject) -> LandResult:
    if landing.status == "unrecognised":
        return LandResult(str(path), "unrecognised", landing.reason or "not recognised", landing)
    if landing.status == "withdrawn":
        message = f"these bytes were withdrawn ({landing.reason}) and stay so"
        return LandResult(str(path), "withdrawn", message, landing)
    account = f", account {landing.account_id}" if landing.account_id else ""
    if not is_new and is_erased(stored.path):
        message = "somebody has been erased from these bytes since they landed: what is left of them stays, nothing done"
        return LandResult(str(path), "erased", message, landing)
    if not is_new:
        since = landing.landed_at.strftime("%Y-%m-%d %H:%M UTC")
        return LandResult(str(path), "already_landed", f"already landed on {since} as {landing.original_name}, nothing done", landing)
    return LandResult(str(path), "landed", f"landed as {landing.source}{account}", landing)


def _check_source(source: str | None) -> None:
    known = load_registry()
    if source is not None and source not in known:
        raise UsageError(f"there is no source {source!r}", "the flag, sidecar or inbox folder", f"known sources: {', '.join(known)}")


def _declared_by_hand(settings: Settings, path: Path, flags: Declaration) -> Declaration:
    return flags.over(from_sidecar(settings, path))


def _declared_in_inbox(settings: Settings, path: Path, parts: tuple[str, ...]) -> Declaration:
    return from_sidecar(settings, path).over(_folder_declaration(settings, path, parts))


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
