"""The bundle that Superset imports: a zip of YAML files, the same bytes for the same definitions, database and release."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import yaml

from community_metrics.errors import UsageError
from community_metrics.metrics.registry import project_registry
from community_metrics.releases.contents import DATABASE_NAME as DATABASE_FILE
from community_metrics.serving.superset.charts import chart_file
from community_metrics.serving.superset.datasets import dataset_file, project_datasets, site_words
from community_metrics.serving.superset.declared import Dashboard, load_dashboards
from community_metrics.serving.superset.layout import dashboard_file
from community_metrics.serving.superset.naming import DATABASE_NAME, FOLDER, identity
from community_metrics.settings import Settings

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_ROOT = "community_metrics"
_DATABASE_MEMBER = "databases/community_metrics.yaml"
# What Superset writes instead of a password, and fills in from the `passwords` of the import.
_MASK = "XXXXXXXXXX"
# Nobody may change how DuckDB reads: no other file, no writing, no extension, and no SQL that would allow them again.
_LOCKED = "access_mode=read_only&enable_external_access=false&lock_configuration=true"
# The first date that a zip file can say.
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Source:
    """The database as Superset reaches it: an address of SQLAlchemy without a password, and the password."""

    address: str
    password: str | None = None

    def __repr__(self) -> str:
        return f"Source({self.address!r})"


@dataclass(frozen=True)
class Bundle:
    """`content`: the zip file; `digest`: sha256 of it; `passwords`: what its import needs besides."""

    content: bytes
    dashboards: tuple[Dashboard, ...]
    passwords: dict[str, str]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def released_file(settings: Settings) -> Source:
    """The DuckDB file of whatever release is current, opened so that SQL can read its tables and nothing else."""
    # Not quoted: SQLAlchemy takes the path as it stands.
    return Source(f"duckdb:///{(settings.current_release / DATABASE_FILE).absolute()}?{_LOCKED}")


def postgres_source(uri: str) -> Source:
    """From `postgresql://user:password@host:port/database`, as Superset reaches it. Raises `UsageError` for anything else."""
    try:
        parts = urlsplit(uri)
        port = parts.port or 5432
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme.partition("+")[0] not in ("postgres", "postgresql") or not parts.hostname or not parts.username:
        raise UsageError("not an address of a Postgres", "", "write postgresql://user:password@host:5432/database")
    user = quote(unquote(parts.username), safe="")
    secret = f":{_MASK}" if parts.password else ""
    address = f"postgresql+psycopg2://{user}{secret}@{parts.hostname}:{port}{parts.path}"
    return Source(address, unquote(parts.password) if parts.password else None)


def make_bundle(source: Source, release: str, folder: Path = FOLDER) -> Bundle:
    """All dashboards over one database. `release`: what its numbers come from, for readers and for the caches.

    Raises `SettingsError` for a wrong dashboard.
    """
    registry = project_registry()
    datasets = project_datasets(registry)
    dashboards = load_dashboards(registry, datasets, folder)
    words = site_words()
    database = identity("database", _ROOT)
    files: dict[str, Any] = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets"},
        _DATABASE_MEMBER: _database_file(source, database),
    }
    for dataset in datasets.values():
        name = f"datasets/{_ROOT}/{dataset.mart.name}.yaml"
        files[name] = dataset_file(dataset, registry, words, database, release)
    for dashboard in dashboards:
        for chart in dashboard.charts:
            files[f"charts/{dashboard.name}_{chart.key}.yaml"] = chart_file(chart, datasets[chart.mart], registry)
        files[f"dashboards/{dashboard.name}.yaml"] = dashboard_file(dashboard, datasets)
    passwords = {_DATABASE_MEMBER: source.password} if source.password else {}
    return Bundle(_zipped(files), dashboards, passwords)


def _database_file(source: Source, uuid: str) -> dict[str, Any]:
    return {
        "database_name": DATABASE_NAME,
        "sqlalchemy_uri": source.address,
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": uuid,
        "version": "1.0.0",
        "is_managed_externally": True,
    }


def _zipped(files: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(f"{_ROOT}/{name}", _DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, yaml.dump(files[name], Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=140))
    return buffer.getvalue()
