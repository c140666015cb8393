"""The choice of encoder on the data page: a model here, a model elsewhere, TF-IDF, or the rows' vectors."""

from __future__ import annotations

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.encode.engines.hosted import requests_for
from explorer.encode.engines.services import PROVIDERS, embedding_servers
from explorer.encode.model_names import choose_model, model_folders, model_name
from explorer.encode.models import BUNDLED_MODEL, find_model, is_on_disk
from explorer.encode.prompts import Prompts, advice, family_prompts
from explorer.encode.spec import TFIDF, EncoderSpec
from explorer.errors import ExplorerError
from explorer.session.link import MAX_PROMPT_CHARS
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.shell.token import ask_for_token

_OTHER_MODEL = "Another model…"
_NO_MODEL = "Not known"
_HERE, _ELSEWHERE, _WORDS, _OWN = "Local model", "Hosted model", "TF-IDF", "Rows' vectors"


def choose_encoder(current: EncoderSpec, corpus: Corpus | None) -> EncoderSpec | None:
    """Draw the choice of encoder, from the current one on; None while it names none."""
    own = corpus is not None and corpus.vectors is not None
    ways = [*([_OWN] if own else []), _HERE, _ELSEWHERE, _WORDS]
    way = st.segmented_control(
        "Encode with",
        ways,
        default=_way(current) if _way(current) in ways and not own else ways[0],
        required=True,
        key=f"encode-with-{own}",
        persist_state="session",
        wrap=True,
        help="A model on this machine, one that runs on a server, or TF-IDF: words only, a floor to compare "
        "models with.",
    )
    try:
        if way == _OWN:
            return _own(current)
        if way == _ELSEWHERE:
            return _elsewhere(current, corpus)
        if way == _WORDS:
            st.caption(
                "TF-IDF counts words and pairs of words, and is fitted on these rows. It knows no synonyms."
            )
            return EncoderSpec(TFIDF)
        return _here(current)
    except ExplorerError as error:
        show_error(error)
        return None


def _way(spec: EncoderSpec) -> str:
    if spec.own_vectors:
        return _OWN
    if spec.provider:
        return _ELSEWHERE
    return _WORDS if spec.model == TFIDF else _HERE


def _here(current: EncoderSpec) -> EncoderSpec | None:
    model = _model("Model", current.model if _way(current) == _HERE else BUNDLED_MODEL, [])
    if model is None:
        return None
    precision = st.segmented_control(
        "Precision",
        ["auto", "float32"],
        format_func={"auto": "Fast", "float32": "Exact"}.__getitem__,
        default=current.precision,
        required=True,
        key="precision-choice",
        help="Fast computes in a short number type where a check on your own rows shows that it keeps the "
        "vectors (cosine of at least 0.9999 to the exact ones). Exact is float32.",
        persist_state="session",
    )
    # A model that was chosen at a revision keeps it, and leave to run code, until another is chosen.
    revision = current.revision if model == current.model else None
    code = current.trust_remote_code and model == current.model
    defined: dict[str, str] = {}
    if is_on_disk(model, revision):
        defined = find_model(model, revision=revision, trust_remote_code=code).prompts
    prompt, query_prompt = _prompts(current, model_name(model), defined)
    return EncoderSpec(
        model,
        "float32" if precision == "float32" else "auto",
        prompt=prompt,
        query_prompt=query_prompt,
        revision=revision,
        trust_remote_code=code,
    )


def _elsewhere(current: EncoderSpec, corpus: Corpus | None) -> EncoderSpec | None:
    providers = [*embedding_servers(), *PROVIDERS]
    provider = st.selectbox(
        "Server",
        providers,
        index=providers.index(current.provider) if current.provider in providers else 0,
        format_func=lambda name: f"Inference Providers: {name}" if name in PROVIDERS else name,
        key="provider",
        persist_state="session",
        help="Hugging Face Inference Providers, or a server this app's host has set up.",
    )
    model = st.text_input(
        "Model",
        current.model if current.provider else BUNDLED_MODEL,
        key="remote-model",
        max_chars=200,
        persist_state="session",
        help="Its Hub id, or the name the server has for it.",
    )
    if provider in PROVIDERS:
        ask_for_token()
    prompt, query_prompt = _prompts(current, model or "", {})
    if not (model or "").strip():
        return None
    if corpus is not None:
        count = requests_for(corpus.texts)
        st.caption(
            f"The rows are sent to that server, in {count:,} request{'' if count == 1 else 's'} at most."
        )
    return EncoderSpec(
        str(model).strip(), "float32", prompt=prompt, query_prompt=query_prompt, provider=str(provider)
    )


def _own(current: EncoderSpec) -> EncoderSpec | None:
    st.caption(
        "The rows brought their vectors along. To search them by text, the model that made them is needed."
    )
    known = current.model if _way(current) in (_OWN, _HERE) and current.model else BUNDLED_MODEL
    model = _model("Model of queries", known, [_NO_MODEL])
    if model is None:
        return None
    return EncoderSpec("" if model == _NO_MODEL else model, "float32", own_vectors=True)


def _model(label: str, current: str, more: list[str]) -> str | None:
    """Draw the choice of a model on this machine or the Hub; None while it names none.

    Raises:
        ModelNotFoundError: The name leads to a folder that is not the host's to show.
    """
    active = model_name(current)
    options = list(dict.fromkeys([BUNDLED_MODEL, *model_folders(), active, *more, _OTHER_MODEL]))
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
            help="A model on the Hugging Face Hub, or a folder below the server's model folder.",
            persist_state="session",
        )
        st.page_link("pages/models.py", label="Find a model", icon=":material/travel_explore:")
        if not (chosen or "").strip():
            return None
    return str(chosen) if chosen in (BUNDLED_MODEL, *more) else choose_model(str(chosen))


def _prompts(current: EncoderSpec, model: str, defined: dict[str, str]) -> tuple[str | None, str | None]:
    """Draw the prompts: what the model expects, and what is put in their place."""
    family = family_prompts(model)
    with st.expander("Prompts"):
        st.caption("Text put before each row or query. Leave empty for the model's own, if it has any.")
        prompt = st.text_input(
            "Before each row",
            current.prompt or "",
            key="prompt-rows",
            max_chars=MAX_PROMPT_CHARS,
            placeholder=defined.get("document") or defined.get("passage") or "none",
            persist_state="session",
        )
        query_prompt = st.text_input(
            "Before each query",
            current.query_prompt or "",
            key="prompt-queries",
            max_chars=MAX_PROMPT_CHARS,
            placeholder=defined.get("query") or "none",
            persist_state="session",
        )
        if defined:
            st.caption(
                "The model defines "
                + ", ".join(f"{markdown(name)}: “{markdown(text)}”" for name, text in defined.items())
                + "."
            )
    chosen = (prompt or None, query_prompt or None)
    warning = advice(model, defined, *chosen)
    if warning is not None and family is not None:
        st.warning(markdown(warning), icon=":material/format_quote:")
        st.button("Use these prompts", on_click=_use, args=(family,))
    return chosen


def _use(family: Prompts) -> None:
    st.session_state["prompt-rows"] = family.document
    st.session_state["prompt-queries"] = family.query
