import os
import stat
import time
from pathlib import Path

import pytest

from explorer.errors import RecordError
from explorer.record.visitors import VisitorRecords, is_secret, new_secret
from tests.record.entries import an_entry

DAY = 86_400


@pytest.fixture
def records(tmp_path):
    return VisitorRecords(tmp_path / "records", 500)


def queries(records, secret):
    return [entry.query for entry in records.of(secret).entries()]


def test_a_secret_is_long_random_and_checked():
    assert is_secret(new_secret())
    assert new_secret() != new_secret()
    for wrong in ("", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"):
        assert not is_secret(wrong)


def test_each_visitor_has_a_record_that_no_other_finds(records, tmp_path):
    mine, other = new_secret(), new_secret()
    records.add(mine, [an_entry("mine")])
    records.add(other, [an_entry("of another")])
    assert queries(records, mine) == ["mine"]
    assert queries(records, other) == ["of another"]
    assert queries(records, new_secret()) == []
    names = [path.name for path in (tmp_path / "records").iterdir()]
    assert len(names) == 2
    assert not any(mine[:8] in name or other[:8] in name for name in names)


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
def test_only_the_user_of_the_server_can_read_it(records, tmp_path):
    records.add(new_secret(), [an_entry("mine")])
    (file,) = (tmp_path / "records").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_reading_using_and_erasing_nothing_makes_no_file(records, tmp_path):
    secret = new_secret()
    assert queries(records, secret) == []
    records.use(secret)
    records.erase(secret)
    assert list(tmp_path.iterdir()) == []


def test_an_erased_record_is_gone_and_the_others_stay(records):
    mine, other = new_secret(), new_secret()
    for secret in (mine, other):
        records.add(secret, [an_entry("asked")])
    records.of(mine).path.write_text("damaged")  # also then
    records.erase(mine)
    assert not records.of(mine).path.exists()
    assert queries(records, mine) == []
    assert queries(records, other) == ["asked"]


def test_beyond_the_bound_of_all_nothing_is_added_and_nothing_lost(tmp_path):
    secret, small = new_secret(), VisitorRecords(tmp_path, 1)
    small.add(secret, [an_entry("x" * 2000)] * 600)
    with pytest.raises(
        RecordError, match=r"The record: All records .* 1 MB, .* used up\. .*EXPLORER_RECORDS_MB"
    ):
        small.add(new_secret(), [an_entry("another")])
    assert len(small.of(secret)) == 600
    small.erase(secret)
    small.add(secret, [an_entry("there is room again")])


@pytest.mark.parametrize("used", ["opened", "added to"])
def test_records_that_nobody_used_for_long_are_deleted(records, used):
    mine, old, recent = (new_secret() for _ in range(3))
    for secret in (mine, old, recent):
        records.add(secret, [an_entry("asked")])
    for secret, days in ((mine, 400), (old, 181), (recent, 179)):
        then = time.time() - days * DAY
        os.utime(records.of(secret).path, (then, then))
    if used == "opened":
        records.use(mine)
    else:
        records.add(mine, [])
    assert [len(records.of(secret)) for secret in (mine, old, recent)] == [1, 0, 1]
    assert records.of(mine).path.stat().st_mtime > time.time() - DAY


def test_a_record_that_cannot_be_deleted_stops_nobody(records, monkeypatch):
    mine, old = new_secret(), new_secret()
    for secret in (mine, old):
        records.add(secret, [an_entry("asked")])
    os.utime(records.of(old).path, (0, 0))
    monkeypatch.setattr(Path, "unlink", refuse)
    records.use(mine)
    assert queries(records, mine) == queries(records, old) == ["asked"]
    with pytest.raises(RecordError, match="cannot be deleted: Read-only file system"):
        records.erase(mine)


def refuse(*_arguments, **_options):
    raise OSError(30, "Read-only file system")


def test_a_folder_that_cannot_be_made_is_told_without_its_path(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="The record: It cannot be written") as caught:
        VisitorRecords(tmp_path / "file" / "records", 500).add(new_secret(), [an_entry("x")])
    assert str(tmp_path) not in str(caught.value)
