"""A small corpus, and jobs that are done."""

import pytest

import explorer
from explorer.jobs.registry import Job, Lane


@pytest.fixture
def faq():
    return explorer.open_corpus("medicare-faq")


def done(result):
    job = Job("key", "Title", Lane.QUICK, lambda _say: result)
    job.run()
    return job
