"""Templates -> cfn-lint's findings, waited for when they are wanted: lint runs beside the loading of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sfn_cfn.errors import Diagnostic
from sfn_cfn.model import LintSubject

Check: TypeAlias = "Callable[[], tuple[Diagnostic, ...]]"
"""Waits for cfn-lint's findings on one template."""


@contextmanager
def linting(wanted: bool) -> Iterator[Callable[[LintSubject], Check]]:
    """A function that lints a template beside the loading of others.

    cfn-lint's process is started at once, so that its imports overlap those of the SDK; one thread waits
    for its answers.
    """
    if not wanted:
        yield lambda _: tuple
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (not needed without lint)

    from sfn_cfn.check.lint import Linter  # noqa: PLC0415

    thread = ThreadPoolExecutor(max_workers=1)
    with Linter() as linter:
        try:
            yield lambda subject: thread.submit(linter.lint, [subject]).result
        finally:
            # Where the build is interrupted, nobody waits for what is not linted yet.
            thread.shutdown(wait=False, cancel_futures=True)
