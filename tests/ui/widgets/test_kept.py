from types import SimpleNamespace

import numpy as np

from explorer.ui.widgets.kept import kept as kept_of


def keeper():
    session = SimpleNamespace(kept={})
    return lambda *what: kept_of(session, *what)


def test_a_value_is_made_again_only_when_what_it_is_made_from_has_changed():
    kept, made = keeper(), []

    def make():
        made.append(len(made))
        return made[-1]

    array = np.zeros(3)
    assert kept("a", (array, "text", 1, None), make) == 0
    assert kept("a", (array, "te" + "xt", 1, None), make) == 0
    assert kept("a", (array, "text", 2, None), make) == 1
    assert kept("a", (np.zeros(3), "text", 2, None), make) == 2  # equal, but another object
    assert kept("a", (array, "text", 2.0, None), make) == 3
    assert kept("a", (array, "text"), make) == 4


def test_names_hold_values_of_their_own():
    kept = keeper()
    assert kept("a", (1,), lambda: "first") == "first"
    assert kept("b", (1,), lambda: "second") == "second"
    assert kept("a", (1,), lambda: "third") == "first"
