"""What a model can do: one file per noun, one marked function per tool."""

import importlib
import pkgutil
from collections.abc import Container, Iterator
from types import ModuleType


def modules(wanted: Container[str] | None = None) -> Iterator[ModuleType]:
    """Every module of tools, or those of these names, in the order of their names."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        if wanted is None or found.name in wanted:
            yield importlib.import_module(f"{__name__}.{found.name}")
