"""Events of an execution's history -> why it ended: the state that failed first, its error, its job and its log.

Sources: Step Functions developer guide (integrations: what a `.sync` task gives as cause), SageMaker developer
guide (log groups and streams), Lambda, Glue, Batch and CodeBuild guides (log groups).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy import console
from sfn_cfn.deploy.history import BROKEN, Event, Place, decoded, details, places, plain
from sfn_cfn.deploy.interface import NAMES, Interface
from sfn_cfn.deploy.start_codes import SFN850, SFN851
from sfn_cfn.errors import Code, Diagnostic, SourceLocation

LOG_GROUPS: Mapping[str, str] = {
    "createTrainingJob": "/aws/sagemaker/TrainingJobs",
    "createHyperParameterTuningJob": "/aws/sagemaker/TrainingJobs",
    "createProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "createTransformJob": "/aws/sagemaker/TransformJobs",
    "createCompilationJob": "/aws/sagemaker/CompilationJobs",
    "createLabelingJob": "/aws/sagemaker/LabelingJobs",
}
"""Of the SageMaker calls that start a job; its streams begin with the job's name."""

_REASONS = ("FailureReason", "errorMessage", "ErrorMessage", "StatusReason", "StoppedReason", "Cause")
_NESTED = (("QueryExecution", "Status", "StateChangeReason"), ("JobRun", "StateDetails"))
_AROUND = ("Execution", "MapIteration", "MapState", "ParallelState")
"""Events that fail because of another one."""
_STATUS = {"ExecutionFailed": "FAILED", "ExecutionAborted": "ABORTED", "ExecutionTimedOut": "TIMED_OUT"}
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an execution ended.

    `status` is `FAILED`, `ABORTED` or `TIMED_OUT`. `call` is `sagemaker:createTrainingJob.sync`, empty where
    no task failed. `reason` is the service's own sentence, out of `cause`. `log` is a log group and what
    its streams begin with. `nested` is the execution (or the Map run) inside which it happened. `ended_by`
    is the Fail state that ended the execution after the failure was caught.
    """

    status: str
    state: str = ""
    shown: str = ""
    error: str = ""
    cause: str = ""
    reason: str = ""
    call: str = ""
    job: str = ""
    log: tuple[str, str] = ("", "")
    nested: str = ""
    ended_by: str = ""


def failure(events: Sequence[Event]) -> Failure | None:
    """Why the execution ended; None where it succeeded, or has not ended."""
    if not events or events[-1]["type"] not in _STATUS:
        return None
    last, where = events[-1], places(events)
    chain = list(_chain(events, last))
    end = next((one for one in chain if not one["type"].startswith(_AROUND)), None)
    caught = end is not None and end["type"] == "FailStateEntered"
    first = None
    if end and last["type"] == "ExecutionFailed" and (caught or _is_broken(end)):
        first = _first(chain)
    detail = details(first or last)
    at = first or end
    place = where[at["id"]] if at else Place()
    error, cause = detail.get("error", ""), detail.get("cause", "")
    if first and first["type"].endswith("TimedOut"):
        error = error or "States.Timeout"
    service, action, given = _call(chain, first, where)
    facts = decoded(cause)
    return Failure(
        status=_STATUS[last["type"]],
        state=place.state,
        shown=place.shown if place.state else "",
        error=error,
        cause=cause,
        reason=plain(_reason(facts) or cause).strip(),
        call=f"{service}:{action}" if action else service,
        job=_job(service, action, given, facts),
        log=_log(service, action, given, facts),
        nested=_nested(chain, first, facts),
        ended_by=where[end["id"]].state if first and end and caught else "",
    )


def _chain(events: Sequence[Event], last: Event) -> Iterator[Event]:
    """The events that led to the last one, from it backwards."""
    known = {event["id"]: event for event in events}
    event: Event | None = last
    while event:
        yield event
        event = known.get(event.get("previousEventId", 0))


def _first(chain: Sequence[Event]) -> Event | None:
    """The latest event of the chain in which a call itself failed and was not tried again."""
    after, again = "", ""
    for event in chain:
        kind = str(event["type"])
        repeated = after.endswith(("Scheduled", "Started"))
        if again:
            again = "" if kind == again else again
        elif repeated and kind in ("MapStateFailed", "ParallelStateFailed"):
            again = kind.replace("Failed", "Started")
        elif _is_broken(event) and not repeated:
            return event
        after = kind
    return None


def _is_broken(event: Event) -> bool:
    """Whether a call itself failed, not what it is in."""
    return str(event["type"]).endswith(BROKEN) and not str(event["type"]).startswith(_AROUND)


def _call(
    chain: Sequence[Event], first: Event | None, where: Mapping[int, Place]
) -> tuple[str, str, Mapping[str, Any]]:
    """The service, the action and the parameters of the call that failed."""
    if first is None:
        return "", "", {}
    detail, entered = details(first), where[first["id"]].entered
    own = [details(event) for event in chain if where[event["id"]].entered == entered]
    if first["type"].startswith("LambdaFunction"):
        found = next((one["resource"] for one in own if "resource" in one), "")
        return "lambda", "", {"FunctionName": found}
    given = next((one["parameters"] for one in own if "parameters" in one), "")
    return detail.get("resourceType", ""), detail.get("resource", ""), decoded(given)


def _reason(facts: Mapping[str, Any]) -> str:
    """The sentence that says why, in what a service tells of a failed job."""
    for place in ((key,) for key in _REASONS):
        found = _at(facts, place)
        if isinstance(found, str) and found:
            inner = _reason(decoded(found))
            named = facts.get("errorType") or facts.get("Error")
            return inner or (f"{named}: {found}" if isinstance(named, str) else found)
    return next((str(found) for place in _NESTED if (found := _at(facts, place))), "")


def _at(value: Any, place: Sequence[str]) -> Any:
    for key in place:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _job(service: str, action: str, given: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """The name of what the task started."""
    plainly = action.partition(".")[0]
    field, _ = NAMES.get((service, plainly), ("", 0))
    if service == "glue":
        return str(facts.get("Id") or "")
    if service == "batch":
        return str(facts.get("JobId") or "")
    if service == "lambda":
        return _function(str(given.get("FunctionName") or ""))
    return str(facts.get(field) or given.get(field) or "") if field else ""


def _function(name: str) -> str:
    """A function's name, out of its ARN or its name with a version."""
    parts = name.split(":")
    return parts[6] if len(parts) > 6 else parts[-1] if name.startswith("arn:") else parts[0]


