"""What `benchmarks.mutated_files` makes and tells."""

import pytest

from benchmarks.mutated_files import outcome, seeds
from explorer.data.formats.files import read_file
from explorer.data.uploads import bounded
from explorer.data.vector_columns import ALL, vector_columns
from explorer.errors import UnreadableFileError


@pytest.mark.parametrize("raised", [bounded._crash(-11, "", "f.csv"), UnreadableFileError("Damaged.")])
def test_a_reader_that_crashed_is_told_from_one_that_refuses(raised):
    def read(_content, _name):
        raise raised

    how, wrong = outcome(read, b"", "f.csv")
    crashed = "interrupted" in raised.what
    assert (how == "the process of the reader ended") is crashed
    assert bool(wrong) is crashed


def test_files_of_every_way_to_bring_vectors_are_mutated():
    found = {place for name, content in seeds() for place in vector_columns(read_file(content, name))}
    assert found == {"v", "vector", ALL}
