"""One entry of the record: what was asked, how it was answered, and the first hits."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explorer.data.records import DamagedFileError
from explorer.data.tables.values import without_surrogates
from explorer.encode.model_names import encoder_name, model_name
from explorer.retrieval.options import RankOptions

if TYPE_CHECKING:
    from explorer.analysis.score_scales import ScoreScale
    from explorer.analysis.space import Hit, Space  # brings torch, which a first page must not wait for
    from explorer.tensor import Metric

KEPT_HITS = 10
"""The most hits that an entry has."""
_QUERY_CHARS = 2_000  # as many as the search page takes
_TEXT_CHARS = 300  # of a hit


@dataclass(frozen=True)
class RecordedHit:
    """A hit as the record has it.

    Attributes:
        row: Its position in the corpus, from 0.
        score: Its similarity by vectors; see `Hit`.
        percentile: The percentage of random pairs of rows, or of its scale, that are less close; None where
            there are none.
        text: The first 300 characters of its text.
    """

    row: int
    score: float
    percentile: float | None
    text: str


@dataclass(frozen=True)
class Entry:
    """What was asked once and what was answered; entries are never changed.

    Attributes:
        number: Its number in its record, from 1, never given twice; 0 until it is in one.
        at: When it was answered, in UTC, to the millisecond.
        query: The query, or the text of the row that others are similar to: its first 2,000 characters.
        like_row: That row, from 0; None for a query.
        corpus: The name of the rows.
        corpus_fingerprint: See `Corpus.fingerprint`.
        rows: How many rows the corpus has.
        searched: How many of them were searched.
        encoder: The name of the encoder, as the pages show it.
        revision: The commit of its model or the hash of its files; empty where there is none.
        query_prompt: The prompt before the query.
        precision: The type the model computed in, such as `float32` or `bfloat16`; empty without an encoder.
        vectors_origin: See `Space.vectors_origin`: equal for equal vectors.
        metric: The similarity: `cosine`, `dot` or `euclidean`.
        ranking: What ranked the hits, in words; see `RankOptions.in_words`.
        seconds: How long encoding the query and finding the hits took; of several queries that were asked
            together, an equal share.
        hits: The first ten hits, best first.
    """

    number: int
    at: datetime.datetime
    query: str
    like_row: int | None
    corpus: str
    corpus_fingerprint: str
    rows: int
    searched: int
    encoder: str
    revision: str
    query_prompt: str
    precision: str
    vectors_origin: str
    metric: str
    ranking: str
    seconds: float
    hits: tuple[RecordedHit, ...]


def new_entry(
    space: Space,
    query: str | int,
    hits: Sequence[Hit],
    *,
    seconds: float,
    searched: int | None = None,
    metric: Metric | None = None,
    ranking: RankOptions | None = None,
    scale: ScoreScale | None = None,
) -> Entry:
    """An entry for an answer that was just given.

    Args:
        space: The space that was searched.
        query: The query, or the row (from 0) that others are similar to.
        hits: The hits, best first.
        seconds: How long it took.
        searched: How many rows were searched; None for all.
        metric: The similarity; None for the space's own.
        ranking: What ranked the hits besides vectors.
        scale: What scores are compared with; None for random pairs of rows.
    """
    corpus, spec = space.corpus, space.spec
    encoder = None if spec is None else space.encoder
    metric = metric or space.similarity_metric
    now = datetime.datetime.now(datetime.UTC)
    return Entry(
        number=0,
        at=now.replace(microsecond=now.microsecond // 1000 * 1000),
        query=_cut(query if isinstance(query, str) else corpus.captions[query], _QUERY_CHARS),
        like_row=None if isinstance(query, str) else query,
        corpus=_cut(corpus.name, _TEXT_CHARS),
        corpus_fingerprint=corpus.fingerprint,
        rows=len(corpus),
        searched=len(corpus) if searched is None else searched,
        encoder="" if spec is None else _cut(encoder_name(spec), _TEXT_CHARS),
        revision="" if encoder is None else encoder.revision,
        query_prompt=_cut(space.query_prompt, _TEXT_CHARS),
        precision="" if encoder is None else encoder.dtype,
        vectors_origin=space.vectors_origin,
        metric=metric,
        ranking=_cut(_in_words(ranking or RankOptions()), _TEXT_CHARS),
        seconds=seconds,
        hits=tuple(
            RecordedHit(
                hit.row,
                float(hit.score),
                space.percentile(hit.score, metric)
                if scale is None
                else scale.percentile(hit.row, hit.score),
                _cut(hit.text, _TEXT_CHARS),
            )
            for hit in hits[:KEPT_HITS]
        ),
    )


def with_words(entries: Iterable[Entry], words: str) -> list[Entry]:
    """The entries whose query has all of some words, or parts of words, in upper or lower case."""
    wanted = words.casefold().split()
    return [entry for entry in entries if all(word in entry.query.casefold() for word in wanted)]


def hits_text(hits: Sequence[RecordedHit]) -> str:
    """Hits as JSON text: a list of objects with `row` (from 0), `score`, `percentile` and `text`."""
    return json.dumps([vars(hit) for hit in hits], ensure_ascii=False, allow_nan=False)


def hits_from(text: str) -> tuple[RecordedHit, ...]:
    """Hits from the text of `hits_text`.

    Raises:
        DamagedFileError: It is another text.
    """
    try:
        listed: Any = json.loads(text)
        return tuple(_hit(**hit) for hit in listed)
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedFileError("its hits are damaged") from error


def _hit(row: object, score: object, percentile: object, text: object) -> RecordedHit:
    """A hit, with its values checked: quickly, since there are ten for each of thousands of entries."""
    if type(row) is not int or not isinstance(score, float) or not isinstance(text, str):
        raise TypeError("a hit has values of other types")
    if percentile is not None and not isinstance(percentile, float):
        raise TypeError("a percentile is no number")
    return RecordedHit(row, score, percentile, text)


def _in_words(ranking: RankOptions) -> str:
    """The ranking without the folder of its model."""
    return RankOptions(ranking.words, ranking.rerank, model_name(ranking.model), ranking.variety).in_words


def _cut(text: str, most: int) -> str:
    return without_surrogates(text[:most])
