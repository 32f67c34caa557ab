"""One landing into the lake: read, normalised, put aside or accepted, written, recorded."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import closing

import duckdb

from community_metrics.errors import CommunityMetricsError, InputError, says_no_room
from community_metrics.lake.books import LandingBook
from community_metrics.lake.files import make_files_durable
from community_metrics.lake.pipelining import ahead
from community_metrics.lake.pseudonyms import Pseudonymiser
from community_metrics.lake.soundness import lake_sums
from community_metrics.lake.staging import Destination, StagedStream
from community_metrics.lake.taking import RowTaker
from community_metrics.lake.totals import mark_totals
from community_metrics.landing.inbox import open_landing
from community_metrics.landing.ledger import Ledger
from community_metrics.landing.records import Ingested, Landing
from community_metrics.landing.store import remove_leftovers
from community_metrics.observability.logs import SHORT_SUM
from community_metrics.settings import Settings
from community_metrics.sources.detection import read_file, recognise
from community_metrics.sources.registry import StreamDefinition
from community_metrics.sources.template_files import load_templates

log = logging.getLogger(__name__)


class Workshop:
    """What the ingests of one run share: a scratch folder, an engine to sort with, the identities hashed so far."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pseudonymiser = Pseudonymiser(settings.id_key)
        self.templates = load_templates(settings.own_templates)
        scratch = settings.lake / ".staging"
        remove_leftovers(scratch)
        self.folder = scratch / f".{os.getpid()}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("set memory_limit = $1", [settings.daily_memory_limit])
        self.connection.execute(f"set threads = {settings.threads}")
        self.connection.execute("set temp_directory = $1", [str(self.folder)])
        # The cache takes a file of the same path, size and second for the same file; the scratch files of small exports are.
        self.connection.execute("set enable_external_file_cache = false")

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def ingest_landing(
    settings: Settings, ledger: Ledger, landing: Landing, run_id: str | None = None, workshop: Workshop | None = None
) -> Landing:
    """Bring one landing into the lake as its next revision and record the outcome, which is returned.

    A file that cannot be used is recorded as `rejected`, also when the program itself fails on it: no file stops the others. A full
    disk does, and raises what the writer of the moment says of it.
    Killed at any moment, the ledger still has the landing as it was, and a repeat writes the same files.
    """
    if workshop is None:
        with Workshop(settings) as own:
            return ingest_landing(settings, ledger, landing, run_id, own)
    book = LandingBook(settings, landing)
    staged: dict[str, StagedStream] = {}
    try:
        ingested = _ingest(workshop, book, staged)
        ledger.record_ingested(landing.landing_id, ingested, run_id, lake_sums(settings, book.paths(ingested)))
    except InputError as error:
        ledger.record_refused(landing.landing_id, "rejected", error.reason_code, str(error), run_id)
    except Exception as error:
        if says_no_room(error):
            raise  # that is nothing of this file's: it waits until there is room
        said = {"source": landing.source, "file": landing.sha256[:SHORT_SUM], "public": "ingest of a file failed"}
        log.exception("ingest of %s failed", landing.original_name, extra=said)
        reason = CommunityMetricsError(
            f"the program failed on this file: {type(error).__name__}",
            landing.original_name,
            "see the log, then `ingest --retry`; if it fails again, report it with the file's template",
        )
        ledger.record_refused(landing.landing_id, "rejected", "internal_error", str(reason), run_id)
    finally:
        book.abandon()
        for stream in staged.values():
            stream.abandon()
        shutil.rmtree(workshop.folder / landing.landing_id, ignore_errors=True)
    return ledger.landing(landing.landing_id)


def _ingest(workshop: Workshop, book: LandingBook, staged: dict[str, StagedStream]) -> Ingested:
    """Raises `InputError` when the file cannot be used whole, `AssertionError` when rows do not add up."""
    settings, landing = workshop.settings, book.landing
    file = open_landing(settings, landing)
    recognition = recognise(file, landing.source, landing.account_id, workshop.templates)
    template = recognition.template
    assert template is not None, "every source has a template"
    book.begin(template)
    destination = Destination(settings, landing, book.revision, template.name, book.circumstances.snapshot_date)

    def open_stage(stream: StreamDefinition) -> StagedStream:
        # A path of its own: what the engine remembers of a file goes by the path.
        folder = workshop.folder / landing.landing_id
        staged[stream.name] = StagedStream(workshop.connection, folder, stream, destination)
        return staged[stream.name]

    taker = RowTaker(settings, workshop.connection, workshop.pseudonymiser, template, [book], open_stage)
    with closing(ahead(read_file(file, recognition, landing.account_id, book.drift))) as groups:
        for group in groups:
            taker.take_problems(group.problems, group.batches[0].stream if group.batches else None, book)
            taker.take([mark_totals(template, batch) for batch in group.batches])
    ingested = book.close({name: stream.write() for name, stream in staged.items()})
    make_files_durable(book.paths(ingested))
    return ingested
