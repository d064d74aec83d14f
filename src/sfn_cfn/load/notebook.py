"""What notebooks show -> nothing: a stand-in for `IPython.display` where IPython is not installed.

Scripts made from notebooks import it to show tables and links, which a build has no use for.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from typing import Any


class Shown:
    """An object made to be displayed, with any arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del args, kwargs


def install() -> None:
    """Put the stand-in in place, if there is no IPython to be imported."""
    if "IPython" in sys.modules or importlib.util.find_spec("IPython") is not None:
        return
    package: Any = types.ModuleType("IPython")
    display: Any = types.ModuleType("IPython.display")
    package.__path__ = []
    display.display = display.clear_output = lambda *_args, **_kwargs: None
    for name in (
        "HTML",
        "Image",
        "JSON",
        "Javascript",
        "Markdown",
        "SVG",
        "IFrame",
        "Pretty",
        "Latex",
        "Code",
    ):
        setattr(display, name, Shown)
    package.display = display
    package.get_ipython = lambda: None
    sys.modules.update({"IPython": package, "IPython.display": display})
