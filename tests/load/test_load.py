from __future__ import annotations

from pathlib import Path

import pytest
from runs import HEAD, load_all, only, shown

from sfn_cfn.errors import Severity, SourceLocation
from sfn_cfn.load import LoadResult

SOURCES = {
    "workflows/syntax.py": "x = 1\ndef f(:\n",
    "workflows/notebook.py": "%matplotlib inline\n",
    "workflows/missing.py": "\nimport nothere.part\n",
    "workflows/outside.py": "import shared\n",
    "workflows/part.py": "from sagemaker import nothing_such\n",
    "workflows/trap.py": "from stepfunctions.steps import *\nsagemaker.Session()\n",
    "workflows/raises.py": HEAD + "def f():\n    return {}['no such']\nf()\n",
    "workflows/empty.py": "x = 1\n",
    "workflows/exits.py": "import sys\nsys.exit(3)\n",
    "workflows/exits_text.py": "import sys\nsys.exit('no\\ndata')\n",
    "workflows/exits_well.py": HEAD + "import sys\nw = Workflow('well', Pass('A'), '')\nsys.exit(0)\n",
    "workflows/leaves.py": "import os\nos._exit(4)\n",
    "workflows/killed.py": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "workflows/terminated.py": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n",
    "workflows/shallow.py": HEAD
    + "import sys\nw = Workflow('shallow', Pass('A'), '')\nsys.setrecursionlimit(40)\n",
    "workflows/crash.py": "import ctypes\nctypes.string_at(0)\n",
    "workflows/aws.py": "import boto3\nboto3.client('dynamodb').list_tables()\n",
    "workflows/aws_late.py": HEAD + "import boto3\nw = Workflow('late', Pass('A'), '')\nw.create()\n"
    "boto3.client('dynamodb').list_tables()\n",
    "workflows/late.py": HEAD
    + "w = Workflow('late', Pass('A'), '')\nw.create()\nw.execute().get_output()['x']\n",
    "workflows/forks.py": HEAD
    + "import os, threading, time\nos.fork()\nos.closerange(0, 100)\nos.chdir('/')\n"
    "threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()\nw = Workflow('forks', Pass('A'), '')\n",
    "workflows/main.py": HEAD + "import sys, os, beside, os.path\n"
    "if __name__ == '__main__':\n"
    "    w = Workflow('main', Pass('A', parameters={'argv': sys.argv, 'cwd': os.getcwd(), 'file': __file__,"
    " 'path': sys.path[0], 'read': open('data.txt').read(), 'beside': beside.VALUE}), '')\n",
    "workflows/parser.py": "VALUE = 1\n",
    "workflows/shadows.py": HEAD
    + "import parser\nw = Workflow('shadows', Pass('A', parameters={'x': parser.VALUE}), '')\n",
    "workflows/marked.py": HEAD + "import sfn_cfn\n@sfn_cfn.workflow\ndef two():\n"
    "    return [Workflow('one', Pass('A'), ''), Workflow('two', Pass('B'), '')]\n",
    "workflows/marked_wrong.py": "import sfn_cfn\n@sfn_cfn.workflow\ndef number():\n    return 3\n",
    "workflows/helped.py": "import maker\nmaker.make()\n",
    "workflows/role.py": HEAD
    + "w = Workflow('role', Pass('A'), '${SageMakerRoleArn}', tags=[{'Key': 'a', 'Value': 'b'}])\n",
    "workflows/parameters.py": HEAD + "from sfn_cfn import parameter\n"
    "p = parameter('Bucket', default='b')\nn = parameter('Count', default=2)\nu = parameter('Unused', default='u')\n"
    "w = Workflow('parameters', Pass('A', parameters={'s': f's3://{p}/x', 'n': n, 'p': p}), '')\n",
    "workflows/parameter_wrong.py": "from sfn_cfn import parameter\nparameter('A', default='b')\n"
    "parameter('A', default='c')\n",
    "workflows/varies.py": HEAD + "import time, uuid\n"
    "w = Workflow('varies-' + time.strftime('%Y-%m-%d-%H-%M-%S'), "
    "Pass('A', parameters={'u': str(uuid.uuid4())}), '')\n",
    "workflows/moody.py": HEAD + "import os\nw = Workflow('moody', Pass('A'), '')\n"
    "if os.environ['AWS_DEFAULT_REGION'] == 'ap-southeast-2':\n    raise ValueError('not here')\n",
    "workflows/numbers.py": HEAD + "import numpy\np = Parallel('P')\np.add_branch(Pass('In', parameters={"
    "'a': {'b': [1, float('nan')]}, 'i': numpy.int64(3), 'n': numpy.zeros(2), 's': {1}}))\n"
    "w = Workflow('numbers', p, '')\n",
    "workflows/scalar.py": HEAD + "import numpy\n"
    "w = Workflow('scalar', Pass('A', parameters={'i': numpy.int64(3), 'f': numpy.float32(0.5)}), '')\n",
    "workflows/beside.py": "VALUE = 'beside'\n",
    "workflows/maker.py": HEAD + "def make():\n    Workflow('helped', Pass('A'), '')\n",
    "shared.py": "",
    "data.txt": "read",
}
HELPERS = {"workflows/beside.py", "workflows/maker.py", "workflows/parser.py", "shared.py", "data.txt"}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadResult]:
    root = tmp_path_factory.mktemp("project").resolve()
    found = load_all(root, SOURCES, *[name for name in SOURCES if name not in HELPERS])
    return {Path(name).stem: result for name, result in found.items()}


