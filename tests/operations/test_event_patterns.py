"""Patterns of events: what EventBridge takes, what it matches, and what a workflow does itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.events.models import EventPattern
from samples import machine
from starts import findings, reader

from sfn_cfn.operations import event_matching, event_patterns

EVENT = {
    "source": "my.shop",
    "resources": ["arn:a", "arn:b"],
    "detail": {"name": "Red Lamp", "n": 3, "ip": "10.1.2.3", "ok": True, "none": None, "empty": ""},
}
TAKEN: list[Any] = [
    {"source": ["your.shop", "my.shop"]},
    {"resources": ["arn:b"]},
    {"detail": {"name": [{"prefix": "Red"}]}},
    {"detail": {"name": [{"prefix": {"equals-ignore-case": "rED"}}]}},
    {"detail": {"name": [{"suffix": "Lamp"}]}},
    {"detail": {"name": [{"suffix": {"equals-ignore-case": "LAMP"}}]}},
    {"detail": {"name": [{"equals-ignore-case": "red lamp"}]}},
    {"detail": {"name": [{"wildcard": "R*d*amp"}]}},
    {"detail": {"name": [{"anything-but": "Blue Lamp"}]}},
    {"detail": {"name": [{"anything-but": ["a", "b"]}]}},
    {"detail": {"name": [{"anything-but": {"prefix": "Blue"}}]}},
    {"detail": {"name": [{"anything-but": {"suffix": ["x", "y"]}}]}},
    {"detail": {"name": [{"anything-but": {"wildcard": "*x*"}}]}},
    {"detail": {"name": [{"anything-but": {"equals-ignore-case": ["a"]}}]}},
    {"detail": {"n": [3]}},
    {"detail": {"n": [{"numeric": ["=", 3]}]}},
    {"detail": {"n": [{"numeric": [">", 2, "<=", 3]}]}},
    {"detail": {"n": [{"anything-but": [1, 2]}]}},
    {"detail": {"ip": [{"cidr": "10.0.0.0/8"}]}},
    {"detail": {"ok": [True]}},
    {"detail": {"n": [{"exists": True}], "x": [{"exists": False}]}},
    {"detail": {"empty": [""]}},
    {"$or": [{"source": ["x"]}, {"detail": {"n": [3]}}]},
    {"source": ["my.shop"], "detail": {"$or": [{"n": [3]}, {"n": [4]}]}},
    {"detail.n": [3]},
]
LEFT: list[Any] = [
    {"source": ["your.shop"]},
    {"detail": {"name": ["Red lamp"]}},
    {"detail": {"name": [{"prefix": "red"}]}},
    {"detail": {"name": [{"suffix": "lamp"}]}},
    {"detail": {"name": [{"wildcard": "Red*x"}]}},
    {"detail": {"name": [{"wildcard": r"Red\*"}]}},
    {"detail": {"name": [{"anything-but": ["Red Lamp", "b"]}]}},
    {"detail": {"name": [{"anything-but": {"prefix": "Red"}}]}},
    {"detail": {"name": [{"anything-but": {"suffix": ["x", "Lamp"]}}]}},
    {"detail": {"name": [{"anything-but": {"wildcard": "*Lamp"}}]}},
    {"detail": {"name": [{"anything-but": {"equals-ignore-case": ["RED LAMP"]}}]}},
    {"detail": {"n": ["3"]}},
    {"detail": {"n": [True]}},
    {"detail": {"ok": [1]}},
    {"detail": {"n": [{"numeric": [">", 3]}]}},
    {"detail": {"name": [{"numeric": [">", 3]}]}},
    {"detail": {"n": [{"prefix": "3"}]}},
    {"detail": {"ip": [{"cidr": "10.0.0.0/16"}]}},
    {"detail": {"name": [{"cidr": "10.0.0.0/16"}]}},
    {"detail": {"n": [{"exists": False}]}},
    {"detail": {"x": [{"anything-but": "y"}]}},
    {"source": ["my.shop"], "detail": {"n": [4]}},
    {"source": ["my.shop"], "$or": [{"detail": {"n": [4]}}, {"detail": {"n": [5]}}]},
]


@pytest.mark.parametrize("pattern", TAKEN, ids=json.dumps)
def test_an_event_is_taken(pattern: Any) -> None:
    assert event_matching.matches(pattern, EVENT)
    assert list(event_patterns.faults(pattern)) == []


@pytest.mark.parametrize("pattern", LEFT, ids=json.dumps)
def test_an_event_is_left(pattern: Any) -> None:
    assert not event_matching.matches(pattern, EVENT)
    assert list(event_patterns.faults(pattern)) == []


WORDS = st.text(alphabet="ab*\\", max_size=4)


@settings(max_examples=300)
@given(st.text(alphabet="ab*", max_size=5), WORDS)
def test_a_wildcard_matches_as_in_another_engine(wanted: str, value: str) -> None:
    pattern = {"detail": {"x": [{"wildcard": wanted}]}}
    event = {"detail": {"x": value}}
    if "**" not in wanted:
        assert event_matching.matches(pattern, event) is EventPattern(None, pattern).matches_event(event)


NEITHER = "has at 'detail.n' an 'anything-but' of neither texts nor numbers only"
WRONG = {
    'sources = ["a"]': "has 'sources', which no event has: did you mean 'source'?",
    'zzz = ["a"]': "has 'zzz', which no event has",
    '"$or" = [{ Source = ["a"] }, { source = ["b"] }]': "has 'Source', which no event has: did you mean 'source'?",
    'source = { prefix = ["a"] }': "has no list at 'source'",
    "detail = {}": "has nothing at 'detail'",
    'detail = { n = [{ numeric = [">", "x"] }] }': "has at 'detail.n' a 'numeric' that is no range of numbers: write "
    '[">", 0, "<=", 5]',
    'detail = { n = [{ numeric = [">", 1, ">", 2] }] }': "has at 'detail.n' a 'numeric' that is no range of numbers: "
    'write [">", 0, "<=", 5]',
    'detail = { n = [{ numeric = [">", 2, "<", 1] }] }': "has at 'detail.n' a 'numeric' that is no range of numbers: "
    'write [">", 0, "<=", 5]',
    'detail = { n = [{ numeric = [">", true] }] }': "has at 'detail.n' a 'numeric' that is no range of numbers: write "
    '[">", 0, "<=", 5]',
    'detail = { n = [{ numeric = ["!=", 1] }] }': "has at 'detail.n' a 'numeric' that is no range of numbers: write "
    '[">", 0, "<=", 5]',
    'detail = { n = [{ numeric = [">", 5000000001] }] }': "has at 'detail.n' a number beyond 5,000,000,000, which "
    "EventBridge does not compare",
    'detail = { n = [{ exists = "yes" }] }': "has at 'detail.n' an 'exists' that is neither true nor false",
    'detail = { n = [{ cidr = "10.0.0.0/99" }] }': "has at 'detail.n' a 'cidr' that is no range of addresses: "
    "'10.0.0.0/99'",
    'detail = { n = [{ cidr = "10.0.0.1" }] }': "has at 'detail.n' a 'cidr' that is no range of addresses: '10.0.0.1'",
    "detail = { n = [{ prefix = 3 }] }": "has at 'detail.n' no text in 'prefix'",
    'detail = { n = [{ prefix = { suffix = "x" } }] }': "has at 'detail.n' no text in 'prefix'",
    'detail = { n = [{ suffix = ["x"] }] }': "has at 'detail.n' no text in 'suffix'",
    "detail = { n = [{ equals-ignore-case = true }] }": "has at 'detail.n' no text in 'equals-ignore-case'",
    "detail = { n = [{ anything-but = [] }] }": NEITHER,
    'detail = { n = [{ anything-but = ["a", 1] }] }': NEITHER,
    "detail = { n = [{ anything-but = true }] }": NEITHER,
    'detail = { n = [{ anything-but = { cidr = "x" } }] }': "has at 'detail.n' no comparison of EventBridge in "
    "'anything-but': 'cidr'",
    "detail = { n = [{ anything-but = { prefix = [] } }] }": "has at 'detail.n' an empty list",
    'detail = { n = [{ anything-but = { wildcard = "a**" } }] }': "has at 'detail.n' two wildcards side by side",
    'detail = { n = [{ prefix = "a", suffix = "b" }] }': "has at 'detail.n' no comparison of EventBridge: 'prefix, "
    "suffix'",
    '"$or" = [{ source = ["a"] }]': "has fewer than two patterns in the list at '$or'",
    '"$or" = [{ source = ["a"] }, 3]': "has no pattern in the list at '$or'",
    '"$or" = { source = ["a"] }': "has fewer than two patterns in the list at '$or'",
}
HEAD = '[workflows.train.triggers.any]\nkind = "event"\n'


@pytest.mark.parametrize("pattern", WRONG)
def test_what_eventbridge_refuses_is_an_error_at_its_line(pattern: str) -> None:
    assert findings(f"{HEAD}pattern = {{ {pattern} }}", reader()) == [
        f"SFN638 sfn-cfn.toml:5: the pattern of trigger 'any' {WRONG[pattern]} |"
    ]


@pytest.mark.parametrize(
    "matcher",
    [r'{ wildcard = "a\\**" }', '{ cidr = "${Net}/8" }', '{ numeric = ["<", 3] }', '{ cidr = "::1/64" }'],
)
def test_what_eventbridge_may_take_is_no_error(matcher: str) -> None:
    toml = f"[parameters.Net]\ndefault = '10.0.0.0'\n{HEAD}pattern = {{ detail = {{ n = [{matcher}] }} }}"
    assert findings(toml, reader()) == []


OWN = "SFN637 sfn-cfn.toml:{line}: trigger 'any' takes what EventBridge hears of the executions of 'train' itself | "
OWN += "name another state machine in the pattern"
ENDED = 'detail-type = ["Step Functions Execution Status Change"]'
WRITTEN = "arn:aws:states:us-west-2:222233334444:stateMachine"
STATES = 'source = ["aws.states"]'


@pytest.mark.parametrize(
    "pattern",
    [
        STATES,
        ENDED,
        'source = [{ prefix = "" }]',
        'source = [{ prefix = "aws." }]',
        'source = [{ anything-but = "my.shop" }]',
        'account = ["111122223333"]',
        "time = [{ exists = true }]",
        f"{STATES}, detail = {{ name = [{{ exists = true }}] }}",
        f'{STATES}, detail = {{ status = ["RUNNING"] }}',
        f'{STATES}, detail = {{ status = ["FAILED"], stateMachineArn = [{{ wildcard = "*" }}] }}',
        f'{STATES}, detail = {{ stateMachineArn = [{{ suffix = "-dev" }}] }}',
        f'{STATES}, detail = {{ stateMachineArn = [{{ wildcard = "arn:aws-cn:*:ml-train-*" }}] }}',
        f'{STATES}, detail = {{ executionArn = [{{ wildcard = "*:execution:ml-train-prod:*" }}] }}',
        f'{STATES}, resources = [{{ wildcard = "*:ml-*" }}]',
        (
            f"{STATES}, detail = {{ stateMachineArn = "
            '["arn:aws:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${PipelineName}-train-${TargetEnv}"] }'
        ),
        f'{STATES}, detail = {{ stateMachineArn = ["{WRITTEN}:ml-train-prod"] }}',
        (
            f"{STATES}, detail = {{ stateMachineArn = "
            '["arn:${AWS::Partition}:states:us-west-2:${AWS::AccountId}:stateMachine:${Other}"] }'
        ),
        f'"$or" = [{{ {STATES} }}, {{ source = ["my.shop"] }}]',
        f'"$or" = [{{ source = ["my.shop"] }}, {{ {STATES}, detail = {{ status = ["SUCCEEDED"] }} }}]',
    ],
)
def test_a_pattern_that_takes_the_workflows_own_executions_is_refused(pattern: str) -> None:
    declared = '[parameters.Other]\ndefault = "ml-train-dev"\n'
    assert findings(f"{declared}{HEAD}pattern = {{ {pattern} }}", reader()) == [OWN.format(line=7)]


@pytest.mark.parametrize(
    "pattern",
    [
        'source = ["my.shop"]',
        f'{STATES}, detail = {{ stateMachineArn = [{{ suffix = ":ml-prepare-dev" }}] }}',
        f'{STATES}, detail = {{ stateMachineArn = [{{ anything-but = {{ wildcard = "*:ml-train-*" }} }}] }}',
        f'{STATES}, detail = {{ name = [{{ prefix = "nightly-" }}] }}',
        f'{STATES}, detail-type = ["Another"]',
        f'{STATES}, detail = {{ status = ["PENDING_REDRIVE"] }}',
        f'"$or" = [{{ {STATES}, detail = {{ status = ["x"] }} }}, {{ source = ["my.shop"] }}]',
        f'{STATES}, detail = {{ stateMachineArn = ["{WRITTEN}:ml-other-dev"] }}',
    ],
)
def test_a_pattern_that_leaves_them_is_taken(pattern: str) -> None:
    assert findings(f"{HEAD}pattern = {{ {pattern} }}", reader()) == []


@pytest.mark.parametrize(("account", "found"), [("222233334444", 1), ("111122223333", 0)])
def test_an_account_of_the_settings_tells_whose_executions_they_are(account: str, found: int) -> None:
    toml = f'[environments.dev]\nregion = "eu-west-1"\naccount = "{account}"\n'
    toml += f'{HEAD}pattern = {{ {STATES}, account = ["222233334444"] }}'
    assert len(findings(toml, reader())) == found


@pytest.mark.parametrize(("region", "found"), [("us-west-2", 1), ("eu-west-1", 0)])
def test_a_region_of_the_settings_tells_whose_executions_they_are(region: str, found: int) -> None:
    toml = f'[environments.prod]\nregion = "{region}"\n'
    toml += f'{HEAD}pattern = {{ {STATES}, detail = {{ stateMachineArn = ["{WRITTEN}:ml-train-prod"] }} }}'
    assert len(findings(toml, reader())) == found


@pytest.mark.parametrize(("name", "found"), [("fraud", 1), ("ml", 0)])
def test_an_environments_own_name_of_the_pipeline_counts(name: str, found: int) -> None:
    toml = f'[environments.prod.parameters]\nPipelineName = "{name}"\n'
    toml += f'{HEAD}pattern = {{ {STATES}, detail = {{ stateMachineArn = ["{WRITTEN}:fraud-train-prod"] }} }}'
    assert len(findings(toml, reader())) == found


def test_an_express_workflow_has_no_events_to_take() -> None:
    toml = f'[workflows.train.state_machine]\ntype = "EXPRESS"\n{HEAD}pattern = {{ {STATES} }}'
    assert findings(toml, machine(A={"Type": "Pass", "End": True})) == []


def trainer(action: str = "createTrainingJob") -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::sagemaker:{action}.sync",
        "Parameters": {"TrainingJobName.$": "$$.Execution.Name"},
        "TimeoutSeconds": 60,
        "End": True,
    }
    return machine(Train=task)


JOB = 'source = ["aws.sagemaker"]'
CHANGED = 'detail-type = ["SageMaker Training Job State Change"]'


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (JOB, 1),
        (f'{JOB}, {CHANGED}, detail = {{ TrainingJobStatus = ["Completed"] }}', 1),
        (f'{JOB}, {CHANGED}, detail = {{ TrainingJobName = [{{ prefix = "theirs-" }}] }}', 0),
        (f'{JOB}, detail-type = ["SageMaker Transform Job State Change"]', 0),
    ],
)
def test_a_pattern_that_takes_the_workflows_own_jobs_is_refused(pattern: str, found: int) -> None:
    line = "SFN637 sfn-cfn.toml:5: trigger 'any' takes what EventBridge hears of the jobs of state 'Train' itself | "
    line += "name the jobs of others in the pattern"
    assert findings(f"{HEAD}pattern = {{ {pattern} }}", trainer()) == [line] * found


MACHINES = {
    "*": "is no name of one",
    "a b": "is no name of one",
    "a/b": "is no name of one",
    "arn:aws:lambda:eu-west-1:111122223333:function:x": "is no ARN of one",
    "arn:aws:states:eu-west-1:111122223333:stateMachine:x:1": "is no ARN of one",
    "arn:aws:states:eu-west-1:111122223333:execution:x:y": "is no ARN of one",
    "arn:aws:states:*:111122223333:stateMachine:x": "is no ARN of one",
    "arn:aws:states:eu-west-1:111122223333:express:x": "is Express and sends no events",
}


@pytest.mark.parametrize("given_name", MACHINES)
def test_what_names_no_state_machine_is_refused(given_name: str) -> None:
    toml = f'[workflows.train.triggers.any]\nkind = "workflow"\nstate_machine = "{given_name}"'
    why = MACHINES[given_name]
    assert findings(toml, reader()) == [
        (
            f"SFN636 sfn-cfn.toml:3: trigger 'any' waits for state machine '{given_name}', which {why} | "
            "write its name, or its ARN without version and alias"
        )
    ]


@pytest.mark.parametrize(
    "given_name",
    [
        "ml-train-dev",
        "${PipelineName}-train-prod",
        "arn:aws:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${PipelineName}-train-${TargetEnv}",
        "arn:${AWS::Partition}:states:eu-central-1:222233334444:stateMachine:ml-train-dev",
    ],
)
def test_a_state_machine_by_any_form_of_its_own_name_is_refused(given_name: str) -> None:
    toml = f'[workflows.train.triggers.any]\nkind = "workflow"\nstate_machine = "{given_name}"'
    assert findings(toml, reader()) == [
        "SFN637 sfn-cfn.toml:3: trigger 'any' starts workflow 'train' at its own success | name another workflow"
    ]


def test_a_pattern_that_is_long_is_reported() -> None:
    texts = ", ".join(f'"{"x" * 98}"' for _ in range(20))
    (found,) = findings(f'{HEAD}pattern = {{ source = [{texts}, "{"y" * 45}"] }}', reader())
    assert found == (
        "SFN667 sfn-cfn.toml:5: the pattern of trigger 'any' has 2,080 characters, EventBridge takes 2,048 by "
        "default | name less in it, or ask AWS for a higher quota, 'Event pattern size'"
    )
    assert findings(f"{HEAD}pattern = {{ source = [{texts}] }}", reader()) == []
