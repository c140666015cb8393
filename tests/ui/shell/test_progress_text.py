import pytest

from explorer.jobs.job import JobView
from explorer.jobs.progress import Progress
from explorer.ui.shell.progress_text import progress_line, spoken_progress


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


def test_of_very_many_a_share_is_shown_and_a_phase_called_as_the_job_is_left_out():
    many = Progress.count("Comparing", 2_816_281_088, 6_848_303_028, "pairs")
    assert progress_line(view(many, rate=73_000_000)) == "Comparing · 41 %"
    assert progress_line(view(Progress.count("Title", 5, 10, "steps"), rate=2)) == "5 of 10 steps · 2 steps/s"
    assert progress_line(view(Progress("Title"))) == "Title"


def test_a_rate_below_one_is_left_out():
    assert progress_line(view(Progress.count("Title", 2, 10, "splits"), rate=0.4)) == "2 of 10 splits"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "Title is under way."),
        (0.24, "Title is under way."),
        (0.25, "Title: 25 % done."),
        (0.49, "Title: 25 % done."),
        (0.99, "Title: 75 % done."),
        (1.0, "Title is under way."),  # the next phase begins, or the end is said
    ],
)
def test_what_is_heard_of_progress_changes_a_few_times_only(share, said):
    assert spoken_progress(view(Progress("Encoding", 0, 0, 0, share))) == said


def test_a_job_that_waits_for_others_says_so():
    waiting = JobView("Title", "waiting", Progress("Waiting"), None, None, 1.0, 1, 2, None)
    assert spoken_progress(waiting) == "Title is waiting for other work."