@pytest.mark.parametrize(
    ("name", "findings"),
    [
        ("syntax", ["SFN201 workflows/syntax.py:2: the source is not Python: invalid syntax []"]),
        (
            "notebook",
            [
                (
                    "SFN201 workflows/notebook.py:1: the source is not Python: invalid syntax "
                    "[remove the notebook's command, which is not Python]"
                )
            ],
        ),
        (
            "missing",
            [
                (
                    "SFN202 workflows/missing.py:2: module 'nothere' is not found "
                    "[install 'nothere' in the environment that runs sfn-cfn]"
                )
            ],
        ),
        (
            "outside",
            [
                (
                    "SFN202 workflows/outside.py:1: module 'shared' is not found "
                    "[install the project, or set PYTHONPATH: 'shared.py' is not beside the source]"
                )
            ],
        ),
        (
            "trap",
            [
                (
                    "SFN203 workflows/trap.py:2: the source raises AttributeError: module "
                    "'stepfunctions.steps.sagemaker' has no attribute 'Session' [write 'import sagemaker' after "
                    "'from stepfunctions.steps import *', which gives the name 'sagemaker' to a module of its own]"
                )
            ],
        ),
        ("raises", ["SFN203 workflows/raises.py:4: the source raises KeyError: 'no such' []"]),
        (
            "empty",
            [
                (
                    "SFN204 workflows/empty.py: the source makes no workflow "
                    "[make a Workflow in it, or move it out of the sources' folder]"
                )
            ],
        ),
        ("exits", ["SFN207 workflows/exits.py:2: the source calls sys.exit with code 3 []"]),
        (
            "exits_text",
            ["SFN207 workflows/exits_text.py:2: the source calls sys.exit with the message 'no data' []"],
        ),
        (
            "leaves",
            [
                (
                    "SFN207 workflows/leaves.py: the source ends its process with code 4 before it is through "
                    "[let the script run to its end; os._exit leaves no time to collect]"
                )
            ],
        ),
        (
            "killed",
            [
                (
                    "SFN206 workflows/killed.py: the source's process is killed by SIGKILL "
                    "[let it take less memory, which the system ends processes for, or build with --jobs 1]"
                )
            ],
        ),
        (
            "crash",
            [
                (
                    "SFN206 workflows/crash.py: the source's process is killed by SIGSEGV "
                    "[look for native code that fails, or a recursion without end: 'python -X faulthandler' shows it]"
                )
            ],
        ),
        ("terminated", ["SFN206 workflows/terminated.py: the source's process is killed by SIGTERM []"]),
        (
            "aws",
            [
                (
                    "SFN208 workflows/aws.py:2: dynamodb:ListTables has no answer in a build "
                    "[pass the value in as a parameter, or let a state of the workflow make the call]"
                )
            ],
        ),
        (
            "aws_late",
            [
                (
                    "SFN216 workflows/aws_late.py:6: dynamodb:ListTables has no answer in a build "
                    "[pass the value in as a parameter, or let a state of the workflow make the call]"
                )
            ],
        ),
        ("late", ["SFN209 workflows/late.py:5: the source raises KeyError: 'x' []"]),
        (
            "marked_wrong",
            [
                (
                    "SFN215 workflows/marked_wrong.py:2: function 'number' returns a value of type 'int' "
                    "[return a Workflow, or several]"
                )
            ],
        ),
        (
            "parameters",
            [
                (
                    "SFN214 workflows/parameters.py:6: parameter 'Unused' reaches no workflow "
                    "[build text with str(), an f-string, % or +, which keep the parameter]"
                )
            ],
        ),
        (
            "parameter_wrong",
            [
                (
                    "SFN213 workflows/parameter_wrong.py:3: parameter 'A' is declared otherwise at "
                    "workflows/parameter_wrong.py:2 []"
                )
            ],
        ),
        (
            "varies",
            [
                (
                    "SFN211 workflows/varies.py:4: the name 'varies-2024-01-02-03-04-05' differs from run to run; "
                    "the template's is 'varies' [give the workflow a fixed name]"
                )
            ],
        ),
        (
            "moody",
            [
                (
                    "SFN212 workflows/moody.py:6: a second run at another time and place fails: the source raises "
                    "ValueError: not here [make the source independent of the account, the region, the time and "
                    "the random seed]"
                )
            ],
        ),
        (
            "numbers",
            [
                (
                    "SFN210 workflows/numbers.py:5 (States/P/Branches/0/States/In): state 'In' holds the number NaN "
                    "at 'Parameters.a.b.1' [give a finite number]"
                ),
                (
                    "SFN210 workflows/numbers.py:5 (States/P/Branches/0/States/In): state 'In' holds a value of type "
                    "'numpy.ndarray' at 'Parameters.n' [call .tolist() on it]"
                ),
                (
                    "SFN210 workflows/numbers.py:5 (States/P/Branches/0/States/In): state 'In' holds a value of type "
                    "'set' at 'Parameters.s' [make a sorted list of it]"
                ),
            ],
        ),
    ],
)
def test_what_a_source_does_wrong_is_said_in_whole(
    results: dict[str, LoadResult], name: str, findings: list[str]
) -> None:
    assert shown(results[name]) == findings


