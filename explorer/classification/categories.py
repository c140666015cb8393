"""The categories that rows are put in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from explorer.errors import QueryError

MOST_CATEGORIES = 100
"""More could not be told apart in a table, and take a language model as many runs for each row."""
_LONGEST = 2_000  # characters, with the description
_LONGEST_NAME = 100
NONE = "none of these"
"""What is said of rows whose likeliest category is not likely enough."""


@dataclass(frozen=True)
class Category:
    """A category.

    Attributes:
        name: Its name, which no other category has.
        description: What belongs there, in words; empty for none.
    """

    name: str
    description: str = ""

    @property
    def text(self) -> str:
        """What is encoded for it."""
        return f"{self.name}: {self.description}" if self.description else self.name


def categories_of(given: Iterable[str | Category]) -> tuple[Category, ...]:
    """Check categories.

    Args:
        given: Categories, or lines such as `billing` and `billing: invoices, refunds and prices`. Empty lines
            are left out.

    Raises:
        QueryError: There are fewer than two or more than `MOST_CATEGORIES`; two have the same name; one has
            no name, nothing after its colon, or the name of none; or one is too long.
    """
    lines = [one if isinstance(one, Category) else _read(one) for one in given if one]
    categories = tuple(one for one in lines if one is not None)
    if len(categories) < 2:
        raise QueryError(
            f"{'One category is' if categories else 'No categories are'} given.",
            where="categories",
            fix="Give at least two. For “does it belong or not”, add a category for the rest.",
        )
    if len(categories) > MOST_CATEGORIES:
        raise QueryError(
            f"{len(categories):,} categories are too many.",
            where="categories",
            fix=f"Give at most {MOST_CATEGORIES}. Classify into broader ones first, then within each.",
        )
    seen: set[str] = set()
    for category in categories:
        if not category.name.strip():
            raise QueryError(
                "A category has no name.", where="categories", fix="Write its name before the colon."
            )
        if len(category.name) > _LONGEST_NAME:
            raise QueryError(
                f"The name “{category.name[:40]}…” has {len(category.name):,} characters.",
                where="categories",
                fix=f"Shorten it to {_LONGEST_NAME} at most, and put the rest after a colon.",
            )
        if len(category.text) > _LONGEST:
            raise QueryError(
                f"Category “{category.name[:60]}” has {len(category.text):,} characters.",
                where="categories",
                fix=f"Shorten it to {_LONGEST:,} at most; models read only the beginning of longer texts.",
            )
        if category.name.casefold() == NONE:
            raise QueryError(
                f"A category is called “{NONE}”, which rows are that no category is likely enough for.",
                where="categories",
                fix="Leave it out and choose a threshold, or describe what is left: other: greetings, spam.",
            )
        if category.name.casefold() in seen:
            raise QueryError(
                f"Two categories are called “{category.name[:60]}”.",
                where="categories",
                fix="Give each a name of its own; capitals do not tell them apart.",
            )
        seen.add(category.name.casefold())
    return categories


def _read(line: str) -> Category | None:
    name, colon, description = (part.strip() for part in line.partition(":"))
    if not name and not colon:
        return None
    if colon and not description:
        raise QueryError(
            f"Category “{name[:60]}” has nothing after its colon.",
            where="categories",
            fix="Describe it there, or leave out the colon.",
        )
    return Category(name, description)
