"""Erasing a person: from the landing onward, with the lake brought up to date; the next run publishes the sums without them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from community_metrics import pipeline
from community_metrics.errors import UsageError
from community_metrics.extractors.spool import extracting_folder
from community_metrics.lake.batch import adopt_settings
from community_metrics.lake.erasing import Kept, keep_out
from community_metrics.lake.ingest import Workshop
from community_metrics.lake.naming import erasure_key
from community_metrics.lake.persons import contexts_in_lake, hashes_of, id_kinds
from community_metrics.lake.pseudonyms import Pseudonymiser
from community_metrics.landing.erasures import ErasureLedger
from community_metrics.locks import ingest_lock, writer_lock
from community_metrics.observability.runs import Step, recorded
from community_metrics.releases.retention import pins, releases_with_erased
from community_metrics.settings import Settings

_WAIT_SECONDS = 60.0

_EVIDENCE = ("identity_links", "wecom_groups", "wecom_contacts")
# A warehouse that no build has renewed since an upgrade from version 0.2 holds texts: both are read.
_OF_ONE_PERSON = """
with members as (select cast(native_id as uuid) as native_id, member_key from intermediate.int_identity__members)
select native_id from members
where member_key in (select member_key from members where list_contains(cast($1 as uuid[]), native_id))
"""


@dataclass(frozen=True)
class ErasedSource:
    """What went out of one landed file: `sha256` as received; whole rows or objects, and cells of rows about others."""

    sha256: str
    rows: int
    cells: int


@dataclass(frozen=True)
class ErasureReport:
    """`number`: in the audit record, None for a rehearsal. `linked`: how many other accounts evidence joins to the same person. `unread`:
    files that cannot be opened; `waiting`: what stays in the inbox: nobody can say whom either names. `releases`: those that still hold
    the person, `pinned` of them stay until somebody unpins them."""

    number: int | None
    linked: int
    files: tuple[ErasedSource, ...]
    unread: tuple[str, ...]
    waiting: tuple[str, ...]
    releases: tuple[str, ...]
    pinned: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def erase(
    settings: Settings,
    platform: str,
    member: str,
    account: str | None = None,
    id_kind: str | None = None,
    by: str = "",
    reason: str = "",
    only_this_id: bool = False,
    is_rehearsal: bool = False,
) -> ErasureReport:
    """Take a person out of everything that has landed, and keep them out. Killed at any moment, it is completed by being called again
    or by the next ingest.

    `account`, `id_kind`: None for all that are known. `only_this_id`: not the other accounts that evidence joins to it. A rehearsal
    only says what would go. Raises `UsageError` without reason, id or platform, or when the warehouse does not hold
    the evidence that has landed by now (then nobody knows which accounts are the person's); `BusyError` while another process works.
    """
    member, platform = member.strip(), platform.strip()
    if not member or not platform:
        raise UsageError("an erasure needs a platform and an id", "erase", "name them with --platform and --member")
    if not is_rehearsal and not (reason.strip() and by.strip()):
        raise UsageError("an erasure needs a reason and who orders it", "erase", "say why with --reason and who with --by")
    # A rehearsal does nothing that a run could tell of.
    recording: AbstractContextManager[Step | None] = nullcontext() if is_rehearsal else recorded(settings, "erase")
    with recording as step:
        report = _take_out(settings, platform, member, account, id_kind, by, reason, only_this_id, is_rehearsal)
        if step is not None:
            step.files, step.rows_in = len(report.files), sum(file.rows for file in report.files)
    return report


def _take_out(
    settings: Settings,
    platform: str,
    member: str,
    account: str | None,
    id_kind: str | None,
    by: str,
    reason: str,
    only_this_id: bool,
    is_rehearsal: bool,
) -> ErasureReport:
    # What waits lands now, and what a killed erasure has begun comes to its end.
    taken = () if is_rehearsal else pipeline.ingest(settings).files
    waiting = tuple(file.name for file in taken if file.status == "refused")
    with writer_lock(settings, "erase"), ingest_lock(settings, "erase", wait_seconds=_WAIT_SECONDS):
        with ErasureLedger(settings.ledger_path) as ledger, Workshop(settings) as workshop:
            adopt_settings(settings, ledger, workshop.templates)
            of_rows, kinds_of_rows = contexts_in_lake(settings, workshop.connection, platform)
            kinds = {id_kind} if id_kind else {*id_kinds(workshop.templates), *kinds_of_rows}
            accounts = {account} if account is not None else {*ledger.accounts(), *of_rows}
            own = hashes_of(erasure_key(settings), platform, member, accounts, kinds)
            of_lake = hashes_of(settings.id_key, platform, member, accounts, kinds)
            known = own <= ledger.suppressed()
            linked = frozenset() if only_this_id else _linked(settings, ledger, of_lake, is_required=not known and not is_rehearsal)
            number = None
            if not is_rehearsal:
                person = Pseudonymiser(erasure_key(settings)).digest(f"{platform}\x1f{account or ''}\x1f{member}").hex()
                number = ledger.begin_erasure(by.strip(), reason.strip(), person, own | _under_own_key(settings, linked))
            kept = keep_out(
                settings, ledger, workshop, frozenset({member}), linked, is_rehearsal, also=own | _under_own_key(settings, linked)
            )
        if not is_rehearsal:
            _forget_fetched(settings, kept)
    if not is_rehearsal:
        pipeline.ingest(settings)
    holding = sorted(releases_with_erased(settings))
    files = tuple(ErasedSource(sha256, one.rows, one.cells) for sha256, one in sorted(kept.files.items()))
    pinned = tuple(name for name in holding if name in pins(settings))
    return ErasureReport(number, len(linked - of_lake), files, kept.unread, waiting, tuple(holding), pinned)


def _linked(settings: Settings, ledger: ErasureLedger, hashes: Iterable[str], is_required: bool) -> frozenset[str]:
    """The ids of the same person, by the evidence that the warehouse holds; under the key of the lake."""
    waiting = {one.landing_id for one in ledger.landings() if one.source in _EVIDENCE and one.status in ("landed", "ingested")}
    if not settings.warehouse_path.exists():
        built: set[str] = set()
    else:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            built = _landings_of(connection)
            found = connection.execute(_OF_ONE_PERSON, [sorted(hashes)]).fetchall() if built else []
    if is_required and waiting - built:
        raise UsageError(
            "the warehouse does not hold all that has landed about whose accounts are one person's",
            str(settings.warehouse_path),
            "`community-metrics ingest` and `build` first, or erase this id alone with --only-this-id",
        )
    return frozenset(native_id.hex for (native_id,) in found) if built else frozenset()


def _landings_of(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Those that the last complete build was made of; none if it did not come to its end."""
    state = dict(connection.execute("select name, value from control.state").fetchall())
    if "fingerprint" not in state:
        return set()
    return {row[0] for row in connection.execute("select landing_id from control.built_files").fetchall()}


def _under_own_key(settings: Settings, linked: frozenset[str]) -> frozenset[str]:
    """Hashes of the lake as they stand in the list of those who are kept out: the same, unless the lake's key was changed since. Then
    they are made of the raw ids that the files hold, while these are looked through."""
    return linked if erasure_key(settings) == settings.id_key else frozenset()


def _forget_fetched(settings: Settings, kept: Kept) -> None:
    """Pages that a run has fetched and not delivered yet: it fetches them again, and they are looked through when they land."""
    for spool in extracting_folder(settings, "").glob("*/*/*/pages.jsonl"):
        content = spool.read_bytes()
        if any(one.encode() in content for one in kept.ids):
            shutil.rmtree(spool.parent, ignore_errors=True)
