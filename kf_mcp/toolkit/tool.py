"""From a marked function to a tool of the SDK's: strict arguments, typed output, readable errors, and the guard on writes."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import Field

from kf_mcp.errors import Failure
from kf_mcp.kashflow import progress
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.step import digest
from kf_mcp.settings import Settings
from kf_mcp.toolkit import card, schema
from kf_mcp.toolkit.asking import PersonOrConfirm
from kf_mcp.toolkit.marks import Mark
from kf_mcp.toolkit.on_page import OnPage, Page
from kf_mcp.toolkit.reply import Reply
from kf_mcp.writing.approvals import Approvals
from kf_mcp.writing.consent import Asked, Seal
from kf_mcp.writing.desk import Desk
from kf_mcp.writing.history import History
from kf_mcp.writing.reply import WriteReply
from kf_mcp.writing.request import Request
from kf_mcp.writing.undoing import Past

logger = logging.getLogger(__name__)

DEMO: Final = "DEMO COMPANY: made-up books, nothing here is real."
TELL_EVERY: Final = 1_000
CONFIRM: Final = "The value from this tool's preview, once the person has agreed to it. Never make one up."


@dataclass(frozen=True)
class Kit:
    """What tools work with, opened when the first tool is called."""

    settings: Settings
    books: Books
    history: History
    desk: Desk
    seal: Seal
    approvals: Approvals
    page: Page | None = None
    """Where a person decides who cannot be shown a form; None where the owner asks for no person."""

    def given_to(self, function: Callable[..., Any], books: Books | None = None) -> Books | History | Past:
        """What a tool asks for by the hint of its first parameter: the books, the history of writes, or what undoes them."""
        first = next(iter(get_type_hints(function).values()))
        if first is Past:
            return Past(books or self.books, self.history, self.desk.settled)
        return self.history if first is History else books or self.books


OpenKit = Callable[[], Awaitable[Kit]]


class BookkeepingTool(Tool):
    """A tool whose arguments are checked strictly and whose failures a model can read."""

    function: Callable[..., Awaitable[Any]] = Field(exclude=True)
    mark: Any = Field(exclude=True)
    arguments: Any = Field(exclude=True)
    open_kit: Any = Field(exclude=True)

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ARG002
        """Run the tool; every failure of ours becomes a reply that says what to do."""
        hearing = progress.listener.set(_listener(context))
        try:
            values = schema.checked(self.arguments.model, arguments)
            kit: Kit = await self.open_kit()
            result = await self._write(kit, values, context) if self.mark.is_writing else await self._read(kit, values)
        except Failure as failure:
            return CallToolResult(
                content=[TextContent(type="text", text=_marked(str(failure), self._is_demo))], is_error=True
            )
        except MCPError:
            raise
        except Exception as error:
            raise UnexpectedToolError(
                f"{self.name} failed inside kf_mcp; this is a fault of ours. Nothing more is known."
            ) from error
        finally:
            progress.listener.reset(hearing)
        return result if isinstance(result, InputRequiredResult) else _shown(result, is_demo=kit.settings.is_demo)

    @property
    def _is_demo(self) -> bool:
        return bool((self.meta or {}).get("demo"))

    async def _read(self, kit: Kit, values: dict[str, Any]) -> Reply:
        reply: Reply = await self.function(kit.given_to(self.function), **values)
        return reply

    async def _write(
        self, kit: Kit, values: dict[str, Any], context: Context[Any, Any]
    ) -> WriteReply | InputRequiredResult:
        confirm = str(values.pop("confirm", ""))
        request = Request(
            tool=self.name,
            arguments=digest(values),
            make=lambda books: self.function(kit.given_to(self.function, books), **values),
        )
        on_page = OnPage(context, kit.approvals, kit.page) if kit.page else None
        asker = PersonOrConfirm(context, confirm, kit.settings.confirmed_by, kit.seal, on_page)
        answer = await kit.desk.write(request, asker)
        if isinstance(answer, Asked):
            question: InputRequiredResult = answer.question
            return question
        return answer


def make_tool(function: Callable[..., Awaitable[Any]], mark: Mark, settings: Settings, open_kit: OpenKit) -> Tool:
    """The tool that this marked function is."""
    confirm = CONFIRM if mark.is_writing and settings.confirmed_by != "person" else None
    kept = schema.kept(function.__name__) or schemas(function, mark)
    # where only a person confirms, no reply holds a value to confirm with, and none is spoken of
    output = _without(kept["output"], "confirm") if confirm is None else kept["output"]
    meta = {**({"demo": True} if settings.is_demo else {}), **(card.META if mark.has_card else {})}
    return BookkeepingTool(
        fn=function,
        name=function.__name__,
        title=mark.title,
        description=inspect.cleandoc(function.__doc__ or ""),
        parameters=_with(kept["parameters"], confirm={"type": "string", "description": confirm} if confirm else None),
        fn_metadata=FuncMetadata(
            arg_model=ArgModelBase,
            output_schema=_with(output, demo={"type": "string"} if settings.is_demo else None),
        ),
        is_async=True,
        annotations=ToolAnnotations(
            read_only_hint=not mark.is_writing,
            destructive_hint=mark.is_destructive,
            idempotent_hint=not mark.is_writing,
            open_world_hint=False,
        ),
        meta=meta or None,
        function=function,
        mark=mark,
        arguments=schema.Arguments(function, confirm),
        open_kit=open_kit,
    )


def schemas(function: Callable[..., Awaitable[Any]], mark: Mark) -> dict[str, Any]:
    """The schemas of a tool's arguments and reply, made from its hints; `schema.kept` has them ready."""
    output = WriteReply if mark.is_writing else get_type_hints(function)["return"]
    return {
        "toolset": mark.toolset,
        "module": function.__module__.rpartition(".")[2],
        "parameters": schema.slim(schema.Arguments(function, None).model.model_json_schema()),
        "output": schema.of_reply(output.model_json_schema(mode="validation")),
    }


def _with(found: dict[str, Any], **more: dict[str, Any] | None) -> dict[str, Any]:
    """The schema with further properties."""
    added = {name: value for name, value in more.items() if value is not None}
    return {**found, "properties": {**found.get("properties", {}), **added}}


def _without(found: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema without this property."""
    return {**found, "properties": {key: value for key, value in found["properties"].items() if key != name}}


def _listener(context: Context[Any, Any]) -> progress.Listener:
    """Tells the client how far a long read has come, not more often than every thousand rows."""
    told = 0

    async def listen(count: int, what: str) -> None:
        nonlocal told
        if count - told >= TELL_EVERY or count < told:
            told = count
            await context.report_progress(count, None, f"{count:,} {what}")

    return listen


def _shown(reply: Reply | WriteReply, *, is_demo: bool) -> CallToolResult:
    structure = reply.model_dump(mode="json", exclude_defaults=True)
    if is_demo:
        structure["demo"] = DEMO
    text = _marked(reply.in_words(), is_demo)
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=structure)


def _marked(text: str, is_demo: bool) -> str:
    return f"{text}\n[{DEMO}]" if is_demo else text
