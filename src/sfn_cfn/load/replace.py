"""A function, and what stands in its place -> every module that already holds the function.

User code may hold a function by any name (`from time import time`), and so may a library that was imported
before. `functions` replaces a module's attributes; `spread` then looks for the originals in the modules
that are already imported. A method of a type written in C is replaced in the type itself (`method`):
a subclass in its place would break `isinstance`, pickle and the libraries that use the type from C.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

_replaced: dict[int, tuple[Any, Any]] = {}


def functions(module: ModuleType, **replacements: Callable[..., Any]) -> None:
    """Put each replacement under its name into the module; names that the platform lacks are passed over.

    The replacement takes over the original's name and module, so that it pickles as the original does.
    """
    for name, replacement in replacements.items():
        original = getattr(module, name, None)
        if original is None or original is replacement:
            continue
        functools.update_wrapper(replacement, original)
        setattr(module, name, replacement)
        for capabilities in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
            if original in capabilities:
                capabilities.add(replacement)
        _replaced[id(original)] = (original, replacement)


def spread() -> None:
    """Replace the originals in the namespaces of all imported modules."""
    own = {__name__, f"{__package__}.clock", f"{__package__}.entropy", f"{__package__}.network"}
    for name, module in list(sys.modules.items()):
        if name in own or not isinstance(module, ModuleType):
            continue
        names = vars(module)
        for key, value in list(names.items()):
            found = _replaced.get(id(value))
            if found is not None and found[0] is value:
                names[key] = found[1]


def method(cls: type, name: str, replacement: Any) -> None:
    """Put a method into a type, also one written in C, and drop what the interpreter cached about it."""
    members = gc.get_referents(cls.__dict__)[0]
    members[name] = replacement
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(cls))
