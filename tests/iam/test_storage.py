"""The bucket and the keys that a location in S3 names."""

from __future__ import annotations

import pytest

from sfn_cfn.iam.storage import location
from sfn_cfn.model import Text, Token, text


@pytest.mark.parametrize(
    "uri",
    [
        "s3://data/train/x",
        "https://s3.amazonaws.com/data/train/x",
        "https://s3-eu-west-1.amazonaws.com/data/train/x",
        text("https://s3.", Token("AWS::Region"), ".", Token("AWS::URLSuffix"), "/data/train/x"),
    ],
)
def test_a_bucket_is_named_by_its_uri_or_by_the_address_of_a_region(uri: str | Text) -> None:
    found = location(uri, "object", {})
    assert (found.bucket, found.prefixes) == ("data", ("train/x",))


def test_an_address_of_another_host_is_none() -> None:
    with pytest.raises(ValueError, match="an S3 URI"):
        location("https://example.com/data/train/x", "object", {})
