"""What keeps a home in order: old releases go, the current one is looked over, the home is saved, the law is asked."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from community_metrics.operators.base import PipelineOperator
from community_metrics.settings import Settings


class ExpireOperator(PipelineOperator):
    """Removes the releases beyond the retention. XCom: what became of each."""

    def work(self, settings: Settings, context: Any) -> list[dict[str, Any]]:
        from community_metrics.locks import writer_lock
        from community_metrics.releases.retention import expire_releases

        with writer_lock(settings, "expire"):
            return [expiry.to_dict() for expiry in expire_releases(settings)]


class VerifyOperator(PipelineOperator):
    """Computes every sha256 and every digest of the current release again. Fails when something differs."""

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics.releases.pointer import current_release_id
        from community_metrics.releases.verify import verify_release

        current = current_release_id(settings)
        if current is None:
            raise AirflowSkipException("nothing is published yet")
        report = verify_release(settings, current)
        if report.problems:
            found = "; ".join(f"{problem.where}: {problem.what}" for problem in report.problems)
            raise AirflowFailException(f"{current} is damaged: {found}. Roll back to another release, or land something and run")
        return {"release_id": current, "files": report.files, "marts": report.marts}


class LookOverOperator(PipelineOperator):
    """Reads every byte of landing and lake. Fails when something is not what it was; of the lake the next ingest mends it."""

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics.lake.soundness import look_over

        if not settings.ledger_path.exists():
            raise AirflowSkipException("nothing has landed yet")
        looked = look_over(settings)
        if not looked.is_sound:
            raise AirflowFailException(
                f"damaged: {', '.join((*looked.lake, *looked.landed))}. What is of the lake the next ingest reads anew; landed bytes come "
                "back by landing the same file again, or from a backup. Look at the disk"
            )
        return looked.to_dict()


class BackupOperator(PipelineOperator):
    """Saves the home into the folder that `backups` in `community_metrics.yml` names. XCom: the report."""

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics.backups import back_up_into

        if settings.backups.folder is None:
            raise AirflowSkipException("no folder for backups is named (`backups: {folder: ...}` in community_metrics.yml)")
        return back_up_into(settings, settings.backups.folder, settings.backups.keep).to_dict()


class CompareRebuildOperator(PipelineOperator):
    """Builds everything once more beside the warehouse. Skips, and with it the rest of the run, when the release is equal to that."""

    def work(self, settings: Settings, context: Any) -> dict[str, Any]:
        from community_metrics.rebuilding import compare_rebuild

        report = compare_rebuild(settings)
        for difference in report.differences:
            self.log.warning("%s: %s rows published, %s rebuilt", difference.mart, difference.published_rows, difference.rebuilt_rows)
        if report.is_equal:
            raise AirflowSkipException(f"{report.release_id} is what a rebuild makes: {report.marts} marts, {report.seconds:.0f} s")
        return report.to_dict()