def _log(service: str, action: str, given: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[str, str]:
    """The log group of what the task started, and what its streams' names begin with."""
    plainly, job = action.partition(".")[0], _job(service, action, given, facts)
    if service == "sagemaker" and plainly == "createEndpoint" and job:
        return f"/aws/sagemaker/Endpoints/{job}", ""
    if service == "sagemaker" and plainly in LOG_GROUPS and job:
        return LOG_GROUPS[plainly], job if plainly == "createHyperParameterTuningJob" else f"{job}/"
    if service == "lambda" and job:
        return f"/aws/lambda/{job}", ""
    if service == "glue":
        return f"{facts.get('LogGroupName') or '/aws-glue/jobs'}/error", job
    if service == "batch":
        return "/aws/batch/job", str(_at(facts, ("Container", "LogStreamName")) or "")
    if service == "codebuild":
        logs = _at(facts, ("Build", "Logs")) or {}
        return str(logs.get("GroupName") or ""), str(logs.get("StreamName") or "")
    return "", ""


def _nested(chain: Sequence[Event], first: Event | None, facts: Mapping[str, Any]) -> str:
    """The ARN of the execution that a task started, or of a Map run, inside which it happened."""
    if first is None:
        return ""
    if first["type"].startswith("MapRun"):
        return next((str(one["mapRunArn"]) for one in map(details, chain) if "mapRunArn" in one), "")
    found = facts.get("ExecutionArn")
    return found if isinstance(found, str) else ""


def finding(
    found: Failure, face: Interface, arn: str, inner: Sequence[tuple[str, Failure]] = ()
) -> Diagnostic:
    """The failure at the line of the workflow that made the state. `arn` is the execution's.

    `inner` are the failures in executions that the state started, by their ARNs, from the outside in.
    """
    detail = [f"execution: {arn}", *_lines(found, arn)]
    for one, its in inner:
        state = f"state '{its.shown}' failed" if its.shown else its.status.lower().replace("_", " ")
        detail += [
            f"in execution: {one}",
            f"  {state}: {_said(its)}",
            *(f"  {row}" for row in _lines(its, one)),
        ]
    if link := console.execution(arn):
        detail.append(f"console: {link}")
    place = _place(found, inner, face)
    code, message = _message(found)
    return code.at(place, message, _hint(found, inner, face), "\n".join(plain(row) for row in detail))


def _place(found: Failure, inner: Sequence[tuple[str, Failure]], face: Interface) -> SourceLocation:
    """The state's line; that of the state in a Map run, which is of the same definition, where there is one."""
    known = {step.name: step.location for step in face.steps}
    names = [found.state]
    if ":mapRun:" in found.nested:
        names = [*(its.state for _, its in inner[:1]), found.state]
    return next((known[name] for name in names if name in known), face.location)


def _message(found: Failure) -> tuple[Code, str]:
    if found.status == "ABORTED":
        said = f": {_said(found)}" if found.error or found.reason else ""
        return SFN851, f"the execution was stopped{said}"
    if found.status == "TIMED_OUT" and not found.error:
        return SFN851, "the execution ran longer than the state machine's TimeoutSeconds"
    state = f"state '{found.shown}' failed" if found.shown else "the execution failed"
    caught = f"; it was caught, and '{found.ended_by}' ended the execution" if found.ended_by else ""
    return SFN850, plain(f"{state}: {_said(found)}{caught}")


def _said(found: Failure) -> str:
    reason = found.reason if len(found.reason) <= _LONGEST else f"{found.reason[:_LONGEST]}..."
    return ": ".join(part for part in (found.error, reason) if part) or "no error is given"


def _lines(found: Failure, arn: str) -> Iterator[str]:
    if found.call:
        yield f"call: {found.call}"
    if found.job:
        yield f"job: {found.job}" if not found.call.startswith("lambda") else f"function: {found.job}"
    group, prefix = found.log
    if group:
        yield f"log: {group}{f' ({prefix}...)' if prefix else ''}"
        if link := console.log_group(arn, group, prefix):
            yield f"     {link}"


def _hint(found: Failure, inner: Sequence[tuple[str, Failure]], face: Interface) -> str:
    last = inner[-1][1] if inner else found
    if "is not authorized to perform" in last.cause and not inner:
        return f"run 'sfn-cfn explain-policy {face.workflow}' to see what the roles may do"
    return "read the log" if last.log[0] else ""
