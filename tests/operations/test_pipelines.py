"""A table of pipelines' settings and its router: what the template has, and the router executed."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from interpreter import ROLE, Interpreter, Run
from pipeline_table import VALUES, echoing, item, router_of, serving
from pipeline_table import routed as run_router
from starts import PSEUDO, final, findings, read, reader, resolved, template, text

from sfn_cfn.errors import SettingsError
from sfn_cfn.model import Text, Token, resolve
from sfn_cfn.operations import router as operations_router
from sfn_cfn.sections.pipelines import LARGEST, NAME

TOML = """
[pipelines]
enabled = true
"""
STAGED = (
    TOML
    + """
[workflows.train.stages]
preprocess = ["Prepare"]
report = { states = ["Report"], default = false }
"""
)
SCHEMA = {"Data": "str", "Epochs": "int", "Options": {"Deep": "bool"}}
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def call(following: str = "", **parameters: Any) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f", **parameters},
        "ResultPath": None,
        "TimeoutSeconds": 60,
    }
    return {**task, **({"Next": following} if following else {"End": True})}


def staged() -> dict[str, Any]:
    train = {"Payload": {"data.$": "$$.Execution.Input['Data']"}}
    states = {"Prepare": call("Train"), "Train": call("Report", **train), "Report": call()}
    return {"StartAt": "Prepare", "States": states}


def job(name: str = "Job") -> dict[str, Any]:
    """A transform job whose name is an input."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTransformJob",
        "Parameters": {
            "TransformJobName.$": f"$$.Execution.Input['{name}']",
            "ModelName": "m",
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in"}}
            },
            "TransformOutput": {"S3OutputPath": "s3://b/out"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
        "TimeoutSeconds": 60,
        "End": True,
    }
    return {"StartAt": "Score", "States": {"Score": task}}


def router(toml: str = TOML, states: Any = None, **given: Any) -> Any:
    """The router's definition as deployed; the task that starts the workflow gives its own parameters instead."""
    return router_of(template(toml, states or reader("Data", "Epochs"), **given))


@pytest.fixture(scope="module")
def local() -> Iterator[Interpreter]:
    with serving() as started:
        yield started


def routed(
    local: Interpreter, own: Any, event: Any, definition: Any = None, real: Sequence[str] = ("Find pipeline",)
) -> Run:
    """An execution of the router, of a workflow with two inputs where no other is given."""
    return run_router(local, own, event, definition or router(), real)


GOOD = {"Data": "s3://lake/in", "Epochs": 3}
EVENT = {"Pipeline": "churn"}


def test_a_good_item_starts_the_workflow_with_its_settings(local: Interpreter) -> None:
    run = routed(local, item(GOOD), EVENT)
    assert run.status == "SUCCEEDED", (run.error, run.cause)
    assert run.output["StateMachineArn"] == "arn:machine"
    assert re.fullmatch(f"churn-{UUID}", run.output["Name"])
    assert run.output["Input"] == GOOD


def test_the_workflow_runs_under_the_pipeline_s_name_with_its_settings(local: Interpreter) -> None:
    steps = local.client("stepfunctions")
    empty = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    workflow = steps.create_state_machine(name="started", definition=empty, roleArn=ROLE)["stateMachineArn"]
    written = template(TOML, reader("Data", "Epochs"))["Resources"]["PipelineRouter"]["Properties"]
    known = {**VALUES, "StateMachineComponent": workflow}
    definition = json.loads(resolved(written["DefinitionString"], known))
    real = ["Find pipeline", "Start workflow"]
    runs = [routed(local, item(GOOD), EVENT, definition, real) for _ in range(2)]
    assert [run.status for run in runs] == ["SUCCEEDED"] * 2, runs[0].cause
    found = [one["executionArn"] for one in steps.list_executions(stateMachineArn=workflow)["executions"]]
    assert sorted(found) == sorted(run.output["ExecutionArn"] for run in runs)
    assert all(re.fullmatch(f".*:churn-{UUID}", one) for one in found)
    given = [json.loads(steps.describe_execution(executionArn=one)["input"]) for one in found]
    assert given == [GOOD, GOOD]


