"""A definition -> the states that make something under a name, and where the name is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sfn_cfn.job_names import expressions
from sfn_cfn.job_names.expressions import Name
from sfn_cfn.job_names.places import Field, Scope, container, scope, shown
from sfn_cfn.job_names.table import LONGEST_EXECUTION, Named, named
from sfn_cfn.model import Definition, State

_EXECUTION_NAME = re.compile(r"\$\$\.Execution\.(?:Name|Id)\b|\$states\.context\.Execution\.(?:Name|Id)\b")
_HASHED = re.compile(r"States\.Hash\(|\$hash\(")


@dataclass(frozen=True, slots=True)
class Maker:
    """A state that makes something under a name. `varies`: the name is another at each build."""

    state: State
    call: Named
    at: Field
    name: Name
    scope: Scope
    varies: bool

    @property
    def fixed(self) -> bool:
        """Whether each execution gives the same name."""
        return self.name.kind == "literal"

    @property
    def whole(self) -> bool:
        """Whether the name is made of the execution's, which may be longer and has other characters."""
        found = shown(self.name.value)
        return (
            self.call.longest < LONGEST_EXECUTION
            and not self.fixed
            and bool(_EXECUTION_NAME.search(found))
            and not _HASHED.search(found)
        )


def makers(definition: Definition) -> Iterator[Maker]:
    """All of them, in document order."""
    varying = set(definition.workflow.varying)
    for state in definition.states:
        call = named(state.integration)
        parameters = state.node.get(container(state))
        if call is None or not isinstance(parameters, Mapping):
            continue
        for key, value in parameters.items():
            here = shown(key)
            if here.removesuffix(".$") == call.field and (name := expressions.read(here, value)):
                at = Field((*state.path, container(state)), here, value)
                yield Maker(state, call, at, name, scope(definition, state.path), at.path in varying)


def output(maker: Maker, at: Field) -> int:
    """Where the job's name stands in a location below its own output path; 0 where the field is no such location."""
    if not maker.fixed:
        return 0
    start = _output_path(maker)
    name = shown(maker.name.value)
    return len(start) if start and at.shown.startswith(f"{start}{name}/") and not at.listed else 0


def _output_path(maker: Maker) -> str:
    parameters = maker.state.node.get(container(maker.state))
    config = parameters.get("OutputDataConfig") if isinstance(parameters, Mapping) else None
    path = shown(config.get("S3OutputPath")) if isinstance(config, Mapping) else ""
    return f"{path.rstrip('/')}/" if path else ""
