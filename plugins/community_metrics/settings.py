"""The one place that reads the environment and `community_metrics.yml`.

Precedence: explicit argument, environment (prefix ``COMMUNITY_METRICS_``), the file in the home, default.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from community_metrics.errors import SettingsError
from community_metrics.yaml_text import load_yaml

PREFIX = "COMMUNITY_METRICS_"
CONFIG_NAME = "community_metrics.yml"
PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """What an untrusted file may cost. Sizes in bytes."""

    max_file_bytes: int = 4 * 2**30
    max_unpacked_bytes: int = 8 * 2**30
    # A workbook of repeated text compresses about 40 times and a chat archive 15 times; a bomb starts at 1,000.
    max_compression_ratio: int = 200
    max_archive_members: int = 200_000
    max_cell_characters: int = 262_144
    # Of a JSON document that is read in a stream, the largest piece that is held at once: a message, a page, an order.
    max_json_value_bytes: int = 16 * 2**20


@dataclass(frozen=True)
class Alerts:
    """Who is told (`connections` of Airflow), of what, and the address of the site that messages name."""

    connections: tuple[str, ...] = ()
    # A day and half a day: exports come once a day, and a night's delay is no incident.
    stale_after_hours: int = 36
    # Platforms deliver a day on the next one.
    missing_after_days: int = 1
    site: str = ""


@dataclass(frozen=True)
class Reports:
    """Which reports are written (`kinds`), in which language, and to which `connections` of Airflow they go; `pdf`: beside the page."""

    connections: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("day", "week", "month")
    language: str = "both"
    pdf: bool = False


@dataclass(frozen=True)
class Retention:
    """Which releases are kept: the newest `keep_releases`, and all that are younger than `keep_days`; what readers no longer see
    stays for `grace_hours` more, for those who hold its path. See `releases/retention.py`."""

    # A month to look back on and to roll back to, in days as in releases, whether there are several a day or one a week.
    keep_releases: int = 30
    keep_days: int = 35
    # A BI tool keeps a path for as long as its longest query or its nightly extract.
    grace_hours: int = 24


@dataclass(frozen=True)
class Backups:
    """Where the maintenance saves the home to, and how many of its backups stay there."""

    folder: Path | None = None
    keep: int = 7


@dataclass(frozen=True)
class Settings:
    """Everything that a command needs to know about its surroundings."""

    home: Path
    timezone: str = "Asia/Shanghai"
    week_start: str = "monday"
    definitions: Path = PROJECT_ROOT / "dbt_project" / "seeds"
    memory_limit: str = "4GB"
    daily_memory_limit: str = "1200MB"
    threads: int = 2
    required_sources: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    alerts: Alerts = field(default_factory=Alerts)
    reports: Reports = field(default_factory=Reports)
    backups: Backups = field(default_factory=Backups)
    retention: Retention = field(default_factory=Retention)

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def inbox(self) -> Path:
        return self.landing / "inbox"

    @property
    def ledger_path(self) -> Path:
        return self.landing / "ledger.sqlite"

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def own_templates(self) -> Path:
        """Templates that a team has written itself, beside those of the package."""
        return self.home / "templates"

    @property
    def quarantine(self) -> Path:
        return self.home / "quarantine"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse"

    @property
    def warehouse_path(self) -> Path:
        """The working database. Only the pipeline opens it; readers open a release."""
        return self.warehouse / "warehouse.duckdb"

    @property
    def ops_path(self) -> Path:
        """Tables about runs (schema `ops`): they survive rebuilds of the warehouse."""
        return self.warehouse / "ops.duckdb"

    @property
    def logs(self) -> Path:
        """One JSON line for each thing that a run said; not Airflow's own logs, which are in its home."""
        return self.home / "logs"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def current_release(self) -> Path:
        return self.published / "current"

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    def definition_file(self, name: str) -> Path:
        """A definition file: the folder's own before the project's."""
        own = self.definitions / name
        return own if own.exists() else PROJECT_ROOT / "dbt_project" / "seeds" / name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def id_key(self) -> bytes:
        """The pseudonymisation key; generated once into the home when none is given."""
        given = os.environ.get(PREFIX + "ID_KEY")
        if given:
            return given.encode()
        path = self.home / "id_key"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".id_key.{os.getpid()}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as handle:
                handle.write(secrets.token_hex(32))
            try:
                os.link(temporary, path)  # fails if another process was first: its key then holds
                print(
                    f"warning: generated a pseudonymisation key in {path}; keep it: without it, "
                    f"new exports cannot be joined to old ones (or set {PREFIX}ID_KEY)",
                    file=sys.stderr,
                )
            except FileExistsError:
                pass
            finally:
                temporary.unlink(missing_ok=True)
        return path.read_text().strip().encode()