def test_a_good_item_costs_the_state_transitions_that_the_documentation_says(local: Interpreter) -> None:
    assert len(routed(local, item(GOOD), {**EVENT, "Input": {}}).entered) == 17
    staged_run = routed(local, item({"Data": "x"}), EVENT, router(STAGED, staged()))
    assert len(staged_run.entered) == 21


def test_the_event_is_over_the_parameters_and_under_the_constants(local: Interpreter) -> None:
    given = {**EVENT, "Input": {"Data": "s3://event", "Epochs": 9, "More": {"x": 1}}}
    run = routed(local, item({**GOOD, "More": {"y": 2}, "Only": True}, {"Epochs": 5}), given)
    expected = {"Data": "s3://event", "Epochs": 5, "More": {"x": 1}, "Only": True}
    assert run.output["Input"] == expected


def test_an_unknown_pipeline_is_named(local: Interpreter) -> None:
    run = routed(local, None, {"Pipeline": "chrun"})
    assert (run.status, run.error) == ("FAILED", "PipelineUnknown")
    assert run.cause == "there is no pipeline chrun in the table"


def test_a_disabled_pipeline_starts_nothing(local: Interpreter) -> None:
    run = routed(local, item(GOOD, Enabled={"BOOL": False}), EVENT)
    assert (run.error, run.cause) == ("PipelineDisabled", "pipeline churn is switched off by Enabled")
    assert "Start workflow" not in run.entered


def test_a_pipeline_of_another_workflow_is_refused(local: Interpreter) -> None:
    run = routed(local, item(GOOD, Workflow={"S": "score"}), EVENT)
    assert (run.error, run.cause) == (
        "PipelineOfAnotherWorkflow",
        "pipeline churn is of workflow score, not of train",
    )


@pytest.mark.parametrize(
    "text", ['{"parameters": {', '{"parameters": []}', '{"constants": null}', '"text"', "[]", ""]
)
def test_a_malformed_item_is_named(local: Interpreter, text: str) -> None:
    run = routed(local, item(GOOD, Settings={"S": text}), EVENT)
    assert (run.status, run.error) == ("FAILED", "PipelineItemMalformed")
    assert run.cause == (
        "the item of pipeline churn cannot be read, States.IntrinsicFailure: its Settings is the JSON text of an "
        "object with the objects parameters and constants"
    )


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"Enabled": {"S": "yes"}}, "the item of pipeline churn has no boolean Enabled"),
        ({"Workflow": {"BOOL": True}}, "the item of pipeline churn has no text Workflow"),
        ({"Settings": {"M": {}}}, "the item of pipeline churn has no text Settings"),
    ],
)
def test_an_item_without_what_it_is_judged_by_is_malformed(
    local: Interpreter, change: Any, cause: str
) -> None:
    run = routed(local, {**item(GOOD), **change}, EVENT)
    assert (run.error, run.cause) == ("PipelineItemMalformed", cause)


def test_an_item_without_constants_is_good(local: Interpreter) -> None:
    own = item(GOOD, Settings={"S": json.dumps({"parameters": GOOD})})
    assert routed(local, own, EVENT).output["Input"] == GOOD


@pytest.mark.parametrize("event", [{}, {"Pipeline": ""}, {"Pipeline": 3}, {"pipeline": "churn"}])
def test_an_event_without_a_pipeline_is_malformed(local: Interpreter, event: Any) -> None:
    run = routed(local, item(GOOD), event)
    assert run.error == "PipelineEventMalformed"
    assert run.cause == 'the event has no Pipeline. An event is {"Pipeline": "name", "Input": {...}}'


@pytest.mark.parametrize("given", [3, "x", [1], [], None, True])
def test_an_event_whose_input_is_no_object_is_malformed(local: Interpreter, given: Any) -> None:
    run = routed(local, item(GOOD), {**EVENT, "Input": given})
    assert run.error == "PipelineEventMalformed"
    assert run.cause == 'the event\'s Input is no object. An event is {"Pipeline": "name", "Input": {...}}'


FULL = {"Data": "x", "Epochs": 1, "Options": {"Deep": True}}


