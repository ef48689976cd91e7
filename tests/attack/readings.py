"""A call of every tool that reads, on the demo company of 20 Nov 2026, as wide as can be, so that texts of every record show."""

from typing import Any, get_args

from kf_mcp import tools
from kf_mcp.kashflow.operations import operations
from kf_mcp.toolkit import marked
from kf_mcp.tools.reference import Kind
from kf_mcp.tools.reports import NEEDS

EVERYTHING = {"from_date": "2025-10-01", "to_date": "2026-11-20", "limit": 100}
PERIOD = {"start": "2026-04-01", "end": "2026-11-20"}
GIVEN = {**PERIOD, "date": "2026-11-20", "customer": "PENH01"}
WITHOUT_ARGUMENTS = tuple(
    name for name, operation in operations().items() if operation.effect == "read" and not operation.parameters
)


def readings() -> list[tuple[str, dict[str, Any]]]:
    """Every call: the tool's name and its arguments."""
    return [
        ("find_bank_transactions", {"account": "Current account", **EVERYTHING}),
        ("get_bank_balances", {}),
        ("check_books", {"limit": 100}),
        ("get_company", {}),
        ("find_customers", {"limit": 50}),
        ("find_customers", {"words": "penhaligan"}),
        ("find_customers", {"words": "proofs by post"}),
        *(("get_customer", {"customer": code}) for code in ("PENH01", "SEVE01", "GLOU01", "NOBODY")),
        ("get_notes", {"kind": "invoice", "number": 1025}),
        ("get_notes", {"kind": "purchase", "number": 1129}),
        ("get_attachments", {"number": 1129}),
        ("get_document_link", {"kind": "invoice", "number": 1300}),
        ("find_invoices", EVERYTHING),
        ("find_invoices", {"customer": "PENH01"}),
        *(("get_invoice", {"number": number}) for number in (1025, 1300, 1306)),
        ("find_journals", EVERYTHING),
        *(("get_journal", {"number": number}) for number in (1, 2, 3)),
        *(("get_nominal_ledger", {"nominal": nominal, **PERIOD}) for nominal in ("4000", "1200", "7600")),
        ("find_operations", {"words": "customer"}),
        *(("call_operation", {"operation": name, "limit": 50}) for name in WITHOUT_ARGUMENTS),
        ("find_products", {}),
        ("find_projects", {}),
        ("find_purchases", EVERYTHING),
        ("get_purchase", {"number": 1129, "notes": True, "attachments": True}),
        ("find_quotes", {"limit": 50}),
        *(("get_quote", {"number": number}) for number in (1001, 1002, 1003)),
        *(("list_reference", {"kind": kind}) for kind in get_args(Kind)),
        *(
            ("get_report", {"kind": kind, "limit": 100, **{name: GIVEN[name] for name in needs.must}})
            for kind, needs in NEEDS.items()
        ),
        ("find_suppliers", {"limit": 50}),
        ("find_suppliers", {"words": "wharf"}),
        *(("get_supplier", {"supplier": code}) for code in ("TEMP01", "GREA01")),
        ("list_writes", {}),
        ("get_vat_report", {"start": "2026-07-01", "end": "2026-09-30"}),
    ]


def reading_tools() -> set[str]:
    """The names of the tools that read."""
    return {function.__name__ for module in tools.modules() for function, mark in marked(module) if not mark.is_writing}
