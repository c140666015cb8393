"""What the search page found: the hits of each query, a summary of them, and what to do with them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from explorer.analysis import score_scales
from explorer.analysis.score_scales import ComparedTexts, ScoreScale, compared_texts
from explorer.analysis.weak_hits import MEANINGLESS, query_weights, row_counts, weak_score
from explorer.analysis.word_stems import stem
from explorer.data.corpus import Item
from explorer.data.images.image_rows import has_images, is_image
from explorer.data.tables.values import count, shortened
from explorer.encode.spec import Tfidf, hosted_model
from explorer.encode.words import split_words
from explorer.errors import QueryError
from explorer.session.queries import encoding_seconds
from explorer.session.session import Session
from explorer.share.playlist import playlist_file, song_columns
from explorer.ui.search.controls import (
    MAX_HITS,
    MAX_QUERIES,
    MAX_QUERY_CHARS,
    Asked,
    forget_like,
    searched_rows,
)
from explorer.ui.search.ranking import ranked_or_progress, show_ranking, times
from explorer.ui.shell.announcements import announce
from explorer.ui.shell.going import go_to
from explorer.ui.shell.queries import query_vectors_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_file, download_table
from explorer.ui.widgets.item_words import count_rows
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.marked_words import common_words, is_worth_marking

if TYPE_CHECKING:
    import pyarrow as pa

    from explorer.analysis.space import Hit, Space
    from explorer.data.corpus import Corpus
    from explorer.retrieval.ranked import Ranked
    from explorer.tensor import Metric
    from explorer.ui.search.found import Found

_ORIGIN_CHARS = 40
_NAMED_WORDS = 3  # of a query, in a sentence
_MAP_QUERY_CHARS = 500  # as the map's own field takes them
_TRAINED_FOR = {"dot": "dot product", "euclidean": "Euclidean distance"}  # cosine goes without saying


@dataclass(frozen=True)
class Answer:
    """The answer to a request.

    Attributes:
        queries: The queries in words; the text of the row that others are similar to.
        by_vectors: For each query its hits by vectors, best first.
        ranked: For each query what was found by more than vectors; None if that is not asked for, or not
            there (yet).
        seconds: How long encoding the queries and comparing their vectors took.
        scale: What the scores are compared with; None for random pairs of rows.
    """

    queries: list[str]
    by_vectors: list[list[Hit]]
    ranked: tuple[Ranked, ...] | None
    seconds: float
    scale: ScoreScale | None = None

    @property
    def hits(self) -> list[list[Hit]]:
        """For each query the hits to show, best first."""
        return self.by_vectors if self.ranked is None else [[*one.hits] for one in self.ranked]


def hits_or_progress(session: Session, space: Space, asked: Asked) -> Answer | None:
    """The queries and their hits; None while the queries are being encoded, which the page shows.

    The hits by vectors are there while others are being ranked by more, and if that fails.

    Raises:
        QueryError: There are too many queries, or one is too long.
    """
    if asked.like is not None and not asked.but:
        caption = space.corpus.captions[asked.like]
        k = min(asked.k, MAX_HITS)
        began = time.perf_counter()
        similar = space.similar_to(asked.like, k, metric=asked.metric, rows=asked.within)
        took = time.perf_counter() - began
        ranked = _ranked(session, space, asked, [asked.like], [None])
        return Answer([caption], [similar], ranked, took, _scale(session, space, asked))
    if asked.like is not None or asked.image is not None:
        return _by_image(session, space, asked)
    if len(asked.queries) > MAX_QUERIES:
        raise QueryError(
            f"There are {len(asked.queries)} queries; the page takes {MAX_QUERIES} at once.",
            fix="Search in several batches, or use the Python package.",
        )
    # Only the browser enforces the input's own limit; a link can carry more.
    for number, query in enumerate(asked.queries, start=1):
        if len(query) > MAX_QUERY_CHARS:
            raise QueryError(
                f"It has {len(query):,} characters; the page takes {MAX_QUERY_CHARS:,}.",
                where=f"query {number}",
                fix="Shorten it.",
            )
    # Together, so that the hits and what is weak among them are drawn at once.
    texts = (*asked.queries, *dict.fromkeys((*_meaningless(space), *_compared(session, space).texts)))
    vectors = query_vectors_or_progress(session, [space], texts)
    if vectors is None:
        return None
    k, queries = min(asked.k, MAX_HITS), vectors[0][: len(asked.queries)]
    began = time.perf_counter()
    hits = space.search_vectors(queries, k, metric=asked.metric, rows=asked.within)
    took = time.perf_counter() - began + encoding_seconds(session, space, texts)
    ranked = _ranked(session, space, asked, asked.queries, list(queries))
    return Answer(list(asked.queries), hits, ranked, took, _scale(session, space, asked))


def _by_image(session: Session, space: Space, asked: Asked) -> Answer | None:
    """The hits of an image, of an image and words, or of the image of a row and words."""
    from explorer.analysis.space import mix

    image = None if asked.image is None else asked.image.item
    words = asked.but if image is None else "".join(asked.queries)
    if len(words) > MAX_QUERY_CHARS:
        raise QueryError(
            f"It has {len(words):,} characters; the page takes {MAX_QUERY_CHARS:,}.",
            where="the words beside the image",
            fix="Shorten them.",
        )
    if not space.encoder.takes_images:
        raise QueryError(
            f"{space.encoder.name} reads only texts, so that no image can be searched with.",
            fix="Search by words, or encode the rows with a model of images and texts.",
        )
    compared = _compared(session, space).texts if words else ()
    parts = [words] if words else []
    queries: tuple[Item, ...] = (*parts, *([] if image is None else [image]), *compared)
    found = query_vectors_or_progress(session, [space], queries)
    if found is None:
        return None
    began, (vectors,) = time.perf_counter(), found
    within = asked.within
    if asked.like is not None:
        within = np.ones(len(space), dtype=bool) if within is None else within.copy()
        within[asked.like] = False
        vectors = np.concatenate([vectors[:1], space.index.take([asked.like])])
    vector = mix(vectors[:2], asked.share) if words else vectors[:1]
    hits = space.search_vectors(vector, min(asked.k, MAX_HITS), metric=asked.metric, rows=within)
    took = time.perf_counter() - began + encoding_seconds(session, space, queries)
    name = (
        f"image {asked.like + 1:,}"
        if asked.like is not None
        else asked.image.item.name
        if asked.image
        else ""
    )
    told = f"{name}, {'but' if image is None else 'and'} {words}" if words else name
    ranked = _ranked(session, space, asked, [words if asked.like is None else asked.like], [vector[0]])
    return Answer([told], hits, ranked, took, _scale(session, space, asked))


def show_summary(
    session: Session,
    space: Space,
    asked: Asked,
    answer: Answer,
    table: Callable[[], pa.Table],
) -> Found:
    """Draw what was searched for and the actions on the hits; return what was found for the query to show."""
    from explorer.ui.search.found import Found  # brings torch, which the first page must not wait for

    queries, metric = answer.queries, asked.metric or space.similarity_metric
    chosen = 0
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="hits-head"
    ):
        told = st.container(width="stretch")
        if len(queries) > 1:
            chosen = told.selectbox(
                "Hits for",
                range(len(queries)),
                format_func=lambda position: f"{position + 1}. {queries[position]}",
                width=420,
            )
        words = _words(session, space, queries[chosen]) if asked.is_words else ()
        found = Found(
            queries[chosen],
            words,
            answer.hits[chosen],
            metric,
            _weak_score(session, space, asked, metric),
            _weights(session, space, asked, queries[chosen]),
            answer.scale,
            "" if asked.image is None else asked.image.item.key.hex(),
        )
        ranked = None if answer.ranked is None else answer.ranked[chosen]
        with told:
            if asked.like is not None and not is_image(space.corpus, asked.like):
                st.html(f"Rows similar to row {asked.like + 1:,}:{item_html(space.corpus, asked.like)}")
                st.button("Back to the query", icon=":material/arrow_back:", on_click=forget_like)
            _show_fit(space, asked, found, answer.by_vectors[chosen], ranked)
        picked = found.picked
        st.button(
            f"Select the {len(picked):,} picked" if picked else "Select these rows",
            key="select-hits",
            icon=":material/select_all:",
            on_click=session.select,
            args=(picked or [hit.row for hit in found.hits], f"hits for “{found.query[:_ORIGIN_CHARS]}”"),
            help="The selection follows you to every page.",
        )
        # The map is searched by words alone.
        if (asked.is_words or not has_images(space.corpus)) and st.button(
            "Show on the map", icon=":material/scatter_plot:", help="Rings the closest rows on the map."
        ):
            go_to("pages/map.py", **{"map-query": found.query[:_MAP_QUERY_CHARS]})
        download_table("Download the hits", table, f"{space.corpus.name}-hits")
        songs = song_columns(space.corpus) if asked.ranking.variety else None
        if songs is not None:
            rows = [hit.row for hit in found.hits]
            download_file(
                "Playlist (M3U)",
                lambda: playlist_file(space.corpus, rows, songs),
                f"{space.corpus.name}-playlist.m3u8",
                about="The hits in this order, as artist and title. Files with these names, such as "
                "“artist - title.mp3”, are looked for beside the playlist.",
            )
    if ranked is not None and found.hits:
        whole = len(searched_rows(space, asked)) == len(space)
        show_ranking(session, asked.ranking, found.query, ranked, whole)
    if found.weights and ranked is None:
        _show_missed(session, space, found)
    if asked.metric is None and space.similarity_metric in _TRAINED_FOR:
        st.caption(f"Compared by {_TRAINED_FOR[space.similarity_metric]}, which this model was trained for.")
    if found.scale is not None and found.hits:
        _tell_scale(found.scale, asked)
    announce(f"{count(len(found.hits), 'hit')} for “{shortened(queries[chosen], _ORIGIN_CHARS)}”.")
    return found


def _tell_scale(scale: ScoreScale, asked: Asked) -> None:
    """Say what the scores are compared with."""
    told = f"Percentages are of {scale.pairs()} of these rows, drawn at random."
    if asked.is_words:
        told += " Scores of words are on another scale than those between images: do not compare the two."
    st.caption(told)


def _show_fit(
    space: Space, asked: Asked, found: Found, closest: Sequence[Hit], ranked: Ranked | None
) -> None:
    """Draw how well the hits fit, by vectors.

    Args:
        space: The space that was searched.
        asked: The request.
        found: The hits.
        closest: The hits by vectors.
        ranked: What was found by more than vectors, if these are the hits.
    """
    from explorer.ui.widgets.score_words import score_text

    searched = len(searched_rows(space, asked))
    of = count_rows(space.corpus, searched)
    if not found.hits:
        st.caption(f"None of {of}")
        return
    # By words the closest can be weak, and a later one not.
    nothing = all(map(found.is_weak, closest if found.weights else closest[:1]))
    judge = "By vectors n" if ranked is not None else "By TF-IDF n" if found.weights else "N"
    what = f"{judge}othing fits this query"
    if nothing and found.weights:
        st.markdown(
            f":material/search_off: **{what}**: of {of} the closest have {_words_of_weak(found, closest)}."
        )
    elif nothing and found.weak is not None:
        best, meaningless = (score_text(score, found.metric) for score in (closest[0].score, found.weak))
        st.markdown(
            f":material/search_off: **{what}**: "
            f"of {of} the closest has {best}; "
            f"meaningless text reaches {meaningless}."
        )
    weak = [hit for hit in found.hits if found.is_weak(hit)]
    score, have = ("scores", "has") if len(weak) == 1 else ("score", "have")
    why = (
        f"{score} no higher than meaningless text and {have} no word of the query"
        if not found.weights
        else f"{have} {_words_of_weak(found, weak)}"
    )
    about = f"; {len(weak):,} of the {len(found.hits):,} hits {why}" if weak and not nothing else ""
    if ranked is not None:
        st.caption(f"Of {of}, {times(ranked)}{about}.")
    elif not nothing:
        st.caption(f"The closest of {of}{about}.")


def _words_of_weak(found: Found, weak: Sequence[Hit]) -> str:
    """Which words of a query some hits have that are weak by their words, as Markdown."""
    from explorer.ui.search.hit_scores import quoted_words

    had = found.had_by(weak)
    if len(had) > _NAMED_WORDS:
        return "only frequent words of it"
    return f"no word of it{' but ' if had else ''}{markdown(quoted_words(had))}"


def _show_missed(session: Session, space: Space, found: Found) -> None:
    """Say which words of a query some rows have and no hit has, where TF-IDF lost them."""
    from explorer.ui.search.hit_scores import quoted_words

    counts, _ = _rows_by_word(session, space.corpus)
    had = found.had_by(found.hits)
    missed = [word for word in found.weighed if word not in had and counts.get(stem(word))]
    if missed:
        words = " or ".join(quoted_words([word]) for word in missed[:_NAMED_WORDS])
        st.caption(
            f"Rows with {markdown(words)} are not among them: TF-IDF’s {space.dims:,} dimensions keep little "
            "of rare words. “Words too” under Ranking finds such rows."
        )


def _ranked(
    session: Session,
    space: Space,
    asked: Asked,
    queries: Sequence[str | int],
    vectors: Sequence[np.ndarray | None],
) -> tuple[Ranked, ...] | None:
    """What was found by more than vectors; see `ranked_or_progress`."""
    k = min(asked.k, MAX_HITS)
    return ranked_or_progress(
        session, space, asked.ranking, queries, vectors, k, metric=asked.metric, within=asked.within
    )


def _meaningless(space: Space) -> tuple[str, ...]:
    """The queries that tell what is weak; none where each query is sent away, which costs time and money."""
    return () if space.spec is None or hosted_model(space.spec) else MEANINGLESS


def _compared(session: Session, space: Space) -> ComparedTexts:
    """The texts that words are compared with where rows are images; none where no row is."""
    if not has_images(space.corpus):
        return ComparedTexts("meaningless text", ())
    return kept(session, "compared texts", (space.corpus,), lambda: compared_texts(space.corpus))


def _scale(session: Session, space: Space, asked: Asked) -> ScoreScale | None:
    """What scores are compared with; None for random pairs of rows, where rows and query are texts.

    The texts that are compared with are encoded.
    """
    if not has_images(space.corpus) or (asked.like is not None and not is_image(space.corpus, asked.like)):
        return None
    metric = asked.metric or space.similarity_metric
    words = asked.but if asked.like is not None else "".join(asked.queries)
    if not words:
        made_from = (space, metric)
        return kept(
            session, "scale of images", made_from, lambda: score_scales.scale_of_images(space, metric)
        )
    compared = _compared(session, space)
    encoded = session.queries.find(space.encoder, compared.texts)
    if encoded is None:
        raise AssertionError(compared.kind)
    texts = space.place_queries(encoded)
    if asked.is_words:
        return kept(
            session,
            "scale of texts",
            (space, metric),
            lambda: score_scales.scale_of_texts(space, compared.kind, texts, metric),
        )
    return kept(
        session,
        "scale of mixtures",
        (space, metric, asked.share),
        lambda: score_scales.scale_of_mixtures(space, compared.kind, texts, asked.share, metric),
    )


def _weak_score(session: Session, space: Space, asked: Asked, metric: Metric) -> float | None:
    """The score up to which hits are weak; None if it is not known, and for rows like another row."""
    within = asked.within
    if not _meaningless(space) or not asked.is_words or (within is not None and not within.any()):
        return None
    encoded = session.queries.find(space.encoder, MEANINGLESS)
    if encoded is None:  # no query was asked yet, only rows like another
        return None
    return kept(
        session,
        "weak score",
        (space, metric, b"" if within is None else np.packbits(within).tobytes()),
        lambda: weak_score(space, space.place_queries(encoded), metric, within),
    )


def _weights(session: Session, space: Space, asked: Asked, query: str) -> dict[str, float] | None:
    """How much each stem makes up of a query by TF-IDF, which compares words; None by other encoders."""
    if not isinstance(space.spec, Tfidf) or not asked.is_words:
        return None
    return query_weights(query, *_rows_by_word(session, space.corpus))


def _rows_by_word(session: Session, corpus: Corpus) -> tuple[Counter[str], int]:
    """In how many rows each stem is, and in how many it was looked for; see `row_counts`."""
    return kept(session, "rows by word", (corpus,), lambda: row_counts(corpus.texts))


def _words(session: Session, space: Space, query: str) -> tuple[str, ...]:
    """The words of a query to mark in its hits."""
    corpus = space.corpus
    common = kept(session, "common words", (corpus,), lambda: common_words(corpus.texts))
    return tuple(word for word in dict.fromkeys(split_words(query)) if is_worth_marking(word, common))
