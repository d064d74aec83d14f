"""What a task passes to a service, compared with botocore's model of the service's API -> faults.

Names are those of the API with a capital first letter; a name that ends in `.$` takes its value from a path,
so only the name is checked.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.check.rule import nearest, shown
from sfn_cfn.model import Node, State, Text, Token

SERVICES = {
    "dynamodb": "dynamodb",
    "glue": "glue",
    "lambda": "lambda",
    "sagemaker": "sagemaker",
    "sns": "sns",
    "sqs": "sqs",
    "states": "stepfunctions",
}
"""Service integrations that are checked, and botocore's names for them."""

_ANYTHING = frozenset(
    {
        ("lambda", "Invoke", "Payload"),
        ("sns", "Publish", "Message"),
        ("sqs", "SendMessage", "MessageBody"),
        ("states", "StartExecution", "Input"),
    }
)
"""Where Step Functions takes any JSON and makes a text of it (developer guide, service integrations)."""

_ALSO = {("sqs", "SendMessage"): {"MessageAttribute"}}
"""Names that Step Functions' documentation has and the API has not."""

_KINDS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "string": ("a text", (str, Text)),
    "character": ("a text", (str, Text)),
    "integer": ("a whole number", (int, Token)),
    "long": ("a whole number", (int, Token)),
    "float": ("a number", (int, float, Token)),
    "double": ("a number", (int, float, Token)),
    "boolean": ("true or false", (bool,)),
    "structure": ("an object", (Mapping,)),
    "map": ("an object", (Mapping,)),
    "list": ("a list", (list, tuple)),
}
_NUMBERS = ("integer", "long", "float", "double")


@dataclass(frozen=True, slots=True)
class Fault:
    """What a task's parameters get wrong: `unknown`, `missing`, `kind` or `number`, where, and what helps."""

    what: str
    path: str
    detail: str = ""
    hint: str = ""


def preload(services: Iterable[str] = ("sagemaker",)) -> None:
    """Read the models of service integrations now (0.1 s for SageMaker), to have them before a fork."""
    for service in services:
        model_of(service)


@functools.cache
def model_of(service: str) -> Mapping[str, Any]:
    """Botocore's model of an integration's service: `operations` and `shapes`, as in its JSON file."""
    from botocore.loaders import Loader  # noqa: PLC0415 (0.2 s; most definitions need one model)

    model: Mapping[str, Any] = Loader().load_service_model(SERVICES[service], "service-2")
    return model


def is_checked(state: State) -> bool:
    """Whether a state calls one of `SERVICES` by its optimized integration."""
    call = state.integration
    return call is not None and call.service in SERVICES and bool(call.action) and not call.sdk


def operation_of(state: State) -> str:
    """The API's name of what a checked task calls, empty where the API has no such operation."""
    call = state.integration
    name = call.action[:1].upper() + call.action[1:] if call else ""
    return name if call and name in model_of(call.service)["operations"] else ""


def faults(state: State) -> Iterator[Fault]:
    """What is wrong with a task's parameters; nothing where they are not known before it runs."""
    call = state.integration
    passed = state.node.get("Parameters", state.node.get("Arguments"))
    if call is None or not is_checked(state) or not isinstance(passed, Mapping):
        return
    operation = operation_of(state)
    if not operation:
        return
    model = model_of(call.service)
    shape = model["operations"][operation].get("input", {}).get("shape")
    if shape:
        free = {name for service, action, name in _ANYTHING if (service, action) == (call.service, operation)}
        also = _ALSO.get((call.service, operation), set())
        yield from _structure(model["shapes"], shape, passed, "", frozenset(free | also))


def _structure(
    shapes: Mapping[str, Any],
    shape: str,
    node: Mapping[Any, Node],
    path: str,
    free: frozenset[str] = frozenset(),
) -> Iterator[Fault]:
    """`free` are names that take anything."""
    if shapes[shape].get("document"):
        return
    members = {_pascal(name): member for name, member in shapes[shape].get("members", {}).items()}
    present = set()
    for key, item in node.items():
        name = shown(key).removesuffix(".$")
        present.add(name)
        if name in free or (name in members and shown(key).endswith(".$")):
            continue
        if name not in members:
            yield Fault("unknown", path + name, hint=_instead(name, members))
        else:
            yield from _value(shapes, members[name]["shape"], item, path + name)
    for name in map(_pascal, shapes[shape].get("required", ())):
        if name not in present and not members[name].get("idempotencyToken"):
            yield Fault("missing", path + name, hint=f"add '{path}{name}', or '{path}{name}.$' with a path")


def _value(shapes: Mapping[str, Any], shape: str, node: Any, path: str) -> Iterator[Fault]:
    kind = shapes[shape]["type"]
    computed = node is None or (isinstance(node, str) and node.startswith("{%"))
    if kind not in _KINDS or computed:
        return
    wanted, types = _KINDS[kind]
    if not isinstance(node, types) or (isinstance(node, bool) and kind != "boolean"):
        parameter = sole_token(node) if kind in _NUMBERS and isinstance(node, Text) else ""
        yield Fault("number" if parameter else "kind", path, parameter or _kind_of(node), wanted)
    elif kind == "structure":
        yield from _structure(shapes, shape, node, f"{path}.")
    elif kind == "map":
        for key, item in node.items():
            if not shown(key).endswith(".$"):
                yield from _value(shapes, shapes[shape]["value"]["shape"], item, f"{path}.{shown(key)}")
    elif kind == "list":
        for index, item in enumerate(node):
            yield from _value(shapes, shapes[shape]["member"]["shape"], item, f"{path}[{index}]")


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _instead(name: str, members: Iterable[str]) -> str:
    if name == "S3Operations":
        return "take it out of the parameters, and upload what it names"
    return nearest(name, members) or "take it out"


def sole_token(value: Text) -> str:
    """The name of the token that is the whole text, or empty."""
    piece = value.pieces[0]
    return piece.name if len(value.pieces) == 1 and isinstance(piece, Token) else ""


def _kind_of(node: Node) -> str:
    if isinstance(node, bool):
        return "true or false"
    if isinstance(node, (str, Text)):
        return "a text"
    if isinstance(node, (int, float, Token)):
        return "a number"
    return "an object" if isinstance(node, Mapping) else "a list"
