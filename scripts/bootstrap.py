"""Builds `.venv/` from the lock, fetches the chart library, documents the models. Standard library only: it runs before all else.

    python3.11 scripts/bootstrap.py          what `make setup` does; a second of work when nothing changed
    python3.11 scripts/bootstrap.py --lock   what `make lock` does: requirements.in -> requirements.lock
    python3.11 scripts/bootstrap.py --charts only the chart library, with the npm on the PATH: what the image's build does
    python3.11 scripts/bootstrap.py --superset   requirements-superset.txt -> build/superset/, for Superset on this machine
    python3.11 scripts/bootstrap.py --axe    only the accessibility checker of the browser tests: what `make test-browser` does

Registries are those of the machine's own pip and npm configuration. Everything that is installed is pinned and checked
against a hash in this repository, so that a registry decides where a package comes from but not what it contains.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON_VERSION = (3, 11)
VENV = ROOT / ".venv"
BOOTSTRAP_VENV = ROOT / "build" / "bootstrap"
BOOTSTRAP_LOCK = ROOT / "requirements-bootstrap.txt"
LOCK = ROOT / "requirements.lock"
SERVER_LOCK = ROOT / "requirements-server.txt"
SUPERSET_LOCK = ROOT / "requirements-superset.txt"
SUPERSET_VENV = ROOT / "build" / "superset"

# npm package, target folder, member of the package -> (name in the folder, sha256)
NpmPackage = tuple[str, Path, Mapping[str, tuple[str, str]]]
CHARTS: NpmPackage = (
    "echarts@6.1.0",
    ROOT / "dashboards" / "assets" / "vendor",
    {
        "package/dist/echarts.min.js": ("echarts.min.js", "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"),
        "package/LICENSE": ("echarts.LICENSE.txt", "634293835b43a6dd2094fa39182a3d9a6b9ca43b7fdb9ac354e8037af2a3093a"),
        "package/NOTICE": ("echarts.NOTICE.txt", "d491d358344f842685c1b1585970999db65fe30ecf7ef3867af8814f4016c016"),
    },
)
# For tests alone: it is in no page and no image.
AXE: NpmPackage = (
    "axe-core@4.14.1",
    ROOT / "build" / "axe",
    {"package/axe.min.js": ("axe.min.js", "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c")},
)


class SetupError(Exception):
    """Set-up cannot go on: what, where, what to do."""

    def __init__(self, what: str, where: str, remedy: str) -> None:
        super().__init__(f"{what} - {where} - {remedy}")


def main(arguments: list[str]) -> int:
    try:
        check_python(sys.version_info[:2])
        only = {"--charts": CHARTS, "--axe": AXE}
        if len(arguments) == 1 and arguments[0] in only:
            fetch(only[arguments[0]])
            return 0
        uv = bootstrap_uv()
        if arguments == ["--lock"]:
            write_locks(uv)
            return 0
        if arguments == ["--superset"]:
            build_superset(uv)
            return 0
        if arguments:
            raise SetupError(
                f"unknown argument {' '.join(arguments)}", "scripts/bootstrap.py", "give none, --lock, --charts, --axe or --superset"
            )
        build_environment(uv)
        fetch(CHARTS)
        document_models()
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def check_python(version: tuple[int, ...]) -> None:
    if version != PYTHON_VERSION:
        wanted, found = (".".join(map(str, parts)) for parts in (PYTHON_VERSION, version))
        remedy = f"install it, or name it: make setup PYTHON=/path/to/python{wanted}"
        raise SetupError(f"Python {wanted} is needed, this is {found}", sys.executable, remedy)


def bootstrap_uv() -> Path:
    """The pinned installer, in an environment of its own so that it never stands among the project's packages."""
    uv = BOOTSTRAP_VENV / "bin" / "uv"

    def install() -> None:
        shutil.rmtree(BOOTSTRAP_VENV, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(BOOTSTRAP_VENV)], "install the venv module of this Python (on Debian: python3.11-venv)")
        pip = [str(BOOTSTRAP_VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", str(BOOTSTRAP_LOCK)], "check that pip reaches a package registry (`pip config list`)")

    once(BOOTSTRAP_VENV / ".stamp", fingerprint(BOOTSTRAP_LOCK), uv, "bootstrapping the installer", install)
    return uv


def build_environment(uv: Path) -> None:
    """`.venv/` with exactly what the lock names, and the project itself, editable, for its console script."""

    def install() -> None:
        environment = registry_environment() | {"VIRTUAL_ENV": str(VENV)}
        if not (VENV / "bin" / "python").exists():
            run(
                [str(uv), "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)],
                "remove .venv and run make setup again",
                environment,
            )
        remedy = "check that the registry of `pip config list` holds the versions of requirements.lock"
        # Compiled now: uncompiled, every one of Airflow's processes needs seconds more to start (7 instead of 2 for `import airflow`).
        run([str(uv), "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", str(LOCK)], remedy, environment)
        run([str(uv), "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], remedy, environment)

    wanted = fingerprint(LOCK, ROOT / "pyproject.toml", extra=f"{ROOT} {sys.executable}")
    once(VENV / ".stamp", wanted, VENV / "bin" / "community-metrics", "installing the locked packages into .venv", install)


def build_superset(uv: Path) -> None:
    """`build/superset/` with exactly what Superset's lock names: its packages and the project's cannot stand in one environment."""

    def install() -> None:
        environment = registry_environment() | {"VIRTUAL_ENV": str(SUPERSET_VENV)}
        remedy = "check that the registry of `pip config list` holds the versions of requirements-superset.txt"
        run([str(uv), "venv", "--quiet", "--clear", "--python", sys.executable, str(SUPERSET_VENV)], remedy, environment)
        run([str(uv), "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", str(SUPERSET_LOCK)], remedy, environment)

    wanted = fingerprint(SUPERSET_LOCK, extra=sys.executable)
    once(SUPERSET_VENV / ".stamp", wanted, SUPERSET_VENV / "bin" / "superset", "installing Superset into build/superset", install)


def fetch(wanted: NpmPackage) -> None:
    """Files of a package of the npm registry into a git-ignored folder; nothing is loaded from outside at run time."""
    package, folder, files = wanted
    if all(digest_of(folder / name) == digest for name, digest in files.values()):
        return
    npm = shutil.which("npm") or str(VENV / "bin" / "npm")
    announce(f"fetching {package}")
    with tempfile.TemporaryDirectory() as scratch:
        # Run in the scratch folder: no package.json of the surroundings may change what is packed.
        remedy = "check that npm reaches a package registry (`npm config get registry`)"
        run([npm, "pack", package, "--silent", "--ignore-scripts"], remedy, cwd=Path(scratch))
        archives = list(Path(scratch).glob("*.tgz"))
        if len(archives) != 1:
            raise SetupError(f"npm packed {len(archives)} archives instead of one", package, f"run `npm pack {package}` by hand")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archives[0]) as archive:
            for member, (name, digest) in files.items():
                place_checked(archive, member, folder / name, digest)


def document_models() -> None:
    """dbt's page of the models, which releases take along; it looks itself whether the project has changed."""
    run([str(VENV / "bin" / "python"), "-m", "community_metrics.warehouse.project_docs"], "mend the dbt project: `dbt parse` says more")


def place_checked(archive: tarfile.TarFile, member: str, target: Path, digest: str) -> None:
    """Write one member of the archive, but only if its bytes are the expected ones."""
    try:
        handle = archive.extractfile(member)
    except KeyError:
        handle = None
    content = handle.read() if handle else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise SetupError(f"{member} is not the file this project was tested with", target.name, "do not use what this registry serves")
    temporary = target.with_name(target.name + ".part")
    temporary.write_bytes(content)
    temporary.replace(target)


def write_locks(uv: Path) -> None:
    """Exact versions and hashes of everything, with no registry named: whoever installs has a registry of their own."""
    environment = registry_environment()
    version = ".".join(map(str, PYTHON_VERSION))
    plain = ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--python-version", version]
    # The server's last: what it installs is what the tests ran with, so its versions are those of the whole lock.
    for target in (BOOTSTRAP_LOCK, ROOT / "requirements-audit.txt", SUPERSET_LOCK, LOCK, SERVER_LOCK):
        source = target.with_suffix(".in")
        constraints = ["-c", str(LOCK)] if target == SERVER_LOCK else []
        announce(f"locking {source.name} -> {target.name}")
        run(
            [str(uv), "pip", "compile", "--quiet", *plain, *constraints, str(source), "--output-file", str(target)],
            "read what the resolver says above",
            environment,
        )


def registry_environment() -> dict[str, str]:
    """The environment in which the installer asks the registries that pip was told of."""
    return os.environ | registry_settings(pip_configuration(), os.environ)


def registry_settings(pip: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """What pip was told about registries, in the installer's own variables; empty where the installer was told itself.

    All of pip's registries are equal, as they are to pip: the hashes of the lock decide which file is taken.
    """
    user_file = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "uv" / "uv.toml"
    if any(name.startswith("UV_") and "INDEX" in name for name in environment) or user_file.exists():
        return {}
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS"}
    settings = {target: pip[name] for name, target in names.items() if pip.get(name)}
    if "UV_FIND_LINKS" in settings:
        settings["UV_FIND_LINKS"] = ",".join(settings["UV_FIND_LINKS"].split())
    if settings:
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if pip.get("cert") and not environment.get("SSL_CERT_FILE"):
        settings["SSL_CERT_FILE"] = pip["cert"]
    return settings


def pip_configuration() -> dict[str, str]:
    """pip's effective settings for an installation: environment over `[install]` over `[global]`."""
    python = BOOTSTRAP_VENV / "bin" / "python"
    listed = subprocess.run([str(python), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    levels: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        level, _, name = key.partition(".")
        if level in levels:
            levels[level][name] = str(ast.literal_eval(value))
    return levels["global"] | levels["install"] | levels[":env:"]


def once(stamp: Path, wanted: str, product: Path, title: str, action: Callable[[], None]) -> None:
    """Do the work unless the stamp says that exactly this was done; the stamp is written last."""
    if product.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    announce(title)
    stamp.unlink(missing_ok=True)
    action()
    stamp.write_text(wanted)


def fingerprint(*paths: Path, extra: str = "") -> str:
    digest = hashlib.sha256(extra.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def digest_of(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def announce(text: str) -> None:
    print(f"setup: {text}", flush=True)


def run(command: list[str], remedy: str, environment: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    try:
        code = subprocess.run(command, env=environment, cwd=cwd, stdout=subprocess.DEVNULL, check=False).returncode
    except OSError as error:
        raise SetupError(f"could not be started: {error}", command[0], remedy) from error
    if code:
        raise SetupError(f"exit code {code}", " ".join(command), remedy)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
