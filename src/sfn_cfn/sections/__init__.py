"""The settings of each capability of `operations`: a module of keys and the type that they give, one for each.

`CAPABILITIES` puts the keys together, for the reader, the JSON schema and the reference page. A section stands
in the file for all workflows (`[logging]`) and for one (`[workflows.<name>.logging]`); what one workflow sets
stands in place of what is common, tables by their names one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from sfn_cfn import codec
from sfn_cfn.sections import (
    alarms,
    dashboard,
    encryption,
    endpoint,
    kind,
    logging,
    metrics,
    notifications,
    pipelines,
    queue,
    schedules,
    stages,
    storage,
    topic,
    tracing,
    triggers,
    versions,
)
from sfn_cfn.settings_key import Section

CAPABILITIES: Mapping[str, Section] = {
    "storage": storage.SECTION,
    "stages": stages.SECTION,
    "schedules": schedules.SECTION,
    "triggers": triggers.SECTION,
    "endpoint": endpoint.SECTION,
    "queue": queue.SECTION,
    "pipelines": pipelines.SECTION,
    "versions": versions.SECTION,
    "state_machine": kind.SECTION,
    "logging": logging.SECTION,
    "tracing": tracing.SECTION,
    "encryption": encryption.SECTION,
    "topic": topic.SECTION,
    "alarms": alarms.SECTION,
    "notifications": notifications.SECTION,
    "metrics": metrics.SECTION,
    "dashboard": dashboard.SECTION,
}

T = TypeVar("T")


def typed(sections: Mapping[str, Any], name: str, cls: type[T]) -> T:
    """A section of a workflow's settings as its type; defaults for what is not given."""
    return codec.revive(cls, sections.get(name, {}))
