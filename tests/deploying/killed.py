"""Runs a command again and again, killed at its n-th call of AWS, and once more to its end; tells what is there.

`python killed.py ENDPOINT FOLDER before|after COMMAND...` prints one JSON object for each n. It is a process of its
own without threads, so that it can fork; the forked process is killed by SIGKILL, as a machine that loses power.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
import signal
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

# What the command imports when it runs is imported before it is forked.
import boto3.exceptions
import boto3.session
from project import Project, write

from sfn_cfn.cli import deploying, main, packaging
from sfn_cfn.deploy import aws, stacks, upload
from sfn_cfn.iam import broaden


class Deadly:
    """Clients that kill their process before or after the n-th request."""

    def __init__(self, when: str, last: int) -> None:
        self.when, self.last = when, last
        self.count, self.lock = 0, threading.Lock()

    def connect(self, target: aws.Target) -> aws.Cloud:
        cloud = aws.connect(target)

        def client(service: str) -> Any:
            made = cloud.client(service)
            made.meta.events.register("after-call.cloudformation.CreateStack", version, unique_id="version")
            event = "before-send" if self.when == "before" else "after-call"
            made.meta.events.register(event, self.tick, unique_id="deadly")
            return made

        return dataclasses.replace(cloud, client=client)

    def tick(self, **_: Any) -> None:
        with self.lock:
            self.count += 1
            if self.count == self.last:
                os.kill(os.getpid(), signal.SIGKILL)


def version(**_: Any) -> None:
    """Let the bucket that was just made keep versions, which moto's does not, so that what is sent twice is counted."""
    s3 = aws.connect(aws.Target("prod", "eu-west-1")).client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        s3.put_bucket_versioning(Bucket=bucket["Name"], VersioningConfiguration={"Status": "Enabled"})


def run(root: Path, arguments: list[str], when: str, last: int) -> int:
    """The command in a process of its own: its exit code, negative where it was killed."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    os.chdir(root)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    project = Project(root, connect=Deadly(when, last).connect)
    os._exit(int(main(arguments, project.services)))


LOADED = (boto3.exceptions, boto3.session, deploying, packaging, stacks, upload, broaden)


def objects() -> list[list[Any]]:
    """What is in the asset buckets: key, versions, and the SHA-256 of the body that is there."""
    s3 = aws.connect(aws.Target("prod", "eu-west-1")).client("s3")
    found = []
    for bucket in s3.list_buckets()["Buckets"]:
        listed = s3.list_object_versions(Bucket=bucket["Name"]).get("Versions", [])
        for key in sorted({one["Key"] for one in listed}):
            body = s3.get_object(Bucket=bucket["Name"], Key=key)["Body"].read()
            count = sum(one["Key"] == key for one in listed)
            found.append([key, count, hashlib.sha256(body).hexdigest()])
    return found


def states() -> dict[str, str]:
    """The stacks and their states."""
    client = aws.connect(aws.Target("prod", "eu-west-1")).client("cloudformation")
    return {one["StackName"]: one["StackStatus"] for one in client.describe_stacks()["Stacks"]}


def reports(endpoint: str, folder: Path, when: str, arguments: list[str]) -> None:
    """A report for each n until a run ends by itself."""
    for number in itertools.count(1):
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).close()
        root = folder / str(number)
        write(root)
        killed = run(root, arguments, when, number)
        files = sorted(path.name for path in root.glob(".sfn-cfn/package/prod/*"))
        again = run(root, arguments, when, 0)
        report = {"killed": killed, "files": files, "again": again, "objects": objects(), "stacks": states()}
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()
        if killed != -signal.SIGKILL:
            return


if __name__ == "__main__":
    os.environ["AWS_ENDPOINT_URL"] = sys.argv[1]
    reports(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
