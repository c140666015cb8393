"""What an installation gets: the versions, every file of the package, and what it imports."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = {
    name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()
}
OPTIONAL = [wanted for extra in EXTRAS.values() for wanted in extra if wanted.name != PROJECT["name"]]
# Not in requirements.txt, which a host installs: CI has these from requirements-dev.txt.
TESTED_ONLY = EXTRAS["mlflow"]


def pins(file):
    """Version by name, of a file of pins."""
    lines = (
        line.partition("#")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
    )
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    assert all(len(pin.specifier) == 1 and str(pin.specifier).startswith("==") for pin in found)
    assert not [pin.name for pin in found if pin.extras], "pip takes no extras in constraints"
    return {canonicalize_name(pin.name): Version(str(pin.specifier)[2:]) for pin in found}


def named(requirements):
    return {canonicalize_name(wanted.name) for wanted in requirements}


def distributions_imported(paths):
    """Names of the distributions whose packages some files import, at their top or inside a function."""
    known = packages_distributions()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for top in {module.split(".")[0] for module in modules} - {"explorer"}:
                if top not in sys.stdlib_module_names:
                    homes = known.get(top, [top])  # several distributions share the package mlflow
                    yield canonicalize_name(top if top in homes else homes[0])


@pytest.mark.slow
def test_what_the_package_imports_it_asks_for():
    ui = ROOT / "explorer" / "ui"
    inside = {path for path in (ROOT / "explorer").rglob("*.py") if ui not in path.parents}
    # pandas for its types alone; datasets and MLflow where someone asks for what only it reads.
    assert set(distributions_imported(inside)) <= named(NEEDED) | {"pandas"} | named(
        EXTRAS["datasets"]
    ) | named(TESTED_ONLY)
    dashboard = [*ui.rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "streamlit_app.py"]
    assert set(distributions_imported(dashboard)) <= named(NEEDED) | named(EXTRAS["app"])


@pytest.mark.parametrize("wanted", [*NEEDED, *OPTIONAL], ids=lambda wanted: wanted.name)
def test_each_range_has_a_pin_within_it(wanted):
    pinned = pins("requirements-dev.txt" if wanted in TESTED_ONLY else "requirements.txt")
    assert wanted.specifier.contains(pinned[canonicalize_name(wanted.name)])


def test_each_pin_is_asked_for():
    by_streamlit = {"orjson", "httptools", "uvloop"}
    wanted = named(NEEDED) | named(OPTIONAL) - named(TESTED_ONLY)
    assert pins("requirements.txt").keys() - by_streamlit == wanted


def test_mlflow_is_a_current_one():
    (wanted,) = (each for each in EXTRAS["mlflow"] if each.name == "mlflow")
    assert not wanted.specifier.contains("3.16.1")
    assert Version(version("mlflow")) >= Version("3.17")
    assert Version(version("mlflow")) == pins("requirements-dev.txt")["mlflow"]
    for name in ("pandas", "pyarrow"):  # what it might have moved
        assert Version(version(name)) == pins("requirements.txt")[name]


def test_pandas_and_pyarrow_are_tested_at_both_ends_of_their_ranges():
    oldest, newest = pins("requirements.txt"), pins("requirements-newest.txt")
    ranges = {wanted.name: wanted.specifier for wanted in [*NEEDED, *EXTRAS["app"]]}
    for name in ("pandas", "pyarrow"):
        low, end = (
            Version(part.version) for part in sorted(ranges[name], key=lambda part: part.operator)[::-1]
        )
        assert low == oldest[name]
        assert newest[name].major == end.major - 1


@pytest.mark.slow
def test_a_wheel_holds_the_whole_package_and_works_from_any_folder(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        archive.extractall(tmp_path / "site")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "explorer"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert held == {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    code = "import explorer; print(explorer.__file__, len(explorer.open_corpus('medicare-faq')))"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert told.stdout.split() == [str(tmp_path / "site" / "explorer" / "__init__.py"), "13"]
