"""Definition, emitted template -> findings: the compiler's own rules, and cfn-lint in a process of its own.

`check` runs the rules on a definition; `probe.lint_subject` and `lint.Linter` are cfn-lint's side.
"""

from sfn_cfn.check.rules import RULES, check

__all__ = ["RULES", "check"]
