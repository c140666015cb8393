"""The score of a hit, as HTML and in words: a bar, what it means, whether the hit is weak, and its ranks."""

from __future__ import annotations

import html
from collections.abc import Sequence

from explorer.analysis.score_scales import ScoreScale
from explorer.analysis.space import Hit, Space
from explorer.data.tables.values import shortened
from explorer.numbers import ordinal
from explorer.retrieval.ranked_hit import RankedHit
from explorer.tensor import Metric
from explorer.ui.search.found import Found
from explorer.ui.widgets.score_words import closer_than, closer_words

_WEAK_CHARS = 12  # of a word that a weak hit has: beside the score is place for one line


def percentile_of(space: Space, hit: Hit, metric: Metric, scale: ScoreScale | None) -> float | None:
    """The percentile of the score of a hit among those of a scale, or of random pairs of rows."""
    return space.percentile(hit.score, metric) if scale is None else scale.percentile(hit.row, hit.score)


def meaning_of(space: Space, found: Found, hit: Hit) -> str:
    """What the score of a hit means, compared with those of its scale: a sentence, or nothing."""
    pairs = "random pairs" if found.scale is None else found.scale.pairs(hit.row)
    words = closer_words(percentile_of(space, hit, found.metric, found.scale), pairs)
    return f"{words[0].upper()}{words[1:]}." if words else ""


def short_meaning_of(space: Space, found: Found, hit: Hit) -> str:
    """As `meaning_of`, in few words."""
    return closer_than(percentile_of(space, hit, found.metric, found.scale))


def quoted_words(words: Sequence[str], longest: int = 40) -> str:
    """Words as a text names them: “small”, “bird”; longer ones are shortened."""
    return ", ".join(f"“{shortened(word, longest)}”" for word in words)


def weak_html(found: Found, hit: Hit) -> str:
    """That a hit is weak; where words alone decide, with the words that it has. Empty for others."""
    if not found.is_weak(hit):
        return ""
    words = found.had_by([hit])
    only = f"weak: only <bdi>{html.escape(quoted_words(words, _WEAK_CHARS))}</bdi>"
    return f'<span class="weak">{only if words else "weak match"}</span>'


def ranks_html(hit: Hit) -> str:
    """The ranks of a hit before its last one, and its score by a cross-encoder; empty without any."""
    if not isinstance(hit, RankedHit):
        return ""
    vector = "" if hit.vector_rank is None else ordinal(hit.vector_rank)
    if hit.fused_rank is None:
        told = [f"was {vector}"]
    else:
        word = "" if hit.word_rank is None else ordinal(hit.word_rank)
        told = [f"{vector or 'not'} by vectors", f"{word or 'not'} by words"]
    if hit.pair_score is not None:
        told.append(f"cross-encoder {hit.pair_score:.3f}")
    return f'<span class="ranks"><span>{",</span> <span>".join(told)}</span></span>'


def bar_html(found: Found, hit: Hit) -> str:
    """The score as a bar, with a mark where weak hits end."""
    mark = "" if found.weak is None else f'<span style="left: {_length(found, found.weak):.1f}%"></span>'
    return (
        f'<span class="bar" aria-hidden="true">'
        f'<span style="width: {_length(found, hit.score):.1f}%"></span>{mark}</span>'
    )


def _length(found: Found, score: float) -> float:
    """The length of the bar of a score, as a percentage.

    A cosine of 1 is full. Dot products have no highest value, and distances no largest: they are compared
    with those shown.
    """
    known = [*(each.score for each in found.hits), *([] if found.weak is None else [found.weak])]
    if found.metric == "cosine":
        share = score
    elif found.metric == "dot":
        share = score / max(*known, 1e-12)
    else:
        share = 1 - score / min(*known, -1e-12)
    return 100 * min(1.0, max(0.0, share))
