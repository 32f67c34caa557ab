"""Superset's settings. Passwords and keys are files of /run/secrets, or variables of the same names in capitals; none has a default.

Nothing of Superset is imported here, so that a test can read this file without it.
"""

import os
from pathlib import Path
from urllib.parse import quote


def secret(name: str) -> str:
    path = Path(os.environ.get("COMMUNITY_METRICS_SECRETS", "/run/secrets")) / name
    found = os.environ.get(name.upper()) or (path.read_text(encoding="utf-8") if path.is_file() else "")
    if not found.strip():
        raise SystemExit(f"error: the secret {name} is missing or empty - {path} - scripts/make-secrets.sh makes it, or set {name.upper()}")
    return found.strip()


def _metadata() -> str:
    """Where Superset keeps dashboards and users: its own database in Postgres, unless another address is given."""
    given = os.environ.get("SUPERSET_METADATA_URI")
    host = os.environ.get("COMMUNITY_METRICS_DATABASE_HOST", "postgres")
    return given or f"postgresql+psycopg2://superset:{quote(secret('superset_database_password'), safe='')}@{host}:5432/superset"


_HOME = Path(os.environ.get("SUPERSET_HOME", "/var/lib/superset"))

# Signs sessions and encrypts the passwords of databases.
SECRET_KEY = secret("superset_secret_key")
GUEST_TOKEN_JWT_SECRET = SECRET_KEY
SQLALCHEMY_DATABASE_URI = _metadata()

# --- languages: Chinese unless somebody chooses another
BABEL_DEFAULT_LOCALE = "zh"
LANGUAGES = {"zh": {"flag": "cn", "name": "中文"}, "en": {"flag": "us", "name": "English"}}
APP_NAME = "社群指标仓库 · Community Metrics"

# --- what pages may load: from this server and nowhere else. Superset's own list names telemetry, maps and fonts of other hosts.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": ["'self'"],
        "base-uri": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'", "data:"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "object-src": "'none'",
        "script-src": ["'self'", "'strict-dynamic'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "worker-src": ["'self'", "blob:"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    # TLS ends at the proxy before it (docs/deploy.md).
    "force_https": False,
    "session_cookie_secure": os.environ.get("SUPERSET_BEHIND_TLS", "") == "1",
}
SESSION_COOKIE_SECURE = TALISMAN_CONFIG["session_cookie_secure"]
ENABLE_PROXY_FIX = True
ENABLE_CORS = False
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []
ENABLE_UI_THEME_ADMINISTRATION = False
FAB_API_SWAGGER_UI = False

# --- who may what
AUTH_USER_REGISTRATION = False
PUBLIC_ROLE_LIKE = None
RATELIMIT_ENABLED = True
RATELIMIT_STORAGE_URI = "memory://"
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "10 per minute"
FEATURE_FLAGS = {"ALERT_REPORTS": False, "EMBEDDED_SUPERSET": False, "ENABLE_TEMPLATE_PROCESSING": False, "THUMBNAILS": False}
PREVENT_UNSAFE_DB_CONNECTIONS = True
ALLOWED_USER_CSV_SCHEMA_FUNC = lambda database, user: []  # noqa: E731 - the form that Superset asks for

# --- queries: here and now, without a worker beside
CELERY_CONFIG = None
RESULTS_BACKEND = None
SQLLAB_TIMEOUT = 30
SUPERSET_WEBSERVER_TIMEOUT = 60
SQL_MAX_ROW = 100_000

# Besides what the database itself refuses: no list of persons, be it under pseudonyms, nor a function that takes SQL as a text.
_TABLES_OF_PERSONS = {"dim_member"}
_SQL_AS_TEXT = {"query", "query_table"}


def FLASK_APP_MUTATOR(app) -> None:
    """Adds to Superset's own lists, which a setting of the same name would replace."""
    for engine in ("postgresql", "duckdb"):
        app.config["DISALLOWED_SQL_TABLES"].setdefault(engine, set()).update(_TABLES_OF_PERSONS)
    app.config["DISALLOWED_SQL_FUNCTIONS"].setdefault("duckdb", set()).update(_SQL_AS_TEXT)


# --- caches: a day, on the disk. The key of an entry holds the state of its dataset, which changes with every release.
CACHE_CONFIG = {
    "CACHE_TYPE": "FileSystemCache",
    "CACHE_DIR": str(_HOME / "cache"),
    "CACHE_DEFAULT_TIMEOUT": 86_400,
    "CACHE_THRESHOLD": 5_000,
    "CACHE_KEY_PREFIX": "superset_",
}
DATA_CACHE_CONFIG = CACHE_CONFIG | {"CACHE_KEY_PREFIX": "superset_data_"}
STORE_CACHE_KEYS_IN_METADATA_DB = False
