"""Ranked hits: as compact rows that open, and as a table to download."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import streamlit as st

from explorer.analysis.cluster_words import words_of
from explorer.analysis.space import Hit, Space
from explorer.analysis.weak_hits import has_too_little, stems_of
from explorer.analysis.word_stems import stem
from explorer.data.tables.values import shortened
from explorer.encode.words import split_words
from explorer.numbers import ordinal, percent
from explorer.retrieval.ranked_hit import RankedHit
from explorer.share.export import rows_table
from explorer.tensor import Metric
from explorer.ui.shell.text import whole_html
from explorer.ui.widgets.items import image_html, thumbnail_address
from explorer.ui.widgets.marked_words import marked_html

_META_CHARS = 120
_TEXT_CHARS = 1_000  # of a longer text, the whole is folded, as in `as_html`
_WEAK_CHARS = 12  # of a word that a weak hit has: beside the score is place for one line
_DRAWN = 100  # each is several elements
# The columns of downloads for each rank and score of a hit.
_STAGES = {
    "vector_rank": "vector_rank",
    "word_rank": "word_rank",
    "word_score": "bm25",
    "fused_rank": "fused_rank",
    "fused_score": "reciprocal_ranks",
    "pair_rank": "cross_encoder_rank",
    "pair_score": "cross_encoder",
}
_WEAK_WITHIN = 5e-4  # scores that are shown as equal are equal


@dataclass(frozen=True)
class Found:
    """What was found for one query.

    Attributes:
        query: The query, or the text of the row to which others are similar.
        words: The words to mark in the hits, as `marked_html` takes them.
        hits: Best first.
        metric: The metric of their scores.
        weak: The score up to which a hit is weak; None if it is not known. See `weak_score`.
        weights: Where words alone decide, how much of the query each stem makes up; see `query_weights`.
    """

    query: str
    words: tuple[str, ...]
    hits: Sequence[Hit]
    metric: Metric
    weak: float | None
    weights: Mapping[str, float] | None = None

    def is_weak(self, hit: Hit) -> bool:
        """Whether a hit scores no higher than meaningless queries do, and has no word of the query.

        Where words alone decide, whether it has none of them or only frequent ones.

        A hit that was found by words too, or was read again by a cross-encoder, was not judged by its score
        alone.
        """
        if isinstance(hit, RankedHit) and (hit.word_rank is not None or hit.pair_rank is not None):
            return False
        if self.weights:
            return has_too_little(hit.text, self.weights)
        low = self.weak is not None and hit.score < self.weak + _WEAK_WITHIN
        return low and not set(self.words) & set(words_of(hit.text))

    @property
    def weighed(self) -> list[str]:
        """Where words alone decide, the different words of the query that weigh, in their order."""
        weights = self.weights or {}
        return list({stem(word): word for word in split_words(self.query) if stem(word) in weights}.values())

    def had_by(self, hits: Iterable[Hit]) -> list[str]:
        """Those that one of some hits has, in other forms too."""
        stems = frozenset().union(*(stems_of(hit.text) for hit in hits))
        return [word for word in self.weighed if stem(word) in stems]

    @property
    def picked(self) -> list[int]:
        """The rows that are ticked, from 0, in the order of the hits."""
        return [hit.row for hit in self.hits if st.session_state.get(self.tick(hit))]

    def tick(self, hit: Hit) -> str:
        """The key of the box that picks a hit; another query has others."""
        query = hashlib.blake2b(self.query.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return f"pick-{query}-{hit.row}"


def show_hits(space: Space, found: Found, more_like: Callable[[int], None]) -> None:
    """Draw hits as rows, best first; each can be ticked, and opens to its whole text.

    Args:
        space: The space that was searched.
        found: The hits.
        more_like: Called with the row whose "More like this" was pressed.
    """
    with st.container(gap=None, key="hits"):
        for rank, hit in enumerate(found.hits[:_DRAWN], start=1):
            with st.container(horizontal=True, wrap=False, vertical_alignment="top", gap="xsmall"):
                st.checkbox(
                    f"Pick row {hit.row + 1:,}",
                    key=found.tick(hit),
                    label_visibility="collapsed",
                    width="content",
                )
                st.html(_row(space, found, rank, hit), width="stretch")
                st.button(
                    "More like this",
                    key=f"more-{hit.row}",
                    icon=":material/join_inner:",
                    type="tertiary",
                    on_click=more_like,
                    args=(hit.row,),
                )
    if len(found.hits) > _DRAWN:
        st.caption(
            f"The first {_DRAWN:,} of {len(found.hits):,} hits; selection and download have all of them."
        )


def hits_table(
    space: Space, queries: Sequence[str], hits: Sequence[Sequence[Hit]], metric: Metric
) -> pa.Table:
    """Hits as a table: query, rank, score and percentile, then the columns of `rows_table`.

    Hits that were not ranked by vectors alone have the name of the metric in place of `score`, and each of
    their ranks and scores; those that no hit has are left out.
    """
    listed = [
        (query, rank, hit)
        for query, found in zip(queries, hits, strict=True)
        for rank, hit in enumerate(found, start=1)
    ]
    every = [hit for _, _, hit in listed]
    ranked = [hit for hit in every if isinstance(hit, RankedHit)]
    stages = {name: [getattr(hit, name) for hit in ranked] for name in _STAGES}
    return rows_table(
        space.corpus,
        [hit.row for hit in every],
        {
            "query": [query for query, _, _ in listed],
            "rank": [rank for _, rank, _ in listed],
            metric if ranked else "score": [hit.score for hit in every],
            "percentile": [space.percentile(hit.score, metric) for hit in every],
            **{
                _STAGES[name]: values
                for name, values in stages.items()
                if any(value is not None for value in values)
            },
        },
    )


def quoted_words(words: Sequence[str], longest: int = 40) -> str:
    """Words as a text names them: “small”, “bird”; longer ones are shortened."""
    return ", ".join(f"“{shortened(word, longest)}”" for word in words)


def score_text(score: float, metric: Metric) -> str:
    """A score as pages write it; of `euclidean`, the distance."""
    return f"distance {-score:.3f}" if metric == "euclidean" else f"{score:.3f}"


def score_words(space: Space, score: float, metric: Metric) -> str:
    """What a score means in this corpus, compared with random pairs of rows."""
    percentile = space.percentile(score, metric)
    if percentile is None:
        return ""
    share = percent(percentile / 100).replace("> ", "more than ").replace("< ", "less than ")
    return f"closer than {share} of random pairs"


def _row(space: Space, found: Found, rank: int, hit: Hit) -> str:
    """A hit as HTML: its rank, score and text; opened, also what the score means and other columns."""
    score = score_text(hit.score, found.metric)
    ranks = _ranks(hit) if isinstance(hit, RankedHit) else ""
    if ranks and found.metric != "euclidean":  # a distance says what it is
        score = f"{found.metric} {score}"
    labels = space.corpus.labels
    label = (
        f'<span class="label" dir="auto">{html.escape(labels[hit.row])}</span>'
        if labels is not None and labels[hit.row]
        else ""
    )
    weak = found.is_weak(hit)
    mark = f'<span class="weak">{_weak_words(found, hit)}</span>' if weak else ""
    kinds = f"explorer-hit{' ranked' if ranks else ''}{' is-weak' if weak else ''}"
    text, address = space.corpus.texts[hit.row], thumbnail_address(space.corpus, hit.row)
    image = f"<div>{image_html(address, text)}</div>" if address else ""
    rest = "" if len(text) <= _TEXT_CHARS else "…"
    words = score_words(space, hit.score, found.metric)
    told = f"{words[0].upper()}{words[1:]}." if words else ""
    if found.weak is not None and not found.weights:
        told += (
            f" The mark on the bar: what meaningless text reaches ({score_text(found.weak, found.metric)})."
        )
    whole = (
        f"<details><summary>All {len(text):,} characters</summary>{whole_html(text)}</details>"
        if rest
        else ""
    )
    return (
        f'<details class="{kinds}"><summary title="{told}">'
        f"<div><b>{rank}</b> <b>{score}</b>{_bar(found, hit)}{mark}{ranks}</div>"
        f'{image}<div dir="auto">{label}{marked_html(text[:_TEXT_CHARS], found.words)}{rest}</div>'
        f"</summary>{whole}<p>{told}</p>{_metadata(space, hit.row)}</details>"
    )


def _weak_words(found: Found, hit: Hit) -> str:
    """That a hit is weak, as HTML; where words alone decide, with the words that it has."""
    words = found.had_by([hit])
    if not words:
        return "weak match"
    return f"weak: only <bdi>{html.escape(quoted_words(words, _WEAK_CHARS))}</bdi>"


def _ranks(hit: RankedHit) -> str:
    """The ranks of a hit before its last one, and its score by a cross-encoder, as HTML."""
    vector = "" if hit.vector_rank is None else ordinal(hit.vector_rank)
    if hit.fused_rank is None:
        told = [f"was {vector}"]
    else:
        word = "" if hit.word_rank is None else ordinal(hit.word_rank)
        told = [f"{vector or 'not'} by vectors", f"{word or 'not'} by words"]
    if hit.pair_score is not None:
        told.append(f"cross-encoder {hit.pair_score:.3f}")
    return f'<span class="ranks"><span>{",</span> <span>".join(told)}</span></span>'


def _bar(found: Found, hit: Hit) -> str:
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


def _metadata(space: Space, row: int) -> str:
    values = space.corpus.row(row)
    parts = [
        f"<b>{html.escape(name)}</b> {html.escape(shortened(str(values[name]), _META_CHARS))}"
        for name in space.corpus.metadata
        if values[name] not in (None, "")
    ]
    parts.insert(0, f"<b>row</b> {row + 1:,}")
    return f'<p dir="auto">{" · ".join(parts)}</p>'
