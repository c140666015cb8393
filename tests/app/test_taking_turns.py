"""Pages of one visitor while another's work takes its time."""

import threading
import uuid

import pytest

from explorer.jobs.registry import Lane, registry
from tests.app.driving import open_app, session_of


@pytest.fixture
def another():
    """Another visitor's work, under way in a lane until the test has ended."""
    go = threading.Event()
    jobs = []

    def begin(lane):
        begun = threading.Event()

        def work(_say):
            begun.set()
            go.wait(120)

        jobs.append(registry().submit(uuid.uuid4(), "Another's", work, lane=lane, visitor="another"))
        assert begun.wait(60)

    yield begin
    go.set()
    for job in jobs:
        assert job.wait(60)


def drawn(app):
    """The page once nothing of this visitor is under way."""
    visitor = session_of(app).visitor
    while jobs := registry().awaited_by(visitor):
        for job in jobs:
            assert job.wait(60)
        app.run()
        assert not app.exception
    return app


def test_a_heatmap_and_a_map_of_few_rows_do_not_wait_for_anothers_long_and_quick_work(another):
    another(Lane.LONG)
    another(Lane.QUICK)
    app = drawn(open_app("pages/similarity.py", view="Heatmap", corpus="medicare-faq", precision="float32"))
    assert app.header[0].value.startswith("The closest pair here")
    app = drawn(app.switch_page("pages/map.py").run())
    assert [metric.label for metric in app.metric] == ["Trustworthiness", "Continuity"]
