"""The list of the models page: models on this machine, good starting points, and a search of the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from explorer.encode.model_names import model_path
from explorer.encode.spec import LocalModel
from explorer.errors import ExplorerError
from explorer.hub.model_search import HubTask, ModelFilter, ModelListing, search_models
from explorer.hub.starters import STARTERS
from explorer.jobs.progress import OnProgress
from explorer.session.session import Session
from explorer.ui.models.use import forget_ended
from explorer.ui.shell.tab_jobs import ask_hub
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.hub_order import choose_order
from explorer.ui.widgets.models_here import models_here

MODEL_PARAMETER = "model-id"
_SHOWN_ON_DISK = 12
_MAX_CHARS = 100
_USUAL_OWNER = "sentence-transformers/"
_IN_USE = " :green-badge[in use]"
_ANY = "any"
_SIZES = {
    _ANY: None,
    "30 M": 30_000_000,
    "120 M": 120_000_000,
    "350 M": 350_000_000,
    "600 M": 600_000_000,
    "2 B": 2_000_000_000,
    "8 B": 8_000_000_000,
}
_TASKS: dict[HubTask, str] = {
    "any": _ANY,
    "sentence-similarity": "sentence similarity",
    "feature-extraction": "feature extraction",
    "image-feature-extraction": "image features",
    "zero-shot-image-classification": "images and texts",
}
_LIBRARIES = ["sentence-transformers", "transformers", _ANY]
_LICENCES = [_ANY, "apache-2.0", "mit", "cc-by-4.0", "cc-by-nc-4.0", "gemma", "llama3"]
_COLUMNS = {
    "id": st.column_config.TextColumn("Model", width=250),
    "parameters": st.column_config.NumberColumn("Parameters", format="compact"),
    "downloads": st.column_config.NumberColumn(
        "Downloads", format="compact", help="In the last 30 days; 0 if the Hub gives no number."
    ),
    "likes": st.column_config.NumberColumn("Likes", format="compact"),
    "licence": st.column_config.TextColumn("Licence", width=90),
    "languages": st.column_config.TextColumn("Languages", width=80),
    "modified": st.column_config.DateColumn("Last modified"),
    "author": st.column_config.TextColumn("Author", width=110),
    "base": st.column_config.TextColumn("Base model", width=150),
    "safetensors": st.column_config.CheckboxColumn(
        "Safetensors", help="Weights that can be loaded without running code."
    ),
    "gated": st.column_config.CheckboxColumn(
        "Gated", help="Only people approved by its authors may download it."
    ),
    "code": st.column_config.CheckboxColumn(
        "Custom code", help="It needs code from its repository, which runs only if the host allows it."
    ),
}


def open_model(name: str) -> None:
    """Show one model, and put it in the link."""
    forget_ended()
    st.query_params[MODEL_PARAMETER] = name


def in_use(session: Session) -> str:
    """The name of the model that encodes the open rows, as `model_path` gives it; empty if there is none."""
    spec = session.encoder
    return model_path(spec.model) if isinstance(spec, LocalModel) and not session.unopened else ""


def show_on_disk(session: Session) -> None:
    """Draw the models on this machine: the bundled one, the host's folders, huggingface_hub's cache."""
    st.header("On this machine", anchor=False)
    names, used = models_here(), in_use(session)
    with st.container(horizontal=True, gap="small"):
        for name, about in list(names.items())[:_SHOWN_ON_DISK]:
            st.button(
                f"{markdown(name.removeprefix(_USUAL_OWNER))} · {about}{_IN_USE if name == used else ''}",
                key=f"disk-{name}",
                on_click=open_model,
                args=(name,),
                wrap=True,
            )
    if len(names) > _SHOWN_ON_DISK:
        st.caption(f"And {len(names) - _SHOWN_ON_DISK} more: type the name of one below.")


def show_starters(session: Session) -> None:
    """Draw a few good models, each for one need."""
    st.header("Good starting points", anchor=False)
    used = in_use(session)
    with st.grid(3, min_column_width=280):
        for starter in STARTERS:
            need, name = starter.need[0].upper() + starter.need[1:], starter.id.rpartition("/")[2]
            with st.container(border=True, gap="xsmall", height="stretch"):
                named = f"**{need}** · {markdown(name)}{_IN_USE if starter.id == used else ''}"
                st.markdown(f"{named}\n\n:small[{starter.reason}]")
                st.button(
                    "Details",
                    key=f"starter-{starter.id}",
                    icon=":material/arrow_forward:",
                    type="tertiary",
                    on_click=open_model,
                    args=(starter.id,),
                    help=markdown(starter.id),
                )


def show_search(session: Session) -> None:
    """Draw the search on the Hub and its results."""
    st.header("On the Hugging Face Hub", anchor=False)
    wanted = _filter()
    name = wanted.search.strip()
    if "/" in name:
        st.button(
            f"Open {markdown(name)}", icon=":material/arrow_forward:", on_click=open_model, args=(name,)
        )

    def search(_on_progress: OnProgress) -> list[ModelListing]:
        return search_models(wanted)

    found = ask_hub(session, "models", wanted, "Searching the Hub for models", search)
    if found is None:
        st.caption("Waiting for the Hub…")
    elif not isinstance(found, ExplorerError):
        _table(found)


def _filter() -> ModelFilter:
    search, sort, more = st.columns([4, 2, 1.4], vertical_alignment="bottom")
    words = search.text_input(
        "Search",
        key="models-search",
        placeholder="Words in the name, or a model's id: owner/name",
        max_chars=_MAX_CHARS,
        persist_state="session",
    )
    with sort:
        order = choose_order("models-sort")
    with more.popover(
        "Filters", icon=":material/tune:", width="stretch", key="models-filters", on_change="rerun"
    ) as filters:
        if filters.open:
            _choose_filters()
    # While they are not drawn, the session has what was chosen, if anything was.
    chosen = st.session_state
    size, licence = chosen.get("models-size", _ANY), chosen.get("models-licence", _ANY)
    task, library = chosen.get("models-task", "any"), chosen.get("models-library", _LIBRARIES[0])
    language, gated = chosen.get("models-language") or "", chosen.get("models-gated", False)
    _show_filters(size, language, licence, task, library, gated)
    return ModelFilter(
        search=words or "",
        task=task,
        library="" if library == _ANY else library,
        language=language.strip().lower(),
        max_parameters=_SIZES[size],
        licence="" if licence == _ANY else licence,
        gated=gated,
        sort=order,
    )


def _choose_filters() -> None:
    st.selectbox("Maximum parameters", list(_SIZES), key="models-size", persist_state="session")
    st.text_input(
        "Language",
        key="models-language",
        placeholder="en, de, multilingual",
        max_chars=20,
        persist_state="session",
    )
    st.selectbox("Licence", _LICENCES, key="models-licence", persist_state="session")
    st.selectbox(
        "Task", list(_TASKS), format_func=_TASKS.__getitem__, key="models-task", persist_state="session"
    )
    st.selectbox(
        "Library",
        _LIBRARIES,
        key="models-library",
        help="sentence-transformers models come with the pooling and normalisation their authors chose.",
        persist_state="session",
    )
    st.toggle("Include gated", key="models-gated", persist_state="session")


def _show_filters(size: str, language: str, licence: str, task: HubTask, library: str, gated: bool) -> None:
    active = [
        "" if library == _ANY else library,
        "" if size == _ANY else f"up to {size} parameters",
        f"language {markdown(language)}" if language.strip() else "",
        "" if licence == _ANY else licence,
        "" if task == "any" else _TASKS[task],
        "including gated" if gated else "not gated",
    ]
    st.caption("Only " + " · ".join(part for part in active if part))


def _table(found: Sequence[ModelListing]) -> None:
    if not found:
        st.info("No models match. Relax the filters or try other words.", icon=":material/filter_alt_off:")
        return
    ids = [model.id for model in found]
    st.dataframe(
        pa.Table.from_pylist([_row(model) for model in found], schema=_SCHEMA),
        column_config=_COLUMNS,
        hide_index=True,
        key="models-found",
        on_select=lambda: _open_picked(ids),
        selection_mode=["single-row", "single-cell"],
        alt="Models on the Hub",
    )
    models = f"{len(found)} model{'s' if len(found) > 1 else ''}"
    st.caption(f"{models}. Select one to see its facts and its cost, and to use it.")


def _open_picked(ids: list[str]) -> None:
    selection = st.session_state["models-found"].selection
    rows = [*selection.rows, *(row for row, _column in selection.cells)]
    if rows and rows[0] < len(ids):
        open_model(ids[rows[0]])


_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("parameters", pa.int64()),
        ("downloads", pa.int64()),
        ("likes", pa.int64()),
        ("licence", pa.string()),
        ("languages", pa.string()),
        ("modified", pa.date32()),
        ("author", pa.string()),
        ("base", pa.string()),
        ("safetensors", pa.bool_()),
        ("gated", pa.bool_()),
        ("code", pa.bool_()),
    ]
)


def _row(model: ModelListing) -> dict[str, Any]:
    return {
        "id": model.id,
        "parameters": model.parameters,
        "downloads": model.downloads,
        "likes": model.likes,
        "licence": model.licence or "",
        "languages": ", ".join(model.languages[:5]) + ("…" if len(model.languages) > 5 else ""),
        "modified": model.modified,
        "author": model.author or "",
        "base": model.base_model or "",
        "safetensors": model.has_safetensors,
        "gated": model.gated,
        "code": model.needs_remote_code,
    }
