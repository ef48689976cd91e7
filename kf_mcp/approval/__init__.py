"""The approval page: where a person looks at a preview in the browser, and decides."""

from kf_mcp.approval.desktop import Desktop
from kf_mcp.approval.serving import ServedPage

__all__ = ["Desktop", "ServedPage"]
