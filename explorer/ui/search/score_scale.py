"""What the scores of an answer are compared with, and the texts that this needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.analysis import score_scales
from explorer.analysis.score_scales import ComparedTexts, ScoreScale
from explorer.data.images.image_rows import has_images, is_image
from explorer.session.session import Session
from explorer.ui.search.controls import Asked
from explorer.ui.widgets.kept import kept

if TYPE_CHECKING:
    from explorer.analysis.space import Space


def compared_texts(session: Session, space: Space) -> ComparedTexts:
    """The texts that words are compared with where rows are images; none where no row is."""
    if not has_images(space.corpus):
        return ComparedTexts("meaningless text", ())
    corpus = space.corpus
    return kept(session, "compared texts", (corpus,), lambda: score_scales.compared_texts(corpus))


def scale_of(session: Session, space: Space, asked: Asked) -> ScoreScale | None:
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
    compared = compared_texts(session, space)
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
