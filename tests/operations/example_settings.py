"""The settings with which each example workflow is linted and deployed: each capability alone, and all together."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import yaml
from cfn_tools.yaml_loader import CfnYamlLoader
from example_runs import NAMES, ROOT, all_examples
from operating import read

from sfn_cfn import compiler, settings
from sfn_cfn.model import LoadedWorkflow

OFF = "[logging]\nenabled = false\n"
"""Logging is on by default."""
TOPIC = '[topic.emails]\nOpsEmail = "ops@example.com"\nOtherEmail = ""\n'
ALARMS = "[alarms]\nduration = { threshold = 7200, period = 3600 }\n"
METRICS = '[metrics.Value]\nstate = "{state}"\npath = "$.value"\nbelow = 0.8\nperiod = 3600\n'
SCHEDULES = '[schedules.nightly]\ncron = "0 6 * * ? *"\nflexible_minutes = 5\ninput = {input}\n'
TRIGGERS = """
[triggers.new-data]
kind = "s3"
bucket = "lake"
prefix = "in*/"
suffix = ".csv"
min_size = 1
input = {input <key>}
[triggers.after]
kind = "workflow"
workflow = "prepare"
input = {input <time>}
[triggers.any]
kind = "event"
pattern = { source = ["my.shop"], detail = { n = [{ numeric = [">", 3] }] } }
input = {input <$.detail.day>}
"""
CASES = {
    "logging": "",
    "tracing": OFF + "[tracing]\n",
    "encryption": OFF + "[encryption]\n",
    "topic": OFF + TOPIC,
    "alarms": OFF + ALARMS,
    "notifications": OFF + "[notifications]\n",
    "metrics": OFF + METRICS,
    "dashboard": OFF + "[dashboard]\n",
    "storage": OFF + '[storage]\naccess_log_bucket = "logs"\n',
    "stages": OFF + '[stages]\nlast = { states = ["{state}"], result = {} }\n',
    "schedules": OFF + SCHEDULES,
    "triggers": OFF + TRIGGERS,
    "endpoint": OFF + "[endpoint]\nenabled = true\naccess_logs = true\n",
    "queue": OFF + "[queue]\nenabled = true\n",
    "versions": OFF + "[versions]\nenabled = true\n",
    "pipelines": OFF + "[pipelines]\nenabled = true\n",
}
"""Capability -> the lines of `sfn-cfn.toml` that switch it on, and no other."""
TOGETHER = "".join(toml.removeprefix(OFF) for toml in CASES.values())
VALUES: Mapping[str, Any] = {"int": 1, "float": 1.5, "bool": True, "list": [], "dict": {}, "object": {}}
LAST = {
    "control_flow": "Send to training",
    "evaluate": "Save model",
    "glue_etl": "Update endpoint",
    "ready_made": "Deploy",
    "train_deploy": "Deploy endpoint",
}
"""A state of each example that can be a stage, because nothing needs its result."""


def settings_of(case: str) -> str:
    """The settings of a case: none (`plain`), those of a capability, or all (`all`)."""
    return {"plain": OFF, "all": TOGETHER}.get(case) or CASES[case]


def pairs(cases: Iterable[str]) -> list[tuple[str, str]]:
    """Each example with each of the cases."""
    return [(name, case) for name in NAMES for case in cases]


@functools.cache
def text(name: str, case: str) -> str:
    """The template of an example with the settings of a case."""
    return compiled(name, settings_of(case))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """As cfn_flip reads templates, in a tenth of its time."""

    yaml_constructors = CfnYamlLoader.yaml_constructors
    yaml_multi_constructors = CfnYamlLoader.yaml_multi_constructors
    yaml_implicit_resolvers = CfnYamlLoader.yaml_implicit_resolvers


def tree(name: str, case: str) -> Any:
    """The same as plain values, functions in their long form."""
    return copy.deepcopy(_tree(name, case))


@functools.cache
def _tree(name: str, case: str) -> Any:
    return plain(text(name, case))


def plain(written: str) -> Any:
    """A template as plain values, functions in their long form."""
    return json.loads(json.dumps(yaml.load(written, Loader=_Loader)))


def compiled(name: str, toml: str) -> str:
    """The template of an example with these settings."""
    workflow = all_examples()[name]
    given = toml.replace("{state}", LAST[name]).replace("{input}", inputs(workflow))
    for source in ("<key>", "<time>", "<$.detail.day>"):
        given = given.replace(f"{{input {source}}}", inputs(workflow, source))
    own = replace(settings.read(ROOT), operations=read(given).operations)
    made, found = compiler.compile_workflow(workflow, own, "yaml")
    assert made, [one.message for one in found]
    return made.outputs[0].content


def inputs(workflow: LoadedWorkflow, words: str = "x") -> str:
    """An execution's input that the workflow takes, as an inline table; `words` where it takes a text."""
    kinds = workflow.input_schema.items()
    rows = (f"{name} = {json.dumps(VALUES.get(kind, words))}" for name, kind in kinds)
    return f"{{ {', '.join(rows)} }}"