def load_settings(home: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises `SettingsError` naming the variable or the file and key."""
    env = os.environ if environ is None else environ
    root = Path(home or env.get(PREFIX + "HOME") or "var").expanduser().resolve()
    config = _read_config(root / CONFIG_NAME)

    def pick(name: str, default: Any) -> Any:
        return env.get(PREFIX + name.upper()) or config.get(name, default)

    sources = config.get("sources", {})
    if not isinstance(sources, dict):
        raise SettingsError("`sources` must be a mapping", str(root / CONFIG_NAME), "write `sources: {orders: {required: true}}`")
    limits = config.get("limits", {})
    try:
        parsed_limits = Limits(**{name: int(value) for name, value in limits.items()})
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"`limits` is wrong: {error}", str(root / CONFIG_NAME), f"known limits: {', '.join(Limits.__dataclass_fields__)}"
        ) from error
    settings = Settings(
        home=root,
        timezone=str(pick("timezone", "Asia/Shanghai")),
        week_start=str(pick("week_start", "monday")).lower(),
        definitions=Path(str(pick("definitions", PROJECT_ROOT / "dbt_project" / "seeds"))).expanduser().resolve(),
        memory_limit=str(pick("memory_limit", "4GB")),
        daily_memory_limit=str(pick("daily_memory_limit", "1200MB")),
        threads=_positive(pick("threads", min(os.cpu_count() or 2, 8)), "threads"),
        required_sources=frozenset(name for name, options in sources.items() if (options or {}).get("required")),
        limits=parsed_limits,
        alerts=_alerts(config.get("alerts", {}), root / CONFIG_NAME),
        reports=_reports(config.get("reports", {}), root / CONFIG_NAME),
        backups=_backups(config.get("backups", {}), root / CONFIG_NAME),
        retention=_retention(config.get("retention", {}), env, root / CONFIG_NAME),
    )
    _check(settings)
    return settings


def _read_config(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = load_yaml(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"not valid YAML: {error}", str(path), "mend the file") from error
    if not isinstance(content, dict):
        raise SettingsError("must be a mapping of settings", str(path), "mend the file")
    known = {
        *("timezone", "week_start", "definitions", "memory_limit", "daily_memory_limit", "threads"),
        *("sources", "limits", "alerts", "reports", "backups", "retention"),
    }
    unknown = sorted(set(content) - known)
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}", str(path), f"known settings: {', '.join(sorted(known))}")
    return content


def _alerts(content: Any, path: Path) -> Alerts:
    known = Alerts.__dataclass_fields__
    if not isinstance(content, dict) or not set(content) <= set(known):
        raise SettingsError("`alerts` is wrong", str(path), f"known settings of alerts: {', '.join(known)}")
    return Alerts(
        connections=_connections(content, "alerts", path),
        stale_after_hours=_positive(content.get("stale_after_hours", Alerts.stale_after_hours), "alerts.stale_after_hours"),
        missing_after_days=_positive(content.get("missing_after_days", Alerts.missing_after_days), "alerts.missing_after_days"),
        site=str(content.get("site") or ""),
    )


def _reports(content: Any, path: Path) -> Reports:
    known = Reports.__dataclass_fields__
    if not isinstance(content, dict) or not set(content) <= set(known):
        raise SettingsError("`reports` is wrong", str(path), f"known settings of reports: {', '.join(known)}")
    kinds = content.get("kinds", list(Reports.kinds))
    if not isinstance(kinds, list) or not set(kinds) <= set(Reports.kinds):
        raise SettingsError("`reports.kinds` is wrong", str(path), f"a list of {', '.join(Reports.kinds)}")
    language, pdf = content.get("language", Reports.language), content.get("pdf", Reports.pdf)
    if language not in ("zh", "en", "both") or not isinstance(pdf, bool):
        raise SettingsError("`reports` is wrong", str(path), "language is zh, en or both; pdf is true or false")
    return Reports(_connections(content, "reports", path), tuple(kinds), language, pdf)


def _connections(content: dict[str, Any], section: str, path: Path) -> tuple[str, ...]:
    connections = content.get("connections") or []
    if not isinstance(connections, list) or not all(isinstance(name, str) and name for name in connections):
        raise SettingsError(f"`{section}.connections` must be a list of names", str(path), "name the connections of Airflow")
    return tuple(connections)


def _retention(config: Any, env: Mapping[str, str], path: Path) -> Retention:
    names = list(Retention.__dataclass_fields__)
    if not isinstance(config, dict) or set(config) - set(names):
        raise SettingsError("`retention` is wrong", str(path), f"known: {', '.join(names)}")
    given = {name: env.get(PREFIX + name.upper()) or config.get(name) for name in names}
    defaults = Retention()
    chosen = {name: getattr(defaults, name) if value is None else value for name, value in given.items()}
    try:
        grace_hours = int(chosen["grace_hours"])
    except (TypeError, ValueError):
        grace_hours = -1
    if grace_hours < 0:
        raise SettingsError(
            f"grace_hours must be 0 or more hours, not {chosen['grace_hours']!r}", PREFIX + "GRACE_HOURS", "mend the setting"
        )
    return Retention(_positive(chosen["keep_releases"], "keep_releases"), _positive(chosen["keep_days"], "keep_days"), grace_hours)


def _backups(content: Any, path: Path) -> Backups:
    if not isinstance(content, dict) or not set(content) <= {"folder", "keep"} or not isinstance(content.get("folder", ""), str):
        raise SettingsError("`backups` is wrong", str(path), "write `backups: {folder: /backups, keep: 7}`")
    folder = Path(content["folder"]).expanduser() if content.get("folder") else None
    if folder is not None and not folder.is_absolute():
        raise SettingsError(f"`backups.folder` is not absolute: {folder}", str(path), "begin it with /")
    return Backups(folder, _positive(content.get("keep", Backups.keep), "backups.keep"))


def _positive(value: Any, name: str) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1:
        raise SettingsError(f"{name} must be a positive whole number, not {value!r}", PREFIX + name.upper(), "mend the setting")
    return number


def _check(settings: Settings) -> None:
    if settings.week_start not in ("monday", "sunday"):
        raise SettingsError(f"week_start must be monday or sunday, not {settings.week_start!r}", PREFIX + "WEEK_START", "mend the setting")
    try:
        ZoneInfo(settings.timezone)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"unknown time zone {settings.timezone!r}", PREFIX + "TIMEZONE", "use an IANA name such as Asia/Shanghai"
        ) from error
