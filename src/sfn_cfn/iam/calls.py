"""Definition -> the statements that let the state machine make the calls of its tasks, by the table."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sfn_cfn.errors import Diagnostic
from sfn_cfn.iam import entries, maps, refusals, sdk
from sfn_cfn.iam.arns import Shapes, Target, default
from sfn_cfn.iam.codes import malformed
from sfn_cfn.iam.entries import Entry, Grant, Resource, Role
from sfn_cfn.iam.forms import FILLED, targets
from sfn_cfn.iam.statements import Condition, Statement, statement
from sfn_cfn.iam.table import INTEGRATIONS, LAMBDA_ARN
from sfn_cfn.iam.values import UNKNOWN, Value, fold, holds, nodes, parameters, values
from sfn_cfn.model import Definition, Integration, Node, State, Text, machine_name, text

_ROLE = Resource("iam", "role/", "", "role")
_HOLE = re.compile(r"\{([^{}=]*)(?:=([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class _Call:
    """A task's call, with what there is to know when its statements are made. `faults` collects findings."""

    state: State
    given: Node
    shapes: Shapes
    machine: Text
    faults: list[Diagnostic]


def statements(definition: Definition, faults: list[Diagnostic]) -> Iterator[Statement]:
    """What the calls of all states need, not minimised; what cannot be derived is appended to `faults`."""
    faults.extend(refusals.waiting(definition))
    return (needed for _, needed in needs(definition, faults))


def needs(definition: Definition, faults: list[Diagnostic]) -> Iterator[tuple[State, Statement]]:
    """As `statements`, each with the state that needs it."""
    shapes = {item.name: item for item in definition.parameters}
    machine = machine_name(definition.name)
    for state in definition.states:
        call = _Call(state, parameters(state.node), shapes, machine, faults)
        yield from ((state, needed) for needed in _of_state(call))


def granted(
    state: State, given: Node, grants: Iterable[Grant], shapes: Shapes, faults: list[Diagnostic]
) -> Iterator[Statement]:
    """What grants of the table are with the parameters that fill them, where these ask for them."""
    one = _Call(state, given, shapes, Text(()), faults)
    return (made for grant in grants if _applies(grant, given) for made in _of_grant(one, grant))


def _of_state(one: _Call) -> Iterator[Statement]:
    state = one.state
    for filled, grant in maps.grants(state, one.faults):
        if _applies(grant, filled):
            yield from _of_grant(replace(one, given=filled), grant)
    call = state.integration
    if state.type != "Task" or maps.assumes_role(state) or (call and call.service == "activity"):
        # The workers of an activity poll with their own rights, a role that is assumed calls with its own.
        return
    resource = state.node.get("Resource", "")
    whole = call.arn if call else ""
    if call and not call.action:
        if call.service == "lambda" or _is_function_parameter(whole, one.shapes):
            yield from _of_function(one, whole)
        else:
            one.faults.append(refusals.no_resource(state, resource))
        return
    name = f"{'aws-sdk:' if call.sdk else ''}{call.service}:{call.action}" if call else ""
    entry = _of_sdk(one, call) if call and call.sdk else INTEGRATIONS.get(name)
    if call and call.sdk and not entry:
        return
    if not call or not entry:
        one.faults.append(refusals.unknown(state, name, resource))
    elif call.pattern not in entry.patterns:
        one.faults.append(refusals.unsupported(state, name, call.pattern, entry))
    else:
        yield from _of_entry(one, entry, call.pattern)


def _of_sdk(one: _Call, call: Integration) -> Entry | None:
    """The entry of an AWS SDK call; a finding where it does not exist, or what it needs is not known."""
    try:
        return sdk.entry(call.service, call.action)
    except sdk.UnknownCallError as error:
        one.faults.append(
            error.code.at(one.state.location, f"task '{one.state.name}' calls {error.problem}", error.hint)
        )
        return None


def _is_function_parameter(value: str | Text, shapes: Shapes) -> bool:
    if not isinstance(value, Text) or len(value.pieces) != 1:
        return False
    declared = shapes.get(next(value.tokens).name)
    return bool(declared) and ":lambda:" in str(declared.default if declared else "")


def _of_function(one: _Call, function: str | Text) -> Iterator[Statement]:
    assert LAMBDA_ARN.resources
    try:
        found = targets(LAMBDA_ARN.resources[0], function, one.shapes)
    except ValueError:
        one.faults.append(refusals.no_resource(one.state, function))
        return
    yield statement(LAMBDA_ARN.sid, LAMBDA_ARN.actions, [resource for resource, _ in found])


def _of_entry(one: _Call, entry: Entry, pattern: str) -> Iterator[Statement]:
    one.faults.extend(refusals.refused(one.state, path) for path in entry.refused if _is_known(one, path))
    for grant in entry.patterns[pattern]:
        if _applies(grant, one.given):
            yield from _of_grant(one, grant)
    for role in entry.roles:
        yield from _pass_role(one, role)


