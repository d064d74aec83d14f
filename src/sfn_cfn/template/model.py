"""`Template` and `Fragment`, and the one `merge` that puts fragments together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sfn_cfn.errors import Code, Severity, TemplateError

SFN401 = Code(
    "SFN401",
    Severity.ERROR,
    "two parts of a template set one thing",
    "Each logical ID and each property of a template has one origin. Two fragments that both set it would "
    "depend on their order. Rename the parameter, resource or output that the settings add.",
)

SECTIONS = ("parameters", "mappings", "conditions", "rules", "resources", "outputs")


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a stage adds to a template.

    Sections map logical IDs to values. `properties` maps `(logical ID, property name)` to a value, for a
    resource that another fragment (or the template) has.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[tuple[str, str], Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """A CloudFormation template as values (see `template.intrinsics`)."""

    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)


def combine(fragments: Iterable[Fragment]) -> Fragment:
    """One fragment of many, in any order. Raises `TemplateError` where two set the same thing."""
    sections: dict[str, dict[Any, Any]] = {name: {} for name in (*SECTIONS, "properties")}
    for fragment in fragments:
        for name, section in sections.items():
            for key, value in getattr(fragment, name).items():
                _set(section, key, value, name)
    return Fragment(**sections)


def merge(template: Template, fragments: Iterable[Fragment]) -> Template:
    """`template` with all fragments. Raises `TemplateError` where two set the same thing.

    Parameters keep the template's order, then go by name, so the result does not depend on the order of
    the fragments.
    """
    added = combine(fragments)
    sections: dict[str, Any] = {}
    for name in SECTIONS:
        section = dict(getattr(template, name))
        for key in sorted(getattr(added, name)):
            _set(section, key, getattr(added, name)[key], name)
        sections[name] = section
    for (logical_id, key), value in sorted(added.properties.items(), key=lambda item: item[0]):
        resource = dict(sections["resources"].get(logical_id) or {})
        if not resource:
            raise TemplateError(
                SFN401.at(
                    None, f"property '{key}' is set on '{logical_id}', which no part of the template has"
                )
            )
        properties = dict(resource.get("Properties", {}))
        _set(properties, key, value, f"{logical_id}.Properties")
        sections["resources"][logical_id] = {**resource, "Properties": properties}
    return replace(template, **sections)


def _set(section: dict[Any, Any], key: Any, value: Any, place: str) -> None:
    if key in section:
        shown = key if isinstance(key, str) else ".".join(key)
        raise TemplateError(
            SFN401.at(None, f"two parts of the template set '{shown}' in {place}", "rename one of them")
        )
    section[key] = value
