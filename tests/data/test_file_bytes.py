"""A file is read as far as it may be opened, and what the system cannot read says so without its folder."""

import pytest

from explorer.data.file_bytes import file_bytes
from explorer.errors import UnreadableFileError


def test_a_file_over_the_limit_is_read_one_byte_beyond_it(tmp_path, bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    path = tmp_path / "mine.bin"
    path.write_bytes(b"abc")
    assert file_bytes(path) == b"abc"
    path.write_bytes(bytes(1_000_002))
    assert len(file_bytes(path)) == 1_000_001


def test_a_file_that_is_not_there_says_so_without_its_folder(tmp_path):
    with pytest.raises(UnreadableFileError, match="cannot be read") as told:
        file_bytes(tmp_path / "mine.bin")
    assert told.value.where == "mine.bin"
    assert str(tmp_path) not in str(told.value)
