"""Who may import whom, read from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tests.conftest import ROOT

# Each layer may import those before it. The face and the errors have no layer: see below.
LAYERS = [
    "tensor",
    "jobs",
    "hub",
    "mlflow_store",
    "data",
    "encode",
    "analysis",
    "comparison",
    "retrieval",
    "classification",
    "share",
    "record",
    "embedding",
    "saved_space",
    "splitting",
    "warm_up",
    "evaluation",
    "tracking",
    "named_contenders",
    "command_line",
    "__main__",
    "session",
    "ui",
]
EVERYONE = {"errors", "numbers", "scratch", "settings"}
SOURCES = sorted((ROOT / "explorer").rglob("*.py"))
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in SOURCES
}
# Inside ui, the shell imports neither widgets nor pages, widgets import the shell, and a page imports both,
# but no other page.
UI_ORDER = ["shell", "widgets"]


def imports(path):
    """Modules a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def own_imports():
    """For each module the modules of Explorer it imports: anywhere, also only for their types."""
    found = {}
    for name, path in MODULES.items():
        named = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                # `from package import module` names a module as well.
                named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        found[name] = named & MODULES.keys() - {name}
    return found


def circles(graph):
    """The groups of modules that import one another, directly or through others."""
    names = sorted(graph)
    place = {name: number for number, name in enumerate(names)}
    edges = [(place[name], place[other]) for name in names for other in graph[name]]
    rows, columns = np.array(edges or np.empty((0, 2), int)).T
    matrix = coo_array((np.ones(len(edges)), (rows, columns)), shape=(len(names), len(names)))
    _, group = connected_components(matrix, connection="strong")
    members = [[names[row] for row in np.flatnonzero(group == number)] for number in np.unique(group)]
    return {frozenset(group) for group in members if len(group) > 1}


def ui_room(name):
    """The folder below ui that a module is in; None outside of them."""
    parts = name.split(".")
    return parts[2] if parts[:2] == ["explorer", "ui"] and len(parts) > 2 else None


def layer(path):
    return path.relative_to(ROOT / "explorer").parts[0].removesuffix(".py")


def test_every_room_has_its_layer():
    assert {layer(path) for path in SOURCES} <= {*LAYERS, *EVERYONE, "__init__"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards(path):
    here = layer(path)
    for module in imports(path):
        parts = module.split(".")
        if parts[0] != "explorer" or here == "__init__":
            continue
        there = parts[1] if len(parts) > 1 else ""
        if there in EVERYONE or there == here:
            continue
        assert here in LAYERS, f"{path.name} may import nothing of Explorer but {EVERYONE}, not {module}"
        assert there in LAYERS[: LAYERS.index(here)], f"{here} imports {module}"


@pytest.mark.slow
def test_no_modules_import_one_another():
    assert not circles(own_imports())


def test_a_circle_is_found_however_long():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"f"}, "f": {"e"}}
    assert circles(graph) == {frozenset("abc"), frozenset("ef")}
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == set()
    assert circles({"a": set()}) == set()


@pytest.mark.slow
def test_imports_inside_ui_go_from_pages_to_widgets_to_the_shell():
    found = set()
    for name, imported in own_imports().items():
        here = ui_room(name)
        for other in imported:
            there = ui_room(other)
            if here is None or there in (None, here):
                continue
            below = UI_ORDER[: UI_ORDER.index(here)] if here in UI_ORDER else UI_ORDER
            if there not in below:
                found.add((name, other))
    assert not found


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if layer(path) != "ui"], ids=lambda path: path.name
)
def test_only_ui_imports_streamlit(path):
    assert not [module for module in imports(path) if module.split(".")[0] == "streamlit"]


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if layer(path) == "tensor"], ids=lambda path: path.name
)
def test_the_tensor_core_knows_torch_and_numpy_only(path):
    allowed = {*sys.stdlib_module_names, "torch", "numpy", "explorer"}
    assert {module.split(".")[0] for module in imports(path)} <= allowed
    assert "explorer.settings" not in set(imports(path))


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if layer(path) == "ui"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_what_draws_computes_no_similarity(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("explorer.tensor"):
            assert [alias.name for alias in node.names] == ["Metric"]  # a type


@pytest.mark.parametrize("page", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_pages_are_short_and_touch_no_tensor(page):
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 100
    assert not [module for module in imports(page) if module.split(".")[0] in ("torch", "numpy")]


def test_importing_explorer_brings_nothing_heavy():
    heavy = ["torch", "numpy", "pandas", "pyarrow", "transformers", "streamlit", "huggingface_hub"]
    code = f"import sys, explorer; print([name for name in {heavy} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "[]"


def test_everything_that_is_offered_can_be_had():
    import explorer

    for name in explorer.__all__:
        assert getattr(explorer, name) is not None
    assert sorted(explorer.__all__) == dir(explorer)
    with pytest.raises(AttributeError, match="nothing"):
        _ = explorer.nothing
