import numpy as np
import pytest

import explorer
from explorer.comparison.judging.answers import answers_table, holds_answers, read_answers
from explorer.comparison.judging.file_guess import guess_file
from explorer.comparison.judging.queue import FEWEST, make_queue, standing
from explorer.comparison.judging.stopping import queries_needed
from explorer.data.opening import read_table
from explorer.errors import EmptyDataError
from explorer.share.export import csv_file
from tests.comparison.judging.test_queue import answer, names, rankings_of

CORPUS = explorer.open_corpus(["one text", "two texts", "three texts"])


def test_answers_come_back_from_a_file_with_skipped_rows_and_open_queries(tmp_path):
    queries = ("first", "=second", "third")
    answers = {"first": {2: 1, 0: 0, 1: None}, "=second": {1: 3}}
    (tmp_path / "a.csv").write_bytes(csv_file(answers_table(queries, answers), exact=True))
    table = read_table(tmp_path / "a.csv")
    assert holds_answers(table)
    assert guess_file(table, CORPUS).kind == "answers"
    found = read_answers(table, CORPUS)
    assert found.content == (queries, answers)
    assert found.bad == 0


def test_lines_that_are_no_answers_are_counted_with_the_reason():
    table = read_table(
        {
            "query": ["a", "a", "", "b"],
            "row": ["9", "1", "1", "2"],
            "answer": ["relevant", "x", "relevant", "2"],
        }
    )
    found = read_answers(table, CORPUS)
    assert found.content == (("b",), {"b": {1: 2}})
    assert [(line.number, line.reason) for line in found.examples] == [
        (1, 'there is no row "9"'),
        (2, '"x" is no answer'),
        (3, "the query is empty"),
    ]
    with pytest.raises(EmptyDataError):
        read_answers(read_table({"query": [""], "row": [""], "answer": ["relevant"]}), CORPUS)


@pytest.mark.parametrize("seed", range(3))
def test_the_queries_said_to_be_needed_are_about_those_that_are_enough(seed):
    rng = np.random.default_rng(seed)
    queries = 400
    queue = make_queue(names(queries), rankings_of(queries, seed=seed))
    # The first contender's own hits are relevant more often.
    mine = [set(queue.rankings[0, at].tolist()) for at in range(queries)]
    grades = {
        at: {row: int(rng.random() < (0.5 if row in mine[at] else 0.3)) for row in queue.pools[at]}
        for at in range(queries)
    }
    answers, needed, enough = {}, {}, None
    for done in range(10, queries + 1, 10):
        answers |= answer(queue, queue.order[done - 10 : done].tolist(), lambda at, row: grades[at][row])
        found = standing(queue, answers)
        needed[done] = queries_needed(found, queries - done)
        if found.enough:
            enough = done
            break
    assert enough is not None
    assert needed[enough] == 0
    assert all(more is None or done + more >= FEWEST for done, more in needed.items())
    late = [done for done in needed if enough / 2 <= done < enough]
    assert all(needed[done] for done in late)
    assert all(enough / 3 <= done + needed[done] <= enough * 3 for done in late)


def test_too_few_queries_left_are_said_to_be_too_few():
    queue = make_queue(names(4), rankings_of(4))
    found = standing(queue, answer(queue, queue.order.tolist()[:3]))
    assert queries_needed(found, 1) is None


def test_after_one_query_the_fewest_are_needed():
    queue = make_queue(names(60), rankings_of(60))
    found = standing(queue, answer(queue, queue.order.tolist()[:1]))
    assert queries_needed(found, 59) == FEWEST - 1
