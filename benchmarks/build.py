"""Time and memory of `sfn-cfn build` beside plain scripts that call `get_cloudformation_template()`.

    python benchmarks/build.py [--counts 1 10 100] [--kinds small sagemaker] [--repeat 3] [--sample N]

Every number is of whole processes: wall-clock seconds from start to end, and the largest resident memory of
one process among them (`wait4`). The plain scripts are the same files, run one after another and two at a
time, with AWS calls answered by `tests/plain/sitecustomize.py`, since without AWS they cannot run. With
`--sample N` only N of them are run, and the time is multiplied; the table then says so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
SMALL = '''"""Score new rows and keep the outcome."""

from stepfunctions.steps import Chain, LambdaStep, Pass
from stepfunctions.workflow import Workflow

begin = Pass("Begin", result={{"Workflow": {number}}})
score = LambdaStep(
    "Score", parameters={{"FunctionName": "score-{number}", "Payload.$": "$"}}, timeout_seconds=60
)
keep = LambdaStep(
    "Keep", parameters={{"FunctionName": "keep-{number}", "Payload.$": "$"}}, timeout_seconds=60
)
workflow = Workflow(name="small-{number}", definition=Chain([begin, score, keep]), role="role")
'''
PRINT = "\nTEMPLATE = workflow.get_cloudformation_template()\n"


@dataclass(frozen=True)
class Cost:
    """Seconds of the clock, and the megabytes of the largest process."""

    seconds: float
    megabytes: float


def environment(*, plain: bool = False) -> dict[str, str]:
    """Without AWS settings; for plain scripts with the canned answers."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
    if not plain:
        return kept
    return kept | {
        "PYTHONPATH": str(ROOT / "tests" / "plain"),
        "PLAIN_ACCOUNT": "123456789012",
        "PLAIN_REGION": "eu-west-1",
    }


def run(command: Sequence[str], cwd: Path, env: dict[str, str]) -> Cost:
    """Run a command to its end; it has to succeed."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)}\n{said.read().decode()}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def source(kind: str, number: int) -> str:
    """A workflow of a kind, with a name of its own."""
    if kind == "small":
        return SMALL.format(number=number) + PRINT
    text = (ROOT / "workflows" / "train_deploy.py").read_text()
    return text.replace('name="train-deploy"', f'name="train-deploy-{number}"') + PRINT


@contextmanager
def project(kind: str, count: int) -> Iterator[Path]:
    """A fresh project with `count` workflows: no templates, nothing remembered."""
    folder = Path(tempfile.mkdtemp(prefix="sfn-cfn-benchmark-"))
    (folder / "workflows").mkdir()
    for number in range(count):
        (folder / "workflows" / f"w{number:03}.py").write_text(source(kind, number))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def build(kind: str, count: int, *options: str) -> Cost:
    """`sfn-cfn build` in a fresh project."""
    with project(kind, count) as folder:
        return run([str(BIN / "sfn-cfn"), "-q", "build", *options], folder, environment())


def scripts(kind: str, count: int, sample: int, at_a_time: int) -> Cost:
    """The plain scripts, `at_a_time` beside each other."""
    some = min(count, sample) if sample else count
    with project(kind, some) as folder, ThreadPoolExecutor(at_a_time) as pool:
        files = sorted((folder / "workflows").glob("*.py"))
        start = time.perf_counter()
        costs = list(
            pool.map(lambda file: run([sys.executable, str(file)], folder, environment(plain=True)), files)
        )
        seconds = (time.perf_counter() - start) * count / some
    return Cost(seconds, max(cost.megabytes for cost in costs))


def lint(kind: str) -> Cost:
    """One cfn-lint process on one emitted template."""
    with project(kind, 1) as folder:
        run([str(BIN / "sfn-cfn"), "-q", "build", "--no-lint"], folder, environment())
        template = next((folder / "templates").glob("*.yaml"))
        return run([str(BIN / "cfn-lint"), str(template)], folder, environment())


def median(measure: Callable[[], Cost], repeat: int) -> Cost:
    """The median time and the largest memory of some runs."""
    costs = [measure() for _ in range(repeat)]
    return Cost(statistics.median(c.seconds for c in costs), max(c.megabytes for c in costs))


def row(name: str, cost: Cost, beside: Cost | None = None) -> None:
    """One line of the table."""
    ratio = memory = ""
    if beside is not None:
        ratio, memory = f"{cost.seconds / beside.seconds:.2f}", f"{cost.megabytes / beside.megabytes:.2f}"
    print(f"{name:58} {cost.seconds:8.2f} {ratio:>7} {cost.megabytes:8.0f} {memory:>7}", flush=True)


def compare(kind: str, count: int, repeat: int, sample: int) -> None:
    """The lines for one kind and number of workflows; ratios are to plain scripts one after another."""
    times = repeat if count == 1 else 1
    note = f" (from {sample})" if sample and sample < count else ""
    plain = median(lambda: scripts(kind, count, sample, 1), times)
    what = f"{count} {kind}"
    row(f"{what}: plain scripts, one after another{note}", plain)
    if count > 1:
        row(f"{what}: plain scripts, two at a time{note}", scripts(kind, count, sample, 2), plain)
    row(f"{what}: sfn-cfn build --no-lint", median(lambda: build(kind, count, "--no-lint"), times), plain)
    linted = median(lambda: build(kind, count), times)
    row(f"{what}: sfn-cfn build", linted, plain)
    if count == 1:
        alone = median(lambda: lint(kind), times)
        row(f"{what}: cfn-lint alone", alone, plain)
        slower = max(alone, plain, key=lambda cost: cost.seconds)
        row(f"{what}: sfn-cfn build, beside the slower of the two", linted, slower)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--counts", nargs="+", type=int, default=[1, 10, 100])
    parser.add_argument("--kinds", nargs="+", default=["small", "sagemaker"], choices=["small", "sagemaker"])
    parser.add_argument("--repeat", type=int, default=3, help="runs of what is measured for one workflow")
    parser.add_argument("--sample", type=int, default=0, help="plain scripts to run at most; 0: all")
    options = parser.parse_args()
    build("sagemaker", 1)  # compiles the bytecode that every later run finds
    scripts("sagemaker", 1, 0, 1)
    print(f"{'':58} {'seconds':>8} {'ratio':>7} {'MB':>8} {'ratio':>7}")
    helped = median(lambda: run([str(BIN / "sfn-cfn"), "--help"], ROOT, environment()), 5)
    row("sfn-cfn --help", helped)
    for kind in options.kinds:
        for count in options.counts:
            compare(kind, count, options.repeat, options.sample)


if __name__ == "__main__":
    main()
