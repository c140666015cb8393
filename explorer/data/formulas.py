"""Neutralising texts in CSV files that a spreadsheet would run as formulas.

A spreadsheet that opens a CSV file recognises a formula by its first character, quoted or not
(owasp.org/www-community/attacks/CSV_Injection). A leading apostrophe makes it text. The rule is reversible: a
text that starts with zero or more apostrophes followed by such a character gets one more apostrophe; to undo
it, remove one apostrophe from each text that starts with one or more apostrophes followed by such a
character. All other texts, including plain numbers, are unchanged.

In a file that puts no quotation marks around its texts, a spreadsheet takes off those that a text begins with
and may join lines up to the next one. There, a quotation mark is such a character too.
"""

from __future__ import annotations

import re

# Also the full-width forms, which some spreadsheets in East Asian locales treat the same.
_STARTS = "=+\\-@\t\r\n＝＋－＠"
_FORMULA = re.compile(f"'*[{_STARTS}]")
_NEUTRAL = re.compile(f"'+[{_STARTS}]")
_UNQUOTED_FORMULA = re.compile(f"'*[\"{_STARTS}]")
_UNQUOTED_NEUTRAL = re.compile(f"'+[\"{_STARTS}]")
_NUMBER = re.compile(r"[+-](?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")


def neutralise(text: str, *, quoted: bool = True) -> str:
    """The text with an apostrophe before it if a spreadsheet could run it as a formula.

    Args:
        text: The text.
        quoted: Whether the file puts quotation marks around texts where they are needed, as CSV does.
    """
    formula = _FORMULA if quoted else _UNQUOTED_FORMULA
    return f"'{text}" if formula.match(text) and not _NUMBER.fullmatch(text) else text


def restore(text: str, *, quoted: bool = True) -> str:
    """The original of a text that `neutralise` returned."""
    return text[1:] if (_NEUTRAL if quoted else _UNQUOTED_NEUTRAL).match(text) else text