def _applies(grant: Grant, given: Node) -> bool:
    """Where the whole input is the parameters, what they have is taken to be what is usual."""
    if isinstance(given, Value):
        return grant.likely or not grant.when
    wanted = not grant.when or any(_has(given, field) for field in grant.when)
    return wanted and not any(_has(given, field, surely=True) for field in grant.unless)


def _has(given: Node, field: str, *, surely: bool = False) -> bool:
    if "~" in field:
        return holds(given, field, surely=surely)
    return any(found is not False for found in nodes(given, field))


def _of_grant(one: _Call, grant: Grant) -> Iterator[Statement]:
    conditions = [made for item in grant.conditions if (made := _condition(one, item))]
    if grant.resources is None:
        yield statement(grant.sid, grant.actions, [UNKNOWN], conditions)
        return
    for resource in grant.resources:
        for target, narrower in _targets(one, resource):
            yield statement(grant.sid, grant.actions, [target], (*conditions, *narrower))


def _targets(one: _Call, resource: Resource) -> Iterator[Target]:
    for value in _named(one, resource):
        yield from _of_value(one, resource, value, resource.field or resource.path)


def _of_value(one: _Call, resource: Resource, value: Value, field: str) -> list[Target]:
    """The ARNs of what one text names; a finding where it names nothing of the kind."""
    try:
        return targets(resource, value.text, one.shapes)
    except ValueError as error:
        if resource.form in FILLED and resource.field:
            value = next(values(one.given, resource.field), value)
        one.faults.append(malformed(one.state, field, value, error))
        return []


def _condition(one: _Call, item: entries.Condition) -> Condition | None:
    """A condition with the values that the parameters give; None where one is known at run time only."""
    operator, key, wanted = item
    found: list[str | Text] = []
    for value in wanted:
        found += [value] if isinstance(value, str) else [target for target, _ in _targets(one, value)]
    return (operator, key, tuple(found)) if found and UNKNOWN not in found else None


def _named(one: _Call, resource: Resource) -> list[Value]:
    """The texts that name a resource; a parameter that is missing may come with the task's input."""
    if resource.form in FILLED:
        return _filled(one, resource.path)
    if not resource.field:
        return [Value("")]
    found = list(values(one.given, resource.field)) or [Value(resource.usual or UNKNOWN)]
    if not resource.qualifier:
        return found
    qualifiers = list(values(one.given, resource.qualifier))
    return [Value(text(name.text, ":", qualifier.text)) for name in found for qualifier in qualifiers]


def _filled(one: _Call, path: str) -> list[Value]:
    """A path with the parameters that it names in braces, in all combinations of what they may be.

    `{A.B}` is a parameter, `{A.B=x}` one that is `x` where it is not given, `{}` any text, `{@machine}` the
    state machine's own name. A parameter that holds an ARN stands for all of the path.
    """
    pieces: list[list[str | Text]] = []
    end = 0
    whole: list[Value] = []
    for hole in _HOLE.finditer(path):
        pieces.append([path[end : hole.start()]])
        end = hole.end()
        found = _hole(one, hole[1], hole[2])
        arns = [each for each in found if _is_arn(each, one.shapes)]
        whole += [Value(each) for each in arns]
        pieces.append([each for each in found if each not in arns])
    pieces.append([path[end:]])
    return [*whole, *(Value(text(*choice)) for choice in itertools.product(*pieces))]


def _hole(one: _Call, field: str, usual: str | None) -> list[str | Text]:
    if field == "@machine":
        return [one.machine]
    if usual is not None and "[]." in field and not isinstance(one.given, Value):
        return _of_each(one.given, field, usual)
    found = [value.text for value in values(one.given, field)] if field else []
    return found or [UNKNOWN if usual is None or isinstance(one.given, Value) else usual]


def _of_each(given: Node, field: str, usual: str) -> list[str | Text]:
    """A field of each item of a list; an item without it has what is usual."""
    items, _, rest = field.rpartition(".")
    found = [[value.text for value in values(item, rest)] or [usual] for item in nodes(given, items)]
    return [one for each in found for one in each] or [UNKNOWN]


def _is_arn(value: str | Text, shapes: Shapes) -> bool:
    return fold(value).string.startswith("arn:") or default(value, shapes).startswith("arn:")


def _pass_role(one: _Call, role: Role) -> Iterator[Statement]:
    condition = ("StringEquals", "iam:PassedToService", role.services)
    found = list(values(one.given, role.field))
    usual = [Value(role.usual)] if role.usual else [Value(UNKNOWN)] if role.required else []
    for value in found or usual:
        for target, _ in _of_value(one, replace(_ROLE, form=role.form), value, role.field):
            yield statement("PassRole", ["iam:PassRole"], [target], [condition])


def _is_known(one: _Call, path: str) -> bool:
    """Whether a parameter is given, other than perhaps at run time."""
    found = nodes(one.given, path)
    return any(not (isinstance(node, Value) and node.text == UNKNOWN) for node in found)
