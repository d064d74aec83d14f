from __future__ import annotations

from pathlib import Path

import pytest
from runs import HEAD, load_all, only

from sfn_cfn.errors import SourceLocation
from sfn_cfn.load import LoadResult

INFERENCE = """
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.sklearn.estimator import SKLearn
from stepfunctions.template.pipeline import InferencePipeline
pre = SKLearn(__file__, role="r", instance_type="ml.m5.large", framework_version="1.2-1", instance_count=1)
estimator = Estimator("image", "r", 1, "ml.m5.large", output_path="s3://b/o")
pipeline = InferencePipeline(pre, estimator, {{"train": {data}}}, "bk", "", pipeline_name="score")
"""

SOURCES = {
    "workflows/places.py": HEAD
    + """
from stepfunctions.steps import Catch, Choice, Fail, LambdaStep, ChoiceRule
class Mine(LambdaStep):
    def __init__(self, name):
        super().__init__(name,
            parameters={"FunctionName": "f"})
def made(name):
    return Mine(name)
class Sub(Mine):
    pass
a = made("A")
s = Sub("S")
bad = Fail("Bad", error="e", cause="c")
a.add_catch(Catch(error_equals=["States.ALL"], next_step=bad))
p = Parallel("P")
p.add_branch(Chain([Pass("In"), Map("M", iterator=Pass("It"))]))
p.add_branch(Pass("Same"))
c = Choice("C")
c.add_choice(ChoiceRule.IsPresent("$.x", True), bad)
c.default_choice(Pass("Default"))
w = Workflow(
    "places", Chain([a, s, p, c]), "")
""",
    "workflows/deploys.py": HEAD
    + """
import json
w = Workflow("deploys", Pass("First"), role="")
arn = w.create()
w.update(definition=Pass("Second"), role="arn:aws:iam::123456789012:role/x")
run = w.execute(name="n", inputs={"a": 1})
run.render_progress(); run.list_events(html=True); run.stop(); w.render_graph(); w.list_executions(html=True)
assert run.get_output(wait=True) == {} and run.get_input() == {}
assert Workflow.list_workflows() == [] and w.list_executions() == []
other = Workflow.attach("arn:aws:states:us-east-1:123456789012:stateMachine:other")
assert (other.name, other.create()) == ("other", other.state_machine_arn)
other.execute(); other.delete(); w.delete()
print(json.dumps([arn, run.describe()["status"], run.execution_arn]))
""",
    "workflows/pipeline.py": """
import sagemaker
from sagemaker.estimator import Estimator
from stepfunctions.template.pipeline import TrainingPipeline
image = sagemaker.image_uris.retrieve("xgboost", "us-east-2", "1.5-1")
estimator = Estimator(image, sagemaker.get_execution_role(), 1, "ml.m5.xlarge", output_path="s3://b/o")
pipeline = TrainingPipeline(estimator, "", "s3://b/in", "bk")
pipeline.create()
pipeline.execute(job_name="by-hand", hyperparameters={"a": 1})
""",
    "workflows/inference.py": INFERENCE.format(data='"s3://b/in"'),
    "workflows/inference_object.py": INFERENCE.format(data='sagemaker.inputs.TrainingInput("s3://b/in")'),
    "workflows/inputs.py": HEAD
    + """
from stepfunctions.inputs import ExecutionInput
declared = ExecutionInput(schema={"Name": str, "Deep": {"Rate": float}})
a = Pass("A", parameters={"n": declared["Name"], "d": {"r": declared["Deep"]["Rate"]}})
w = Workflow("inputs", a, "", execution_input=declared)
""",
    "workflows/sub.py": HEAD
    + """
class Standard(Workflow):
    def __init__(self, name, steps):
        super().__init__(name, Chain(steps), "")
w = Standard("sub", [Pass("A")])
w.get_cloudformation_template(description="What it does")
""",
    "workflows/effects.py": HEAD
    + """
import logging, yaml
text = yaml.safe_dump({"a": "b\\nc"})
w = Workflow("effects", Pass("A", parameters={"level": logging.getLogger().level, "text": text}), "")
""",
    "workflows/uris.py": HEAD
    + """
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from stepfunctions.steps import ProcessingStep, TrainingStep
from sfn_cfn import parameter
data = parameter("Data", default="s3://bucket/data")
role = sagemaker.get_execution_role()
estimator = Estimator("image", role, 1, "ml.m5.xlarge", output_path=f"{data}/out")
train = TrainingStep("Train", estimator, "job", data={"a": data, "b": f"{data}/b", "c": "${Data}/c"})
processor = Processor(role, "image", 1, "ml.m5.xlarge")
inputs = [ProcessingInput(f"{data}/in", "/opt/in", input_name="in")]
outputs = [ProcessingOutput("/opt/out", f"{data}/out", output_name="out")]
prepare = ProcessingStep("Prepare", processor, "job", inputs=inputs, outputs=outputs)
w = Workflow("uris", Chain([prepare, train]), "")
""",
    "workflows/roles.py": HEAD
    + """
from sagemaker.estimator import Estimator
from sagemaker.model import Model
from sagemaker.processing import ScriptProcessor
from stepfunctions.steps import ModelStep, ProcessingStep, TrainingStep
estimator = Estimator("image", "", 1, "ml.m5.xlarge", output_path="s3://b/o")
processor = ScriptProcessor(role="", image_uri="image", command=["python3"], instance_count=1,
    instance_type="ml.m5.xlarge")
steps = [TrainingStep("Train", estimator, "job"), ProcessingStep("Prepare", processor, "job"),
    ModelStep("Own", estimator.create_model(), model_name="m"),
    ModelStep("Given", Model("image", role="", model_data="s3://b/m"), model_name="m")]
w = Workflow("roles", Chain(steps), "")
""",
    "workflows/partition.py": HEAD
    + """
from stepfunctions.steps import SnsPublishStep
import os
steps = []
for region in ("us-east-1", "cn-north-1", "us-gov-west-1", "no-such-9"):
    os.environ["AWS_DEFAULT_REGION"] = region
    steps.append(SnsPublishStep(region, parameters={"TopicArn": "t", "Message": "m"}))
w = Workflow("partition", Chain(steps), "")
""",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadResult]:
    found = load_all(tmp_path_factory.mktemp("project").resolve(), SOURCES)
    return {Path(name).stem: result for name, result in found.items()}


