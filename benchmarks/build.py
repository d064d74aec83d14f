"""What `sfn-cfn build` costs beside plain scripts that call `get_cloudformation_template()`.

    python benchmarks/build.py [--kinds small sagemaker] [--counts 1 10 100] [--repeat 5] [--quick]

It generates projects of 1, 10 and 100 workflows in a temporary folder and measures whole processes, in turns
(one of each, then again one of each), so that what else the machine does falls on both sides. A ratio is that
of the two runs beside each other in one round; the table shows the median and, in brackets, the smallest and
the largest. Nothing is built before in a project: each build loads, compiles and writes every template.

The plain scripts are the workflows' own sources with one line more. They get their AWS calls answered by
`tests/plain/sitecustomize.py`, since without AWS they cannot run, and they need `setuptools<81` beside the
SDK, which sfn-cfn does not. `--quick` runs five of the scripts where there are more and multiplies; the table
then says so.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import measure
import projects
from measure import Command

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SAMPLE = 5
"""Plain scripts that `--quick` runs where there are more."""

HELP = "< 0.2 s"
PLAIN = {"small": 0.9, "sagemaker": 0.6}
LINTED = 1.3
FASTER = 20
MEMORY = 1.2


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `met` is None where nothing is expected."""

    case: str
    ours: str
    beside: str = ""
    ratio: str = ""
    expected: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The line's text by column."""
        verdict = {None: "", True: "yes", False: "NO"}[self.met]
        return (self.case, self.ours, self.beside, self.ratio, self.expected, verdict)


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder for everything generated, and how often to measure."""

    folder: Path
    repeat: int
    quick: bool

    def environment(self, **extra: str) -> dict[str, str]:
        """Our own variables without AWS or Python settings, and with an empty HOME."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
        return {**kept, "HOME": str(self.folder), **extra}

    def build(self, project: projects.Project, *options: str) -> Command:
        """`sfn-cfn build`, with nothing built before."""
        shutil.rmtree(project.root / "templates", ignore_errors=True)
        return Command((str(BIN / "sfn-cfn"), "build", *options), project.root, self.environment())

    def plain(self, project: projects.Project) -> list[Command]:
        """The plain scripts that are run: all, or with `--quick` some."""
        environment = self.environment(
            PYTHONPATH=str(ROOT / "tests" / "plain"), PLAIN_ACCOUNT="123456789012", PLAIN_REGION="eu-west-1"
        )
        scripts = project.scripts[:SAMPLE] if self.quick else project.scripts
        return [Command((sys.executable, str(each)), project.root, environment) for each in scripts]

    def lint(self, project: projects.Project) -> Command:
        """One cfn-lint process on all templates of the project, with the regions that sfn-cfn gives it."""
        templates = sorted(str(each) for each in (project.root / "templates").glob("*.yaml"))
        arguments = (str(BIN / "cfn-lint"), "--regions", "us-east-1", "--", *templates)
        return Command(arguments, project.root, self.environment())


def helping(bench: Bench) -> Iterator[Row]:
    """`sfn-cfn --help`."""
    command = Command((str(BIN / "sfn-cfn"), "--help"), ROOT, bench.environment())
    times = [measure.run(command).seconds for _ in range(max(10, bench.repeat))]
    yield Row("sfn-cfn --help", _seconds(times), expected=HELP, met=statistics.median(times) < 0.2)


def one(bench: Bench, kind: str) -> Iterator[Row]:
    """One workflow: without and with lint, beside one plain script and one cfn-lint process."""
    project = projects.make(kind, 1, bench.folder)
    (script,) = bench.plain(project)
    fast, plain, linted, lint = [], [], [], []
    for _ in range(bench.repeat):
        fast.append(measure.run(bench.build(project, "--no-lint")))
        plain.append(measure.run(script))
        linted.append(measure.run(bench.build(project)))
        lint.append(measure.run(bench.lint(project)))
    ours, theirs, alone = _clock(fast), _clock(plain), _clock(lint)
    yield _row(f"1 {kind}, --no-lint : plain script", ours, theirs, PLAIN[kind])
    slower = [max(pair) for pair in zip(theirs, alone, strict=True)]
    yield _row(f"1 {kind}, with lint : slower of script and cfn-lint", _clock(linted), slower, LINTED)
    yield Row(f"1 {kind}, cfn-lint alone", "", _seconds(alone))
    spent = [item.processor for item in fast], [item.processor for item in plain]
    yield _row(f"1 {kind}, --no-lint, processor time : plain script", *spent)
    yield from _memory(bench, project, max(item.largest for item in plain))


