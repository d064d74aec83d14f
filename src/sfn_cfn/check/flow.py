"""Definition -> findings about its states and the ways between them.

Source: the Amazon States Language specification (states-language.net/spec.html), "Transitions", and the
Step Functions quotas (80 characters of a state's name).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_cfn.check.rule import field, nearest, rule, scopes
from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import Definition, State

_WAITING = frozenset({"sync", "sync:2", "waitForTaskToken"})


@rule("SFN320", Severity.INFO, "a task that waits has no time limit")
def no_timeout(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A task that waits for a job, a callback or an activity has no `TimeoutSeconds`.

    Without one it waits up to a year: a callback that never comes, or a job that hangs, leaves the execution
    running. Request-response calls are not reported, since the service answers or fails.

    Bad:

        TrainingStep("Train", estimator=xgb, job_name="train")

    Good:

        TrainingStep("Train", estimator=xgb, job_name="train", timeout_seconds=7200)
    """
    hint = "set timeout_seconds on the step"
    if definition.default_input is not None:
        hint = "a ready-made pipeline has no such argument: chain the steps yourself where a job may hang"
    for state in definition.states:
        call = state.integration
        waits = call is not None and (call.pattern in _WAITING or call.service == "activity")
        if waits and not {"TimeoutSeconds", "TimeoutSecondsPath"} & set(state.node):
            yield code.at(
                state.location,
                f"task '{state.name}' has no TimeoutSeconds",
                hint,
            )


@rule("SFN343", Severity.ERROR, "a state's name is too long")
def long_name(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """The name of a state has more than 80 characters.

    Step Functions refuses the state machine when it is created. Names with tokens are measured as written.

    Bad:

        Pass("a" * 81)

    Good:

        Pass("Prepare the input")
    """
    for state in definition.states:
        if len(state.name) > 80:
            yield code.at(
                state.location,
                f"the name of state '{state.name[:40]}...' has {len(state.name)} characters, at most 80 are allowed",
                "shorten the name",
            )


@rule("SFN344", Severity.ERROR, "a transition goes to a state that does not exist")
def missing_target(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """`StartAt`, `Next`, `Default` or a catcher's `Next` names no state of the same (sub)definition.

    A state can go on only to a state beside it: not into a branch, and not out of one. Step Functions refuses
    the state machine when it is created.

    Bad:

        definition["States"]["Prepare"]["Next"] = "Trian"

    Good:

        definition["States"]["Prepare"]["Next"] = "Train"
    """
    for path, (scope, states) in scopes(definition).items():
        names = {state.name for state in states}
        start = field(scope, "StartAt")
        if start not in names:
            place = states[0].location
            location = SourceLocation(place.file, place.line, "/".join(path))
            yield code.at(
                location, f"'StartAt' names state '{start}', which does not exist", nearest(start, names)
            )
        for state in states:
            for name, target in _transitions(state):
                if target not in names:
                    yield code.at(
                        state.location,
                        f"'{name}' of state '{state.name}' names state '{target}', which does not exist beside it",
                        nearest(target, names),
                    )


@rule("SFN345", Severity.ERROR, "a state is never reached")
def unreachable(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """No way from `StartAt` leads to the state; catchers count as ways.

    Step Functions refuses the state machine (`MISSING_TRANSITION_TARGET: State ... is not reachable`). It is mostly
    a step that was left out of the chain.

    Bad:

        a.next(c)    # b is in the definition, nothing goes to it

    Good:

        Chain([a, b, c])
    """
    for scope, states in scopes(definition).values():
        ways = {state.name: {target for _, target in _transitions(state)} for state in states}
        reached: set[str] = set()
        ahead = [field(scope, "StartAt")]
        while ahead:
            name = ahead.pop()
            if name in ways and name not in reached:
                reached.add(name)
                ahead.extend(ways[name])
        if reached:
            for state in states:
                if state.name not in reached:
                    yield code.at(
                        state.location,
                        f"no way leads to state '{state.name}'",
                        "chain it behind another state, or leave it out",
                    )


@rule("SFN356", Severity.ERROR, "two states have one name")
def same_name(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A state has the name of another one, in another branch or item processor or outside of them.

    Names are unique in the whole state machine, and Step Functions refuses it otherwise (`DUPLICATE_STATE_NAME`).
    The SDK looks into one branch at a time. One Fail state that catches for steps of two branches stands in both.

    Bad:

        failed = Fail("Failed")
        left.add_catch(Catch(["States.ALL"], failed)); right.add_catch(Catch(["States.ALL"], failed))
        parallel.add_branch(left); parallel.add_branch(right)

    Good:

        left.add_catch(Catch(["States.ALL"], Fail("Left failed")))
        right.add_catch(Catch(["States.ALL"], Fail("Right failed")))
    """
    first: dict[str, State] = {}
    for state in definition.states:
        other = first.setdefault(state.name, state)
        if other is not state:
            yield code.at(
                state.location,
                f"state '{state.name}' is also at '{'/'.join(other.path)}'",
                "give each state a name that no other state of the workflow has",
            )


@rule("SFN346", Severity.WARNING, "a definition never ends")
def no_terminal(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A definition, a branch or an item processor has no state that ends it.

    It needs a `Succeed` or `Fail` state, or one with `End`. Otherwise an execution ends only by an error.

    Bad:

        wait.next(check); check.next(wait)

    Good:

        check.add_choice(done, Succeed("Done")); check.default_choice(wait)
    """
    for path, (_, states) in scopes(definition).items():
        if any(s.type in ("Succeed", "Fail") or s.node.get("End") is True for s in states):
            continue
        if any(not _leads_on(state) for state in states):
            continue  # SFN347 says what is missing
        place = states[0].location
        what = f"'{'/'.join(path)}'" if path else "the definition"
        yield code.at(
            SourceLocation(place.file, place.line, "/".join(path)),
            f"{what} has no state that ends it",
            "end one state, or add a Succeed or Fail state",
        )


@rule("SFN347", Severity.ERROR, "a state neither ends nor goes on")
def dangling(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A state has neither `Next` nor `End`, or both.

    Every state but Choice, Succeed and Fail has exactly one of them. Step Functions refuses the state machine.

    Bad:

        {"Type": "Pass"}

    Good:

        {"Type": "Pass", "End": True}
    """
    for state in definition.states:
        if state.type in ("Choice", "Succeed", "Fail"):
            continue
        ends = state.node.get("End") is True
        if ends == ("Next" in state.node):
            what = "both 'Next' and 'End'" if ends else "neither 'Next' nor 'End'"
            yield code.at(state.location, f"state '{state.name}' has {what}", "give it exactly one of them")


def _transitions(state: State) -> Iterator[tuple[str, str]]:
    """The names of fields that lead on, and where to."""
    for name in ("Next", "Default"):
        if name in state.node:
            yield name, field(state.node, name)
    for name in ("Choices", "Catch"):
        for index, entry in enumerate(state.node.get(name) or ()):
            if isinstance(entry, Mapping) and "Next" in entry:
                yield f"{name}[{index}].Next", field(entry, "Next")


def _leads_on(state: State) -> bool:
    return any(True for _ in _transitions(state))
