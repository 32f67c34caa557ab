"""Superset's settings, read without it: no secret has a default, nothing is loaded from elsewhere, nothing but the marts is read."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from community_metrics.releases.marts import SCHEMA
from community_metrics.serving.superset.naming import DATABASE_NAME
from community_metrics.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "deploy" / "superset"
SECRETS = ("superset_secret_key", "superset_database_password")


def config(monkeypatch: pytest.MonkeyPatch, folder: Path, **environment: str) -> dict[str, Any]:
    for name in (*SECRETS, "superset_metadata_uri", "superset_home", "superset_behind_tls"):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("COMMUNITY_METRICS_SECRETS", str(folder))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(FOLDER / "superset_config.py"))


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    for name in SECRETS:
        (tmp_path / name).write_text(f"{name}/@\n")
    return tmp_path


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("content", [None, "", "\n"])
def test_nothing_starts_without_a_secret(secrets: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str | None) -> None:
    (secrets / name).unlink()
    if content is not None:
        (secrets / name).write_text(content)
    with pytest.raises(SystemExit, match=f"the secret {name} is missing or empty .* scripts/make-secrets.sh makes it"):
        config(monkeypatch, secrets)


def test_secrets_are_files_and_superset_has_a_database_of_its_own(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = config(monkeypatch, secrets)
    assert made["SECRET_KEY"] == "superset_secret_key/@"
    assert made["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg2://superset:superset_database_password%2F%40@postgres:5432/superset"


def test_on_one_machine_variables_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = config(
        monkeypatch, tmp_path, SUPERSET_SECRET_KEY="key", SUPERSET_METADATA_URI="sqlite:////tmp/x.db", SUPERSET_HOME="/srv/superset"
    )
    assert (made["SECRET_KEY"], made["SQLALCHEMY_DATABASE_URI"]) == ("key", "sqlite:////tmp/x.db")
    assert made["DATA_CACHE_CONFIG"]["CACHE_DIR"] == "/srv/superset/cache"


def test_pages_load_nothing_from_elsewhere(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = config(monkeypatch, secrets)
    assert made["TALISMAN_ENABLED"] is True
    policy = made["TALISMAN_CONFIG"]["content_security_policy"]
    sources = {source for allowed in policy.values() for source in ([allowed] if isinstance(allowed, str) else allowed)}
    assert sources == {"'self'", "'none'", "'strict-dynamic'", "'unsafe-inline'", "blob:", "data:"}
    assert "'unsafe-inline'" not in policy["script-src"]
    assert made["THEME_FONT_URL_ALLOWED_DOMAINS"] == []


def test_chinese_comes_first_and_english_is_there(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = config(monkeypatch, secrets)
    assert made["BABEL_DEFAULT_LOCALE"] == "zh"
    assert list(made["LANGUAGES"]) == ["zh", "en"]


def test_persons_are_not_asked_for_and_superset_s_own_refusals_stay(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, functions = {"postgresql": {"pg_shadow"}}, {"postgresql": {"pg_read_file"}}
    config(monkeypatch, secrets)["FLASK_APP_MUTATOR"](
        SimpleNamespace(config={"DISALLOWED_SQL_TABLES": tables, "DISALLOWED_SQL_FUNCTIONS": functions})
    )
    assert tables == {"postgresql": {"pg_shadow", "dim_member"}, "duckdb": {"dim_member"}}
    assert functions == {"postgresql": {"pg_read_file"}, "duckdb": {"query", "query_table"}}


def test_cookies_are_for_tls_behind_it(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config(monkeypatch, secrets)["SESSION_COOKIE_SECURE"] is False
    behind = config(monkeypatch, secrets, SUPERSET_BEHIND_TLS="1")
    assert behind["SESSION_COOKIE_SECURE"] is True and behind["TALISMAN_CONFIG"]["session_cookie_secure"] is True


def test_the_reader_s_role_names_the_schema_as_the_bundle_does() -> None:
    text = (FOLDER / "prepare.py").read_text(encoding="utf-8")
    assert f"[{DATABASE_NAME}].[{SCHEMA}]" in text


def test_the_lock_holds_what_makes_superset_start() -> None:
    lock = (PROJECT_ROOT / "requirements-superset.txt").read_text(encoding="utf-8")
    pins = dict(line.rstrip(" \\").split("==") for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#")))
    assert pins["apache-superset"] == "6.1.0"
    assert (pins["flask-caching"], pins["cachelib"]) == ("2.4.1", "0.13.0")
    assert {"rich", "cachetools", "gunicorn", "psycopg2-binary", "duckdb-engine"} <= set(pins)
    served = (PROJECT_ROOT / "requirements-server.txt").read_text(encoding="utf-8")
    assert f"duckdb=={pins['duckdb']} " in served, "Superset reads the file with the version that wrote it"