@pytest.mark.parametrize("name", ["late", "aws_late"])
def test_a_failure_after_deploying_is_a_warning_and_the_workflow_is_built(
    results: dict[str, LoadResult], name: str
) -> None:
    assert [item.severity for item in results[name].diagnostics] == [Severity.WARNING]
    assert [workflow.name for workflow in results[name].workflows] == ["late"]


def test_a_traceback_shows_the_users_frames_and_none_of_ours(results: dict[str, LoadResult]) -> None:
    detail = results["raises"].diagnostics[0].detail
    assert "workflows/raises.py" in detail
    assert "sfn_cfn" not in detail
    assert detail.endswith("KeyError: 'no such'")


def test_a_part_that_a_module_lacks_is_an_import_error(results: dict[str, LoadResult]) -> None:
    (finding,) = results["part"].diagnostics
    assert (finding.code, finding.location) == ("SFN202", SourceLocation("workflows/part.py", 1))
    assert finding.message.startswith("an import fails: cannot import name 'nothing_such' from 'sagemaker'")


def test_a_source_that_exits_with_success_is_built(results: dict[str, LoadResult]) -> None:
    assert only(results["exits_well"]).name == "well"


def test_a_source_that_lowers_the_recursion_limit_is_built(results: dict[str, LoadResult]) -> None:
    assert only(results["shallow"]).name == "shallow"


def test_a_source_that_forks_closes_files_and_leaves_threads_is_built(results: dict[str, LoadResult]) -> None:
    assert only(results["forks"]).name == "forks"


def test_a_source_runs_as_a_script_does(results: dict[str, LoadResult]) -> None:
    workflow = only(results["main"])
    path = workflow.source.path
    assert workflow.definition["States"]["A"]["Parameters"] == {
        "argv": ["workflows/main.py"],
        "cwd": str(workflow.source.root),
        "file": str(path),
        "path": str(path.parent),
        "read": "read",
        "beside": "beside",
    }


def test_a_module_beside_the_source_wins_over_one_that_the_parent_imported(
    results: dict[str, LoadResult],
) -> None:
    assert only(results["shadows"]).definition["States"]["A"]["Parameters"] == {"x": 1}


def test_a_marked_function_is_called_and_may_make_several(results: dict[str, LoadResult]) -> None:
    assert results["marked"].diagnostics == ()
    assert [(item.name, item.location.line) for item in results["marked"].workflows] == [
        ("one", 6),
        ("two", 6),
    ]


