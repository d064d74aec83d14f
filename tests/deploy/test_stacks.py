"""Each committed template is deployed by the AWS CLI to a local CloudFormation, and looked at there.

moto ignores resource types that it does not know and is content all the same, so each resource is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import plain_sdk
import pytest
from cloud import TEMPLATES, Cloud, cloud_server, leaves, script, with_role, without_assets
from cloud import parameters as buckets

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..S3..BucketPolicy")

NAMES = sorted(path.stem for path in TEMPLATES.glob("*.yaml"))
CONFIGURATIONS = ["", *sorted(path.name for path in (TEMPLATES / "config").glob("*.json"))]
CASES = [
    (name, config)
    for name in NAMES
    for config in CONFIGURATIONS
    if not config or config.rsplit(".", 2)[0] == name
]


@pytest.fixture(scope="module")
def server() -> Iterator[Cloud]:
    with cloud_server() as started:
        yield started


@pytest.fixture
def cloud(server: Cloud) -> Cloud:
    server.reset()
    return server


def configuration(file: str) -> tuple[dict[str, str], dict[str, str]]:
    """Parameters and tags of a configuration file; none of either without a file."""
    if not file:
        return {}, {}
    content = json.loads((TEMPLATES / "config" / file).read_text())
    assert set(content) <= {"Parameters", "Tags"}
    return content["Parameters"], content.get("Tags", {})


def own(parameters: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The parameters that the workflow's author declared."""
    return tuple(
        (key, value) for key, value in parameters.items() if key not in ("PipelineName", "TargetEnv")
    )


def test_every_example_has_a_template_and_two_configurations() -> None:
    assert {script(name) for name in NAMES} == set((plain_sdk.ROOT / "workflows").glob("*.py"))
    assert len(CASES) == 3 * len(NAMES)


@pytest.mark.parametrize(("name", "config"), CASES)
def test_the_deployed_machine_is_the_one_that_the_sdk_made(
    name: str, config: str, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    parameters, tags = configuration(config)
    cloud.deploy(name, {**buckets(name, plain_sdk.REGION), **parameters}, tags)
    machine = cloud.machine(name)
    (plain,) = plain_sdk.run(script(name), tmp_path_factory.getbasetemp(), own(parameters))

    expected = plain.definition
    if "SageMakerExecutionRole" in cloud.resources(name):
        expected = with_role(expected, cloud.role_arn(name, "SageMakerExecutionRole"))
    wanted = dict(leaves(expected))
    assert without_assets(dict(leaves(json.loads(machine["definition"]))), wanted) == wanted

    environment = parameters.get("TargetEnv", "dev")
    assert machine["name"] == f"{parameters.get('PipelineName', 'example')}-{plain.name}-{environment}"
    assert machine["roleArn"] == cloud.role_arn(name, "WorkflowExecutionRole")


@pytest.mark.parametrize("name", NAMES)
def test_the_roles_are_made_with_their_policies_and_trust(name: str, cloud: Cloud) -> None:
    cloud.deploy(name, buckets(name, plain_sdk.REGION), {})
    iam = cloud.client("iam")
    roles = {
        key: physical for key, (type_, physical) in cloud.resources(name).items() if type_ == "AWS::IAM::Role"
    }
    assert "WorkflowExecutionRole" in roles
    services = {
        "WorkflowExecutionRole": "states.amazonaws.com",
        "SageMakerExecutionRole": "sagemaker.amazonaws.com",
    }
    for logical_id, physical_id in roles.items():
        trust = iam.get_role(RoleName=physical_id)["Role"]["AssumeRolePolicyDocument"]
        assert [row["Principal"] for row in trust["Statement"]] == [{"Service": services[logical_id]}]
        policies = iam.list_role_policies(RoleName=physical_id)["PolicyNames"]
        assert policies
        for policy in policies:
            document = iam.get_role_policy(RoleName=physical_id, PolicyName=policy)["PolicyDocument"]
            assert "${" not in json.dumps(document)


def test_roles_that_are_given_are_used_and_none_is_made(cloud: Cloud) -> None:
    states = f"arn:aws:iam::{plain_sdk.ACCOUNT}:role/given/states"
    jobs = f"arn:aws:iam::{plain_sdk.ACCOUNT}:role/given/jobs"
    given = {"WorkflowExecutionRoleArn": states, "SageMakerRoleArn": jobs}
    cloud.deploy("train-deploy", {**buckets("train-deploy", plain_sdk.REGION), **given}, {})
    assert set(cloud.resources("train-deploy")) == {"StateMachineComponent", "StateMachineLogGroup"}
    machine = cloud.machine("train-deploy")
    assert machine["roleArn"] == states
    definition = json.loads(machine["definition"])
    assert definition["States"]["Train"]["Parameters"]["RoleArn"] == jobs
    assert definition["States"]["Save model"]["Parameters"]["ExecutionRoleArn"] == jobs


def test_the_stacks_tags_reach_the_state_machine(cloud: Cloud) -> None:
    cloud.deploy("train-deploy", *configuration("train-deploy.prod.json"))
    arn = cloud.machine("train-deploy")["stateMachineArn"]
    listed = cloud.client("stepfunctions").list_tags_for_resource(resourceArn=arn)["tags"]
    assert {"key": "Project", "value": "sfn-cfn-examples"} in listed
