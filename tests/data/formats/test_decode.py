from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.formats.blocks import utf8_blocks
from explorer.data.formats.decode import detect_encoding
from explorer.errors import UnreadableFileError
from tests.data.failing import failure, outcome
from tests.data.languages import (
    ARABIC,
    CHINESE,
    CROATIAN,
    FRENCH,
    GERMAN,
    GREEK,
    HEBREW,
    JAPANESE,
    KOREAN,
    POLISH,
    RUSSIAN,
    SPANISH,
    TAIWANESE,
    THAI,
    TURKISH,
    UKRAINIAN,
)

TEXT = "name,text\nAnna,Grüße aus Köln – 5 €\nעברית,שלום 🙂\n"


def _decoded(content: bytes) -> str:
    return b"".join(utf8_blocks(content, detect_encoding(content, "f.txt"))).decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe\x00\x00", "utf-32-le"),
        (b"\x00\x00\xfe\xff", "utf-32-be"),
    ],
)
@given(text=st.text())
def test_byte_order_marks_are_honoured(mark, codec, text):
    content = mark + text.encode(codec)
    if content.startswith(b"\xff\xfe\x00\x00") and codec == "utf-16-le":
        return  # UTF-16 text that begins with NUL cannot be told from UTF-32, and no file has it
    assert _decoded(content) == text
    note = detect_encoding(content, "f.txt").note
    assert note == ("" if codec == "utf-8" else f"Read as {codec.upper()}, as its byte order mark indicates.")


@given(st.text().filter(lambda text: "\0" not in text and not text.startswith("\ufeff")))
def test_utf_8_is_read_exactly_and_without_a_note(text):
    assert _decoded(text.encode()) == text
    assert detect_encoding(text.encode(), "f.txt").notes == ()


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_nul_bytes(codec):
    assert _decoded(TEXT.encode(codec)) == TEXT
    assert (
        detect_encoding(TEXT.encode(codec), "f").note == f"Read as {codec.upper()}, based on its NUL bytes."
    )


def test_a_character_split_between_two_steps_is_valid():
    text = "x" * ((1 << 20) - 1) + "€" + "y" * 10
    assert _decoded(text.encode()) == text


def test_windows_1252_is_read_with_a_note():
    text = "Grüße, “quoted” – 5 €"
    content = text.encode("cp1252")
    assert _decoded(content) == text
    assert "read as Windows-1252" in detect_encoding(content, "f").note


def test_latin_1_takes_what_windows_1252_does_not_define():
    content = "caf\xe9 \x81".encode("latin-1")
    assert _decoded(content) == "caf\xe9 \x81"
    assert "read as Latin-1" in detect_encoding(content, "f").note


def test_one_bad_byte_does_not_turn_a_utf_8_file_into_another():
    content = "Zürich\nMünchen\n".encode() + b"K\xf6ln\n"
    assert _decoded(content) == "Zürich\nMünchen\nK�ln\n"
    assert detect_encoding(content, "f").note == (
        "Not valid UTF-8 and shown as �: 1 character, the first on line 3."
    )


def test_bad_bytes_after_a_utf_8_mark_are_noted():
    content = b"\xef\xbb\xbfa\n\xff\n"
    assert _decoded(content) == "a\n�\n"
    assert "the first on line 2" in detect_encoding(content, "f").note


@pytest.mark.parametrize("codec", ["utf-16", "utf-32"])
def test_a_mark_that_the_bytes_do_not_keep_is_an_error(codec):
    error = failure(UnreadableFileError, detect_encoding, TEXT.encode(codec)[:-1], "cut.csv")
    assert error.where == "cut.csv"
    assert f"begins as {codec.upper()}" in error.what
    assert "incomplete" in error.fix


@given(st.binary(max_size=200))
def test_any_bytes_have_an_encoding_or_a_plain_error(content):
    first, error = outcome(detect_encoding, content, "f")
    if error:
        assert error.where == "f"
    else:
        assert first == detect_encoding(content, "f")
        _decoded(content)


WRITTEN = [
    *((RUSSIAN, codec) for codec in ("cp1251", "koi8-r", "cp866", "iso8859-5")),
    *((JAPANESE, codec) for codec in ("shift-jis", "euc-jp")),
    (KOREAN, "euc-kr"),
    (CHINESE, "gb18030"),
    (CHINESE, "gb2312"),
    (TAIWANESE, "big5"),
    *((texts, "cp1252") for texts in (GERMAN, FRENCH, SPANISH)),
    (SPANISH, "latin-1"),
    (FRENCH, "mac-roman"),
    *((POLISH, codec) for codec in ("cp1250", "iso8859-2")),
    (CROATIAN, "cp1250"),
    (GREEK, "cp1253"),
    (TURKISH, "cp1254"),
    (HEBREW, "cp1255"),
    (ARABIC, "cp1256"),
    (UKRAINIAN, "cp1251"),
    (THAI, "cp874"),
]


@pytest.mark.parametrize("rows", [13, 2_000])
@pytest.mark.parametrize(("texts", "codec"), WRITTEN)
def test_what_is_not_unicode_is_told_by_its_bytes(texts, codec, rows):
    lines = [f'{number},"{texts[number % len(texts)]}"' for number in range(rows)]
    text = "id,text\n" + "".join(f"{line}\n" for line in lines)
    content = text.encode(codec, errors="ignore")
    assert _decoded(content) == content.decode(codec)
    note = detect_encoding(content, "f").note
    assert note.startswith("The file is not UTF-8. It was read as ")
    assert "choose another encoding" in note


def test_capital_letters_of_cyrillic_are_no_katakana():
    content = "id,text\n1,МОСКВА\n2,САНКТ-ПЕТЕРБУРГ\n3,КАЗАНЬ\n".encode("cp1251")
    assert "САНКТ-ПЕТЕРБУРГ" in _decoded(content)


def test_few_letters_with_accents_in_plain_text_are_western():
    text = "plain text\n" * 50 + "éèà café éé\n"
    assert _decoded(text.encode("latin-1")) == text


def test_a_few_strange_bytes_are_found_far_down_in_a_long_file():
    content = b"plain text\n" * 200_000 + "\n".join(RUSSIAN).encode("cp1251")
    assert detect_encoding(content, "f").codec == "cp1251"


def test_the_encoding_can_be_chosen():
    content = "\n".join(RUSSIAN).encode("koi8-r")
    assert detect_encoding(content, "f", "koi8-r").codec == "koi8-r"
    wrong = detect_encoding(content, "f", "cp1252")
    assert (wrong.codec, wrong.note) == ("cp1252", "Read as Windows-1252 (Western), as chosen.")
    for codec in ("utf-8", "utf-16", "ascii"):
        error = failure(UnreadableFileError, detect_encoding, content, "f", codec)
        assert error.what == f"This file is not valid {codec.upper()}."
        assert "Choose another encoding" in error.fix


def test_a_mark_is_no_text_in_an_encoding_that_was_chosen():
    for chosen, codec in (("utf-8", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16")):
        content = "text\n".encode(codec)
        encoding = detect_encoding(content, "f", chosen)
        assert b"".join(utf8_blocks(content, encoding)) == b"text\n"


@pytest.mark.parametrize(
    "chosen", ["nothing", "zlib", "hex", "rot13", "idna", "punycode", "unicode_escape", "utf-7", "a\0", ""]
)
def test_what_is_no_encoding_of_files_is_refused(chosen):
    error = failure(UnreadableFileError, detect_encoding, b"text", "f", chosen)
    assert error.what.startswith("There is no encoding called")
