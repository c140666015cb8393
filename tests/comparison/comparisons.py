"""A comparison of everything that can be measured, on rows without meaning, made once."""

from __future__ import annotations

import functools

import numpy as np

import explorer
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.judging.judgements import Judgements, ScoredPairs

TOPICS = {
    "refunds": "refund money invoice charged twice card payment bill",
    "login": "password account login reset code email locked sign",
    "delivery": "parcel courier late delivered address tracking order box",
}


def rows(count=48):
    """Texts of the words of a topic and some of all, with the topic as their label."""
    rng = np.random.default_rng(0)
    every = " ".join(TOPICS.values()).split()
    names = [list(TOPICS)[row % len(TOPICS)] for row in range(count)]
    bodies = [
        " ".join([*rng.choice(TOPICS[name].split(), 5), *rng.choice(every, 7)]) + f" {row}."
        for row, name in enumerate(names)
    ]
    return {"id": list(range(count)), "body": bodies, "topic": names, "channel": ["a", "b"] * (count // 2)}


@functools.cache
def corpus():
    return explorer.open_corpus(rows(), text="body", label="topic", name="tickets")


@functools.cache
def judgements():
    return Judgements(
        ("1", "2", "3"),
        ("refund of the invoice", "reset my password", "late parcel"),
        ({0: 1, 3: 2, 1: 0}, {1: 1, 4: 1}, {2: 1}),
        (1.0, 0.5, 0.5),
        ((5,), (), (6, 7)),
    )


PAIRS = ScoredPairs(
    ("refund", "password", "parcel", "late"), ("invoice", "login", "card", "courier"), (1.0, 0.8, 0.1, 0.7)
)


@functools.cache
def contenders():
    words = explorer.embed(corpus(), "tfidf")
    return (words, words.truncate(16).quantize("int8"), CslsContender(words, "hubs"), Bm25Contender(corpus()))


@functools.cache
def comparison():
    return explorer.compare(list(contenders()), judgements=judgements(), pairs=PAIRS, k=5, seed=3)
