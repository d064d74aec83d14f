"""One call whose work runs under the SageMaker role, with what there is to know when it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sfn_cfn.errors import Diagnostic
from sfn_cfn.iam.arns import Shapes, Target
from sfn_cfn.iam.codes import malformed
from sfn_cfn.iam.entries import Job, Resource
from sfn_cfn.iam.forms import targets
from sfn_cfn.iam.values import Value, values
from sfn_cfn.model import Node, State


@dataclass(frozen=True, slots=True)
class JobCall:
    """`given` are the call's parameters, `artifacts` the places where the definition's training jobs write models.

    `faults` collects findings. `hosted`: the definition names the endpoints that its models run on, or uses them
    in transform jobs only.
    """

    state: State
    job: Job
    given: Node
    shapes: Shapes
    artifacts: tuple[Value, ...]
    hosted: bool
    faults: list[Diagnostic]

    def values(self, paths: Iterable[str]) -> Iterator[Value]:
        """The texts at several paths, without empty ones."""
        return (value for path in paths for value in values(self.given, path) if value.text)

    def targets(self, resource: Resource, path: str, value: Value) -> list[Target]:
        """The ARNs of what one text names; a finding where it names nothing of the kind."""
        try:
            return targets(resource, value.text, self.shapes)
        except ValueError as error:
            self.faults.append(malformed(self.state, path, value, error))
            return []
