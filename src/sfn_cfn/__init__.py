"""Compile machine-learning workflows into CloudFormation templates that deploy as they are.

For authors: `parameter` declares a template parameter where it is used, `workflow` marks a function that
makes workflows, `configure` sets beside a workflow what it needs in production. Importing this package costs
milliseconds: everything else is loaded when asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfn_cfn.authoring import configure, parameter, workflow

__all__ = ["__version__", "configure", "parameter", "workflow"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in ("configure", "parameter", "workflow"):
        from sfn_cfn import authoring  # noqa: PLC0415 (lazy: the point of this function)

        return getattr(authoring, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
