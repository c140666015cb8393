"""The ways in which rows are classified, and their vote."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.space import Space
from explorer.classification.by_examples import EXAMPLE_METHODS, ExampleMethod, classify_by_examples
from explorer.classification.by_inference import TEMPLATE, classify_by_inference
from explorer.classification.by_similarity import IMAGE_TEMPLATE, classify_by_similarity
from explorer.classification.categories import Category
from explorer.classification.predictions import Predictions, vote
from explorer.data.corpus import Corpus
from explorer.data.images.captions import written_captions
from explorer.data.images.image_rows import has_images
from explorer.encode.engines.pair_models import check_template
from explorer.encode.model_names import choose_model
from explorer.encode.spec import encodes_texts
from explorer.errors import ExplorerError
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.ui.shell.job_progress import result_or_progress, session_result_or_progress
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.shown_rows import ShownRows

SIMILARITY, EXAMPLES, INFERENCE = "Similarity", "Examples", "Inference model"
_WAYS = (SIMILARITY, EXAMPLES, INFERENCE)
_WAYS_HELP = (
    "Similarity: how close a row is to the name and description of each category, at once. Examples: learned "
    "from rows that you mark. Inference model: a language model reads each row with each category, which is "
    "slow. With several, their probabilities are averaged."
)
_WAYS_CHOSEN, _USUAL_WAYS = "ways", "ways-usual"
_USUAL_MODEL = "MoritzLaurer/deberta-v3-base-zeroshot-v2.0"
_NO_SIMILARITY = (
    "The rows came with their vectors and it is not known by which model, so categories cannot be encoded. "
    "Examples work: choose them, and mark a few rows of each category."
)
_NO_CAPTIONS = (
    "Inference models read texts, and some of these images have no caption, only the name of a file. "
    "Similarity and examples use the images themselves."
)
_MOST_READINGS = 200_000  # of a row with a category: other long work waits for it
_MANY_READINGS = 2_000  # from which on the page says that it can take long


def choose_ways(session: Session) -> list[str]:
    """Draw the choice of ways; return those chosen, at least one."""
    usual = [SIMILARITY if encodes_texts(session.encoder) else EXAMPLES]
    before = st.session_state.get(_USUAL_WAYS, usual)
    if before != usual and st.session_state.get(_WAYS_CHOSEN) == before:
        st.session_state[_WAYS_CHOSEN] = usual  # it was for another encoder, and nobody changed it
    st.session_state[_USUAL_WAYS] = usual
    ways = st.pills(
        "Classify by",
        _WAYS,
        selection_mode="multi",
        default=usual,
        key=_WAYS_CHOSEN,
        bind="query-params",
        help=_WAYS_HELP,
    )
    return [way for way in _WAYS if way in ways] or usual


def predictions_or_progress(
    session: Session, space: Space, shown_rows: ShownRows, categories: tuple[Category, ...], chosen: list[str]
) -> Predictions | None:
    """Draw what each way needs; return the predictions of the shown rows, None while there are none.

    The same object is returned until something has changed, so that what follows from it can be kept.
    """
    names = tuple(one.name for one in categories)
    found: dict[str, Predictions | None] = {}
    for way in chosen:
        if way == SIMILARITY and not encodes_texts(session.encoder):
            st.info(_NO_SIMILARITY, icon=":material/school:")
        elif way == SIMILARITY:
            found[way] = _by_similarity(session, space, categories)
        elif way == EXAMPLES:
            found[way] = _by_examples(session, space, names)
        else:
            found[way] = _by_inference(session, shown_rows, names, alone=len(chosen) == 1)
    ready = {way: one for way, one in found.items() if one is not None}
    if not ready:
        return None
    if len(ready) < len(found):
        st.caption(f"So far without {' and '.join(way.lower() for way in found if way not in ready)}.")
    weights = _choose_weights({way: one.source for way, one in ready.items()}) if len(ready) > 1 else [1.0]

    def of_shown_rows() -> Predictions:
        # A model of inference has read the shown rows only.
        taken = [one if way == INFERENCE else one.take(shown_rows.rows) for way, one in ready.items()]
        return vote(taken, weights) if len(taken) > 1 else taken[0]

    return kept(session, "predictions", (*ready.values(), shown_rows.key, *weights), of_shown_rows)


def _by_similarity(session: Session, space: Space, categories: tuple[Category, ...]) -> Predictions | None:
    template = IMAGE_TEMPLATE
    if has_images(space.corpus):
        template = st.text_input(
            "Sentence for images",
            IMAGE_TEMPLATE,
            key="image-sentence",
            width=280,
            bind="query-params",
            max_chars=200,
            help="Images are compared with this sentence; {} stands for the name of a category. Models that "
            "learned from captions know sentences better than single words. A category with a description is "
            "compared with that instead.",
        )
    try:
        check_template(template)
    except ExplorerError as error:
        show_error(error)
        return None
    return result_or_progress(
        session,
        ("classify by similarity", categories, template),
        "Classifying by similarity",
        lambda report: classify_by_similarity(space, categories, image_template=template, on_progress=report),
    )


def _choose_inference(*, alone: bool) -> tuple[str, str, bool]:
    """Draw the choice of a model and its statement, and whether several categories can apply."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.text_input(
            "Model trained on natural language inference",
            _USUAL_MODEL,
            key="inference-model",
            width=420,
            bind="query-params",
            max_chars=200,
        )
        template = st.text_input(
            "Statement",
            TEMPLATE,
            key="template",
            width=280,
            bind="query-params",
            max_chars=200,
            help="{} stands for the name of a category. The model says whether the statement follows.",
        )
        several = alone and st.toggle(
            "Several categories can apply",
            key="several-categories",
            bind="query-params",
            help="Each category is then judged by itself.",
        )
    return model.strip(), template, several


