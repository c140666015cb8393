"""Writing a report of an evaluation: one HTML file."""

from __future__ import annotations

from pathlib import Path

from explorer.comparison.report.pages import html_page
from explorer.errors import QueryError
from explorer.evaluation.report.content import evaluation_content
from explorer.evaluation.report.kinds import Evaluated
from explorer.scratch import whole_file

_ENDINGS = (".html", ".htm")


def report_evaluation(result: Evaluated, path: str | Path, *, texts: bool = True) -> None:
    """Write a report of an evaluation for people, as HTML that opens without a network.

    It has the figures with their intervals and what they mean, the thresholds of duplicates, the worst cases,
    what was evaluated by fingerprint, and the Python lines that repeat it. `explorer.push_page` publishes it.

    Args:
        result: What `explorer.evaluate_pairs`, `evaluate_duplicates`, `evaluate_retrieval` or
            `evaluate_labels` gave.
        path: Where to; its ending is `.html`. A file that is there is replaced.
        texts: Whether it shows the worst cases, with the beginning of their texts.

    Raises:
        QueryError: The ending is another one.
        OSError: The file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in _ENDINGS:
        raise QueryError("A report of an evaluation is HTML.", where=path.name, fix="Name it .html.")
    content = evaluation_page(result, texts=texts)
    with whole_file(path) as file:
        file.write(content)


def evaluation_page(result: Evaluated, *, texts: bool, material: str = "") -> bytes:
    """The content of such a report.

    Args:
        result: As for `report_evaluation`.
        texts: As for `report_evaluation`.
        material: What the encoder was evaluated on, in words; empty to leave that out.
    """
    content = evaluation_content(result, texts=texts, material=material)
    return html_page(content, Path(__file__).parent).encode("utf-8", "replace")
