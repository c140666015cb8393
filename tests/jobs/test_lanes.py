from explorer.jobs.lanes import Turns


class Waiting:
    """A job that waits until it is left."""

    def __init__(self):
        self.left = False

    def waits_for(self, _visitor):
        return not self.left


def test_places_are_worked_out_once_and_anew_when_a_job_is_left():
    turns = Turns(1)
    jobs = [[Waiting() for _ in range(16)] for _ in range(20)]
    for number, mine in enumerate(jobs):
        for job in mine:
            turns.put(job, f"visitor {number}")
    turns.take()
    orders = []
    order = turns._order
    turns._order = lambda: orders.append(1) or order()
    places = [turns.ahead(job) for mine in jobs for job in mine]
    assert sorted(places) == list(range(320))
    assert len(orders) == 1
    last = max((job for mine in jobs for job in mine), key=turns.ahead)
    jobs[3][0].left = True
    assert turns.ahead(last) == 318
    assert turns.ahead(jobs[3][0]) == 0
    assert len(orders) == 2


def test_of_one_visitor_no_more_run_at_once_than_their_share():
    turns = Turns(3, each=2)
    jobs = [Waiting() for _ in range(4)]
    for job in jobs[:3]:
        turns.put(job, "a")
    taken = [turns.take(), turns.take(), turns.take()]
    assert taken == [("a", jobs[0]), ("a", jobs[1]), None]
    assert turns.ahead(jobs[2]) == 1
    turns.put(jobs[3], "b")
    assert turns.take() == ("b", jobs[3])
    turns.end("a")
    assert turns.take() == ("a", jobs[2])