@pytest.mark.parametrize(
    ("parameters", "cause"),
    [
        ({"Epochs": 1, "Options": {"Deep": True}}, "input Data of type str"),
        ({"Data": "x", "Epochs": 1}, "input Options of type object"),
        ({**FULL, "Options": {}}, "input Options.Deep of type bool"),
    ],
)
def test_an_input_that_is_missing_is_named(local: Interpreter, parameters: Any, cause: str) -> None:
    run = routed(local, item(parameters), EVENT, router(input_schema=SCHEMA))
    assert run.error == "PipelineInputMissing"
    assert run.cause == f"pipeline churn needs {cause}: in its parameters or in the event"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"Data": 3}, "Data as a number, not as str"),
        ({"Data": None}, "Data as null, not as str"),
        ({"Data": ["x"]}, "Data as a list, not as str"),
        ({"Epochs": "1"}, "Epochs as a text, not as int"),
        ({"Options": "a"}, "Options as a text, not as object"),
        ({"Options": [1]}, "Options as a list, not as object"),
        ({"Options": {"Deep": 1}}, "Options.Deep as a number, not as bool"),
        ({"Options": {"Deep": {}}}, "Options.Deep as an object, not as bool"),
        ({"Data": {"Bucket": "b"}}, "Data as an object, not as str"),
        ({"Data": []}, "Data as an empty list, not as str"),
    ],
)
def test_an_input_of_another_type_is_named_with_what_is_in_its_place(
    local: Interpreter, change: Any, cause: str
) -> None:
    run = routed(local, item(FULL), {**EVENT, "Input": change}, router(input_schema=SCHEMA))
    assert run.error == "PipelineInputOfAnotherType"
    assert run.cause == f"pipeline churn gives input {cause}"
    assert "Start workflow" not in run.entered


def test_declared_inputs_are_taken(local: Interpreter) -> None:
    parameters = {"Data": "x", "Epochs": 1, "Options": {"Deep": False}}
    assert routed(local, item(parameters), EVENT, router(input_schema=SCHEMA)).output["Input"] == parameters


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        ({}, None, {"preprocess": True, "report": False}),
        ({"Stage_preprocess": {"BOOL": False}}, None, {"preprocess": False, "report": False}),
        ({"Stage_report": {"BOOL": True}}, {"preprocess": False}, {"preprocess": False, "report": True}),
        ({"Stage_report": {"BOOL": True}}, {"report": False}, {"preprocess": True, "report": False}),
    ],
)
def test_switches_are_the_event_s_over_the_item_s_over_the_defaults(
    local: Interpreter, own: Any, given: Any, expected: Any
) -> None:
    event = EVENT if given is None else {**EVENT, "Input": {"Stages": given}}
    run = routed(local, item({"Data": "x"}, **own), event, router(STAGED, staged()))
    assert run.status == "SUCCEEDED", (run.error, run.cause)
    assert run.output["Input"] == {"Data": "x", "Stages": expected}


def test_a_switch_that_is_no_boolean_makes_the_item_malformed(local: Interpreter) -> None:
    own = item({"Data": "x"}, Stage_preprocess={"S": "false"})
    run = routed(local, own, EVENT, router(STAGED, staged()))
    assert (run.error, run.cause) == (
        "PipelineItemMalformed",
        "the item of pipeline churn has a Stage_<stage> that is no boolean",
    )


def test_a_switch_of_an_event_that_is_no_boolean_is_named(local: Interpreter) -> None:
    event = {**EVENT, "Input": {"Stages": {"report": "yes"}}}
    run = routed(local, item({"Data": "x"}), event, router(STAGED, staged()))
    assert (run.error, run.cause) == (
        "PipelineInputOfAnotherType",
        "pipeline churn gives input Stages.report as a text, not as bool",
    )


def test_switches_of_an_event_that_are_no_object_are_its_fault(local: Interpreter) -> None:
    run = routed(local, item({"Data": "x"}), {**EVENT, "Input": {"Stages": 5}}, router(STAGED, staged()))
    assert run.error == "PipelineEventMalformed"
    assert str(run.cause).startswith("the event's Input, or its Stages, is no object. ")


