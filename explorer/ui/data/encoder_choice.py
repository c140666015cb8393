"""The choice of encoder on the data page: a local or hosted model, TF-IDF, or the vectors in the rows."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images
from explorer.data.tables.values import count
from explorer.encode.engines.embedding_servers import embedding_servers
from explorer.encode.engines.hosted import requests_for
from explorer.encode.engines.inference_providers import PROVIDERS
from explorer.encode.model_names import choose_model, model_folders, model_name, model_path, tracked_choices
from explorer.encode.models import BUNDLED_MODEL, files_on_disk
from explorer.encode.saved_encoder import saved_encoder
from explorer.encode.spec import EncoderSpec, HostedModel, LocalModel, OwnVectors, Precision, Tfidf, spec_for
from explorer.errors import ExplorerError
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.data.image_models import choose_image_model
from explorer.ui.data.prompt_choice import choose_prompts
from explorer.ui.data.saved_space import show_saved_encoder
from explorer.ui.shell.text import show_error
from explorer.ui.shell.token import ask_for_token

_OTHER_MODEL = "Another model…"
_NO_MODEL = "Unknown"
_LOCAL, _HOSTED, _TFIDF, _OWN = "Local", "Hosted", "TF-IDF", "Vectors in the rows"


def choose_encoder(session: Session, corpus: Corpus) -> EncoderSpec | None:
    """Draw the choice of encoder for rows, starting from the current one; None while none is named."""
    current, own = session.encoder, corpus.vectors is not None
    images = has_images(corpus)
    if images and not own:
        return _for_images(session, current)
    ways = [*([_OWN] if own else []), _LOCAL, *([] if images else [_HOSTED, _TFIDF])]
    way = st.segmented_control(
        "Encode with",
        ways,
        default=_way(current) if _way(current) in ways and not own else ways[0],
        required=True,
        key=f"encode-with-{own}",
        persist_state="session",
        wrap=True,
        help="A model on this machine, one that runs on a server, or TF-IDF: words only, a baseline for "
        "models.",
    )
    try:
        if way == _OWN:
            saved = saved_encoder(corpus)
            return _own(current) if saved is None else show_saved_encoder(saved)
        if way == _HOSTED:
            return _hosted(current, corpus)
        if way == _TFIDF:
            st.caption(
                "TF-IDF counts words and pairs of words and is fitted on these rows. It knows no synonyms."
            )
            return Tfidf()
        return _for_images(session, current) if images else _local(current)
    except ExplorerError as error:
        show_error(error)
        return None


def _for_images(session: Session, current: EncoderSpec) -> EncoderSpec | None:
    """Draw the choice of an encoder of images; images have no prompts, and words keep those of the model."""
    before = current if isinstance(current, LocalModel) else LocalModel()
    try:
        model = choose_image_model(session, current)
    except ExplorerError as error:
        show_error(error)
        return None
    if model is None:
        return None
    precision = _precision(before)
    same = model == before.model
    return replace(before, precision=precision) if same else spec_for(model, precision=precision)


def _way(spec: EncoderSpec) -> str:
    match spec:
        case LocalModel():
            return _LOCAL
        case HostedModel():
            return _HOSTED
        case Tfidf():
            return _TFIDF
        case OwnVectors():
            return _OWN


def _local(current: EncoderSpec) -> EncoderSpec | None:
    before = current if isinstance(current, LocalModel) else LocalModel()
    model = _model("Model", before.model, [])
    if model is None:
        return None
    precision = _precision(before)
    # The revision and the permission to run code belong to the model they were chosen for.
    unchanged = model == before.model
    revision = before.revision if unchanged else None
    code = before.trust_remote_code and unchanged
    files = files_on_disk(model, revision=revision, trust_remote_code=code)
    prompts = choose_prompts(
        model_name(model),
        before if unchanged else None,
        None if files is None else files.prompts,
        later="once the model is on this machine",
    )
    return spec_for(
        model,
        precision=precision,
        prompt=prompts.document,
        query_prompt=prompts.query,
        task=prompts.task,
        revision=revision,
        trust_remote_code=code,
    )


def _precision(before: LocalModel) -> Precision:
    chosen: Precision = st.segmented_control(
        "Precision",
        ["auto", "float32"],
        format_func={"auto": "Fast", "float32": "Exact"}.__getitem__,
        default=before.precision,
        required=True,
        key="precision-choice",
        help="Fast computes in bfloat16 or float16 if a check on your own rows shows a cosine of at least "
        "0.9999 to the exact vectors (0.999 on a GPU). Exact computes in float32.",
        persist_state="session",
    )
    return chosen


def _hosted(current: EncoderSpec, corpus: Corpus) -> EncoderSpec | None:
    before = current if isinstance(current, HostedModel) else None
    providers = [*embedding_servers(), *PROVIDERS]
    provider = st.selectbox(
        "Server",
        providers,
        index=providers.index(before.provider) if before and before.provider in providers else 0,
        format_func=lambda name: f"Inference Providers: {name}" if name in PROVIDERS else name,
        key="provider",
        persist_state="session",
        help="Hugging Face Inference Providers, or a server that the host of this app has set up.",
    )
    model = st.text_input(
        "Model",
        before.model if before else BUNDLED_MODEL,
        key="remote-model",
        max_chars=200,
        persist_state="session",
        help="Its Hub id or its name on the server.",
    )
    if provider in PROVIDERS:
        ask_for_token()
    model = (model or "").strip()
    if not model:
        return None
    prompts = choose_prompts(
        model,
        before if before and model == before.model else None,
        _defined_on_hub(model),
        later="on the Hub when the rows are encoded",
    )
    requests = count(requests_for(corpus.texts), "request")
    st.caption(f"The rows are sent to that server, in about {requests}.")
    return HostedModel(str(provider), model, prompts.document, prompts.query, prompts.task)


def _defined_on_hub(model: str) -> dict[str, str] | None:
    """The prompts in a hosted model's own files, if they were fetched before; the page sends no request."""
    from explorer.encode.cache import vector_cache
    from explorer.encode.hosted_prompts import is_on_hub, kept_prompts

    return kept_prompts(model, vector_cache()) if is_on_hub(model) else {}


