import pytest

from explorer.classification.categories import MOST_CATEGORIES, Category, categories_of
from explorer.errors import QueryError


def test_lines_are_names_with_descriptions_or_without():
    assert categories_of(["billing: invoices, refunds", " login ", "", Category("app")]) == (
        Category("billing", "invoices, refunds"),
        Category("login"),
        Category("app"),
    )
    assert [one.text for one in categories_of(["a: b: c", "d"])] == ["a: b: c", "d"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "No categories are given"),
        (["", "  "], "No categories are given"),
        (["one"], "One category is given"),
        (["one", "One"], "Two categories are called “One”"),
        (["one: a", "one: b"], "Two categories are called “one”"),
        (["one", "None of these"], "A category is called “none of these”"),
        (["one:", "two"], "“one” has nothing after its colon"),
        ([": something", "two"], "A category has no name"),
        (["one: " + "x" * 3_000, "two"], "Category “one” has 3,005 characters"),
        ([f"c{number}" for number in range(200)], "200 categories are too many"),
    ],
)
def test_what_cannot_be_used_is_named(given, said):
    with pytest.raises(QueryError) as raised:
        categories_of(given)
    assert said in raised.value.what
    assert raised.value.fix


def test_as_many_as_allowed_are_allowed():
    assert len(categories_of(f"c{number}" for number in range(MOST_CATEGORIES))) == MOST_CATEGORIES
