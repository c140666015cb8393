"""Which parameters of an address are settings of a page."""

import ast

import pytest

from explorer.session.link import PARAMETERS
from explorer.session.page_link import is_of_a_page
from tests.conftest import ROOT

LINKED = (
    "linked_choice",
    "linked_number",
    "linked_toggle",
    "put_in_link",
    "choose_distance",
    "choose_map_metric",
)


def constants(tree):
    """The texts that a module names, in single or paired assignments."""
    found = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            left, right = statement.targets[0], statement.value
            pairs = (
                zip(left.elts, right.elts, strict=True)
                if isinstance(left, ast.Tuple) and isinstance(right, ast.Tuple)
                else [(left, right)]
            )
            found |= {ast.unparse(name): value for name, value in pairs if isinstance(value, ast.Constant)}
    return found


def linked_names():
    """What the code of pages puts into links, where a constant says it."""
    for path in (ROOT / "explorer" / "ui").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = constants(tree)
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            given = {each.arg: each.value for each in call.keywords}
            called = ast.unparse(call.func)
            if "bind" not in given and called not in LINKED and not called.startswith("st.query_params."):
                continue
            name = given.get("key") or (call.args[0] if call.args else None)
            name = named.get(ast.unparse(name), name) if name is not None else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value


def test_every_parameter_of_a_page_is_known():
    found = set(linked_names())
    assert {
        "q",
        "queries",
        "map-seed",
        "map-densmap",
        "map-metric",
        "clusters",
        "cluster-edits",
        "compare-k",
        "with",
    } <= found
    assert [name for name in sorted(found) if not is_of_a_page(name) and name not in PARAMETERS] == []


@pytest.mark.parametrize(
    "name", ["__sign", "token", "access_token", "code", "state", "sign", "map", "q=1", ""]
)
def test_what_others_put_into_an_address_is_no_setting(name):
    assert not is_of_a_page(name)


@pytest.mark.parametrize("name", PARAMETERS)
def test_rows_and_encoder_are_no_settings(name):
    assert not is_of_a_page(name)