def many(bench: Bench, kind: str, count: int) -> Iterator[Row]:
    """Several workflows beside as many plain scripts, one after another and two at a time.

    The scripts take minutes, so they run once each way and the builds before, between and after.
    """
    project = projects.make(kind, count, bench.folder)
    scripts = bench.plain(project)
    times = count / len(scripts)
    note = f" ({len(scripts)} run, x {times:g})" if times != 1 else ""
    builds = [measure.run(bench.build(project, "--no-lint"))]
    alone = measure.run_all(scripts)
    builds.append(measure.run(bench.build(project, "--no-lint")))
    paired = measure.run_all(scripts, at_a_time=2)
    builds.append(measure.run(bench.build(project, "--no-lint")))
    linted = [measure.run(bench.build(project)).seconds for _ in range(2)]
    lint = measure.run(bench.lint(project)).seconds
    expected = FASTER if count >= 100 else None
    ours, what = _clock(builds), f"{count} {kind}, --no-lint"
    yield _faster(f"{what} : scripts one after another{note}", ours, alone.seconds * times, expected)
    yield _faster(f"{what} : scripts two at a time{note}", ours, paired.seconds * times)
    spent = [item.processor for item in builds]
    yield _faster(f"{what}, processor time : scripts{note}", spent, alone.processor * times)
    yield _row(f"{count} {kind}, with lint : one cfn-lint process", linted, [lint] * len(linted))
    yield from _memory(bench, project, alone.largest)


def _memory(bench: Bench, project: projects.Project, plain: float) -> Iterator[Row]:
    found = measure.watch(bench.build(project, "--no-lint"))
    count, ratio = len(project.scripts), found.below / plain
    yield Row(
        f"{count} {project.kind}, --no-lint, largest process : plain script",
        f"{found.below:.0f} MiB",
        f"{plain:.0f} MiB",
        f"{ratio:.2f}",
        f"<= {MEMORY}",
        ratio <= MEMORY,
    )
    yield Row(f"{count} {project.kind}, --no-lint, all processes together", f"{found.together:.0f} MiB")


def _clock(costs: Sequence[measure.Cost]) -> list[float]:
    return [item.seconds for item in costs]


def _seconds(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.2f} s"


def _spread(values: Sequence[float], digits: int, unit: str = "") -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f}{unit} ({low:.{digits}f}-{high:.{digits}f})"


def _row(case: str, ours: Sequence[float], beside: Sequence[float], limit: float | None = None) -> Row:
    """Ratios of the runs beside each other; expected is at most `limit`."""
    ratios = [mine / theirs for mine, theirs in zip(ours, beside, strict=True)]
    expected = "" if limit is None else f"<= {limit}"
    met = None if limit is None else statistics.median(ratios) <= limit
    return Row(case, _seconds(ours), _seconds(beside), _spread(ratios, 2), expected, met)


def _faster(case: str, ours: Sequence[float], beside: float, least: float | None = None) -> Row:
    """How many times faster each of our runs is; expected is at least `least`."""
    ratios = [beside / mine for mine in ours]
    expected = "" if least is None else f">= {least}x"
    met = None if least is None else statistics.median(ratios) >= least
    return Row(case, _seconds(ours), f"{beside:.1f} s", _spread(ratios, 1, "x"), expected, met)


def machine() -> str:
    """The machine and the versions, in one line, with how busy it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    names = ("stepfunctions", "sagemaker", "cfn-lint")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    cores = f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}"
    return f"{cores}; Python {platform.python_version()}, {versions}; load average {load}"


def _rows(bench: Bench, kinds: Sequence[str], counts: Sequence[int]) -> Iterator[Row]:
    # Every later run finds the bytecode compiled and the files in memory.
    warm = projects.make("sagemaker", 2, bench.folder)
    measure.run(bench.build(warm))
    measure.run_all(bench.plain(warm))
    yield from helping(bench)
    for kind in kinds:
        for count in counts:
            yield from one(bench, kind) if count == 1 else many(bench, kind, count)


def main() -> None:
    """Measure, and print each line as soon as it is known."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kinds", nargs="+", default=list(projects.KINDS), choices=projects.KINDS)
    parser.add_argument("--counts", nargs="+", type=int, default=[1, 10, 100])
    parser.add_argument("--repeat", type=int, default=5, help="rounds of what is measured for one workflow")
    parser.add_argument("--quick", action="store_true", help=f"run {SAMPLE} plain scripts at most, multiply")
    options = parser.parse_args()
    print(machine(), flush=True)
    print("| case | sfn-cfn | beside | ratio | expected | met |\n|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="sfn-cfn-benchmark-") as name:
        bench = Bench(Path(name).resolve(), options.repeat, options.quick)
        for row in _rows(bench, options.kinds, options.counts):
            print(f"| {' | '.join(row.cells())} |", flush=True)
    print(machine(), flush=True)


if __name__ == "__main__":
    main()
