"""The page of one model: its title, its cost, its description, and the button that uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.data.images.captions import has_captions
from explorer.data.images.image_rows import has_images
from explorer.encode.model_facts import (
    ModelFacts,
    folder_on_disk,
    look_up,
    may_run_code,
    obstacle,
)
from explorer.encode.model_names import choose_model, model_name, model_path
from explorer.encode.model_safety import folder_named
from explorer.encode.spec import LocalModel
from explorer.encode.time_estimate import MEASURED_TEXTS, estimate_time
from explorer.errors import ExplorerError
from explorer.hub.model_details import ModelDetails
from explorer.hub.models_on_disk import details_on_disk
from explorer.jobs.progress import OnProgress
from explorer.mlflow_store.names import is_tracked
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.models.about import show_about
from explorer.ui.models.family_prompts import offer_family_prompts
from explorer.ui.models.models_list import MODEL_PARAMETER, in_use, open_model
from explorer.ui.models.use import download, finish, forget_ended, use
from explorer.ui.shell.quantities import readable_count, readable_duration, readable_size
from explorer.ui.shell.spaces import space_or_progress
from explorer.ui.shell.tab_jobs import ask_hub
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.encoding_report import show_report

if TYPE_CHECKING:
    from explorer.encode.report import EncodeReport

_UNKNOWN = "not stated"


def show_model(session: Session, name: str) -> None:
    """Draw one model, by its name in the link."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.button("All models", icon=":material/arrow_back:", type="tertiary", on_click=_close)
        revision = st.text_input(
            "Revision",
            key=f"model-revision-{name}",
            placeholder="branch, tag or commit",
            max_chars=128,
            width=260,
            help="Of the model's files; empty for the newest.",
            persist_state="session",
        )
    model = choose_model(name)
    pinned = (revision or "").strip() or None

    def look_up_model(on_progress: OnProgress) -> ModelFacts:
        return look_up(model, pinned, on_progress)

    facts = ask_hub(session, "model", (model, pinned), f"Looking up {model_name(model)}", look_up_model)
    if facts is None:
        st.caption("Waiting for the Hub…")
    elif not isinstance(facts, ExplorerError):
        _title(facts, used=in_use(session) == model_path(facts.model))
        _use(session, facts, pinned)
        show_about(facts, None if session.unopened else session.corpus)


def _close() -> None:
    forget_ended()
    st.query_params.pop(MODEL_PARAMETER, None)


def _title(facts: ModelFacts, *, used: bool) -> None:
    listing = facts.details.listing
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header(markdown(listing.id), anchor=False, width="content")
        if used:
            st.badge("in use", icon=":material/check:", color="green")
        if facts.from_hub:
            from huggingface_hub import constants

            address = f"{constants.ENDPOINT}/{listing.id}"
            st.link_button("On the Hub", address, icon=":material/open_in_new:", type="tertiary")
        licence = facts.details.licence
        if licence is not None and licence.non_commercial:
            st.badge("non-commercial use only", icon=":material/money_off:", color="orange")
    newer = facts.details.new_version
    if newer is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"Its authors have published a newer version: {markdown(newer)}.", icon=":material/upgrade:"
            )
            st.button(f"Open {markdown(newer)}", on_click=open_model, args=(newer,))
    if not facts.from_hub and folder_named(facts.model) is None and not is_tracked(facts.model):
        st.info(
            "The Hugging Face Hub cannot be reached, but models on this machine work. These facts are from "
            "the model's own files.",
            icon=":material/cloud_off:",
        )


