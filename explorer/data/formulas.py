"""Neutralising texts in CSV files that a spreadsheet would run as formulas.

A spreadsheet that opens a CSV file recognises a formula by its first character, quoted or not
(owasp.org/www-community/attacks/CSV_Injection). A leading apostrophe makes it text. The rule is reversible: a
text that starts with zero or more apostrophes followed by such a character gets one more apostrophe; to undo
it, remove one apostrophe from each text that starts with one or more apostrophes followed by such a
character. All other texts, including plain numbers, are unchanged.
"""

from __future__ import annotations

import re

# Also the full-width forms, which some spreadsheets in East Asian locales treat the same.
_STARTS = "=+\\-@\t\r\n＝＋－＠"
_FORMULA = re.compile(f"'*[{_STARTS}]")
_NEUTRAL = re.compile(f"'+[{_STARTS}]")
_NUMBER = re.compile(r"[+-](?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")


def neutralise(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet could run it as a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def restore(text: str) -> str:
    """The original of a text that `neutralise` returned."""
    return text[1:] if _NEUTRAL.match(text) else text
