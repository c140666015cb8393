from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.blocks import utf8_blocks
from explorer.data.decode import detect_encoding
from explorer.errors import UnreadableFileError

from .failing import failure, outcome

TEXT = "name,text\nAnna,Grüße aus Köln – 5 €\nעברית,שלום 🙂\n"


def _decoded(content: bytes) -> str:
    return b"".join(utf8_blocks(content, detect_encoding(content, "f.txt"))).decode()


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
    assert note == ("" if codec == "utf-8" else f"Read as {codec.upper()}, as its byte order mark says.")


@given(st.text().filter(lambda text: "\0" not in text and not text.startswith("\ufeff")))
def test_utf_8_is_read_exactly_and_without_a_note(text):
    assert _decoded(text.encode()) == text
    assert detect_encoding(text.encode(), "f.txt").notes == ()


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_nul_bytes(codec):
    assert _decoded(TEXT.encode(codec)) == TEXT
    assert (
        detect_encoding(TEXT.encode(codec), "f").note == f"Read as {codec.upper()}, judged by its NUL bytes."
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
