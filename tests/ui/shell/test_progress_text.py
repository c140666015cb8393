import pytest

from explorer.jobs.job import JobView
from explorer.jobs.progress import Progress
from explorer.ui.shell.progress_text import progress_line


def view(progress, rate=None):
    return JobView("Title", "running", progress, rate, None, 1.0, 1, 0, None)


@pytest.mark.parametrize(
    ("done", "total", "rate", "said"),
    [
        (1_000, 9_000_000, 2_000, "Reading · 1 of 9,000 kB · 2 kB/s"),
        (3_000_000, 20_000_000, 1_500_000, "Reading · 3 of 20 MB · 2 MB/s"),
    ],
)
def test_bytes_are_shown_in_kilobytes_or_megabytes(done, total, rate, said):
    assert progress_line(view(Progress.count("Reading", done, total, "bytes"), rate)) == said


def test_other_units_are_shown_as_they_are_counted():
    assert (
        progress_line(view(Progress.count("Comparing", 5, 1_000, "pairs"))) == "Comparing · 5 of 1,000 pairs"
    )
