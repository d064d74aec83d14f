from __future__ import annotations

import copy
import json
import os.path
import pickle
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

import pytest

from sfn_cfn import authoring
from sfn_cfn.authored import registry
from sfn_cfn.authoring import ParameterError, parameter


@pytest.fixture
def building() -> Iterator[None]:
    """As in a child that compiles; `json` is put back."""
    encoder: Any = json.encoder
    names = ("_make_iterencode", "encode_basestring_ascii", "encode_basestring", "c_make_encoder")
    kept = {name: getattr(encoder, name) for name in names}
    authoring.start()
    yield
    registry.building = False
    registry.declared.clear()
    for name, value in kept.items():
        setattr(encoder, name, value)


@pytest.mark.usefixtures("building")
def test_a_text_parameter_is_its_token_in_text_that_is_built_with_it() -> None:
    p = parameter("Bucket", "my-bucket")
    built = [
        str(p),
        f"{p}",
        f"{p!s}",
        f"s3://{p}/x",
        "s3://" + p + "/x",
        "s3://{}/x".format(p),  # noqa: UP032 (the way that is tested)
        "s3://%s/x" % p,  # noqa: UP031
        os.path.join("s3://", p, "x"),  # noqa: PTH118
        json.dumps({"b": p}),
        json.dumps(p),
        json.dumps(p, ensure_ascii=False),
    ]
    assert built == [
        "${Bucket}",
        "${Bucket}",
        "${Bucket}",
        "s3://${Bucket}/x",
        "s3://${Bucket}/x",
        "s3://${Bucket}/x",
        "s3://${Bucket}/x",
        "s3://${Bucket}/x",
        '{"b": "${Bucket}"}',
        '"${Bucket}"',
        '"${Bucket}"',
    ]


@pytest.mark.usefixtures("building")
def test_a_text_parameter_is_its_default_to_whoever_looks_at_it() -> None:
    p = parameter("Data", "s3://bucket/prefix")
    assert p == "s3://bucket/prefix"
    assert p in {"s3://bucket/prefix"}
    assert {"s3://bucket/prefix": 1}[p] == 1
    assert p.startswith("s3://")
    assert urlparse(p).netloc == "bucket"
    assert re.fullmatch("s3://[a-z/]+", p)
    assert p.split("/")[2] == "bucket"
    assert p[:2] == "s3"
    assert len(p) == len("s3://bucket/prefix")


@pytest.mark.usefixtures("building")
def test_a_method_that_changes_nothing_gives_the_parameter_itself() -> None:
    p = parameter("Bucket", "my-bucket")
    assert [str(item) for item in (p.strip(), p.rstrip("/"), p.lower(), p.replace("x", "y"))] == [
        "${Bucket}"
    ] * 4
    assert str(p.upper()) == "MY-BUCKET"


@pytest.mark.usefixtures("building")
@pytest.mark.parametrize("default", ["a", 3, 0.5])
def test_copies_and_pickles_keep_the_token(default: Any) -> None:
    p = parameter("P", default)
    for other in (copy.copy(p), copy.deepcopy([p])[0], pickle.loads(pickle.dumps(p))):
        assert (other, str(other)) == (default, "${P}")


@pytest.mark.usefixtures("building")
@pytest.mark.parametrize("default", [3, 0.5])
def test_a_number_parameter_is_its_token_in_text_and_its_default_in_arithmetic(default: float) -> None:
    p = parameter("N", default)
    assert [str(p), f"{p}", "%s" % p, json.dumps(p), json.dumps([p])] == ["${N}"] * 4 + ["[${N}]"]  # noqa: UP031
    assert p * 2 == default * 2
    assert str(p * 2) == str(default * 2)
    assert isinstance(p, type(default))


@pytest.mark.usefixtures("building")
def test_json_of_other_values_is_as_before() -> None:
    value = {"a": [1, 2.5, None, True, "ü\n"], "b": {}}
    before = json.dumps(value, indent=1)
    parameter("P", "x")
    assert json.dumps(value, indent=1) == before
    assert json.dumps(value) == '{"a": [1, 2.5, null, true, "\\u00fc\\n"], "b": {}}'


def test_outside_of_a_build_a_parameter_is_its_default() -> None:
    text, number, part = parameter("A", "x"), parameter("B", 3), parameter("C", 0.5)
    assert (f"{text}", text + "y", "%s" % text, json.dumps(text)) == ("x", "xy", "x", '"x"')  # noqa: UP031
    assert (f"{number:02d}", str(number), f"{part:.2f}", str(part)) == ("03", "3", "0.50", "0.5")
    assert registry.declared == {}


@pytest.mark.usefixtures("building")
def test_one_declaration_may_stand_twice() -> None:
    parameter("A", "x", description="d")
    parameter("A", "x", description="d")
    assert list(registry.declared) == ["A"]
    with pytest.raises(
        ParameterError, match=r"^parameter 'A' is declared otherwise at .*test_authoring\.py:\d+$"
    ):
        parameter("A", "x", description="other")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"name": "a-b", "default": "x"},
            "parameter 'a-b' has a name that is not 1 to 255 letters and digits, a letter first",
        ),
        ({"name": "A", "default": None}, "parameter 'A' has a default that is neither text nor a number"),
        ({"name": "A", "default": True}, "parameter 'A' has a default that is neither text nor a number"),
        (
            {"name": "A", "default": "x", "allowed_values": ["y"]},
            "parameter 'A' has a default that is not among its allowed values",
        ),
        ({"name": "A", "default": "x", "min": 1}, "parameter 'A' is text and has a min or max"),
        (
            {"name": "A", "default": "x", "allowed_pattern": "[0-9]+"},
            "parameter 'A' has a default that its allowed pattern does not match",
        ),
        (
            {"name": "A", "default": 1, "allowed_pattern": "1"},
            "parameter 'A' is a number and has an allowed pattern",
        ),
        ({"name": "A", "default": 1, "min": 2}, "parameter 'A' has a default outside of its min and max"),
        ({"name": "A", "default": 1, "max": 0}, "parameter 'A' has a default outside of its min and max"),
    ],
)
def test_a_declaration_that_no_template_can_hold_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parameter(**arguments)
    assert str(caught.value) == message
