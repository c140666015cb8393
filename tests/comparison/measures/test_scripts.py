import unicodedata

import pytest

from explorer.comparison.measures.scripts import _SCRIPTS, scripts_of


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Where is my parcel?", "Latin"),
        ("Où est mon colis, s’il vous plaît ?", "Latin"),
        ("Где моя посылка?", "Cyrillic"),
        ("我的包裹在哪里？", "Han"),
        ("私の荷物はどこですか", "Japanese"),
        ("ﾆﾓﾂ", "Japanese"),
        ("내 소포는 어디에 있나요", "Hangul"),
        ("أين طردي؟", "Arabic"),
        ("איפה החבילה שלי?", "Hebrew"),
        ("Πού είναι το δέμα μου;", "Greek"),
        ("मेरा पार्सल कहाँ है", "Devanagari"),
        ("พัสดุของฉันอยู่ที่ไหน", "Thai"),
        ("Order 4471: заказ не пришёл, где он?", "Cyrillic"),  # most letters
        ("Ｆｕｌｌ", "Latin"),
        ("𝐁𝐨𝐥𝐝", "Latin"),
        ("ﾡﾷ ﾡ", "Hangul"),  # half width
        ("这家の店很好吃，我们下次还会再来", "Han"),  # one kana among Han
        ("東京都新宿区の住所", "Han"),
        ("東京の住所はどこ", "Japanese"),
        ("ᓄᓇᕗᑦ", "Canadian Aboriginal"),
        ("𐌀𐌁𐌂", "other"),  # Old Italic
        ("ᦀᦁᦂ", "other"),  # New Tai Lue
        ("5 µ, ℵ", ""),
        ("µµµ я", "Cyrillic"),
        ("1ª", "Latin"),
        ("12:30 — 😀 ₽", ""),
        ("", ""),
        ("\ue000\ud800", ""),  # private use, and half of a surrogate pair
    ],
)
def test_the_script_is_that_of_most_letters(text, script):
    assert scripts_of([text]) == [script]


def test_only_the_beginning_of_a_text_is_read():
    assert scripts_of(["a" * 400 + "б" * 1_000]) == ["Latin"]


@pytest.mark.slow
def test_scripts_are_those_of_unicode():
    """Each letter of a script that is told has it, and nearly no other, by the property in `regex`."""
    regex = pytest.importorskip("regex")  # comes with transformers
    letters = [letter for letter in map(chr, range(0x2FFFF)) if letter.isalpha()]
    found = scripts_of(letters)
    for script in set(_SCRIPTS.values()):
        told = "Japanese" if script in ("Hiragana", "Katakana") else script
        kana = "\\p{Hiragana}\\p{Katakana}" if told == "Japanese" else ""
        is_of = regex.compile(rf"[{kana}\p{{Script={script.replace(' ', '_')}}}]").match
        plain = (unicodedata.normalize("NFKC", letter)[0] for letter in letters)
        of_unicode = {letter for letter, form in zip(letters, plain, strict=True) if is_of(form)}
        ours = {letter for letter, own in zip(letters, found, strict=True) if own == told}
        assert ours, script
        # Signs that scripts share, symbols such as ℵ, and 285 obsolete kana.
        assert len(ours - of_unicode) <= 10, script
        assert len(of_unicode - ours) <= (285 if told == "Japanese" else 10), script
