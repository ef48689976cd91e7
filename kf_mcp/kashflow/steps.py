"""Every kind of step: importing this enters them all in `KINDS`, so that a write of an earlier process can be found again.

The steps of a noun stand in `<noun>_steps.py`.
"""

import importlib
import pkgutil
from pathlib import Path

from kf_mcp.kashflow.step import KINDS

for _module in sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)])):
    if _module.endswith("_steps"):
        importlib.import_module(f"kf_mcp.kashflow.{_module}")

__all__ = ["KINDS"]