def _choose_weights(sources: dict[str, str]) -> list[float]:
    """Draw the weight of each way, which has a source of its predictions."""
    with st.popover("Weights", icon=":material/balance:"):
        weights = [
            st.slider(
                markdown(source[:1].upper() + source[1:]),
                0.0,
                1.0,
                1.0,
                0.1,
                key=f"weight-{way.split()[0].lower()}",
                bind="query-params",
            )
            for way, source in sources.items()
        ]
        if not any(weights):
            st.caption("With all weights at 0, each counts the same.")
    return weights if any(weights) else [1.0] * len(sources)


def _by_examples(session: Session, space: Space, names: tuple[str, ...]) -> Predictions | None:
    method: ExampleMethod = (
        st.segmented_control(
            "Learn by",
            EXAMPLE_METHODS,
            format_func=str.capitalize,
            default=EXAMPLE_METHODS[0],
            required=True,
            key="learn-by",
            bind="query-params",
        )
        or EXAMPLE_METHODS[0]  # a link may leave it empty
    )
    marked = {row: name for row, name in sorted(session.examples.items()) if name in names}
    without = [name for name in names if name not in marked.values()]
    if without and len(without) < len(names) - 1:
        st.caption(f"Without an example, and so never given by examples: {markdown(', '.join(without))}.")
    if len(set(marked.values())) < 2:
        st.info(
            "Mark at least one row of each of two categories below. Five of each already tell much.",
            icon=":material/school:",
        )
        return None
    return result_or_progress(
        session,
        ("classify by examples", tuple(marked.items()), names, method),
        "Learning from examples",
        lambda _report: classify_by_examples(space, marked, method=method).over(names),
    )


def _captions_as_texts(images: Corpus) -> Corpus | None:
    """The captions of images as the rows; None if some image has none."""
    return images.reading(images.text) if all(written_captions(images)) else None


def _by_inference(
    session: Session, shown_rows: ShownRows, names: tuple[str, ...], *, alone: bool
) -> Predictions | None:
    corpus = shown_rows.space.corpus
    if has_images(corpus):
        images = corpus
        captions = kept(session, "captions as texts", (images,), lambda: _captions_as_texts(images))
        if captions is None:
            st.info(_NO_CAPTIONS, icon=":material/image_not_supported:")
            return None
        st.caption("The model reads texts: it judges the captions, not the images.")
        corpus = captions
    model, template, several = _choose_inference(alone=alone)
    try:
        check_template(template)
        opened = choose_model(model)
    except ExplorerError as error:
        show_error(error)
        return None
    texts = corpus.texts
    # Of the texts alone: with more columns, or another encoder, the rows need not be read again.
    asked = (("classify by inference", names, opened, template, several), corpus.items_fingerprint)
    readings = len(texts) * len(names)
    if readings > _MOST_READINGS:
        st.info(
            f"{len(texts):,} rows and {len(names)} categories are {readings:,} readings; up to "
            f"{_MOST_READINGS:,} are made. Choose fewer rows by filters or a selection, or fewer categories.",
            icon=":material/filter_alt:",
        )
        return None
    wanted = f"asked-{hash(asked)}"
    if asked not in session.results and not st.session_state.get(wanted):
        st.button(
            f"Read {len(texts):,} rows with {len(names)} categories",
            type="primary",
            icon=":material/play_arrow:",
            on_click=st.session_state.__setitem__,
            args=(wanted, True),
        )
        if readings > _MANY_READINGS:
            st.caption(
                f"The model reads {readings:,} pairs of a row and a category, which can take long without a "
                "GPU. Filters or a selection make it fewer."
            )
        return None
    return session_result_or_progress(
        session,
        asked,
        f"Classifying by {model}",
        lambda report: classify_by_inference(
            texts, names, opened, template=template, several=several, on_progress=report
        ),
        lane=Lane.LONG,
        here=True,
    )
