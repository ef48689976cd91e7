"""The command line.

`kf-mcp` serves, `kf-mcp demo` shows the whole job, `kf-mcp simulate` is a pretend KashFlow, `kf-mcp trail` the audit trail.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from kf_mcp import __version__
from kf_mcp.errors import BadSettings, Failure
from kf_mcp.model.text import clean

os.environ.setdefault("PYDANTIC_ERRORS_INCLUDE_URL", "0")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name; without one, serve over standard input and output."""
    chosen = _parser().parse_args(arguments)
    try:
        code = _run(chosen)
    except Failure as failure:
        print(f"kf-mcp: {clean(str(failure))}", file=sys.stderr)  # it may quote a file or a host: no control characters
        code = 2
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _run(chosen: argparse.Namespace) -> int:
    """Run one command; each is imported only when it is asked for."""
    if chosen.version:
        print(_version())
        return 0
    if chosen.env_file and chosen.command in {"demo", "simulate"}:
        raise BadSettings(f"`kf-mcp {chosen.command}` reads no settings file.", "Leave --env-file out.")
    if chosen.command == "simulate":
        from kf_mcp.cli.simulate import simulate  # noqa: PLC0415

        return simulate(chosen)
    if chosen.command == "demo":
        from kf_mcp.cli.demo import demo  # noqa: PLC0415

        return demo(yes=chosen.yes)
    from kf_mcp.settings import forget_credentials, load  # noqa: PLC0415

    settings = load(chosen.env_file)
    forget_credentials()
    if chosen.command == "trail":
        from kf_mcp.cli.trail import trail  # noqa: PLC0415

        return trail(settings, most=chosen.most, verify=chosen.verify, head=chosen.head, exports=chosen.export)
    from kf_mcp.server import create_server  # noqa: PLC0415
    from kf_mcp.server.stdio import run  # noqa: PLC0415

    run(create_server(settings))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kf-mcp",
        description="An MCP server that keeps a UK small company's books in KashFlow. Without a command it serves over standard input and "
        "output, as MCP clients start it; without credentials it opens the demo company.",
        epilog="Settings: see .env.example; KASHFLOW_USERNAME and KASHFLOW_PASSWORD connect your own account.",
    )
    parser.add_argument("--version", action="store_true", help="show the version, and where settings and trail lie")
    env_file = argparse.ArgumentParser(add_help=False)
    env_file.add_argument(
        "--env-file",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,  # any other default would undo the option where it stands before the command
        help="read settings from FILE instead of the user's own",
    )
    parser.add_argument("--env-file", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", parents=[env_file], help="serve over standard input and output (the default)")
    demo = commands.add_parser("demo", help="show the whole job on a made-up company")
    demo.add_argument("--yes", action="store_true", help="say yes to every question, without asking")
    simulate = commands.add_parser("simulate", help="a pretend KashFlow on this computer, for tests and trials")
    _simulate_arguments(simulate)
    trail = commands.add_parser("trail", parents=[env_file], help="show what was written")
    trail.add_argument(
        "--most", type=_at_least_one, default=20, metavar="N", help="show at most N entries (default 20)"
    )
    trail.add_argument("--verify", action="store_true", help="check that no row was altered")
    trail.add_argument(
        "--head",
        default="",
        metavar="FILE",
        help="check also against FILE, an earlier export (or ROW:HASH), whether rows were cut off or worked out anew",
    )
    trail.add_argument(
        "--export",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="write all rows and the head to a new FILE, .csv or .json; may be given twice",
    )
    return parser


def _simulate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N", help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--world", default="demo", help="the books to start with: demo, empty, large (default demo)")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep the books in FILE from one run to the next")
    parser.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="the day on which the world is dated")
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="decide one of KashFlow's unknowns; `list` shows them",
    )
    parser.add_argument("--control", action="store_true", help="open the /control pages, for tests")


def _at_least_one(text: str) -> int:
    """A whole number from 1 up, as argparse reads one."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


_at_least_one.__name__ = "number"  # argparse names it when the value is wrong


def _version() -> str:
    from platformdirs import user_config_path, user_data_path  # noqa: PLC0415

    config, data = user_config_path("kf-mcp", appauthor=False), user_data_path("kf-mcp", appauthor=False)
    return f"kf-mcp {__version__}\nsettings: {config / '.env'}\ntrail: {data / 'trail.db'}"
