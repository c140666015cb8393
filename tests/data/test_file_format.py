"""A file says its format first, and one that only a newer Explorer reads is told from a damaged one."""

import pytest

import explorer
from explorer.data.file_format import check_format, format_record
from explorer.data.records import DamagedFileError, Record
from explorer.errors import UnreadableFileError


def check(**changes):
    document = Record({**format_record("explorer space", 3), **changes}, "the document")
    check_format(document, "explorer space", 3, "mine.parquet")


def test_what_was_written_and_older_versions_are_read():
    assert format_record("explorer space", 3)["explorer"] == explorer.__version__
    check()
    check(version=1)


@pytest.mark.parametrize("changes", [{"format": "explorer session"}, {"version": 0}, {"version": "3"}])
def test_another_format_or_no_version_is_damaged(changes):
    with pytest.raises(DamagedFileError, match="missing or damaged"):
        check(**changes)


def test_a_newer_version_says_what_to_do():
    with pytest.raises(
        UnreadableFileError, match=r"The space was saved by a newer .* \(format 4; .* 3\)"
    ) as told:
        check(version=4)
    assert told.value.fix == "Update Explorer, or save the space again with this version."
