"""Ranked hits: as compact rows that open, and as a table to download."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import streamlit as st

from explorer.analysis.cluster_words import words_of
from explorer.analysis.score_scales import ScoreScale
from explorer.analysis.space import Hit, Space
from explorer.analysis.weak_hits import has_too_little, stems_of
from explorer.analysis.word_stems import stem
from explorer.data.images.image_rows import has_only_images
from explorer.data.tables.values import shortened
from explorer.encode.words import split_words
from explorer.errors import ExplorerError
from explorer.numbers import ordinal, percent
from explorer.retrieval.ranked_hit import RankedHit
from explorer.share.export import rows_table
from explorer.tensor import Metric
from explorer.ui.shell.text import show_error, whole_html
from explorer.ui.widgets.items import (
    card_html,
    image_cells,
    image_html,
    label_html,
    large_address,
    thumbnail_address,
)
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
        query: The query in words, or the text of the row to which others are similar.
        words: The words to mark in the hits, as `marked_html` takes them.
        hits: Best first.
        metric: The metric of their scores.
        weak: The score up to which a hit is weak; None if it is not known. See `weak_score`.
        weights: Where words alone decide, how much of the query each stem makes up; see `query_weights`.
        scale: What the scores are compared with; None for random pairs of rows.
        key: What tells the query from others whose words are the same.
    """

    query: str
    words: tuple[str, ...]
    hits: Sequence[Hit]
    metric: Metric
    weak: float | None
    weights: Mapping[str, float] | None = None
    scale: ScoreScale | None = None
    key: str = ""

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
        asked = self.query + self.key
        query = hashlib.blake2b(asked.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return f"pick-{query}-{hit.row}"


def show_hits(space: Space, found: Found, more_like: Callable[[int], None]) -> None:
    """Draw hits as rows, best first; each can be ticked, and opens to its whole text. Images are a grid.

    Args:
        space: The space that was searched.
        found: The hits.
        more_like: Called with the row whose "More like this" was pressed.
    """
    if has_only_images(space.corpus):
        _show_grid(space, found, more_like)
    else:
        _show_rows(space, found, more_like)
    if len(found.hits) > _DRAWN:
        st.caption(
            f"The first {_DRAWN:,} of {len(found.hits):,} hits; selection and download have all of them."
        )


def _show_rows(space: Space, found: Found, more_like: Callable[[int], None]) -> None:
    with st.container(gap=None, key="hits"):
        for rank, hit in enumerate(found.hits[:_DRAWN], start=1):
            with st.container(horizontal=True, wrap=False, vertical_alignment="top", gap="xsmall"):
                _tick(found, hit)
                st.html(_row(space, found, rank, hit), width="stretch")
                _offer_more(hit, more_like)


def _show_grid(space: Space, found: Found, more_like: Callable[[int], None]) -> None:
    with st.container(key="hits"):
        cells = image_cells("hits")
    for rank, hit in enumerate(found.hits[:_DRAWN], start=1):
        with cells.cell(), st.container(gap="xsmall"):
            words = _sentence(hit_words(space, found, hit))
            st.html(card_html(space.corpus, hit.row, _card_head(space, found, rank, hit), words))
            with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
                _tick(found, hit)
                if st.button(
                    f"Open image {hit.row + 1:,}",
                    key=f"open-{hit.row}",
                    icon=":material/open_in_full:",
                    type="tertiary",
                    help="Larger, with all its columns",
                ):
                    st.dialog(f"Image {hit.row + 1:,}", width="large")(_show_large)(space, found, hit)
                _offer_more(hit, more_like)


def _tick(found: Found, hit: Hit) -> None:
    label = f"Pick row {hit.row + 1:,}"
    st.checkbox(label, key=found.tick(hit), label_visibility="collapsed", width="content")


def _offer_more(hit: Hit, more_like: Callable[[int], None]) -> None:
    st.button(
        "More like this",
        key=f"more-{hit.row}",
        icon=":material/join_inner:",
        type="tertiary",
        on_click=more_like,
        args=(hit.row,),
    )


def _show_large(space: Space, found: Found, hit: Hit) -> None:
    """Draw an image at the size of the screen, with its caption, its score and its columns."""
    corpus, text = space.corpus, space.corpus.texts[hit.row]
    try:
        address = large_address(corpus, hit.row)
    except ExplorerError as error:
        show_error(error)
        address = thumbnail_address(corpus, hit.row)
    score = score_text(hit.score, found.metric)
    st.html(
        f'<div class="explorer-large">{image_html(address, text)}{whole_html(text)}'
        f"<p><b>{score}</b> {_sentence(hit_words(space, found, hit))}</p>{_metadata(space, hit.row)}</div>"
    )


def _card_head(space: Space, found: Found, rank: int, hit: Hit) -> str:
    """The rank and score of a hit, and in few words what it means, as HTML."""
    score, words = score_text(hit.score, found.metric), _closer_than(_percentile(space, found, hit))
    weak = f'<span class="weak">{_weak_words(found, hit)}</span>' if found.is_weak(hit) else ""
    ranks = _ranks(hit) if isinstance(hit, RankedHit) else ""
    closer = f'<div class="closer">{words}</div>' if words else ""
    return f'<div class="head"><b>{rank}</b> <b>{score}</b>{_bar(found, hit)}{weak}{ranks}{closer}</div>'


def hits_table(
    space: Space,
    queries: Sequence[str],
    hits: Sequence[Sequence[Hit]],
    metric: Metric,
    scale: ScoreScale | None = None,
) -> pa.Table:
    """Hits as a table: query, rank, score and percentile, then the columns of `rows_table`.

    The percentile is among the scores of `scale`, or of random pairs of rows.

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
            "percentile": [percentile_of(space, hit, metric, scale) for hit in every],
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
    return _closer_words(space.percentile(score, metric), "random pairs")


def hit_words(space: Space, found: Found, hit: Hit) -> str:
    """What the score of a hit means, compared with those of its scale."""
    pairs = "random pairs" if found.scale is None else found.scale.pairs(hit.row)
    return _closer_words(_percentile(space, found, hit), pairs)


def percentile_of(space: Space, hit: Hit, metric: Metric, scale: ScoreScale | None) -> float | None:
    """The percentile of the score of a hit among those of a scale, or of random pairs of rows."""
    return space.percentile(hit.score, metric) if scale is None else scale.percentile(hit.row, hit.score)


def _percentile(space: Space, found: Found, hit: Hit) -> float | None:
    return percentile_of(space, hit, found.metric, found.scale)


def _closer_words(percentile: float | None, pairs: str) -> str:
    words = _closer_than(percentile)
    return f"{words} of {pairs}" if words else ""


def _closer_than(percentile: float | None) -> str:
    if percentile is None:
        return ""
    share = percent(percentile / 100).replace("> ", "more than ").replace("< ", "less than ")
    return f"closer than {share}"


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}." if words else ""


def _row(space: Space, found: Found, rank: int, hit: Hit) -> str:
    """A hit as HTML: its rank, score and text; opened, also what the score means and other columns."""
    score = score_text(hit.score, found.metric)
    ranks = _ranks(hit) if isinstance(hit, RankedHit) else ""
    if ranks and found.metric != "euclidean":  # a distance says what it is
        score = f"{found.metric} {score}"
    weak = found.is_weak(hit)
    mark = f'<span class="weak">{_weak_words(found, hit)}</span>' if weak else ""
    kinds = f"explorer-hit{' ranked' if ranks else ''}{' is-weak' if weak else ''}"
    text, address = space.corpus.texts[hit.row], thumbnail_address(space.corpus, hit.row)
    label = label_html(space.corpus, hit.row)
    image = f"<div>{image_html(address, text)}</div>" if address else ""
    rest = "" if len(text) <= _TEXT_CHARS else "…"
    told = _sentence(hit_words(space, found, hit))
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
