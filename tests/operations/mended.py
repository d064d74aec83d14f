"""What moto's interpreter lacks of the states language, mended while a test runs.

An intrinsic function that fails ends its execution with a Python exception there, in place of the error
`States.IntrinsicFailure`, and a Parallel cannot pass on an error whose name the language reserves (Amazon States
Language specification, "Appendix A: Predefined Error Codes"). A task that starts an execution hands its parameters to
botocore in the states language's letters, where the API has small first ones, and its result on as botocore gives it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.states_function import (
    StatesFunction,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails


@contextmanager
def mended() -> Iterator[None]:
    """Intrinsic functions fail as the language says, and tasks start executions."""
    plain, plain_parameters = StatesFunction.eval, StateTaskServiceSfn._normalise_parameters

    def evaluate(self: Any, env: Any) -> None:
        try:
            plain(self, env)
        except (ValueError, TypeError, AttributeError) as error:
            kind = StatesErrorNameType.StatesIntrinsicFailure
            details = TaskFailedEventDetails(error=kind.to_name(), cause=str(error))
            failed = FailureEvent(
                env,
                StatesErrorName(kind),
                HistoryEventType.TaskFailed,
                EventDetails(taskFailedEventDetails=details),
            )
            raise FailureEventException(failed) from error

    def named(error_name: str) -> Any:
        if error_name.startswith("States."):
            return StatesErrorName(StatesErrorNameType.from_name(error_name))
        return CustomErrorName(error_name)

    def normalise(self: Any, parameters: dict[str, Any], *names: Any, **more: Any) -> None:
        plain_parameters(self, parameters, *names, **more)
        for name in list(parameters):
            parameters[f"{name[:1].lower()}{name[1:]}"] = parameters.pop(name)

    plain_task = StateTaskServiceSfn._eval_service_task

    def start(self: Any, env: Any, *given: Any, **more: Any) -> None:
        plain_task(self, env, *given, **more)
        result = env.stack.pop()
        env.stack.append({f"{name[:1].upper()}{name[1:]}": str(value) for name, value in result.items()})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(StateTaskServiceSfn, "_eval_service_task", start)
        patched.setattr(StateTaskServiceSfn, "_normalise_parameters", normalise)
        patched.setattr(StatesFunction, "eval", evaluate)
        patched.setattr(branches_decl, "CustomErrorName", named)
        yield