def test_a_job_gets_a_name_of_its_own(local: Interpreter) -> None:
    definition = router(TOML, job())
    names = [routed(local, item(), EVENT, definition).output["Input"]["Job"] for _ in range(2)]
    assert all(re.fullmatch("train-job-[0-9a-f]{8}-[0-9a-f]{12}", name) for name in names)
    assert names[0] != names[1]
    given = {**EVENT, "Input": {"Job": "mine"}}
    assert routed(local, item(), given, definition).output["Input"]["Job"] == "mine"


def test_a_name_of_the_item_stands_over_the_one_that_is_made(local: Interpreter) -> None:
    definition = router(TOML, job())
    assert routed(local, item({"Job": "ours"}), EVENT, definition).output["Input"]["Job"] == "ours"


def test_an_item_is_read_as_it_was_last_written_and_what_fails_is_tried_again() -> None:
    made = template(TOML, reader("Data"))["Resources"]["PipelineRouter"]["Properties"]["DefinitionString"]
    states = json.loads(resolved(made, VALUES))["States"]
    assert states["Find pipeline"]["Parameters"]["ConsistentRead"] is True
    again = {
        "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": 4,
        "JitterStrategy": "FULL",
    }
    assert states["Find pipeline"]["Retry"] == [again]
    never = {"ErrorEquals": ["StepFunctions.ExecutionAlreadyExistsException"], "MaxAttempts": 0}
    assert states["Start workflow"]["Retry"] == [never, again]


READY = {
    "Training": {"TrainingJobName": "estimator-x", "OutputDataConfig": {"S3OutputPath": "s3://${Folder}/x"}},
    "Model": {
        "ModelName": "x",
        "PrimaryContainer": {"ModelDataUrl": "s3://${Folder}/x/estimator-x/output/model.tar.gz"},
    },
}


def ready() -> dict[str, Any]:
    def task(resource: str, name: str, **after: Any) -> dict[str, Any]:
        fields = {f"{key}.$": f"$$.Execution.Input['{name}'].{key}" for key in READY[name]}
        resource = f"arn:aws:states:::{resource}"
        return {"Type": "Task", "Resource": resource, "Parameters": fields, "TimeoutSeconds": 60, **after}

    train = task("sagemaker:createTrainingJob.sync", "Training", Next="Save")
    save = task("sagemaker:createModel", "Model", End=True)
    return {"StartAt": "Train", "States": {"Train": train, "Save": save}}


def test_a_ready_made_pipeline_s_names_agree(local: Interpreter) -> None:
    one, _ = final(TOML + '[parameters.Folder]\ndefault = "lake"\n', ready(), default_input=READY)
    tree = operations_router.router(one, {}, Text((Token("PipelineTableName"),)), "StateMachineComponent")
    definition = echoing(resolve(tree, lambda token: {**VALUES, **PSEUDO, "Folder": "lake's {}"}[token.name]))
    run = routed(local, item(), EVENT, definition)
    assert run.status == "SUCCEEDED", (run.error, run.cause)
    training, model = run.output["Input"]["Training"], run.output["Input"]["Model"]
    name = training["TrainingJobName"]
    assert re.fullmatch("train-training-job-[0-9a-f]{8}-[0-9a-f]{12}", name)
    assert training["OutputDataConfig"] == {"S3OutputPath": "s3://lake's {}/x"}
    assert model["PrimaryContainer"]["ModelDataUrl"] == f"s3://lake's {{}}/x/{name}/output/model.tar.gz"


def test_settings_of_200_kb_pass_and_no_state_has_more_than_step_functions_lets_pass(
    local: Interpreter,
) -> None:
    big = {**GOOD, "Text": "x" * (LARGEST - 1024)}
    definition = router()
    assert routed(local, item(big), EVENT, definition).output["Input"] == big
    client = local.client("stepfunctions")
    arn = "arn:aws:iam::123456789012:role/machine"
    machine = client.create_state_machine(name="big", definition=json.dumps(definition), roleArn=arn)
    made = client.start_execution(
        stateMachineArn=machine["stateMachineArn"], name="big", input=json.dumps(EVENT)
    )
    while client.describe_execution(executionArn=made["executionArn"])["status"] == "RUNNING":
        time.sleep(0.01)
    events = client.get_execution_history(executionArn=made["executionArn"], maxResults=1000)["events"]
    passed = [
        text
        for event in events
        for key, details in event.items()
        if key in ("stateEnteredEventDetails", "stateExitedEventDetails")
        for text in (details.get("input", ""), details.get("output", ""))
    ]
    assert LARGEST - 2048 < max(map(len, passed)) < 262_144