def _own(current: EncoderSpec) -> EncoderSpec | None:
    st.caption("These rows include vectors. To search them by text, choose the model that made the vectors.")
    match current:
        case (LocalModel() as local) | OwnVectors(query_model=LocalModel() as local):
            known = local.model
        case OwnVectors(query_model=None):
            known = _NO_MODEL
        case _:
            known = BUNDLED_MODEL
    model = _model("Query model", known, [_NO_MODEL])
    if model is None:
        return None
    return OwnVectors() if model == _NO_MODEL else spec_for(model, precision="float32", own_vectors=True)


def _model(label: str, current: str, more: list[str]) -> str | None:
    """Draw the choice of a model on this machine or the Hub; None while none is named.

    Raises:
        ModelNotFoundError: The name is of a folder outside the host's model folder.
    """
    active = model_path(current)
    options = list(
        dict.fromkeys([BUNDLED_MODEL, *model_folders(), *tracked_choices(), active, *more, _OTHER_MODEL])
    )
    chosen = st.selectbox(
        label,
        options,
        index=options.index(active),
        format_func=lambda name: (
            f"{name.removeprefix('sentence-transformers/')} (bundled)" if name == BUNDLED_MODEL else name
        ),
        key=f"model-choice-{label}",
        persist_state="session",
    )
    if chosen == _OTHER_MODEL:
        chosen = st.text_input(
            "Hub id or folder",
            key="model-name",
            placeholder="owner/name",
            help="A model on the Hugging Face Hub, or a folder below the server's model folder"
            + (", or models:/name/version in MLflow." if settings().allow_mlflow_models else "."),
            persist_state="session",
        )
        st.page_link("pages/models.py", label="Find a model", icon=":material/travel_explore:")
        if not (chosen or "").strip():
            return None
    return str(chosen) if chosen in (BUNDLED_MODEL, *more) else choose_model(str(chosen))
