"""A package, a stack as it stands and a change set -> a proposal, and what it would do in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sfn_cfn.deploy import change_set, definitions
from sfn_cfn.deploy.change_set import ChangeSet
from sfn_cfn.deploy.children import children
from sfn_cfn.deploy.codes import SFN838, SFN839
from sfn_cfn.deploy.lines import Line
from sfn_cfn.deploy.nested import NESTED_TYPE
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.standing import Standing
from sfn_cfn.errors import Diagnostic
from sfn_cfn.template.model import Template


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line says of all its stacks. `parameters` and `tags` go before the settings'."""

    role_arn: str = ""
    notification_arns: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    termination_protection: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change set for a package. `replacing`: what makes CloudFormation replace the state machine."""

    package: Package
    standing: Standing
    name: str
    change_set: ChangeSet
    replacing: tuple[str, ...] = ()

    @property
    def stack(self) -> str:
        """The stack's name."""
        return self.package.stack


def request(
    package: Package, standing: Standing, options: Options, name: str, template_url: str
) -> change_set.Request:
    """What the change set is made of. A parameter that nothing gives keeps the value that the stack has."""
    given = {**package.parameters, **options.parameters}
    parameters = []
    for parameter, declared in package.read().parameters.items():
        is_default = standing.parameters.get(parameter) == str(declared.get("Default"))
        previous = None if is_default else standing.previous(parameter)
        if parameter in given:
            parameters.append({"ParameterKey": parameter, "ParameterValue": given[parameter]})
        elif previous:
            parameters.append(previous)
    return change_set.Request(
        package.stack,
        name,
        standing.exists,
        package.template.content,
        template_url,
        tuple(parameters),
        {**package.tags, **options.tags},
        options.role_arn,
        options.notification_arns,
        nested=bool(package.children),
    )


def replacing(package: Package, standing: Standing, options: Options, ready: ChangeSet) -> tuple[str, ...]:
    """Why a state machine would be replaced or deleted; empty where all stay."""
    machines = [one for one in ready.changes if one.type == definitions.MACHINE_TYPE]
    # The change set of a nested stack that goes says nothing of what is in it.
    going = [*machines, *(one for one in ready.changes if one.type == NESTED_TYPE)]
    gone = [f"'{one.logical_id}' is deleted" for one in going if one.action == "Remove" and not one.kept]
    if gone or not standing.exists:
        return tuple(gone)
    told = tuple(
        f"workflow '{one.workflow}': {reason}" if package.children else reason
        for one, before in _members(package, standing, options)
        for reason in _told(one, before)
    )
    if told:
        return told
    return tuple(
        f"'{one.logical_id}' changes in {' and '.join(one.causes) or 'its name or type'}"
        for one in machines
        if one.replacement == "True" or (one.replacement == "Conditional" and not standing.template)
    )


def impossible(package: Package, standing: Standing, options: Options) -> Iterator[Diagnostic]:
    """A finding for each change of a state machine's type under its name, and for each alias that it would leave."""
    for one, before in _members(package, standing, options) if standing.exists else ():
        machine, pair = f"the state machine of workflow '{one.workflow}'", _pair(one, before)
        if pair and (found := definitions.retyped(*pair)):
            message = f"{machine} keeps its name, and {found}"
            hint = f"give the workflow another name, or delete the stack '{package.stack}' first: its executions end"
            yield SFN838.at(None, message, hint)
        elif pair and (name := definitions.stranded(*pair)):
            message = f"{machine} would be replaced, and its alias '{name}' would not"
            hint = 'give the alias another name too ([versions] alias = "..."), or deploy without [versions] first'
            yield SFN839.at(None, message, hint)


def _told(member: Package, before: Standing) -> Iterator[str]:
    """What of the name and type of a workflow's state machine becomes another, by its templates."""
    if pair := _pair(member, before):
        yield from definitions.replacing(*pair)


def _pair(
    member: Package, before: Standing
) -> tuple[Template, Template, Mapping[str, str], Mapping[str, str]] | None:
    """The template that stands and the new one, then their values; None where the first cannot be read."""
    if not before.template:
        return None
    old = definitions.values(before.template, before.parameters)
    return before.template, member.read(), old, member.parameters


def _members(package: Package, standing: Standing, options: Options) -> Iterator[tuple[Package, Standing]]:
    """The package with all its values and its stack; an application's workflows with theirs."""
    own = values(package, standing, options)
    for one in children(package, own):
        if one is package:
            yield replace(package, parameters=own), standing
        else:
            whole = definitions.values(one.read(), one.parameters)
            yield replace(one, parameters=whole), standing.children.get(one.workflow, Standing(one.stack))


def describe(
    proposal: Proposal, options: Options, widenings: Callable[[Template, Template], Iterable[Diagnostic]]
) -> Iterator[Line]:
    """What the proposal would do, in words. `widenings` tells what roles may do more than before."""
    standing, package = proposal.standing, proposal.package
    if proposal.change_set.is_empty:
        yield Line(f"stack '{proposal.stack}': nothing changes", "heading")
        return
    yield Line(f"stack '{proposal.stack}': {'update' if standing.exists else 'first creation'}", "heading")
    for reason in proposal.replacing:
        yield Line(f"! the state machine is REPLACED: {reason}", "replaced")
    if proposal.replacing:
        yield Line("  its running executions end, its versions and aliases go", "replaced")
    yield from change_set.words(proposal.change_set.changes)
    yield from _parameters(package, standing, options)
    for one, before in _members(package, standing, options):
        lines = list(_compared(one, before, widenings))
        if lines and package.children:
            yield Line(f"workflow '{one.workflow}'", "heading")
        yield from lines


def _compared(
    member: Package, before: Standing, widenings: Callable[[Template, Template], Iterable[Diagnostic]]
) -> Iterator[Line]:
    """What the roles of a workflow may do more, and what of its definition changes."""
    new, old = member.read(), before.template
    if found := list(widenings(old or Template(), new)):
        yield Line("roles", "heading")
        yield from (Line(f"! {one.message}", "changed") for one in found)
    changes = definitions.compare(old, new) if old else ()
    if before.exists and (old is None or changes is None):
        yield Line("the definition that stands cannot be read, so it is not compared", "heading")
    elif changes:
        yield Line("definition", "heading")
        yield from definitions.words(changes)


def _parameters(package: Package, standing: Standing, options: Options) -> Iterator[Line]:
    """Parameters whose values change, and those that keep another one than their default."""
    if not standing.exists:
        return
    after, template = values(package, standing, options), package.read()
    given = {**package.parameters, **options.parameters}
    lines = []
    for name, value in after.items():
        before = standing.parameters.get(name)
        default = template.parameters.get(name, {}).get("Default")
        if before is not None and before != value:
            lines.append(Line(f"~ {name}: '{before}' -> '{value}'", "changed"))
        elif before is None:
            lines.append(Line(f"+ {name}: '{value}'", "added"))
        elif name not in given and default is not None and str(default) != value:
            lines.append(Line(f"  {name} keeps '{value}'; its default is '{default}'"))
    if lines:
        yield Line("parameters", "heading")
        yield from lines


def values(package: Package, standing: Standing, options: Options) -> dict[str, str]:
    """The values that the stack's parameters will have."""
    template = package.read()
    kept = {name: value for name, value in standing.parameters.items() if name in template.parameters}
    return definitions.values(template, {**kept, **package.parameters, **options.parameters})
