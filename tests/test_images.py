"""The account of SageMaker's images by region, beside what `sagemaker.image_uris.retrieve` gives."""

from __future__ import annotations

import functools
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import pytest
from samples import loaded, machine

from sfn_cfn import definition, images, portable
from sfn_cfn.model import Token, resolve
from sfn_cfn.template.intrinsics import ref

FRAMEWORKS = (
    "xgboost",
    "sklearn",
    "pytorch",
    "tensorflow",
    "huggingface",
    "linear-learner",
    "clarify",
    "model-monitor",
    "spark",
    "debugger",
    "djl-lmi",
)
"""Those that users name most; each in all its versions, and in all regions that have them."""

INSTANCES = {"cpu": "ml.m5.xlarge", "gpu": "ml.p3.2xlarge"}


@pytest.fixture(scope="module")
def retrieve() -> Iterator[Any]:
    """`image_uris.retrieve`, quiet, with one look at botocore's endpoints."""
    with mock.patch.dict(
        os.environ, {"AWS_DEFAULT_REGION": "eu-west-1", "SAGEMAKER_SUPPRESS_V2_WARNING": "1"}
    ):
        logging.disable(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sagemaker import image_uris, utils  # noqa: PLC0415 (takes seconds, and reads the environment)

            resolver = utils._botocore_resolver
            utils._botocore_resolver = functools.cache(resolver)
            yield image_uris
            utils._botocore_resolver = resolver
        logging.disable(logging.NOTSET)


def versions(image_uris: Any, framework: str) -> Iterator[tuple[dict[str, Any], Mapping[str, str]]]:
    """The arguments of `retrieve` for each version of a framework, by all its names, and its registries."""
    config = image_uris.config_for_framework(framework)
    for scope in config.get("scope") or [name for name in config if name != "versions"]:
        part = config if "versions" in config else config[scope]
        aliases = part.get("version_aliases", {})
        for version in (*part["versions"], *aliases):
            entry = part["versions"][aliases.get(version, version)]
            others = entry.get("version_aliases", {})
            bases = [name for name in (*entry, *others) if name != "version_aliases"]
            for base in bases if framework == "huggingface" else [None]:
                found = entry[others.get(base, base)] if base else entry
                given = {"version": version, "base_framework_version": base, "image_scope": scope}
                for python in found.get("py_versions", [None]) if "repository" in found else found:
                    whole = found.get(python) or found
                    for processor in part.get("processors") or whole.get("processors") or ["cpu"]:
                        instance = INSTANCES.get(processor, "ml.inf1.xlarge")
                        yield {**given, "py_version": python, "instance_type": instance}, whole["registries"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_account_by_region_is_the_sdks_whichever_regions_uri_it_is_found_from(
    retrieve: Any, framework: str
) -> None:
    wrong, count = [], 0
    for given, registries in versions(retrieve, framework):
        for region in registries:
            try:
                uri = retrieve.retrieve(framework, region, **given)
            except ValueError:  # a scope that the SDK gives on no instance
                continue
            count += 1
            found = images.accounts(uri)
            if found != registries:
                wrong.append((uri, len(found), len(registries)))
    assert wrong == []
    assert count >= len(images.accounts(uri)) > 20


PROVEN = (
    "xgboost",
    "sklearn",
    "pytorch",
    "tensorflow",
    "huggingface",
    "linear-learner",
    "clarify",
    "model-monitor",
)
SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
}
"""`AWS::URLSuffix` by the beginning of a region's name, as the CDK's facts on regions have it; else `amazonaws.com`."""


def resolved(uri: str, region: str) -> str:
    """What the emitted token, mapping and rule make of an image in a region."""
    parsed = definition.parse(loaded(machine(S={"Type": "Pass", "Result": uri})))
    fragment = portable.image_fragment(parsed)
    (leaf,) = (state.node["Result"] for state in portable.make_portable(parsed).states)
    (rule,) = fragment.rules.values()
    assert region in rule["Assertions"][0]["Assert"]["Fn::Contains"][0]
    suffix = next((suffix for start, suffix in SUFFIXES.items() if region.startswith(start)), "amazonaws.com")

    def value(token: Token) -> str:
        if token.value is None:
            return {"AWS::Region": region, "AWS::URLSuffix": suffix}[token.name]
        mapping, by, attribute = token.value.argument
        assert by == ref("AWS::Region")
        return str(fragment.mappings[mapping][region][attribute])

    return str(resolve(leaf, value))


@pytest.mark.parametrize("framework", PROVEN)
def test_the_uri_of_the_emitted_mapping_is_the_sdks_in_every_region(retrieve: Any, framework: str) -> None:
    seen, count = set(), 0
    for given, registries in versions(retrieve, framework):
        start = next(iter(registries))
        try:
            uri = retrieve.retrieve(framework, start, **given)
        except ValueError:  # a scope that the SDK gives on no instance
            continue
        table = (uri.partition("/")[2].partition(":")[0], tuple(registries.items()))
        if table in seen:  # the test above has all versions
            continue
        seen.add(table)
        for region in registries:
            count += 1
            assert resolved(uri, region) == retrieve.retrieve(framework, region, **given)
    assert count > 20


def test_the_base_python_image_is_the_sdks_in_every_region(retrieve: Any) -> None:
    registries = retrieve.config_for_framework("sagemaker-base-python")["versions"]["1.0"]["registries"]
    uri = retrieve.get_base_python_image_uri("us-east-1", py_version="310")
    for region in registries:
        assert resolved(uri, region) == retrieve.get_base_python_image_uri(region, py_version="310")


def test_an_image_of_nobody_known_has_no_accounts() -> None:
    uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/fraud:1"
    assert images.accounts(uri) == {}


def test_a_known_repository_in_a_strangers_account_has_no_accounts() -> None:
    uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.5-1"
    assert images.accounts(uri) == {}


def test_only_regions_on_which_all_versions_agree_are_given_where_the_tag_tells_none() -> None:
    known = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training"
    newer = images.accounts(f"{known}:2.0.1-gpu-py310")
    older = images.accounts(f"{known}:1.6.0-gpu-py36")
    of_none = images.accounts(f"{known}:nightly")
    assert set(of_none) <= set(newer) & set(older)
    assert of_none["eu-west-1"] == "763104351884"
    assert of_none["cn-north-1"] == "727897471807"