def test_the_longest_names_stay_inside_the_limits_and_10_000_are_all_different() -> None:
    longest = "p" * 43
    assert re.fullmatch(NAME, longest)
    assert not re.fullmatch(NAME, longest + "p")
    made = [uuid.uuid4() for _ in range(10_000)]
    executions = {f"{longest}-{one}" for one in made}
    # As the router cuts them: the first and the last group.
    jobs = {f"train-job-{str(one).split('-')[0]}-{str(one).split('-')[4]}" for one in made}
    assert (len(executions), len(jobs)) == (10_000, 10_000)
    assert max(map(len, executions)) == 80


@pytest.mark.parametrize("length", [1, 20, 80])
def test_a_job_s_name_fits_its_service_however_long_the_input_s_name_is(length: int) -> None:
    one, _ = final(TOML, job("J" * length))
    tree = operations_router.router(one, {}, Text((Token("T"),)), "StateMachineComponent")
    branch = tree["States"]["Read item"]["Branches"][0]["States"]
    (form,) = branch["Make names"]["Parameters"].values()
    stem = re.fullmatch(r"States\.Format\('([a-z0-9-]+-)\{\}', \$\.Short\.Value\)", form)
    assert stem, form
    assert len(stem[1]) + 21 <= 63


def test_states_for_inputs_of_long_names_have_names_of_their_own() -> None:
    names = [f"{'I' * 100}{end}" for end in "ab"]
    one, _ = final(TOML, reader(*names))
    tree = operations_router.router(one, {}, Text((Token("T"),)), "StateMachineComponent")
    states = [name for name in tree["States"] if name.startswith("Input ")]
    assert (len(states), max(map(len, states))) == (2, 80)


def test_the_router_s_own_name_fits_with_the_longest_parameters() -> None:
    made = template(TOML, reader("Data"), name="w" * 21)
    parameters, machine = made["Parameters"], made["Resources"]["PipelineRouter"]["Properties"]
    values = {"PipelineName": "p" * 40, "TargetEnv": max(parameters["TargetEnv"]["AllowedValues"], key=len)}
    assert len(resolved(machine["StateMachineName"], values)) <= 80


def test_a_router_s_name_is_as_long_as_may_be_where_the_workflow_s_is() -> None:
    made = template(TOML, reader("Data"), name="w" * 34)
    longest = {"PipelineName": "p" * 40, "TargetEnv": "prod"}
    names = {
        name: resolved(made["Resources"][name]["Properties"]["StateMachineName"], longest)
        for name in ("StateMachineComponent", "PipelineRouter")
    }
    assert {name: len(one) for name, one in names.items()} == {
        "StateMachineComponent": 80,
        "PipelineRouter": 80,
    }
    assert names["PipelineRouter"] != names["StateMachineComponent"]


def test_a_short_name_of_a_router_is_written_out() -> None:
    plain = template(TOML, reader("Data"))["Resources"]["PipelineRouter"]["Properties"]
    assert plain["StateMachineName"] == {"Fn::Sub": "${PipelineName}-train-router-${TargetEnv}"}