def test_a_workflow_of_a_helper_module_has_the_place_that_made_it(results: dict[str, LoadResult]) -> None:
    workflow = only(results["helped"])
    assert workflow.location == SourceLocation("workflows/maker.py", 4)
    assert workflow.state_lines == {("States", "A"): SourceLocation("workflows/maker.py", 4)}


def test_role_and_tags_come_as_they_were_given(results: dict[str, LoadResult]) -> None:
    workflow = only(results["role"])
    assert (workflow.role, workflow.tags) == ("${SageMakerRoleArn}", {"a": "b"})
    assert "RoleArn: ${SageMakerRoleArn}" in workflow.template


def test_parameters_stand_as_tokens_and_numbers_by_their_path(results: dict[str, LoadResult]) -> None:
    (workflow,) = results["parameters"].workflows
    assert workflow.definition["States"]["A"]["Parameters"] == {
        "s": "s3://${Bucket}/x",
        "n": 2,
        "p": "${Bucket}",
    }
    assert workflow.numbers == {("States", "A", "Parameters", "n"): "Count"}
    assert [(item.name, str(item.location)) for item in workflow.parameters] == [
        ("Bucket", "workflows/parameters.py:4"),
        ("Count", "workflows/parameters.py:5"),
    ]


def test_what_varies_between_the_runs_is_named(results: dict[str, LoadResult]) -> None:
    (workflow,) = results["varies"].workflows
    assert (workflow.name, workflow.name_varies) == ("varies", True)
    assert workflow.varying == (("States", "A", "Parameters", "u"),)


def test_scalars_of_numpy_become_plain_numbers(results: dict[str, LoadResult]) -> None:
    workflow = only(results["scalar"])
    assert workflow.definition["States"]["A"]["Parameters"] == {"i": 3, "f": 0.5}


def test_a_source_that_never_ends_is_stopped_and_harms_no_other(tmp_path: Path) -> None:
    files = {
        "workflows/loops.py": "while True:\n    print('x' * 1000)\n",
        "workflows/waits.py": HEAD + "import threading\nw = Workflow('w', Pass('A'), '')\n"
        "threading.Thread(target=threading.Event().wait).start()\n",
        "workflows/fine.py": HEAD + "w = Workflow('fine', Pass('A'), '')\n",
    }
    found = load_all(tmp_path.resolve(), files, timeout=3)
    hint = "[look for a loop or a thread that never ends, or raise 'timeout' in the settings' [load]]"
    for name in ("loops", "waits"):
        assert shown(found[f"workflows/{name}.py"]) == [
            f"SFN205 workflows/{name}.py: the source does not end within 3 seconds and is stopped {hint}"
        ]
    assert only(found["workflows/fine.py"]).name == "fine"


def test_what_a_source_prints_goes_to_standard_error_once_with_its_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = HEAD + "import sys, os\nprint('one')\nsys.stderr.write('two\\n')\nos.system('echo three')\n"
    load_all(tmp_path.resolve(), {"workflows/talks.py": text + "w = Workflow('t', Pass('A'), '')\n"})
    output = capfd.readouterr()
    assert output.out == ""
    assert output.err == "workflows/talks.py | one\nworkflows/talks.py | two\nworkflows/talks.py | three\n"


@pytest.mark.parametrize(
    ("entry", "timeout"), [("loaded_without_namespaces", 3), ("loaded_without_fork", 60)]
)
def test_a_system_without_namespaces_or_fork_gives_the_same(
    tmp_path: Path, entry: str, timeout: float, capfd: pytest.CaptureFixture[str]
) -> None:
    files = {
        "workflows/fine.py": HEAD + "print('hello')\nw = Workflow('fine', Pass('A'), '')\n",
        "workflows/leaves.py": "import os\nos._exit(4)\n",
        "workflows/killed.py": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    }
    if timeout < 60:
        files["workflows/loops.py"] = "while True:\n    pass\n"
    found = load_all(tmp_path.resolve(), files, timeout=timeout, entry=entry)
    assert only(found["workflows/fine.py"]).state_lines == {
        ("States", "A"): SourceLocation("workflows/fine.py", 4)
    }
    codes = {Path(name).stem: [item.code for item in result.diagnostics] for name, result in found.items()}
    expected = {"fine": [], "leaves": ["SFN207"], "killed": ["SFN206"], "loops": ["SFN205"]}
    assert codes == {name: expected[name] for name in codes}
    assert capfd.readouterr().err == "workflows/fine.py | hello\n"
