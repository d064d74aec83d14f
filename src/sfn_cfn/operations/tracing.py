"""Definition, Settings -> traces of the executions in X-Ray, and the rights to send them.

Source: the Step Functions developer guide, "Trace Step Functions request data in AWS X-Ray".
"""

from __future__ import annotations

from sfn_cfn.machine_rights import TRACING
from sfn_cfn.model import Definition
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.operations.machines import TRACED
from sfn_cfn.sections.tracing import is_traced
from sfn_cfn.settings import Settings
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import STATE_MACHINE


def _add(definition: Definition, settings: Settings) -> Addition:
    if not is_traced(settings.of(definition.name).operations):
        return Addition()
    return Addition(Fragment(properties={(STATE_MACHINE, "TracingConfiguration"): TRACED}), (TRACING,))


CAPABILITY = Capability(add=_add)
