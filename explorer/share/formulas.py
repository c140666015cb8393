"""Texts that a spreadsheet would run as formulas, and how a CSV file keeps them from it.

A spreadsheet that opens a CSV file takes a cell for a formula by its first character, quoted or not
(owasp.org/www-community/attacks/CSV_Injection). An apostrophe before it makes it a text. The rule is one that
can be undone: a text that has none or more apostrophes and then such a character gets one apostrophe more; to
undo it, take one apostrophe from each text that has one or more apostrophes and then such a character. Every
other text stays as it is, one that is nothing but a number among them.
"""

from __future__ import annotations

import re

# Besides ASCII the full-width forms, which some spreadsheets in East Asian settings take for the same.
_STARTS = "=+\\-@\t\r\n＝＋－＠"
_FORMULA = re.compile(f"'*[{_STARTS}]")
_NEUTRAL = re.compile(f"'+[{_STARTS}]")
_NUMBER = re.compile(r"[+-](?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")


def neutralise(text: str) -> str:
    """A text that no spreadsheet runs: with an apostrophe before it where it could be a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def restore(text: str) -> str:
    """The text that `neutralise` was given."""
    return text[1:] if _NEUTRAL.match(text) else text
