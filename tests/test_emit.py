from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sfn_cfn import emit
from sfn_cfn.emit_checks import Limits, source_of
from sfn_cfn.errors import Diagnostic, EmitError
from sfn_cfn.model import OutputFile, WorkflowSource


def template(source: str, body: str = "") -> str:
    return (
        f"AWSTemplateFormatVersion: '2010-09-09'\nMetadata:\n  SfnCfn:\n    Source: {source}\n"
        f"Parameters:\n  A:\n    Type: String\n{body}"
    )


def output(path: str, content: str | None = None) -> OutputFile:
    return OutputFile(path, template("workflows/a.py") if content is None else content)


def tree(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def kinds(plan: emit.Plan) -> dict[str, str]:
    return {file.path: file.kind for file in plan.files}


def shown(found: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{d.severity.value} {d.code} {d.location}: {d.message} | {d.hint}" for d in found]


def refused(call: object) -> list[str]:
    with pytest.raises(EmitError) as caught:
        call()  # type: ignore[operator]
    return shown(caught.value.diagnostics)


OUTPUTS = (output("a.yaml"), output("config/a.dev.json", "{}\n"), output("inputs/a.json", '{"x": 1}\n'))


def test_a_first_write_makes_every_file_and_its_folders(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    plan = emit.plan(OUTPUTS, folder)
    assert kinds(plan) == {"a.yaml": "new", "config/a.dev.json": "new", "inputs/a.json": "new"}
    assert not folder.exists()
    emit.write(plan)
    assert tree(folder) == {item.path: item.content for item in OUTPUTS}


def test_a_second_write_touches_nothing(tmp_path: Path) -> None:
    emit.write(emit.plan(OUTPUTS, tmp_path))
    before = {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in tmp_path.rglob("*")}
    plan = emit.plan(OUTPUTS, tmp_path)
    emit.write(plan)
    assert set(kinds(plan).values()) == {"unchanged"}
    assert {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in tmp_path.rglob("*")} == before


def test_a_changed_file_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("old")
    (tmp_path / "a.yaml").chmod(0o640)
    emit.write(emit.plan(OUTPUTS, tmp_path))
    assert (tmp_path / "a.yaml").stat().st_mode & 0o777 == 0o640


def test_a_new_file_gets_the_mode_that_the_mask_allows(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        emit.write(emit.plan(OUTPUTS, tmp_path))
    finally:
        os.umask(mask)
    assert (tmp_path / "a.yaml").stat().st_mode & 0o777 == 0o640


def test_a_full_disk_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("old")
    code = f"""
import resource
from pathlib import Path
from sfn_cfn import emit
from sfn_cfn.model import OutputFile
outputs = [OutputFile("a.yaml", "x" * 10), OutputFile("b.yaml", "x" * 100_000)]
plan = emit.plan(outputs, Path({str(tmp_path)!r}), label="templates")
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    emit.write(plan)
except emit.EmitError as error:
    (found,) = error.diagnostics
    print(found.code, found.location, found.message, "|", found.hint)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == (
        "SFN702 templates cannot write the templates: file too large"
        " | make room and build again; nothing was changed\n"
    )
    assert tree(tmp_path) == {"a.yaml": "old"}


def test_an_output_folder_that_is_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "templates").write_text("")
    plan = emit.plan(OUTPUTS, tmp_path / "templates")
    assert refused(lambda: emit.write(plan)) == [
        (
            "error SFN701 templates: a file stands where the folder 'templates' goes"
            " | remove the file, or name another folder by '--output'"
        )
    ]


def test_a_file_where_a_folder_of_the_output_goes_is_reported(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    plan = emit.plan((output("config/a.dev.json"),), tmp_path, label="templates")
    assert refused(lambda: emit.write(plan)) == [
        (
            "error SFN701 templates: a file stands where the folder 'config' goes"
            " | remove the file, or name another folder by '--output'"
        )
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_an_output_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir(mode=0o500)
    plan = emit.plan((output("a.yaml"),), folder)
    assert refused(lambda: emit.write(plan)) == [
        (
            "error SFN701 templates: cannot write 'a.yaml': permission denied"
            " | check the permissions of the folder, or name another one by '--output'"
        )
    ]


def test_nothing_is_written_through_a_link_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "config").symlink_to(tmp_path / "elsewhere")
    assert refused(lambda: emit.plan(OUTPUTS, folder)) == [
        (
            "error SFN703 templates/config/a.dev.json: 'config' is a symbolic link that leads out of 'templates'"
            " | replace the link by a folder"
        )
    ]


def test_a_file_that_is_a_link_is_replaced_and_its_target_kept(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("kept")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "a.yaml").symlink_to(tmp_path / "other")
    emit.write(emit.plan((output("a.yaml", "new\n"),), folder))
    assert (tmp_path / "other").read_text() == "kept"
    assert not (folder / "a.yaml").is_symlink()
    assert (folder / "a.yaml").read_text() == "new\n"


def test_a_folder_where_a_file_goes_is_reported(tmp_path: Path) -> None:
    (tmp_path / "templates/a.yaml").mkdir(parents=True)
    assert refused(lambda: emit.plan(OUTPUTS, tmp_path / "templates")) == [
        "error SFN701 templates/a.yaml: a folder stands where this file goes | remove the folder"
    ]


@pytest.mark.parametrize("path", ["../x", "/x", "", "a/../../x"])
def test_a_path_out_of_the_folder_is_a_defect_of_ours(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="not a path inside of the output folder"):
        emit.plan((output(path),), tmp_path)


def test_two_names_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    plan = emit.plan((output("Train.yaml"), output("train.yaml")), tmp_path, label="templates")
    assert shown(plan.diagnostics) == [
        (
            "error SFN704 templates/train.yaml: 'Train.yaml' and 'train.yaml' differ in upper and lower case only,"
            " or not at all | rename one of the workflows"
        )
    ]


LEFT = {
    "old.yaml": template("workflows/old.py"),
    "config/old.dev.json": "{}",
    "config/old.prod.json": "{}",
    "config/older.dev.json": "{}",
    "inputs/old.json": "{}",
    "mine.yaml": "Resources: {}\n",
    "failed.yaml": template("workflows/failed.py"),
    "renamed.yaml": template("'workflows/a.py'"),
    "gone.json": '{\n    "Metadata": {\n        "SfnCfn": {\n            "Source": "workflows/gone.py"'
    "\n        }\n    }\n}",
}


def left_over(folder: Path) -> emit.Plan:
    for name, content in LEFT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    known = {"workflows/a.py", "workflows/failed.py"}
    return emit.plan(OUTPUTS, folder, label="templates", built={"workflows/a.py"}, known=known)


def test_templates_of_workflows_that_are_no_more_are_reported(tmp_path: Path) -> None:
    hint = "run 'sfn-cfn build --prune' to remove it and its configuration files"
    assert shown(emit.stale(left_over(tmp_path))) == [
        f"warning SFN705 templates/{file}: the workflow of '{source}' for this template is no more | {hint}"
        for file, source in (
            ("gone.json", "workflows/gone.py"),
            ("old.yaml", "workflows/old.py"),
            ("renamed.yaml", "workflows/a.py"),
        )
    ]


def test_a_template_of_a_source_that_is_not_built_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(template("workflows/b.py", "  B:\n    Type: String\n"))
    plan = emit.plan(OUTPUTS, tmp_path, built=["workflows/a.py"], known=["workflows/a.py", "workflows/b.py"])
    assert kinds(plan) == {}
    assert shown(plan.diagnostics) == [
        (
            f"warning SFN706 {tmp_path.name}/a.yaml: the template is that of 'workflows/b.py', which is not built;"
            " 'workflows/a.py' makes a workflow of the same name"
            " | build all sources, or rename one of the workflows"
        )
    ]


def test_a_template_that_only_names_another_source_is_no_finding(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(template("workflows/b.py"))
    plan = emit.plan(
        OUTPUTS[:1], tmp_path, built=["workflows/a.py"], known=["workflows/a.py", "workflows/b.py"]
    )
    assert (kinds(plan), plan.diagnostics) == ({"a.yaml": "unchanged"}, ())


@pytest.mark.parametrize("known", [["workflows/a.py"], None])
def test_a_template_of_a_source_that_is_no_more_is_replaced(tmp_path: Path, known: list[str] | None) -> None:
    (tmp_path / "a.yaml").write_text(template("workflows/b.py"))
    plan = emit.plan(OUTPUTS, tmp_path, built=["workflows/a.py"], known=known)
    assert kinds(plan)["a.yaml"] == "changed"
    assert plan.diagnostics == ()


def test_a_write_keeps_what_is_left_over(tmp_path: Path) -> None:
    emit.write(left_over(tmp_path))
    assert set(tree(tmp_path)) == {*LEFT, *(item.path for item in OUTPUTS)}


def test_prune_removes_what_an_earlier_build_wrote_and_nothing_else(tmp_path: Path) -> None:
    emit.write(left_over(tmp_path), prune=True)
    assert set(tree(tmp_path)) == {
        *(item.path for item in OUTPUTS),
        "mine.yaml",
        "failed.yaml",
        "config/older.dev.json",
    }


def test_a_template_of_another_format_is_stale_and_its_configuration_is_not(tmp_path: Path) -> None:
    emit.write(emit.plan(OUTPUTS, tmp_path))
    outputs = (output("a.json", "{}"), *OUTPUTS[1:])
    plan = emit.plan(outputs, tmp_path, label="templates", built={"workflows/a.py"}, known={"workflows/a.py"})
    assert [item.files for item in plan.stale] == [("a.yaml",)]
    said = "the workflow of 'workflows/a.py' has its template in 'a.json' now"
    hint = "run 'sfn-cfn build --prune'"
    assert shown(emit.stale(plan)) == [f"warning SFN705 templates/a.yaml: {said} | {hint} to remove this one"]
    assert f"error SFN713 templates/a.yaml: {said} | {hint}" in shown(emit.drift(plan))


def test_drift_names_what_is_missing_what_differs_and_what_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(template("workflows/a.py").replace("String", "Number"))
    (tmp_path / "old.yaml").write_text(template("workflows/old.py"))
    found = emit.drift(emit.plan(OUTPUTS[:2], tmp_path, label="templates", known={"workflows/a.py"}))
    hint = "run 'sfn-cfn build' and commit the result"
    assert shown(found) == [
        f"error SFN712 templates/a.yaml: this file is not what the sources give | {hint}",
        f"error SFN711 templates/config/a.dev.json: this file is missing | {hint}",
        (
            "error SFN713 templates/old.yaml: the workflow of 'workflows/old.py' for this template is no more"
            " | run 'sfn-cfn build --prune'"
        ),
    ]
    assert found[0].detail.splitlines() == [
        "--- on disk",
        "+++ from the sources",
        "@@ -6,2 +6,2 @@",
        "   A:",
        "-    Type: Number",
        "+    Type: String",
    ]


def test_drift_in_line_ends_alone_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(OUTPUTS[0].content.replace("\n", "\r\n").encode())
    assert [d.code for d in emit.drift(emit.plan(OUTPUTS[:1], tmp_path))] == ["SFN712"]


def test_an_excerpt_is_short(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x\n" * 100)
    (found,) = emit.drift(emit.plan((output("a.yaml", "y\n" * 100),), tmp_path))
    assert len(found.detail.splitlines()) == 21
    assert found.detail.endswith("\n... 183 more lines")


def test_letters_outside_of_ascii_are_refused_at_their_line(tmp_path: Path) -> None:
    plan = emit.plan((output("a.yaml", "A: 1\nB: é\n"), *OUTPUTS[1:]), tmp_path, label="templates")
    assert shown(plan.diagnostics) == [
        "error SFN725 templates/a.yaml:2: line 2 is not ASCII: 'B: \\xe9' | write it with ASCII letters"
    ]


def test_no_file_of_a_workflow_with_an_error_is_written(tmp_path: Path) -> None:
    outputs = (output("a.yaml", "é"), output("config/a.dev.json"), output("ab.yaml"))
    assert kinds(emit.plan(outputs, tmp_path)) == {"ab.yaml": "new"}


BIG = "x" * 59 + "\n"


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(inline=60), None),
        (
            Limits(inline=59),
            (
                "info SFN723 t/a.yaml: the template has 60 bytes; more than 59 are taken from S3 only"
                " | deploy it with '--s3-bucket'"
            ),
        ),
        (
            Limits(inline=10, pipeline=59),
            (
                "warning SFN722 t/a.yaml: the template has 60 bytes; CodePipeline takes 59"
                " | deploy it by 'aws cloudformation deploy --s3-bucket'"
            ),
        ),
        (
            Limits(inline=10, pipeline=20, template=59),
            (
                "error SFN721 t/a.yaml: the template has 60 bytes; CloudFormation takes 59"
                " | split the workflow, or move long constants to S3"
            ),
        ),
    ],
)
def test_a_template_over_a_limit_is_reported_with_the_limit(
    tmp_path: Path, limits: Limits, message: str | None
) -> None:
    plan = emit.plan(
        (output("a.yaml", BIG), output("config/a.dev.json", BIG)), tmp_path, label="t", limits=limits
    )
    assert shown(plan.diagnostics) == ([message] if message else [])


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ('R:\n  DefinitionString: !Sub |-\n    {\n      "a": 1\n    }\n  RoleArn: x\n', 12),
        ("R:\n  DefinitionString: !Sub\n    - |-\n      {}\n    - X: y\n  RoleArn: x\n", 2),
        ('{"R": {"DefinitionString": {"Fn::Sub": ["{\\n  \\"a\\": 1\\n}", {"X": "y"}]}}}', 12),
    ],
)
def test_a_definition_over_its_limit_is_reported(tmp_path: Path, text: str, size: int) -> None:
    fits = emit.plan((output("a.yaml", text),), tmp_path, limits=Limits(definition=size))
    plan = emit.plan((output("a.yaml", text),), tmp_path, label="t", limits=Limits(definition=size - 1))
    assert fits.diagnostics == ()
    assert shown(plan.diagnostics) == [
        (
            f"error SFN724 t/a.yaml: the definition has {size} bytes; Step Functions takes {size - 1}"
            " | move a part of the workflow to a state machine of its own"
        )
    ]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (template("workflows/a.py"), "workflows/a.py"),
        (template("'workflows/it''s.py'"), "workflows/it's.py"),
        (template('"workflows/a b.py"'), "workflows/a b.py"),
        (template("workflows/g%C3%B6%25.py"), "workflows/gö%.py"),
        ("Metadata:\n  X:\n    Source: no\n  SfnCfn:\n    V: 1\n    Source: a.py\n", "a.py"),
        ("Metadata:\n  X:\n    Source: no\nResources:\n  SfnCfn:\n    Source: a.py\n", ""),
        ('{"Metadata": {"SfnCfn": {"V": "1", "Source": "a\\"b.py"}}}', 'a"b.py'),
        ('{"Source": "a.py"}', ""),
        ("", ""),
    ],
)
def test_the_marker_of_a_build_is_found_in_the_text(text: str, source: str) -> None:
    assert source_of(text) == source


@pytest.mark.parametrize("name", ["workflows/a b.py", "workflows/gö 😀.py", "workflows/50%25.py", "it's.py"])
def test_a_source_of_any_name_has_a_marker_in_ascii_that_gives_it_back(tmp_path: Path, name: str) -> None:
    marker = WorkflowSource(tmp_path, tmp_path / name).marker
    assert marker.isascii()
    assert source_of(template(f'"{marker}"')) == name


# -- the type of the state machine -----------------------------------------------------------------------

MACHINE = """Resources:
  Adapter:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineType: EXPRESS
  StateMachineComponent:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: !Sub '${{PipelineName}}-{name}-${{TargetEnv}}'
{type}"""
EXPRESS = "      StateMachineType: EXPRESS\n"


def machine(name: str, kind: str) -> OutputFile:
    return output("a.yaml", template("workflows/a.py", MACHINE.format(name=name, type=kind)))


@pytest.mark.parametrize(("old", "new"), [("", EXPRESS), (EXPRESS, "")])
def test_a_type_that_changes_under_the_name_is_refused_and_the_template_stays(
    old: str, new: str, tmp_path: Path
) -> None:
    emit.write(emit.plan([machine("a", old)], tmp_path))
    plan = emit.plan([machine("a", new), output("config/a.dev.json", "{}\n")], tmp_path, label="t")
    was, becomes = ("EXPRESS", "STANDARD") if old else ("STANDARD", "EXPRESS")
    expected = (
        f"error SFN726 t/a.yaml: the state machine would become {becomes} under its name; "
        f"it is {was} in the template that stands | give the workflow another name, or delete its stacks, "
        "remove the template and build again"
    )
    assert shown(plan.diagnostics) == [expected]
    assert plan.files == ()


def test_a_type_may_change_with_the_name_and_where_no_template_stands(tmp_path: Path) -> None:
    assert emit.plan([machine("a", EXPRESS)], tmp_path).diagnostics == ()
    emit.write(emit.plan([machine("a", "")], tmp_path))
    assert emit.plan([machine("b", EXPRESS)], tmp_path).diagnostics == ()
    assert emit.plan([machine("a", "")], tmp_path).diagnostics == ()


def test_a_type_is_compared_with_a_template_in_the_other_format(tmp_path: Path) -> None:
    properties = {"StateMachineName": {"Fn::Sub": "${PipelineName}-a-${TargetEnv}"}}
    resources = {"StateMachineComponent": {"Properties": properties}}
    (tmp_path / "a.json").write_text(json.dumps({"Resources": resources}))
    (finding,) = emit.plan([machine("a", EXPRESS)], tmp_path).diagnostics
    assert finding.code == "SFN726"
    properties["StateMachineType"] = "EXPRESS"  # type: ignore[assignment]
    (tmp_path / "a.json").write_text(json.dumps({"Resources": resources}))
    assert emit.plan([machine("a", EXPRESS)], tmp_path).diagnostics == ()
