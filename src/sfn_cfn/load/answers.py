"""An AWS call of user code -> the answer of an account in which only this run has made anything.

`ANSWERS` maps a service (boto3's name) and an operation to a function that gives the parsed response. A
call for a thing that was not made gets the service's own error, as a fresh account gives it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from sfn_cfn.load.request import Answer, NotMadeError, Request
from sfn_cfn.load.storage import S3_ANSWERS

ROLE = "sfn-cfn-build"
"""The role that a build runs as, as far as `GetCallerIdentity` says; `get_execution_role()` asks for it."""


def _nothing(_: Request) -> dict[str, Any]:
    return {}


def _get_caller_identity(request: Request) -> dict[str, Any]:
    arn = request.arn("sts", f"assumed-role/{ROLE}/{ROLE}", regional=False)
    return {"UserId": f"AROASFNCFNBUILDROLE00:{ROLE}", "Account": request.world.account, "Arn": arn}


def _assume_role(request: Request) -> dict[str, Any]:
    name = str(request["RoleArn"]).rpartition("/")[2]
    session = request["RoleSessionName"]
    return {
        "Credentials": {
            "AccessKeyId": "sfncfnbuild00000",
            "SecretAccessKey": "sfn-cfn-build",
            "SessionToken": "sfn-cfn-build",
            "Expiration": request.moment + datetime.timedelta(days=36_500),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROASFNCFNBUILDROLE00:{session}",
            "Arn": request.arn("sts", f"assumed-role/{name}/{session}", regional=False),
        },
    }


def _get_role(request: Request) -> dict[str, Any]:
    name = request["RoleName"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    return {
        "Role": {
            "Path": "/",
            "RoleName": name,
            "RoleId": "AROASFNCFNBUILDROLE00",
            "Arn": request.arn("iam", f"role/{name}", regional=False),
            "CreateDate": request.moment,
            "AssumeRolePolicyDocument": json.dumps(trust),
        }
    }


def _create_state_machine(request: Request) -> dict[str, Any]:
    arn = request.arn("states", f"stateMachine:{request['name']}")
    request.recorder.machines[arn] = {
        "name": request["name"],
        "definition": request["definition"],
        "roleArn": request["roleArn"],
        "type": request.params.get("type", "STANDARD"),
    }
    return {"stateMachineArn": arn, "creationDate": request.moment}


def _describe_state_machine(request: Request) -> dict[str, Any]:
    arn = request["stateMachineArn"]
    machine = request.recorder.machines.get(arn)
    if machine is None:
        raise NotMadeError(arn, "StateMachineDoesNotExist", 400)
    return {"stateMachineArn": arn, "status": "ACTIVE", "creationDate": request.moment, **machine}


def _update_state_machine(request: Request) -> dict[str, Any]:
    machine = request.recorder.machines.get(request["stateMachineArn"])
    if machine is not None:
        machine.update({k: request[k] for k in ("definition", "roleArn") if k in request.params})
    return {"updateDate": request.moment}


def _list_state_machines(request: Request) -> dict[str, Any]:
    return {
        "stateMachines": [
            {
                "stateMachineArn": arn,
                "name": machine["name"],
                "type": machine["type"],
                "creationDate": request.moment,
            }
            for arn, machine in request.recorder.machines.items()
        ]
    }


def _start_execution(request: Request) -> dict[str, Any]:
    machine = str(request["stateMachineArn"]).rpartition(":")[2]
    name = request.params.get("name") or request.recorder.next_id()
    return {"executionArn": request.arn("states", f"execution:{machine}:{name}"), "startDate": request.moment}


def _describe_execution(request: Request) -> dict[str, Any]:
    """An execution that has ended, or loops that wait for it would not."""
    arn = str(request["executionArn"])
    head, _, name = arn.rpartition(":")
    return {
        "executionArn": arn,
        "stateMachineArn": head.replace(":execution:", ":stateMachine:"),
        "name": name,
        "status": "SUCCEEDED",
        "startDate": request.moment,
        "stopDate": request.moment,
        "input": "{}",
        "output": "{}",
    }


def _create_activity(request: Request) -> dict[str, Any]:
    return {
        "activityArn": request.arn("states", f"activity:{request['name']}"),
        "creationDate": request.moment,
    }


ANSWERS: Mapping[tuple[str, str], Answer] = {
    ("sts", "GetCallerIdentity"): _get_caller_identity,
    ("sts", "AssumeRole"): _assume_role,
    ("iam", "GetRole"): _get_role,
    **{("s3", operation): answer for operation, answer in S3_ANSWERS.items()},
    ("stepfunctions", "CreateStateMachine"): _create_state_machine,
    ("stepfunctions", "DescribeStateMachine"): _describe_state_machine,
    ("stepfunctions", "UpdateStateMachine"): _update_state_machine,
    ("stepfunctions", "ListStateMachines"): _list_state_machines,
    ("stepfunctions", "DeleteStateMachine"): _nothing,
    ("stepfunctions", "ValidateStateMachineDefinition"): lambda _: {"result": "OK", "diagnostics": []},
    ("stepfunctions", "StartExecution"): _start_execution,
    ("stepfunctions", "DescribeExecution"): _describe_execution,
    ("stepfunctions", "ListExecutions"): lambda _: {"executions": []},
    ("stepfunctions", "GetExecutionHistory"): lambda _: {"events": []},
    ("stepfunctions", "StopExecution"): lambda request: {"stopDate": request.moment},
    ("stepfunctions", "CreateActivity"): _create_activity,
    ("stepfunctions", "ListTagsForResource"): lambda _: {"tags": []},
    ("stepfunctions", "TagResource"): _nothing,
    ("stepfunctions", "UntagResource"): _nothing,
}
