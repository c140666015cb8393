import pytest

from explorer.comparison.measures.scripts import scripts_of


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
        ("12:30 — 😀 ₽", ""),
        ("", ""),
        ("\ue000\ud800", ""),  # private use, and half of a surrogate pair
    ],
)
def test_the_script_is_that_of_most_letters(text, script):
    assert scripts_of([text]) == [script]


def test_only_the_beginning_of_a_text_is_read():
    assert scripts_of(["a" * 400 + "б" * 1_000]) == ["Latin"]
