"""Every kind of finding, by its number: a code's documentation is found without the stage that reports it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from sfn_cfn.errors import Code

MODULES: dict[str, tuple[str, ...]] = {
    "1": ("discover", "settings_file", "settings_python", "settings_reader", "report"),
    "2": ("load.codes", "report"),
    "3": ("definition", "assets", "job_names.codes", "portable.codes", "check.rules", "check.lint"),
    "4": ("template.model", "template.yaml", "template.asl", "template.convert", "synthesize", "application"),
    "5": ("iam.codes",),
    "6": (
        "operations.alarms",
        "operations.encryption",
        "operations.event_inputs",
        "operations.event_loops",
        "operations.event_machines",
        "operations.kind",
        "operations.logging",
        "operations.others",
        "operations.metrics",
        "operations.notifications",
        "operations.stages",
        "operations.stages_faults",
        "operations.stages_results",
        "operations.storage",
        "operations.topic",
        "operations.endpoint",
        "operations.inputs",
        "operations.pipeline_starts",
        "operations.queue",
        "operations.schedules",
        "operations.starting",
        "operations.triggers",
        "operations.undeclared",
        "operations.versions",
    ),
    "7": ("emit", "emit_checks"),
    "8": ("deploy.codes", "deploy.start_codes", "deploy.pipeline_codes"),
}
"""The modules that define codes, by the first digit, which is the stage's."""


def find(code: str) -> Code | None:
    """The code of that number in any case (`sfn320`), or None. Imports the modules of its stage only."""
    wanted = code.upper()
    return next((item for item in codes(wanted[3:4]) if item.code == wanted), None)


def codes(stage: str = "") -> tuple[Code, ...]:
    """The codes of a stage by its digit, or of all stages, in order."""
    names = [name for digit in MODULES if stage in ("", digit) for name in MODULES[digit]]
    found = {code.code: code for name in names for code in _of(name)}
    return tuple(found[key] for key in sorted(found) if not stage or key[3] == stage)


def _of(name: str) -> Iterator[Code]:
    """The codes that stand in a module, and those of its registry of rules."""
    module = vars(importlib.import_module(f"sfn_cfn.{name}"))
    yield from (value for value in module.values() if isinstance(value, Code))
    yield from (rule.code for rule in module.get("RULES", ()))
