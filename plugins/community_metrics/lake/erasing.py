"""Keeping erased people out: every landed file is rewritten without them, and what it gave to the lake so far goes.

`keep_out` is what `erase` and every ingest call; it does nothing while nobody has been erased. A process may be killed at any moment:

1. who is kept out is recorded before the first file is touched, and the order stays open until all files have been gone through;
2. a rewritten file stands beside the one received until the ledger has its sum; what the ledger does not know is thrown away;
3. what a file gave to the lake is listed until it is gone.

Whoever comes next (another `erase`, any ingest) goes on from there.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from community_metrics.errors import InputError
from community_metrics.lake.files import SHARED_SUFFIX, ParquetFile, make_files_durable, quarantine_path
from community_metrics.lake.ingest import Workshop
from community_metrics.lake.naming import Survey, Surveyor, Wanted
from community_metrics.lake.rewriting import Rewriting, may_mention, rewrite
from community_metrics.lake.soundness import lake_sums
from community_metrics.landing.erasures import EMPTY, ErasureLedger
from community_metrics.landing.records import Landing
from community_metrics.landing.store import ERASED_SUFFIX, make_durable, object_path, sum_of
from community_metrics.settings import Settings
from community_metrics.sources.pruning import Names, is_telling
from community_metrics.sources.readers.model import OpenedFile

log = logging.getLogger(__name__)

_PENDING_SUFFIX = ".erasing"
_ORDER_SOURCES = ("orders", "order_items", "refunds")
_EMPTIED = b"nothing is left of this file after an erasure\n"


@dataclass(frozen=True)
class Kept:
    """What was taken out: sums of the files as received -> what went out of each. `unread`: files that cannot be opened, so that
    nobody can say whom they name."""

    files: Mapping[str, Rewriting]
    ids: frozenset[str]
    unread: tuple[str, ...] = ()


def keep_out(
    settings: Settings,
    ledger: ErasureLedger,
    workshop: Workshop,
    known: frozenset[str] = frozenset(),
    linked: frozenset[str] = frozenset(),
    is_rehearsal: bool = False,
    also: frozenset[str] = frozenset(),
) -> Kept:
    """Take everybody who is kept out of what waits, or, while an order to erase is open, of everything that has landed.

    `known`: raw ids that the order names; `linked`: hashes, under the lake's key, of the accounts that evidence joins to them; `also`:
    hashes to look for in a rehearsal, which changes nothing. Call under the ingest lock.
    """
    if not is_rehearsal:
        _settle(settings, ledger)
    suppressed = ledger.suppressed() | also
    if not suppressed:
        return Kept({}, frozenset())
    number = ledger.open_erasure()
    everything = is_rehearsal or number is not None
    if not is_rehearsal:
        ledger.withdraw_emptied()
    emptied = {sha256 for sha256, stored in ledger.stored_sums().items() if stored == EMPTY}
    landings = [one for one in ledger.landings(None if everything else "landed") if one.sha256 not in emptied]
    surveyor = Surveyor(settings, workshop, Wanted(suppressed, linked))
    surveys = {one.landing_id: surveyor.survey(one, known) for one in landings}
    hashes = frozenset().union(*(survey.hashes for survey in surveys.values()))
    if hashes - suppressed:
        # Orders of theirs that nobody knew: what belongs to them may have landed long before.
        if not is_rehearsal:
            ledger.suppress(hashes - suppressed, number)
        of_orders = [one for one in ledger.landings() if one.source in _ORDER_SOURCES and one.sha256 not in emptied]
        landings += [one for one in of_orders if one.landing_id not in surveys]
        surveyor = Surveyor(settings, workshop, Wanted(suppressed | hashes, linked))
        surveys |= {one.landing_id: surveyor.survey(one, known) for one in of_orders}
    ids = known.union(*(survey.ids for survey in surveys.values()))
    rewriter = _Rewriter(settings, ledger, surveyor, frozenset(filter(is_telling, ids)), number, is_rehearsal)
    of_files: dict[str, list[Landing]] = {}
    for landing in landings:
        of_files.setdefault(landing.sha256, []).append(landing)
    files: dict[str, Rewriting] = {}
    unread = []
    for sha256, of_file in of_files.items():
        opened = [surveyor.reopened(one, surveys[one.landing_id]) for one in of_file]
        rewriting = rewriter.rewrite(sha256, of_file, opened)
        if rewriting:
            files[sha256] = rewriting
        elif all(one.file is None for one in opened):
            unread.append(sha256)
    if not is_rehearsal:
        sweep(settings, ledger)
        if everything:
            ledger.finish_erasures()
    return Kept(files, ids, tuple(unread))


def sweep(settings: Settings, ledger: ErasureLedger) -> None:
    """Remove what rewritten files gave to lake and quarantine before."""
    known = dict(ledger.lake_files_in_use())
    for landing, revision, lake_files in list(ledger.to_sweep()):
        for path in sorted({settings.home / file.path for file in lake_files}):
            if path.name.endswith(SHARED_SUFFIX):
                written = known.get(path.relative_to(settings.home).as_posix())
                is_sound = written is not None and path.exists() and sum_of(path) == written.sha256
                # What was damaged before is not made sound by being written anew: it keeps the sum that it no longer has.
                if _take_out(path, landing.sha256) and is_sound:
                    sums = lake_sums(settings, [path])
                    ledger.record_sums(sums)
                    known |= {one.path: one for one in sums}
            else:
                path.unlink(missing_ok=True)
        for number in range(1, revision + 1):
            quarantine_path(settings, landing.landing_id, number).unlink(missing_ok=True)
        ledger.record_swept(landing.landing_id, revision)


@dataclass(frozen=True)
class _Rewriter:
    """Rewrites one file after the other. `mentions`: ids of the people from all files; `number`: of the order, if one is open."""

    settings: Settings
    ledger: ErasureLedger
    surveyor: Surveyor
    mentions: frozenset[str]
    number: int | None
    is_rehearsal: bool

    def rewrite(self, sha256: str, landings: Sequence[Landing], surveys: Sequence[Survey]) -> Rewriting | None:
        """What goes out of one file, which has been looked through as these landings; None if nothing does."""
        place = object_path(self.settings, sha256)
        pending = place.with_name(sha256 + _PENDING_SUFFIX)
        names = Names(frozenset(), self.mentions)
        titles = {one.landing_id: title for one in landings if (title := names.scrub(one.original_name)) != one.original_name}
        try:
            rewriting = self._left_of(pending, place, surveys)
            if rewriting and not rewriting.is_empty and not self._is_told(pending, landings, surveys):
                rewriting = replace(rewriting, is_empty=True)
            if not rewriting and titles:
                rewriting = Rewriting(0, len(titles))
            if rewriting and not self.is_rehearsal:
                if rewriting.is_empty:
                    pending.write_bytes(_EMPTIED)
                make_durable([pending, pending.parent])
                stored = EMPTY if rewriting.is_empty else sum_of(pending)
                self.ledger.record_rewritten(sha256, stored, self.number, rewriting.rows, rewriting.cells, titles)
                _put_in_place(pending)
                log.info("erase: %d rows and %d cells went out of a landed file", rewriting.rows, rewriting.cells)
        finally:
            pending.unlink(missing_ok=True)
        return rewriting or None

    def _left_of(self, pending: Path, place: Path, surveys: Sequence[Survey]) -> Rewriting:
        try:
            file = next((one.file for one in surveys if one.file is not None), None)
            if file is not None and not any(one.names_somebody for one in surveys) and not may_mention(file, self.mentions):
                return Rewriting(0, 0)
            if file is not None:
                return rewrite(pending, surveys, self.mentions)
        except InputError:
            log.warning("erase: a landed file cannot be read to its end")
        # Nothing of such a file is used. If it names somebody in plain sight, there is no reason to keep it.
        content = place.read_bytes() if place.exists() else b""
        if any(one.encode() in content for one in self.mentions) or any(one.names_somebody for one in surveys):
            return Rewriting(1, 0, is_empty=True)
        return Rewriting(0, 0)

    def _is_told(self, pending: Path, landings: Sequence[Landing], surveys: Sequence[Survey]) -> bool:
        """Whether what is left of API pages is still known for what they are: some are known by what they list alone."""
        for landing, survey in zip(landings, surveys, strict=True):
            if survey.template is not None and survey.template.reader == "pages":
                file = OpenedFile.open(pending, landing.original_name, self.settings.limits)
                return self.surveyor.template_of(file, landing) == survey.template.name
        return True


def _settle(settings: Settings, ledger: ErasureLedger) -> None:
    """Finish what a killed process has left, and remove originals that landed again while they were rewritten."""
    stored = ledger.stored_sums()
    objects = settings.landing / "objects"
    for pending in objects.glob(f"??/*{_PENDING_SUFFIX}"):
        wanted = stored.get(pending.name.removesuffix(_PENDING_SUFFIX))
        if wanted is not None and (sum_of(pending) == wanted or (wanted == EMPTY and pending.read_bytes() == _EMPTIED)):
            _put_in_place(pending)
        else:
            pending.unlink()
    for sha256 in stored:
        if object_path(settings, sha256).name.endswith(ERASED_SUFFIX):
            (objects / sha256[:2] / sha256).unlink(missing_ok=True)
    if stored:
        sweep(settings, ledger)


def _put_in_place(pending: Path) -> None:
    received = pending.with_name(pending.name.removesuffix(_PENDING_SUFFIX))
    pending.chmod(0o600)
    pending.replace(received.with_name(received.name + ERASED_SUFFIX))
    received.unlink(missing_ok=True)
    make_durable([received.parent])


def _take_out(path: Path, sha256: str) -> bool:
    """Write a lake file of several landings anew without the rows of one. False: it holds none."""
    if not path.exists():
        return False
    table = pq.read_table(path, partitioning=None)
    left = table.filter(pc.not_equal(table.column("_file_sha256"), pa.scalar(sha256)))
    if left.num_rows == table.num_rows:
        return False
    file = ParquetFile(path, table.schema)
    file.write(left)
    file.commit()
    make_files_durable([path])
    return True
