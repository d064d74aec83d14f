"""A package and its stack -> the values that the parameters of each of its workflows will have, and texts with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from sfn_cfn.deploy.aws import Cloud
from sfn_cfn.deploy.children import children
from sfn_cfn.deploy.definitions import values as defaulted
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.proposal import Options, values
from sfn_cfn.deploy.standing import Standing
from sfn_cfn.template.tokens import DATA_BUCKET, DATA_BUCKET_PARAMETER

_TOKEN = re.compile(r"\$\{([A-Za-z0-9:]+)\}")


Member: TypeAlias = "tuple[Package, Mapping[str, str]]"
"""A workflow's package, and the values that texts of its settings may name."""


def by_workflow(cloud: Cloud, package: Package, standing: Standing, options: Options) -> Iterator[Member]:
    """Each workflow's package with the values of its template's parameters and of pseudo parameters.

    A workflow of an application gets its values from the parent alone. A data bucket that is given is also
    `DataBucketName`, as settings call the one in use.
    """
    pseudo = {
        "AWS::AccountId": cloud.account,
        "AWS::Partition": cloud.partition,
        "AWS::Region": cloud.region,
    }
    whole = {**values(package, standing, options), **pseudo}
    for one in children(package, whole):
        known = whole if one is package else {**defaulted(one.read(), one.parameters), **pseudo}
        given = known.get(DATA_BUCKET_PARAMETER, "")
        yield one, {**known, DATA_BUCKET.name: given} if given else known


def resolved(written: str, known: Mapping[str, str]) -> str:
    """The text with the values of its `${Name}`; empty where one of them is not known."""
    found = _TOKEN.sub(lambda match: known.get(match[1], match[0]), written)
    return "" if "$" in found else found
