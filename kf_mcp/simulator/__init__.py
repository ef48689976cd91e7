"""A pretend KashFlow: it speaks real SOAP over HTTP and keeps double-entry books behind it.

For tests, for the demo, and for anybody's own KashFlow integration. It shares nothing with this project's client but
the service description, so that it can prove the client wrong.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kf_mcp.simulator.serve import serve
    from kf_mcp.simulator.simulator import Simulator
    from kf_mcp.simulator.switches import Switches

__all__ = ["Simulator", "Switches", "serve"]

_HOMES = {"Simulator": "simulator", "Switches": "switches", "serve": "serve"}


def __getattr__(name: str) -> Any:
    """Import on first use: a company with its own account never opens the pretend one."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value  # over the submodule of the same name, which the import has just set
    return value