def test_each_state_has_the_line_that_made_it_wherever_it_is_nested(results: dict[str, LoadResult]) -> None:
    workflow = only(results["places"])
    assert {"/".join(path): place.line for path, place in workflow.state_lines.items()} == {
        "States/A": 10,
        "States/S": 14,
        "States/Bad": 15,
        "States/P": 17,
        "States/P/Branches/0/States/In": 18,
        "States/P/Branches/0/States/M": 18,
        "States/P/Branches/0/States/M/Iterator/States/It": 18,
        "States/P/Branches/1/States/Same": 19,
        "States/C": 20,
        "States/Default": 22,
    }


def test_a_script_that_deploys_and_runs_itself_is_built_as_it_updated_itself(
    results: dict[str, LoadResult],
) -> None:
    workflow = only(results["deploys"])
    assert list(workflow.definition["States"]) == ["Second"]
    assert workflow.role == "arn:aws:iam::123456789012:role/x"


def test_a_ready_made_pipeline_brings_the_input_that_it_would_send(results: dict[str, LoadResult]) -> None:
    (workflow,) = results["pipeline"].workflows
    assert workflow.name == "training-pipeline"
    assert workflow.definition["States"]["Training"]["Parameters"]["RoleArn.$"] == (
        "$$.Execution.Input['Training'].RoleArn"
    )
    assert workflow.default_input is not None
    assert list(workflow.default_input) == ["Training", "Create Model", "Configure Endpoint", "Deploy"]
    assert workflow.default_input["Training"]["TrainingJobName"] == "estimator-training-pipeline"
    assert "HyperParameters" not in workflow.default_input["Training"]
    assert workflow.default_input["Create Model"]["PrimaryContainer"]["ModelDataUrl"] == (
        "s3://bk/training-pipeline/models/estimator-training-pipeline/output/model.tar.gz"
    )


