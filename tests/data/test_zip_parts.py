"""Archives of named parts: equal parts give equal bytes, and what they hold is measured before it is read."""

import io
import zipfile

import pytest

from explorer.data.records import DamagedFileError
from explorer.data.zip_parts import first_part, pack_parts, unpack_parts

PARTS = {"about.json": b"{}" * 500, "rows.bin": bytes(1_000)}


def unpacked(data, most_parts=10, most_bytes=10_000, most=None):
    return unpack_parts(data, most_parts=most_parts, most_bytes=most_bytes, most=most or {})


def test_parts_are_read_as_written_and_have_no_time():
    data = pack_parts(PARTS.items(), frozenset({"rows.bin"}))
    assert unpacked(data) == PARTS
    assert data == pack_parts(PARTS.items(), frozenset({"rows.bin"}))
    assert first_part(data) == "about.json"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        stored = {entry.filename: entry.compress_type for entry in archive.infolist()}
    assert stored == {"about.json": zipfile.ZIP_DEFLATED, "rows.bin": zipfile.ZIP_STORED}


@pytest.mark.parametrize("head", [b"", b"PK\x03\x04", b"a,b\n1,2", b"PK\x03\x04" + b"\xff" * 40])
def test_what_is_no_archive_has_no_part_of_a_known_name(head):
    assert first_part(head).strip("\ufffd") == ""


@pytest.mark.parametrize("limits", [{"most_parts": 1}, {"most_bytes": 1_500}, {"most": {"rows.bin": 999}}])
def test_more_than_is_allowed_is_refused(limits):
    with pytest.raises(DamagedFileError, match="too much memory"):
        unpacked(pack_parts(PARTS.items()), **limits)


def test_an_end_that_points_elsewhere_is_refused():
    data = pack_parts(PARTS.items())
    end = len(data) - 22
    large = data[: end + 12] + (1 << 20).to_bytes(4, "little") + data[end + 16 :]
    elsewhere = data[:end] + b"PK\x06\x07" + bytes(16) + data[end:]
    for harmful in (large, elsewhere):
        with pytest.raises(DamagedFileError, match="too much memory"):
            unpacked(harmful)
    for broken in (data + b"x", data[:-1], b"", data[:end]):
        with pytest.raises(DamagedFileError, match="cut short or damaged"):
            unpacked(broken)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_part_that_is_compressed_in_another_way_is_refused(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("document.json", b"{}" * 100)
    with pytest.raises(DamagedFileError, match="compressed in another way"):
        unpacked(out.getvalue())


def test_a_part_that_is_not_what_the_archive_says_is_refused():
    data = bytearray(pack_parts(PARTS.items(), frozenset({"rows.bin"})))
    data[data.index(bytes(1_000)) + 10] = 7
    with pytest.raises(DamagedFileError, match="cut short or damaged"):
        unpacked(bytes(data))
