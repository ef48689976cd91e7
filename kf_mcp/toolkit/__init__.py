"""Marks that turn a function into a tool: `@reads` and `@writes`. With the server the only importer of MCP's SDK.

A reading tool returns a reply; a writing tool is handed books that cannot write and returns a `Plan`. Its schema comes from its
hints, its description from its docstring, its annotations from its mark: adding a tool is writing one function.
"""

from kf_mcp.toolkit.card import cards
from kf_mcp.toolkit.marks import Mark, marked, reads, writes
from kf_mcp.toolkit.reply import Reply, Row
from kf_mcp.toolkit.schema import toolsets
from kf_mcp.toolkit.tool import Kit, make_tool

__all__ = ["Kit", "Mark", "Reply", "Row", "cards", "make_tool", "marked", "reads", "toolsets", "writes"]