def _use(session: Session, facts: ModelFacts, branch: str | None) -> None:
    """Draw the cost and the button that downloads or uses the model, or why there is none."""
    details = facts.details
    code = may_run_code(facts)
    folder = folder_on_disk(facts.model, facts.revision, code=code)
    _show_cost(session, facts, on_disk=folder is not None)
    if session.unopened:
        st.caption("Open rows to use it.")
        return
    is_downloading = finish(session)
    reason = obstacle(facts, folder, code=code) or _reads_only_texts(session, details)
    if reason:
        st.warning(markdown(reason), icon=":material/block:")
    if details.listing.gated and facts.from_hub and folder is None:
        from huggingface_hub import constants

        terms = f"{constants.ENDPOINT}/{details.listing.id}"
        st.link_button("Read the terms on the Hub", terms, icon=":material/gavel:", type="tertiary")
    if reason:
        return
    if settings().allow_pickle and not details.listing.has_safetensors:
        st.caption(
            "Its weights are pickle files. Only numbers are read from them, and no code in them is run."
        )
    spec = offer_family_prompts(
        LocalModel(facts.model, revision=facts.revision, trust_remote_code=code), details
    )
    if session.encoder == spec:
        space = space_or_progress(session)
        if space is not None:
            st.success("This model encodes your rows.", icon=":material/check:")
            show_report(space)
            st.page_link("pages/search.py", label="Search these rows", icon=":material/search:")
    elif is_downloading:
        st.caption("It will be used as soon as it is downloaded; progress is shown at the top.")
    elif code and not _confirmed(facts):
        st.caption("It can be used once its code is confirmed.")
    elif folder is not None:
        st.button("Use it", type="primary", icon=":material/bolt:", on_click=use, args=(session, spec))
    else:
        st.button(
            f"Download {_size(details.download_size)} and use it",
            type="primary",
            icon=":material/download:",
            on_click=download,
            args=(session, spec, branch),
        )


def _reads_only_texts(session: Session, details: ModelDetails) -> str:
    """Why a model cannot encode the open rows if these are images; empty if it can."""
    if not has_images(session.corpus) or details.takes_images:
        return ""
    instead = ", or encode the captions on the Data page" if has_captions(session.corpus) else ""
    return f"It reads texts only, and the open rows are images. Choose a model of images and texts{instead}."


def _confirmed(facts: ModelFacts) -> bool:
    """Draw the question whether a model's code may run; it is confirmed for each commit separately."""
    name, commit = markdown(facts.details.listing.id), facts.revision
    st.warning(
        f"{name} runs only with code from its authors"
        + (f", at commit {commit}" if commit else "")
        + ". The code would have all the rights of this server, including its files and its network. Nobody "
        "here has checked it.",
        icon=":material/code:",
    )
    if commit:
        from huggingface_hub import constants

        address = f"{constants.ENDPOINT}/{facts.model}/tree/{commit}"
        st.link_button("Files at this commit", address, icon=":material/open_in_new:", type="tertiary")
    return st.checkbox(
        f"Run the code of {name}" + (f" at commit {commit[:8]}…" if commit else "") + " on this server",
        key=f"model-code-{facts.model}-{commit}",
    )


def _show_cost(session: Session, facts: ModelFacts, *, on_disk: bool) -> None:
    details, corpus = facts.details, session.corpus
    spec = session.encoder
    used = isinstance(spec, LocalModel) and (spec.model, spec.revision) == (facts.model, facts.revision)
    # For images, the time goes by their patches, of which a model's facts say nothing.
    timed = not used and not session.unopened and not has_images(corpus)
    time = estimate_time(details, corpus, _measured(session)) if timed else None
    parameters, active = details.listing.parameters, details.active_parameters
    with st.grid(4, min_column_width=140):
        st.metric(
            "Parameters",
            _count(parameters),
            None if active is None else f"{readable_count(active)} active",
            delta_color="off",
            delta_arrow="off",
            help="Active parameters take part in the computation. The others are the token embeddings, which "
            "take memory but are only looked up.",
        )
        st.metric("Download", "none" if on_disk else _size(details.download_size))
        st.metric(
            "Memory",
            _size(parameters and 4 * parameters),
            help="Parameters times 4 bytes, without the texts being encoded.",
        )
        if timed:
            st.metric(
                "Encoding",
                _UNKNOWN if time is None else f"≈ {readable_duration(time.seconds)}",
                help=f"An estimate for the {len(corpus):,} open rows.",
            )
    if time is not None:
        st.caption(f"The time is an estimate. {markdown(time.basis)}")


def _measured(session: Session) -> tuple[ModelDetails, EncodeReport] | None:
    """A model that encoded enough of these rows in this session, the active one first, and its report."""
    for spec in sorted(session.spaces, key=lambda spec: spec != session.encoder):
        report = session.spaces[spec].report
        if not isinstance(spec, LocalModel) or report.encoded < MEASURED_TEXTS:
            continue
        folder = folder_on_disk(spec.model, spec.revision)
        if folder is not None:
            return details_on_disk(model_name(spec.model), folder, ""), report
    return None


def _size(size: int | None) -> str:
    return _UNKNOWN if size is None else readable_size(size)


def _count(number: int | None) -> str:
    return _UNKNOWN if number is None else readable_count(number)
