"""Cost against quality: the vectors of one encoder in smaller forms."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from explorer.comparison.numbers import number, units
from explorer.session.contenders import add_contender
from explorer.session.session import Session
from explorer.ui.compare.cost_figure import cost_figure
from explorer.ui.compare.digest import digest
from explorer.ui.compare.vectors import say_without_vectors, vectors_known
from explorer.ui.compare.window_width import is_narrow, watch_width
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.shell.quantities import readable_size
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.percentages import PERCENT, in_percent

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler
    from streamlit.elements.lib.column_types import ColumnConfig

    from explorer.comparison.comparison import Comparison
    from explorer.comparison.compression.compressed import Compression
    from explorer.comparison.compression.measured import SweptMeasure
    from explorer.comparison.compression.size_sweep import SizeSweep
    from explorer.comparison.contenders.space_contender import SpaceContender
    from explorer.comparison.contenders.spec import ContenderSpec
    from explorer.jobs.progress import OnProgress

_ENCODER, _MEASURE = "compare-cost-of", "compare-cost-by"
_CHANGES = ("change", "change, low end", "change, high end")  # of a measure, as columns
_WIDTH = 300
_LABELS = "Numbers beside points are the dimensions kept. "


def show_cost(session: Session, comparison: Comparison) -> None:
    """Draw what smaller vectors of a chosen encoder cost in quality."""
    if not vectors_known(comparison.contenders):
        say_without_vectors("The sweep")
        return
    sides = _whole(comparison)
    if not sides:
        st.info(
            "No contender has full vectors. Add an encoder as it is, not in int8 or binary.",
            icon=":material/info:",
        )
        return
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    with controls:
        name = _choose("Encoder", list(sides), _ENCODER, "The encoder whose vectors are made smaller.")
    found = _sweep_or_progress(session, comparison, sides[name])
    if found is None:
        return
    measures = {each.measure.name: each for each in (*found.quality, found.recall)}
    with controls:
        measure = measures[_choose("Measure", list(measures), _MEASURE, "What is lost by smaller vectors.")]
    _show_choice(session, comparison, sides[name], found)
    for note in found.notes:
        st.caption(markdown(note))
    narrow = is_narrow()
    watch_width(narrow=narrow)
    st.plotly_chart(
        cost_figure(found, measure, narrow=narrow),
        key="compare-cost-figure",
        config={"displayModeBar": False},
        alt=_cost_words(found, measure),
    )
    measured = units(measure.measure, measure.n, measure.independent, found.rows)
    st.caption(
        f"**{markdown(measure.measure.name)}** from {measured}, with 95 % confidence intervals. "
        f"{markdown(measure.measure.meaning)} {'' if narrow else _LABELS}"
        "The dashed line is that of the full vectors. All forms are measured on the same rows or queries, so "
        "their change from the full vectors, in the table, is known more precisely than these intervals "
        "suggest."
    )
    if found.choice.place:
        st.caption("The recommended form comes first, with ★.")
    st.dataframe(
        _styled(in_percent(_table(found, measure), ("memory",))),
        hide_index=True,
        column_config=_columns(found, measure),
        alt="Forms of the vectors by what they take and cost",
    )
    download_table(
        "Sweep",
        lambda: pa.Table.from_pandas(found.table, preserve_index=False),
        f"{session.corpus.name}-cost",
        about="Every form by every measure, with intervals.",
    )


def sweeps_made(session: Session, comparison: Comparison) -> list[SizeSweep]:
    """What is known of smaller vectors of the contenders, in their order: the sweeps that were computed."""
    known = session.comparison.sweeps
    keys = (_key(comparison, each) for each in _whole(comparison).values())
    return [known[key] for key in keys if key in known]


def _whole(comparison: Comparison) -> dict[str, SpaceContender]:
    """The contenders whose vectors can be made smaller, by name."""
    from explorer.comparison.compression.sweep import can_be_swept
    from explorer.comparison.contenders.space_contender import SpaceContender

    return {
        each.name: each
        for each in comparison.contenders
        if isinstance(each, SpaceContender) and can_be_swept(each)
    }


def _choose(label: str, options: list[str], key: str, about: str) -> str:
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)  # of other contenders
    return linked_choice(label, {name: name for name in options}, key=key, width=_WIDTH, help=about)


def _sweep_or_progress(
    session: Session, comparison: Comparison, contender: SpaceContender
) -> SizeSweep | None:
    judgements, k, seed = comparison.judgements, comparison.k, comparison.seed
    sample, groups = comparison.sample, comparison.groups

    def work(on_progress: OnProgress) -> SizeSweep:
        from explorer.comparison.compression.sweep import sweep_contender

        return sweep_contender(
            contender,
            sample,
            groups,
            judgements=judgements,
            k=k,
            seed=seed,
            query_vectors=session.queries,
            on_progress=on_progress,
        )

    key = _key(comparison, contender)
    found = session_result_or_progress(
        session,
        ("size sweep", key, session.visitor),
        f"Making vectors of {contender.name} smaller",
        work,
        lane=analysis_lane(len(contender.corpus)),
        here=True,
    )
    if found is not None:
        session.comparison.sweeps[key] = found
    return found


def _key(comparison: Comparison, contender: SpaceContender) -> Hashable:
    """Everything that a sweep depends on."""
    made_from = (comparison.grouped_by, comparison.k, comparison.seed, digest(comparison.judgements))
    return (contender.name, contender.fingerprint, contender.corpus.label, *made_from)


def _show_choice(
    session: Session, comparison: Comparison, contender: SpaceContender, found: SizeSweep
) -> None:
    """Draw the form that was chosen, the rule, and a button that adds it as a contender."""
    st.markdown(f"**{markdown(found.text)}**")
    st.caption(markdown(found.choice.rule))
    form = found.forms[found.choice.place]
    spec = _contender_spec(contender, comparison, form)
    if spec is not None and found.choice.place:
        st.button(
            f"Add it as a contender: {form.name}",
            icon=":material/add:",
            on_click=_add,
            args=(session, spec),
            help="Compares it with the others by every measure and test.",
        )


def _contender_spec(
    contender: SpaceContender, comparison: Comparison, form: Compression
) -> ContenderSpec | None:
    """How a form is made from its encoder; None if no choice of the page makes it."""
    from explorer.comparison.files.saved_contender import spec_of

    spec = spec_of(contender, comparison.corpus)
    if spec is None:
        return None
    spec = replace(spec, stored_as=form.stored_as)
    if form.method == "all":
        return spec
    if spec.centred or spec.pca is not None:  # changes are made in another order
        return None
    return replace(spec, first=form.dims) if form.method == "first" else replace(spec, pca=form.dims)


def _add(session: Session, spec: ContenderSpec) -> None:
    refused = add_contender(session, spec)
    if refused:
        st.toast(markdown(refused), icon=":material/info:")


def _cost_words(found: SizeSweep, measure: SweptMeasure) -> str:
    """What the figure shows: the measure of the full and of the smallest vectors; all are in the table."""
    sizes = [form.bytes_per_vector for form in found.forms]
    ends = (0, sizes.index(min(sizes)))
    parts = (
        f"{number(measure.value[at])} with {found.forms[at].name}, {sizes[at]:,} bytes a vector"
        for at in ends
    )
    return f"{measure.measure.name} by bytes a vector: {'; '.join(parts)}."


def _table(found: SizeSweep, measure: SweptMeasure) -> pa.Table:
    """The forms, the recommended one first."""
    chosen, full = found.choice.place, found.forms[0].bytes_per_vector
    columns = {
        "form": [f"{'★ ' if at == chosen and at else ''}{form.name}" for at, form in enumerate(found.forms)],
        "bytes a vector": [form.bytes_per_vector for form in found.forms],
        "memory": [form.bytes_per_vector / full for form in found.forms],
        "all rows": [readable_size(form.bytes_per_vector * found.rows) for form in found.forms],
        found.recall.measure.name: found.recall.value,
    }
    if measure is not found.recall:
        columns |= {
            measure.measure.name: measure.value,
            **dict(zip(_CHANGES, (measure.change, measure.change_low, measure.change_high), strict=True)),
        }
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return table.take([chosen, *(at for at in range(len(found.forms)) if at != chosen)])


def _styled(table: pa.Table) -> Styler:
    """The table with true minus signs in changes, which stay numbers to sort by."""
    changes = [name for name in _CHANGES if name in table.column_names]
    return table.to_pandas().style.format(partial(number, plus=True), subset=changes)


def _columns(found: SizeSweep, measure: SweptMeasure) -> dict[str, ColumnConfig]:
    column = st.column_config.NumberColumn
    about = "The difference from the full vectors, paired by row or query."
    ends = "The 95 % confidence interval of the change."
    return {
        "bytes a vector": column(format="localized", help="What a row takes where vectors are stored."),
        "memory": column(format=PERCENT, help="Compared with the full vectors."),
        "all rows": st.column_config.TextColumn(help="What the vectors of all rows take."),
        _CHANGES[0]: column(help=about),
        **dict.fromkeys(_CHANGES[1:], column(help=ends)),
    } | {name: column(format="%.3f") for name in (measure.measure.name, found.recall.measure.name)}
