import subprocess
import sys

import pytest

from explorer.scratch import is_scratch, remove_abandoned, scratch_folder
from tests.conftest import ROOT

WRITER = """
import sys
from pathlib import Path
from explorer.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("of a file")
    print("written", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path):
    """A process that is writing to a temporary folder in `tmp_path`."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "written\n"
    yield process
    process.kill()
    process.communicate()


def test_what_a_killed_process_left_goes_and_what_a_living_one_writes_stays(tmp_path, writer):
    (tmp_path / "kept").write_text("whole")
    remove_abandoned(tmp_path)
    assert len(list(filter(is_scratch, tmp_path.iterdir()))) == 1
    writer.kill()
    writer.wait()
    with scratch_folder(tmp_path) as own:
        remove_abandoned(tmp_path)
        assert set(tmp_path.iterdir()) == {own, tmp_path / "kept"}
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_nothing_is_left_of_what_failed(tmp_path):
    with pytest.raises(FileNotFoundError), scratch_folder(tmp_path / "new") as folder:
        (folder / "missing").rename(folder / "half")
    assert list((tmp_path / "new").iterdir()) == []


def test_what_is_complete_is_moved_out(tmp_path):
    with scratch_folder(tmp_path) as folder:
        (folder / "whole").write_text("all of it")
        (folder / "whole").replace(tmp_path / "whole")
    assert (tmp_path / "whole").read_text() == "all of it"


@pytest.mark.parametrize("parent", ["missing", "file"])
def test_cleaning_what_is_no_folder_does_nothing(tmp_path, parent):
    (tmp_path / "file").write_text("in the way")
    remove_abandoned(tmp_path / parent)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
