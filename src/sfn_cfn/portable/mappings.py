"""The tables of a definition's images -> a template's Mappings and Rules, within CloudFormation's limits.

A mapping gives the account by region. Where a region is missing in it, CloudFormation fails with words that
name neither the image nor the remedy, and Rules take no `Fn::FindInMap`: so a rule holds the same regions
again, and says which images are not there. Source: the AWS CloudFormation user guide, "Rules syntax" and
"Understand CloudFormation quotas".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sfn_cfn.errors import Diagnostic, TemplateError
from sfn_cfn.model import Definition
from sfn_cfn.portable.codes import SFN336, SFN337
from sfn_cfn.portable.tables import ATTRIBUTE, Table, tables
from sfn_cfn.template.intrinsics import Intrinsic, ref
from sfn_cfn.template.model import Fragment, Template

MOST_MAPPINGS = 200
MOST_ENTRIES = 200
LONGEST_NAME = 255
_NAMED = 8
"""Images that a rule's words name; CloudFormation shows them in one line."""


def image_fragment(definition: Definition) -> Fragment:
    """The mappings and rules of a definition as it was before its values became tokens.

    Raises `TemplateError` where CloudFormation would not take them.
    """
    found = tables(definition)
    if faults := list(_over_limits(definition, found)):
        raise TemplateError(faults)
    return Fragment(mappings={table.mapping: _mapping(table) for table in found}, rules=_rules(found))


def _mapping(table: Table) -> Mapping[str, Any]:
    return {region: {ATTRIBUTE: account} for region, account in table.accounts.items()}


def _rules(found: Sequence[Table]) -> dict[str, Any]:
    """A rule for each list of regions, called after its first table."""
    groups: dict[tuple[str, ...], list[Table]] = defaultdict(list)
    for table in found:
        groups[tuple(table.accounts)].append(table)
    return {
        f"{group[0].mapping}InRegion": {
            "Assertions": [
                {
                    "Assert": {"Fn::Contains": [list(regions), ref("AWS::Region")]},
                    "AssertDescription": _words([image for table in group for image in table.images]),
                }
            ]
        }
        for regions, group in groups.items()
    }


def _words(found: Sequence[str]) -> str:
    named = ", ".join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
    kept = "does not keep this image" if len(found) == 1 else "does not keep these images"
    return f"SageMaker {kept} in this region: {named}"


def _over_limits(definition: Definition, found: Collection[Table]) -> Iterator[Diagnostic]:
    place = definition.workflow.location
    if len(found) > MOST_MAPPINGS:
        message = (
            f"the images of the workflow need {len(found)} mappings, a template has {MOST_MAPPINGS} at most"
        )
        yield SFN336.at(place, message, "split the workflow")
    for table in found:
        if len(table.accounts) > MOST_ENTRIES:
            message = (
                f"mapping '{table.mapping}' has {len(table.accounts)} entries, {MOST_ENTRIES} are allowed"
            )
            yield SFN336.at(place, message, "use an image of fewer regions")
        if len(table.mapping) > LONGEST_NAME:
            message = f"mapping '{table.mapping}' has a name of more than {LONGEST_NAME} characters"
            yield SFN336.at(place, message, "use an image with a shorter name")


def unruled(template: Template) -> Iterator[Diagnostic]:
    """A finding for each mapping that is looked up by region without a rule that has the same regions."""
    ruled = [set(regions) for rule in template.rules.values() for regions in _asserted(rule)]
    looked_up = {name for part in (template.resources, template.outputs) for name in _by_region(part)}
    for name in sorted(looked_up):
        if set(template.mappings.get(name, ())) not in ruled:
            yield SFN337.at(None, f"mapping '{name}' has no rule with the same regions")


def _asserted(rule: Any) -> Iterator[Sequence[str]]:
    for one in rule.get("Assertions", ()):
        found = one["Assert"].get("Fn::Contains") if isinstance(one["Assert"], Mapping) else None
        if found and found[1] == ref("AWS::Region"):
            yield found[0]


def _by_region(value: Any) -> Iterator[str]:
    """The mappings that a template value looks up by `AWS::Region`, however deep."""
    if isinstance(value, Intrinsic):
        if value.name == "FindInMap" and value.argument[1] == ref("AWS::Region"):
            yield value.argument[0]
        yield from _by_region(value.argument)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _by_region(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _by_region(item)
