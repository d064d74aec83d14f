"""The process that holds cfn-lint: one JSON line per template in, one JSON line of findings out.

It loads the rules and lints a small template before it waits for the first line, since that is most of what
a lint costs. It ends with its input, or with the process that started it. Whatever cfn-lint prints goes to
stderr. An exception ends the process: `lint` reports it and starts another one.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

_WARM_UP = """{"Parameters": {"N": {"Type": "String", "Default": "n", "AllowedPattern": "^n$"}},
"Conditions": {"C": {"Fn::Equals": [{"Ref": "N"}, ""]}}, "Resources": {
"Role": {"Type": "AWS::IAM::Role", "Condition": "C", "Properties": {"AssumeRolePolicyDocument": {"Version":
"2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action":
"sts:AssumeRole"}]}, "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement":
[{"Effect": "Allow", "Action": "sagemaker:AddTags", "Resource": {"Fn::Sub": "arn:${AWS::Partition}:x"}}]}}]}},
"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": {"Fn::If": ["C",
{"Fn::GetAtt": ["Role", "Arn"]}, {"Ref": "N"}]}, "Definition": {"StartAt": "A", "States": {"A": {"Type":
"Pass", "End": true}}}}}}}"""


class Engine:
    """cfn-lint with its rules loaded and no configuration but ours."""

    def __init__(self) -> None:
        from cfnlint.config import ConfigMixIn  # noqa: PLC0415 (0.5 s, after the streams are in place)
        from cfnlint.rules import Rules  # noqa: PLC0415

        # A named configuration file keeps cfn-lint from looking for .cfnlintrc in HOME and in the folder.
        self._config: Callable[[], Any] = lambda: ConfigMixIn(
            [], regions=["us-east-1"], config_file=os.devnull
        )
        self._rules = Rules()
        for folder in self._config().append_rules:
            self._rules.update(Rules.create_from_directory(folder))

    def lint(self, text: str) -> list[dict[str, Any]]:
        """The findings on a template's text, as JSON values."""
        from cfnlint.decode.decode import decode_str  # noqa: PLC0415
        from cfnlint.runner.template import run_template_by_data  # noqa: PLC0415

        template, errors = decode_str(text)
        matches = errors or run_template_by_data(template, self._config(), self._rules)
        return [_plain(match) for match in matches]


def _plain(match: Any) -> dict[str, Any]:
    return {
        "rule": match.rule.id,
        "level": match.rule.severity,
        "message": match.message,
        "line": match.linenumber,
        "path": [str(step) for step in getattr(match, "path", None) or ()],
    }


def _answers(engine: Engine, lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        asked = json.loads(line)
        found = {name: engine.lint(text) for name, text in asked.items()}
        yield json.dumps(found).encode() + b"\n"


def _end_with(parent: int) -> None:
    """Forked children of the caller may hold our input open after the caller's death."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


def main() -> None:
    """Answer each line of stdin on what was stdout."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    engine = Engine()
    engine.lint(_WARM_UP)
    for answer in _answers(engine, iter(sys.stdin.buffer.readline, b"")):
        answers.write(answer)


if __name__ == "__main__":
    main()
