"""The set-up script: versions, registries, hashes, and doing nothing twice."""

from __future__ import annotations

import importlib.util
import io
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

from community_metrics.settings import PROJECT_ROOT


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", PROJECT_ROOT / "scripts" / "bootstrap.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_another_python_is_refused_with_what_to_do(bootstrap: ModuleType) -> None:
    bootstrap.check_python((3, 11))
    with pytest.raises(
        bootstrap.SetupError, match=r"Python 3\.11 is needed, this is 3\.9 - .* - install it, or name it: make setup PYTHON="
    ):
        bootstrap.check_python((3, 9))


def test_the_installer_uses_the_registries_that_pip_was_told(bootstrap: ModuleType) -> None:
    pip = {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "file:///one file:///two",
        "find-links": "/a /b",
        "cert": "/ca.pem",
    }
    assert bootstrap.registry_settings(pip, {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "file:///one file:///two",
        "UV_FIND_LINKS": "/a,/b",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/ca.pem",
    }


def test_an_installer_that_was_told_itself_is_left_alone(bootstrap: ModuleType) -> None:
    environment = {"UV_DEFAULT_INDEX": "https://own.example/simple", "XDG_CONFIG_HOME": "/nonexistent"}
    assert bootstrap.registry_settings({"index-url": "https://mirror.example/simple"}, environment) == {}


def test_without_any_configuration_nothing_is_set(bootstrap: ModuleType) -> None:
    assert bootstrap.registry_settings({}, {"XDG_CONFIG_HOME": "/nonexistent"}) == {}


def test_no_registry_is_named_in_what_is_installed_from() -> None:
    installed = ("requirements.lock", "requirements-server.txt", "requirements-superset.txt", "requirements-bootstrap.txt")
    asked = ("requirements.in", "requirements-server.in", "requirements-superset.in")
    for name in (*installed, *asked, "scripts/bootstrap.py", "Makefile", "Dockerfile", "deploy/superset/Dockerfile"):
        text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
        assert "http://" not in text and "https://" not in text, name
        assert "--index-url" not in text, name


def test_everything_that_is_installed_is_pinned_by_a_hash() -> None:
    for name in ("requirements.lock", "requirements-server.txt", "requirements-superset.txt", "requirements-bootstrap.txt"):
        requirements = (PROJECT_ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        pinned = [line for line in requirements if line and not line.startswith("#")]
        assert pinned, name
        assert all("==" in line and "--hash=sha256:" in line for line in pinned), name


def test_a_package_with_other_bytes_is_not_placed(bootstrap: ModuleType, tmp_path: Path) -> None:
    content = b"alert(1)"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("package/dist/echarts.min.js")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    buffer.seek(0)
    target = tmp_path / "echarts.min.js"
    with tarfile.open(fileobj=buffer) as archive, pytest.raises(bootstrap.SetupError, match="is not the file this project was tested with"):
        bootstrap.place_checked(archive, "package/dist/echarts.min.js", target, "0" * 64)
    assert not target.exists()


def test_what_was_done_for_the_same_inputs_is_not_done_again(bootstrap: ModuleType, tmp_path: Path) -> None:
    product, stamp, calls = tmp_path / "product", tmp_path / "stamp", []

    def work() -> None:
        calls.append(1)
        product.touch()

    for wanted in ("a", "a", "b"):
        bootstrap.once(stamp, wanted, product, "working", work)
    assert len(calls) == 2


def test_work_that_failed_is_done_again(bootstrap: ModuleType, tmp_path: Path) -> None:
    product, stamp = tmp_path / "product", tmp_path / "stamp"
    bootstrap.once(stamp, "a", product, "working", product.touch)

    def fail() -> None:
        raise bootstrap.SetupError("no", "here", "try")

    with pytest.raises(bootstrap.SetupError):
        bootstrap.once(stamp, "b", product, "working", fail)
    assert not stamp.exists()
