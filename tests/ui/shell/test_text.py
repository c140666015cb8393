"""Other people's text in a sentence of ours."""

import pytest

from explorer.ui.shell.text import markdown


@pytest.mark.parametrize("control", ["\u202e", "\u202b", "\u2067"])
def test_a_name_does_not_turn_the_direction_of_what_follows(control):
    assert markdown(f"owner/{control}ledom") == "owner/ledom"


def test_an_address_in_a_name_becomes_no_link():
    assert markdown("https://example.com") == "https\\:\u2060//example\\.com"


def test_right_to_left_letters_stay():
    assert markdown("שלום") == "שלום"
