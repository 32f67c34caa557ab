"""`releases verify` finds every byte that was changed; `releases diff` names every cell that differs."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from release_workshop import candidate, check, fingerprint_of, passed, write_warehouse

from community_metrics.errors import CommunityMetricsError
from community_metrics.releases import compare
from community_metrics.releases.candidate import Candidate
from community_metrics.releases.compare import CellChange, MartDifference, compare_releases
from community_metrics.releases.manifest import read_manifest, sealed
from community_metrics.releases.publish import publish_release
from community_metrics.releases.verify import verify_release
from community_metrics.settings import Settings


def flip_byte(path: Path, position: int) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(bytes(content))


@pytest.fixture
def release(settings: Settings) -> Path:
    publish_release(settings, candidate(settings, 1))
    return settings.current_release.resolve()


def problems(settings: Settings, release: Path) -> list[str]:
    return [f"{problem.where} {problem.what}" for problem in verify_release(settings, release.name).problems]


def test_a_release_as_published_is_whole(settings: Settings, release: Path) -> None:
    report = verify_release(settings, release.name)
    assert report.problems == ()
    assert (report.files, report.marts) == (6, 3)


@pytest.mark.parametrize(
    "name", ["warehouse.duckdb", "parquet/mart_activity_daily.parquet", "restatements.parquet", "site/index.html", "manifest.json"]
)
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.999])
def test_one_flipped_bit_anywhere_is_found(settings: Settings, release: Path, name: str, place: float) -> None:
    path = release / name
    flip_byte(path, int(path.stat().st_size * place))
    (problem,) = problems(settings, release)
    assert problem.startswith(name)


def test_missing_and_strange_files_are_found(settings: Settings, release: Path) -> None:
    (release / "parquet" / "mart_data_status.parquet").unlink()
    (release / "site" / "extra.html").write_text("hello")
    assert problems(settings, release) == ["parquet/mart_data_status.parquet is missing", "site/extra.html does not belong to the release"]


def test_rows_that_are_not_those_of_the_digest_are_found_although_all_sums_are_right(settings: Settings, release: Path) -> None:
    manifest = read_manifest(release)
    manifest["marts"][0]["rows"] = 31
    path = release / "manifest.json"
    path.chmod(0o644)
    path.write_bytes(sealed(manifest))
    assert [problem.split()[0] for problem in problems(settings, release)] == ["warehouse.duckdb", "parquet/mart_activity_daily.parquet"]


def test_a_release_of_that_name_must_exist(settings: Settings) -> None:
    with pytest.raises(CommunityMetricsError, match="no release 'nothing'"):
        verify_release(settings, "nothing")


def second_candidate(settings: Settings, statements: str) -> Candidate:
    """Version 2 of the candidate is version 1 with some changes."""
    write_warehouse(settings, 1)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(statements)
    return Candidate(fingerprint_of(2), "2026-06-02T04:00:00.000000Z").audited(passed(2, check()), "suites")


def test_diff_names_changed_cells_and_rows_that_came_or_went(settings: Settings, release: Path) -> None:
    second = publish_release(
        settings,
        second_candidate(
            settings,
            """
            update marts.mart_activity_daily set dau = 9 where business_date = date '2026-05-03';
            update marts.mart_activity_daily set stickiness = null where business_date = date '2026-05-04';
            update marts.mart_activity_daily set stickiness = stickiness + 1e-17 where business_date = date '2026-05-05';
            delete from marts.mart_activity_daily where business_date = date '2026-05-01';
            insert into marts.mart_activity_daily values (date '2026-05-31', 'all', 'all', 1, 0.5);
            """,
        ),
    )
    found = compare_releases(settings, release.name, second.release_id, limit=100)

    def key(day: str) -> dict[str, str | None]:
        return {"business_date": day, "scope_type": "all", "scope_id": "all"}

    version = read_manifest(release)["code_version"]
    evidence = f'[{{"cause": "bug_fix_release", "old": "{version}", "new": "{version}"}}]'
    # These hand-made releases do not say what SQL they were made by: it may have been any.
    cause = {"cause": "bug_fix_release", "evidence": evidence}
    assert found.changes == (
        CellChange("mart_activity_daily", "removed", key("2026-05-01"), **cause),
        CellChange("mart_activity_daily", "changed", key("2026-05-03"), "dau", "1", "9", **cause),
        CellChange("mart_activity_daily", "changed", key("2026-05-04"), "stickiness", "0.142857142857143", None, **cause),
        CellChange("mart_activity_daily", "added", key("2026-05-31")),
    )
    assert found.marts == (MartDifference("mart_activity_daily", 1, 1, 2),)
    assert found.is_complete

    limited = compare_releases(settings, release.name, second.release_id, limit=1)
    assert len(limited.changes) == 1
    assert limited.marts == found.marts
    assert not limited.is_complete


def test_diff_tells_of_marts_and_columns_that_came_or_went(settings: Settings, release: Path) -> None:
    second = publish_release(
        settings,
        second_candidate(
            settings,
            """
            alter table marts.mart_activity_daily add column wau_7 bigint;
            alter table marts.mart_activity_daily drop column stickiness;
            drop view marts.mart_conversion_daily;
            create table marts.dim_channel as select 'organic' as channel;
            """,
        ),
    )
    found = compare_releases(settings, release.name, second.release_id, limit=100)
    assert found.marts == (
        MartDifference("dim_channel", 1, 0, 0, ("channel",), ()),
        MartDifference("mart_activity_daily", 0, 0, 0, ("wau_7",), ("stickiness",)),
        MartDifference(
            "mart_conversion_daily", 0, 1, 0, (), ("business_date", "currency", "scope_type", "scope_id", "gross_amount", "present_members")
        ),
    )


def test_marts_with_equal_digests_are_not_read(settings: Settings, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = publish_release(settings, second_candidate(settings, ""))

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(compare, "_compare_mart", fail)
    assert compare_releases(settings, release.name, second.release_id, limit=1).marts == ()
