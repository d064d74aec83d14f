"""Definition, Settings -> Fragment: what a workflow in production needs, one module per capability.

No capability depends on another, and each can be taken out: `capabilities` leaves out a module that is not
there. Their order is that in which definitions are rewritten.

stages      parts that an execution may leave out; first, so that what others add to a state is in its stage
metrics     numbers of a state's output published to CloudWatch, and alarms on them
kind        Standard or Express
logging     a log group and what is written to it
tracing     traces in X-Ray
encryption  a customer managed key for the definition and the histories
topic       the SNS topic of alarms and notifications, its key and its subscribers
alarms      on executions that fail, time out, are stopped or held back, or take long
notifications  messages when executions and SageMaker jobs end
dashboard   a CloudWatch dashboard of the workflow
storage     a bucket for the workflow's data, where the definition names one
schedules   EventBridge Scheduler starts the workflow by the clock
triggers    EventBridge starts it when an object is made, another workflow succeeds, or any event happens
endpoint    API Gateway starts it at an HTTP request
queue       EventBridge Pipes starts it for each message of a queue
versions    a version for each change, an alias that is moved to it, which is what the others start
pipelines   settings of pipelines in a table, and a router that starts the workflow with them
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator

from sfn_cfn.errors import Diagnostic
from sfn_cfn.model import Definition
from sfn_cfn.operations.capability import Addition, Capability, declare, is_there
from sfn_cfn.operations.undeclared import undeclared
from sfn_cfn.settings import Settings

__all__ = ["Addition", "Capability", "add", "capabilities", "check", "declare", "rewrite"]

NAMES = (
    "stages",
    "metrics",
    "kind",
    "logging",
    "tracing",
    "encryption",
    "topic",
    "alarms",
    "notifications",
    "dashboard",
    "storage",
    "schedules",
    "triggers",
    "endpoint",
    "queue",
    "versions",
    "pipelines",
)


@functools.cache
def capabilities() -> tuple[Capability, ...]:
    """The capabilities, in order."""
    found = filter(is_there, NAMES)
    return tuple(importlib.import_module(f"{__name__}.{name}").CAPABILITY for name in found)


def check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    """What the capabilities find in the author's definition and settings."""
    yield from undeclared(definition, settings)
    for one in capabilities():
        yield from one.check(definition, settings)


def rewrite(definition: Definition, settings: Settings) -> Definition:
    """The definition as the capabilities change it, one after the other."""
    for one in capabilities():
        definition = one.rewrite(definition, settings)
    return definition


def add(definition: Definition, settings: Settings) -> tuple[Addition, ...]:
    """What each capability adds to the template of a final definition."""
    return tuple(one.add(definition, settings) for one in capabilities())
