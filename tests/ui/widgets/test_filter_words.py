import datetime as dt

import pytest

from explorer.data.filters.specs import Between, Contains, During, OneOf
from explorer.ui.widgets.filter_words import filter_words

NEW_YEAR, DAY_END = dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, 23, 59)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (OneOf("queue", ("billing", "")), "queue: billing, (none)"),
        (OneOf("queue", tuple("abcde")), "queue: a, b, c and 2 more"),
        (OneOf("q" * 40, ("v\n" * 40,)), f"{'q' * 30}…: {('v ' * 15).rstrip()}…"),
        (Contains("body", "50 % *off*"), "body contains “50 % *off*”"),
        (Between("year", 1990, 1999), "year: 1990 to 1999"),
        (Between("year", 1990, 1990), "year: 1990"),
        (Between("price", 0.1, None), "price: from 0.1"),
        (Between("price", None, 1234567.5, missing=True), "price: up to 1234567.5 or (none)"),
        (Between("price"), "price: any value"),
        (During("sold", NEW_YEAR, DAY_END), "sold: 2026-01-01"),
        (During("sold", NEW_YEAR.replace(hour=9), None), "sold: from 2026-01-01 09:00"),
        (During("sold", None, DAY_END), "sold: up to 2026-01-01"),
    ],
)
def test_a_filter_is_said_in_a_few_words(one, words):
    assert filter_words(one) == words