def test_the_table_is_kept_encrypted_and_can_be_brought_back_to_a_point_in_time() -> None:
    made = template(TOML, reader("Data"))
    assert made["Resources"]["PipelineTable"] == {
        "Type": "AWS::DynamoDB::Table",
        "Condition": "CreatePipelineTable",
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "AttributeDefinitions": [{"AttributeName": "Pipeline", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "Pipeline", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "SSESpecification": {"SSEEnabled": True},
        },
    }
    assert made["Conditions"]["CreatePipelineTable"] == {"Fn::Equals": [{"Ref": "PipelineTableName"}, ""]}
    table = {"Fn::If": ["CreatePipelineTable", {"Ref": "PipelineTable"}, {"Ref": "PipelineTableName"}]}
    assert made["Outputs"]["PipelineTable"]["Value"] == table


def statements(toml: str) -> dict[str, Any]:
    role = template(toml, reader("Data"))["Resources"]["PipelineRouterRole"]["Properties"]
    (policy,) = role["Policies"]
    return {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}


def test_the_router_may_read_items_of_its_table_and_start_its_workflow_and_no_more() -> None:
    found = statements(TOML)
    assert {sid: one["Action"] for sid, one in found.items() if sid != "LogDelivery"} == {
        "StartExecution": "states:StartExecution",
        "ReadPipeline": "dynamodb:GetItem",
    }
    assert found["StartExecution"]["Resource"] == {"Ref": "StateMachineComponent"}
    assert resolved(found["ReadPipeline"]["Resource"], {**VALUES, "CreatePipelineTable": False}) == (
        "arn:aws:dynamodb:eu-west-1:111122223333:table/pipelines"
    )
    assert "LogDelivery" not in statements(TOML + "[logging]\nenabled = false\n")


def test_a_key_of_the_table_s_own_may_be_used_through_dynamodb_only() -> None:
    found = statements(TOML + 'kms_key = "arn:aws:kms:eu-west-1:111122223333:key/k"\n')["DecryptPipeline"]
    assert found["Resource"] == "arn:aws:kms:eu-west-1:111122223333:key/k"
    assert resolved(found["Condition"], {}) == {
        "StringEquals": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"}
    }


@pytest.mark.parametrize("key", ["*", "alias/x", "arn:aws:kms:eu-west-1:111122223333:alias/x", "${Key}*"])
def test_a_key_that_a_policy_would_not_know_is_refused_at_its_line(key: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(f'{TOML}kms_key = "{key}"\n')
    (told,) = refused.value.diagnostics
    assert f"{told.code} {told.location}: {told.message}" == (
        f"SFN112 sfn-cfn.toml:6: 'pipelines.kms_key' is '{key}', not a key's own ARN (no alias, no star), with "
        "parameters such as '${AWS::Region}' in it"
    )


def test_a_key_of_a_table_that_is_not_switched_on_is_told() -> None:
    assert findings('[pipelines]\nkms_key = "${AWS::Region}"\n', reader()) == [
        (
            "SFN682 sfn-cfn.toml:4: 'pipelines.kms_key' does nothing, because [pipelines] is not enabled | "
            "write enabled = true or enabled = false beside it"
        )
    ]


def test_without_the_section_there_is_nothing_of_it() -> None:
    made = template("", reader("Data"))
    assert [name for name in made["Resources"] if name.startswith("Pipeline")] == []
    assert "PipelineTableName" not in made["Parameters"]


@pytest.mark.filterwarnings("ignore:Tried to parse AWS", "ignore:Unable to delete")
def test_it_is_deployed_over_a_stack_without_it_and_taken_off_again(local: Interpreter) -> None:
    toml = TOML + "[versions]\nenabled = true\n"
    cloud = local.client("cloudformation")

    def deploy(call: str, given: str) -> dict[str, str]:
        own = {"ParameterKey": "PipelineName", "ParameterValue": "p-router"}
        getattr(cloud, call)(
            StackName="router",
            TemplateBody=text(given, reader("Data")),
            Parameters=[own],
            Capabilities=["CAPABILITY_IAM"],
        )
        rows = cloud.list_stack_resources(StackName="router")["StackResourceSummaries"]
        return {
            row["LogicalResourceId"]: row["ResourceType"] for row in rows if row.get("PhysicalResourceId")
        }

    local.execute(wanted=False)
    try:
        before = deploy("create_stack", "")
        made = deploy("update_stack", toml)
        expected = {name: one["Type"] for name, one in template(toml, reader("Data"))["Resources"].items()}
        # moto 5.2 makes nothing of these.
        ignored = {"AWS::StepFunctions::StateMachineVersion", "AWS::StepFunctions::StateMachineAlias"}
        assert {name: kind for name, kind in expected.items() if kind not in ignored} == made
        names = [one["name"] for one in local.client("stepfunctions").list_state_machines()["stateMachines"]]
        assert "p-router-train-router-dev" in names
        assert deploy("update_stack", "") == before
    finally:
        local.execute(wanted=True)
