"""How a file keeps the faults of a contender: by name and figures; the sentences are Explorer's own."""

from __future__ import annotations

from typing import Any, get_args

from explorer.comparison.health.doctor import (
    Center,
    Csls,
    Fault,
    Finding,
    Remedy,
    UsualMetric,
    UsualPrompts,
)
from explorer.data.records import DamagedFileError, Record
from explorer.encode.spec_records import PROMPT_CHARS
from explorer.tensor import Metric


def finding_record(finding: Finding) -> dict[str, Any]:
    """A finding as a JSON object."""
    return {
        "fault": finding.fault,
        "figures": list(finding.figures),
        "remedy": None if finding.remedy is None else _remedy_record(finding.remedy),
        "pooled": finding.pooled,
    }


def finding_from(record: Record) -> Finding:
    """The finding that `finding_record` wrote.

    Raises:
        DamagedFileError: It is none.
    """
    fault = record.choice("fault", get_args(Fault))
    figures = record.numbers("figures")
    remedy = record.optional("remedy", lambda key: _remedy_from(record.record(key)))
    pooled = record.optional("pooled", record.flag) or False  # missing in older files
    try:
        return Finding(fault, figures, remedy, pooled)
    except ValueError as error:
        raise DamagedFileError(f"a finding has {error}") from error


def _remedy_record(remedy: Remedy) -> dict[str, Any]:
    match remedy:
        case Center():
            return {"kind": "center"}
        case Csls():
            return {"kind": "csls"}
        case UsualPrompts():
            return {"kind": "prompts", "document": remedy.document, "query": remedy.query}
        case UsualMetric():
            return {"kind": "metric", "metric": remedy.metric}


def _remedy_from(record: Record) -> Remedy:
    match record.choice("kind", ("center", "csls", "prompts", "metric")):
        case "center":
            return Center()
        case "csls":
            return Csls()
        case "prompts":
            return UsualPrompts(record.text("document", PROMPT_CHARS), record.text("query", PROMPT_CHARS))
        case _:
            return UsualMetric(record.choice("metric", get_args(Metric)))
