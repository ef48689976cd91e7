"""Which operations a tool uses, read from the source: from the tool's function along every function it names, down to the SOAP calls.

An operation counts where its name stands as a text in a function, method, step or constant that is reached so.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "kf_mcp"
UNDOING = {"inverse", "again", "removal"}
LOOKED_THROUGH = ("tools", "kashflow", "server")


@dataclass(frozen=True)
class Piece:
    """A function, method, step or constant, and where it stands."""

    node: ast.AST
    module: str
    owner: str = ""


class Source:
    """The package's source as pieces that name each other."""

    def __init__(self, operations: set[str]) -> None:
        self._operations = operations
        self._pieces: dict[str, Piece] = {}
        self._imports: dict[str, dict[str, str]] = {}
        self._steps: dict[str, list[str]] = {}
        for folder in LOOKED_THROUGH:
            for path in sorted((PACKAGE / folder).glob("*.py")):
                name = ".".join(["kf_mcp", folder, *([] if path.stem == "__init__" else [path.stem])])
                self._take(name, ast.parse(path.read_text("utf-8")))

    def used_by(self, function: str) -> set[str]:
        """The operations that this function uses, itself or through others."""
        used: set[str] = set()
        seen: set[str] = set()
        waiting = [function]
        while waiting:
            name = waiting.pop()
            if name in seen or name not in self._pieces:
                continue
            seen.add(name)
            piece = self._pieces[name]
            texts = {n.value for n in _walked(piece) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            used |= texts & self._operations
            waiting += self._named_in(piece)
        return used

    def resources(self) -> dict[str, str]:
        """The functions behind resources, by their addresses: those that a decorator gives one to."""
        found = {}
        for name, piece in self._pieces.items():
            for decorator in getattr(piece.node, "decorator_list", []):
                if isinstance(decorator, ast.Call) and decorator.args and isinstance(decorator.args[0], ast.Constant):
                    found[str(decorator.args[0].value)] = name
        return {address: name for address, name in found.items() if address.startswith("kashflow://")}

    def _take(self, module: str, tree: ast.Module) -> None:
        self._imports[module] = dict(_imported(tree))
        for node in tree.body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._pieces[f"{module}.{node.name}"] = Piece(node, module)
                    for inner in _functions(ast.walk(node)):
                        if inner is not node:
                            self._pieces[f"{module}.{node.name}.{inner.name}"] = Piece(inner, module)
                case ast.ClassDef():
                    for method in _functions(node.body):
                        self._pieces[f"{module}.{node.name}.{method.name}"] = Piece(method, module, node.name)
                    if module.endswith("_steps") or any(map(_is_operation, node.body)):
                        self._pieces[f"{module}.{node.name}"] = Piece(node, module, node.name)  # a step, whole
                case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
                    self._pieces[f"{module}.{name}"] = Piece(node, module)

    @cached_property
    def _nouns(self) -> dict[str, str]:
        """The attributes of Books, and the class of each."""
        piece = self._pieces["kf_mcp.kashflow.books.Books.__init__"]
        found = {}
        for node in ast.walk(piece.node):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                maker = ast.unparse(node.value.func)
                found[ast.unparse(node.targets[0]).removeprefix("self.")] = self._imports[piece.module].get(maker, "")
        return {noun: kind for noun, kind in found.items() if kind}

    def _named_in(self, piece: Piece) -> Iterator[str]:
        """The pieces that this piece may name."""
        imports = self._imports[piece.module]
        for node in _walked(piece):
            if isinstance(node, ast.Name):
                yield imports.get(node.id, f"{piece.module}.{node.id}")
            elif isinstance(node, ast.Attribute):
                yield from self._attribute(node, piece, imports)

    def _attribute(self, node: ast.Attribute, piece: Piece, imports: dict[str, str]) -> Iterator[str]:
        parts = ast.unparse(node).split(".")
        if isinstance(node.value, ast.Call):  # Invoices(soap).of_customer
            maker = ast.unparse(node.value.func)
            yield f"{imports.get(maker, f'{piece.module}.{maker}')}.{node.attr}"
        if parts[0] in {"self", "cls"}:
            yield f"{piece.module}.{piece.owner}.{parts[1]}"
        elif parts[0] in imports:
            yield ".".join([imports[parts[0]], *parts[1:]])
        for noun, method in pairwise(parts):  # books.invoices.get, or an alias of books.invoices
            if noun in self._nouns:
                yield f"{self._nouns[noun]}.{method}"


def _is_operation(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "operation"


def _walked(piece: Piece) -> Iterator[ast.AST]:
    """Everything in a piece; of a step without what undoes it, which is `undo_write`'s."""
    if not isinstance(piece.node, ast.ClassDef):
        yield from ast.walk(piece.node)
        return
    for part in (*piece.node.bases, *piece.node.body):
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) or part.name not in UNDOING:
            yield from ast.walk(part)


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kf_mcp"):
            for name in node.names:
                yield name.asname or name.name, f"{node.module}.{name.name}"


def _functions(nodes: Iterable[ast.AST]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
