"""What the overview computes: seconds to tell languages and find odd rows, memory, and the small map's size.

Texts are the 117,659 glosses; their vectors, of 384 dimensions, are generated: no figure depends on them.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.corpora import glosses
from benchmarks.processes import resident
from benchmarks.results import record

_ROWS = 117_659


def main() -> None:
    """Print one line per figure."""
    import explorer
    from explorer.analysis.languages import languages_of
    from explorer.analysis.odd_rows import isolation
    from explorer.analysis.space import Space, make_index
    from explorer.analysis.text_profile import profile_texts
    from explorer.ui.widgets.map_view.picture import picture

    corpus = explorer.open_corpus(list(glosses(_ROWS)))
    random = np.random.default_rng(0)
    space = Space(corpus, make_index(random.standard_normal((_ROWS, 384), np.float32)))
    figures: dict[str, float | str] = {}
    languages_of(["a text"])  # imports are not measured
    with open("/proc/self/clear_refs", "w") as refs:  # noqa: PTH123 - the peak begins anew
        refs.write("5")
    before = resident("self", "VmRSS")
    for count in (2_000, 20_000):
        started = time.perf_counter()
        languages_of(corpus.texts[:count])
        figures[f"languages of {count:,} texts, s"] = time.perf_counter() - started
    figures["languages, peak MB"] = resident("self", "VmHWM") - before
    figures["languages, MB kept"] = resident("self", "VmRSS") - before
    started = time.perf_counter()
    profile = profile_texts(corpus.texts)
    figures["all lengths and a sample's languages, s"] = time.perf_counter() - started
    for what, most_rows in (("2,000 of the rows", 20_000), ("all rows", _ROWS)):
        started = time.perf_counter()
        isolation(space, profile, most_rows=most_rows)
        figures[f"odd rows, {what} compared with all, s"] = time.perf_counter() - started
    coordinates = random.standard_normal((_ROWS, 2))
    for rows in (624, _ROWS):
        started = time.perf_counter()
        drawn = picture(coordinates[:rows], np.arange(rows) % 11, width=880, height=560)
        figures[f"small map of {rows:,} rows, s"] = time.perf_counter() - started
        figures[f"small map of {rows:,} rows, kB"] = len(drawn) / 1_000
    for name, value in figures.items():
        print(f"{value:9,.2f}  {name}")
    record("overview", figures)


if __name__ == "__main__":
    main()
