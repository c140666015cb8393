"""What is said of the hits of a query, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import streamlit as st

from explorer.analysis.score_scales import ScoreScale
from explorer.analysis.space import Hit, Space
from explorer.analysis.word_stems import stem
from explorer.data.images.image_rows import has_images, is_image
from explorer.data.tables.values import count, shortened
from explorer.encode.words import split_words
from explorer.retrieval.ranked import Ranked
from explorer.session.session import Session
from explorer.share.playlist import playlist_file, song_columns
from explorer.ui.search.answer import Answer
from explorer.ui.search.controls import Asked, forget_like, searched_rows
from explorer.ui.search.found import Found
from explorer.ui.search.hit_scores import quoted_words
from explorer.ui.search.ranking import show_ranking, times
from explorer.ui.search.weak_hits import rows_by_word, weak_score_of, weights_of
from explorer.ui.shell.announcements import announce
from explorer.ui.shell.going import go_to
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_file, download_table
from explorer.ui.widgets.item_words import count_rows
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.marked_words import common_words, is_worth_marking
from explorer.ui.widgets.score_words import score_text

_ORIGIN_CHARS = 40
_NAMED_WORDS = 3  # of a query, in a sentence
_MAP_QUERY_CHARS = 500  # as the map's own field takes them
_TRAINED_FOR = {"dot": "dot product", "euclidean": "Euclidean distance"}  # cosine goes without saying


def show_summary(
    session: Session,
    space: Space,
    asked: Asked,
    answer: Answer,
    table: Callable[[], pa.Table],
) -> Found:
    """Draw what was searched for and the actions on the hits; return what was found for the query to show."""
    queries, chosen = answer.queries, 0
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
        found = _found(session, space, asked, answer, chosen)
        ranked = None if answer.ranked is None else answer.ranked[chosen]
        with told:
            if asked.like is not None and not is_image(space.corpus, asked.like):
                st.html(f"Rows similar to row {asked.like + 1:,}:{item_html(space.corpus, asked.like)}")
                st.button("Back to the query", icon=":material/arrow_back:", on_click=forget_like)
            _show_fit(space, asked, found, answer.by_vectors[chosen], ranked)
        _show_actions(session, space, asked, found, table)
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


def _found(session: Session, space: Space, asked: Asked, answer: Answer, chosen: int) -> Found:
    """What was found for one query of an answer."""
    query, metric = answer.queries[chosen], asked.metric or space.similarity_metric
    return Found(
        query,
        _marked_words(session, space, query) if asked.is_words else (),
        answer.hits[chosen],
        metric,
        weak_score_of(session, space, asked, metric),
        weights_of(session, space, asked, query),
        answer.scale,
        "" if asked.image is None else asked.image.item.key.hex(),
    )


def _marked_words(session: Session, space: Space, query: str) -> tuple[str, ...]:
    """The words of a query to mark in its hits."""
    corpus = space.corpus
    common = kept(session, "common words", (corpus,), lambda: common_words(corpus.texts))
    return tuple(word for word in dict.fromkeys(split_words(query)) if is_worth_marking(word, common))


def _show_actions(
    session: Session, space: Space, asked: Asked, found: Found, table: Callable[[], pa.Table]
) -> None:
    """Draw what can be done with the hits."""
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
    had = found.had_by(weak)
    if len(had) > _NAMED_WORDS:
        return "only frequent words of it"
    return f"no word of it{' but ' if had else ''}{markdown(quoted_words(had))}"


def _show_missed(session: Session, space: Space, found: Found) -> None:
    """Say which words of a query some rows have and no hit has, where TF-IDF lost them."""
    counts, _ = rows_by_word(session, space.corpus)
    had = found.had_by(found.hits)
    missed = [word for word in found.weighed if word not in had and counts.get(stem(word))]
    if missed:
        words = " or ".join(quoted_words([word]) for word in missed[:_NAMED_WORDS])
        st.caption(
            f"Rows with {markdown(words)} are not among them: TF-IDF’s {space.dims:,} dimensions keep little "
            "of rare words. “Words too” under Ranking finds such rows."
        )
