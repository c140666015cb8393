"""Contenders made from spaces; those in use are not made twice."""

from __future__ import annotations

from weakref import WeakKeyDictionary, WeakValueDictionary

from explorer.analysis.space import Space
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.contenders.spec import ContenderSpec, changed
from explorer.data.corpus import Corpus

_Made = WeakValueDictionary[tuple[ContenderSpec, str], Contender]
# By what they are made from, which belongs to one session: encoders of other visitors may hold their tokens.
_made: WeakKeyDictionary[Space | Corpus, _Made] = WeakKeyDictionary()


def make_contender(spec: ContenderSpec, made_from: Space | Corpus, name: str) -> Contender:
    """Make a contender, or take the one that an earlier comparison still holds.

    Args:
        spec: The contender.
        made_from: The space of its encoder, without changes; for BM25 the corpus, with its text column.
        name: What it is called.

    Raises:
        QueryError: As `changed`.
    """
    kept = _made.setdefault(made_from, WeakValueDictionary())
    found = kept.get((spec, name))
    if found is None:
        found = kept[spec, name] = _make(spec, made_from, name)
    return found


def _make(spec: ContenderSpec, made_from: Space | Corpus, name: str) -> Contender:
    if isinstance(made_from, Corpus):
        return Bm25Contender(made_from, name)
    space = changed(made_from, spec)
    return CslsContender(space, name) if spec.csls else SpaceContender(space, name)