def test_an_inference_pipeline_brings_its_input_without_hyperparameters_too(
    results: dict[str, LoadResult],
) -> None:
    given = only(results["inference"]).default_input
    assert given is not None
    assert given["Training"]["TrainingJobName"] == "estimator-score"
    assert "HyperParameters" not in given["Training"]
    assert given["Create Pipeline Model"]["Containers"][1]["ModelDataUrl"] == (
        "s3://bk/score/models/estimator-score/output/model.tar.gz"
    )


def test_what_is_no_json_in_a_pipelines_input_is_a_finding(results: dict[str, LoadResult]) -> None:
    found = results["inference_object"]
    assert found.workflows == ()
    assert [(item.code, item.message) for item in found.diagnostics] == [
        (
            "SFN210",
            (
                "state 'Transform Input' holds a value of type 'sagemaker.inputs.TrainingInput' "
                "at 'Parameters.TransformInput.DataSource.S3DataSource.S3Uri'"
            ),
        )
    ]


def test_placeholders_are_rendered_and_their_schema_is_kept(results: dict[str, LoadResult]) -> None:
    workflow = only(results["inputs"])
    assert workflow.input_schema == {"Name": "str", "Deep": {"Rate": "float"}}
    assert workflow.definition["States"]["A"]["Parameters"] == {
        "n.$": "$$.Execution.Input['Name']",
        "d": {"r.$": "$$.Execution.Input['Deep']['Rate']"},
    }


def test_a_child_of_workflow_has_its_callers_place_and_description(results: dict[str, LoadResult]) -> None:
    workflow = only(results["sub"])
    assert workflow.location == SourceLocation("workflows/sub.py", 7)
    assert "Description: What it does\n" in workflow.template


def test_a_source_sees_what_importing_the_sdk_does_to_a_process(results: dict[str, LoadResult]) -> None:
    parameters = only(results["effects"]).definition["States"]["A"]["Parameters"]
    assert parameters == {"level": 40, "text": "a: |-\n  b\n  c\n"}


def test_the_partition_follows_the_region_that_is_set(results: dict[str, LoadResult]) -> None:
    states = only(results["partition"]).definition["States"]
    assert [state["Resource"].split(":")[1] for state in states.values()] == [
        "aws",
        "aws-cn",
        "aws-us-gov",
        "aws",
    ]


def test_a_uri_that_begins_with_a_token_is_one_in_s3(results: dict[str, LoadResult]) -> None:
    states = only(results["uris"]).definition["States"]
    channels = states["Train"]["Parameters"]["InputDataConfig"]
    assert [item["DataSource"]["S3DataSource"]["S3Uri"] for item in channels] == [
        "${Data}",
        "${Data}/b",
        "${Data}/c",
    ]
    parameters = states["Prepare"]["Parameters"]
    assert parameters["ProcessingInputs"][0]["S3Input"]["S3Uri"] == "${Data}/in"
    assert parameters["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == "${Data}/out"


def test_an_empty_role_is_taken_wherever_the_sdk_wants_one(results: dict[str, LoadResult]) -> None:
    states = only(results["roles"]).definition["States"]
    named = "SageMakerRole"
    assert {name: state["Parameters"].get("RoleArn") for name, state in states.items()} == {
        "Train": named,
        "Prepare": named,
        "Own": None,
        "Given": None,
    }
    assert (
        states["Own"]["Parameters"]["ExecutionRoleArn"],
        states["Given"]["Parameters"]["ExecutionRoleArn"],
    ) == (
        named,
        "",
    )
