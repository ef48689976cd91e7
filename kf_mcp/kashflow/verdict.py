"""What an answer proves: that it worked, that it did not, or neither."""

from typing import Final

from kf_mcp.errors import AddressNotAllowed, CredentialsRejected, Failure, SaidNo
from kf_mcp.kashflow.envelopes import Answer
from kf_mcp.model.text import quoted

HTTP_OK: Final = 200
TIMEOUT_TEXTS: Final = ("timeout", "time-out", "timed out", "time out")
"""What a database timeout says; KashFlow's back end is SQL Server and does time out (seen through its REST API)."""


def page_or(status: int, body: bytes, reason: str) -> str:
    """Why the answer is no answer, in words that point to the cause."""
    if status != HTTP_OK:
        return f"it answered HTTP {status} instead of SOAP"
    if not body.strip():
        return "its answer was empty"
    if body.lstrip()[:200].lower().startswith((b"<!doctype html", b"<html")):
        return "it answered with a web page instead of SOAP (maintenance, or a wrong KASHFLOW_URL)"
    return reason


def is_timeout(detail: str) -> bool:
    """Whether KashFlow's words are those of a database that gave up waiting."""
    return any(text in detail.lower() for text in TIMEOUT_TEXTS)


def doubt(answer: Answer) -> str:
    """Why this answer to a write proves neither that it was written nor that it was not; empty where it proves one."""
    status = (answer.status or "").strip().upper()
    if status not in {"OK", "NO", ""}:
        return f"KashFlow answered with the status {quoted(status, 20)}, which is neither OK nor NO"
    if status == "NO" and is_timeout(answer.detail):
        return "KashFlow's database timed out over it"
    if status == "NO" and isinstance(answer.result, int) and answer.result > 0:
        return f"KashFlow said NO and gave the number {answer.result} all the same"
    if not status and not answer.result:
        return "the answer holds neither a status nor a result"
    return ""


def refusal(operation: str, detail: str) -> Failure:
    """The error that KashFlow's words call for."""
    if "incorrect username or password" in detail.lower():
        return CredentialsRejected()
    if "access list" in detail.lower():
        return AddressNotAllowed(detail)
    return SaidNo(operation, detail)
