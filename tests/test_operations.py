import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk
from operations_used import Source

from kf_mcp import tools
from kf_mcp.kashflow import steps, wsdl
from kf_mcp.kashflow.operations import operations, writable
from kf_mcp.simulator.operations import OPERATIONS
from kf_mcp.toolkit import marked
from kf_mcp.tools import operations as tools_for_operations

COVERAGE = Path(__file__).parent / "coverage_of_operations.md"
THE_PAIR = {"find_operations", "call_operation"}
LEFT_OUT = {
    "secret": "hands out a link that opens without a password; no tool of this server needs it",
    "partner": "for KashFlow's partners and for setting up accounts",
}
BY_ANOTHER = {
    "InsertCustomer2": "`InsertCustomer` enters the same, with the older marks of where the customer is",
    "SetCustomerVATNumber": "`update_customer` writes it with the record",
    "SetCustomerCurrency": "`update_customer` writes it with the record",
    "SetSupplierVATNumber": "`update_supplier` writes it with the record",
    "SetSupplierCurrency": "`update_supplier` writes it with the record",
    "InsertInvoice_TypeDefined": "`InsertInvoice` with another way to write lines",
    "InsertInvoiceLine": "`change_invoice_lines` writes all lines, and compares all",
    "InsertInvoiceLineWithInvoiceNumber": "`change_invoice_lines` writes all lines, and compares all",
    "DeleteInvoiceLine": "`change_invoice_lines` writes all lines, and compares all",
    "DeleteInvoiceLineWithInvoiceID": "`change_invoice_lines` writes all lines, and compares all",
    "UpdateInvoice_TypeDefined": "`UpdateInvoice` without the delivery address, which it would lose",
    "DeleteInvoice": "by number, which is given out again; `DeleteInvoiceByID` deletes",
    "InsertQuoteLine": "`change_quote_lines` writes all lines, and compares all",
    "DeleteQuoteLine": "`change_quote_lines` writes all lines, and compares all",
    "DeleteQuoteLineWithQuoteID": "`change_quote_lines` writes all lines, and compares all",
    "DeleteQuote": "by number, which is given out again; `DeleteQuoteByID` deletes",
    "InsertReceipt_TypeDefined": "`InsertReceipt` with another way to write lines",
    "InsertReceiptLine": "`change_purchase_lines` writes all lines, and compares all",
    "InsertReceiptLine2": "`change_purchase_lines` writes all lines, and compares all",
    "InsertReceiptLineFromNumber": "`change_purchase_lines` writes all lines, and compares all",
    "InsertReceiptLineFromNumber2": "`change_purchase_lines` writes all lines, and compares all",
    "DeleteReceiptLine": "`change_purchase_lines` writes all lines, and compares all",
    "DeleteReceiptLineWithReceiptID": "`change_purchase_lines` writes all lines, and compares all",
    "UpdateReceipt_TypeDefined": "`UpdateReceipt` with another way to write lines",
    "DeleteReceipt": "by number, which is given out again; `DeleteReceiptByID` deletes",
    "UpdateJournalHeader": "`update_journal` writes the whole journal, and compares all",
    "CreateSpecialNominal": "what its members Special, PlOption and BsOption mean is not documented; `create_nominal` makes ordinary ones",
    "DeleteJournal": "by number, which is given out again; `DeleteJournalByID` deletes",
}
"""Operations that write and have no step of their own, since another does their work; the reason why that one."""
WRITING = {"write", "sends_mail"}
assert steps.KINDS  # every kind of step is known


def asked(operation: str, arguments: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "operation": operation,
        "arguments": [{"name": name, "value": value} for name, value in (arguments or {}).items()],
        **more,
    }


async def called(desk: Desk, operation: str, arguments: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return await desk("call_operation", asked(operation, arguments, **more))


async def refused(desk: Desk, operation: str, arguments: dict[str, Any] | None = None, **more: Any) -> str:
    return await desk.error("call_operation", asked(operation, arguments, **more))


# ---- what is declared


def test_the_effect_of_every_operation_is_declared_and_of_no_other() -> None:
    assert sorted(operations()) == sorted(wsdl.contract()["operations"])


def test_every_operation_means_something_and_no_two_mean_the_same() -> None:
    meanings = [found.meaning for found in operations().values()]

    assert all(meaning.endswith(".") and 15 <= len(meaning) <= 110 for meaning in meanings)
    assert len(set(meanings)) == len(meanings)


@pytest.mark.parametrize(
    ("operation", "effect"),
    [
        ("GetRemoteLoginURL", "secret"),
        ("GetPaypalLink", "secret"),
        ("PrintInvoice", "secret"),
        ("PrintPurchaseOrder", "secret"),
        ("EmailInvoice", "sends_mail"),
        ("EmailPurchaseOrder", "sends_mail"),
        ("isUserVATRegistered", "read"),
        ("isStillQuote", "read"),
        ("VCFToCustomerObjects", "read"),
        ("SearchCustomerByCustText", "read"),
        ("applyCreditNoteToInvoice", "write"),
        ("ConvertQuoteToInvoice", "write"),
        ("AddOrUpdateSubProduct", "write"),
        ("AutoAuthIP", "partner"),
        ("createAccount", "partner"),
        ("SageFile", "partner"),
        ("GetDigitaCSVFile", "partner"),
    ],
)
def test_a_name_proves_nothing(operation: str, effect: str) -> None:
    assert operations()[operation].effect == effect


def test_no_operation_whose_name_says_that_it_changes_something_counts_as_reading() -> None:
    changing = ("Insert", "Update", "Delete", "Set", "Add", "Create", "create", "Allocate", "apply", "Attach", "Email")

    assert [n for n, found in operations().items() if n.startswith(changing) and found.effect == "read"] == []


def test_what_reads_takes_only_plain_values() -> None:
    """A record as an argument would be a sign of a write."""
    plain = {"string", "int", "boolean", "dateTime", "base64Binary"}
    reading = [found for found in operations().values() if found.effect == "read"]

    assert {parameter.kind for found in reading for parameter in found.parameters} <= plain


# ---- finding


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("customer balance", "GetCustomerBalance"),
        ("stock of a product", "GetSubProductByID"),
        ("unpaid bills", "GetReceiptsWithPaging"),
        ("trial balance opening", "GetTrialBalanceWithOpeningBalances"),
        ("vendors VAT number", "GetSupplierVATNumber"),
        ("getvatreport", "GetVATReport"),
        ("GetInvoce", "GetInvoice"),
    ],
)
async def test_an_operation_is_found_by_a_bookkeepers_words(desk: Desk, words: str, first: str) -> None:
    found = await desk("find_operations", words=words, effect="read")

    assert found["operations"][0]["name"] == first


async def test_what_cannot_be_called_says_why_and_names_the_tool(desk: Desk) -> None:
    found = await desk("find_operations", words="InsertInvoice")

    row = next(row for row in found["operations"] if row["name"] == "InsertInvoice")
    assert row["effect"] == "write"
    assert "preview" in row["not_callable"]
    assert "create_invoice" in row["tools"]


async def test_parameters_come_with_what_they_are_and_never_the_credentials(desk: Desk) -> None:
    found = await desk("find_operations", limit=200)

    rows = {row["name"]: row for row in found["operations"]}
    assert found["total"] == len(rows) == 192
    assert rows["GetBankBalance"]["takes"] == ["AccountID (whole number)", "BalanceDate (date)"]
    assert not [row for row in rows.values() if {"UserName (text)", "Password (text)"} & set(row.get("takes", []))]


async def test_nothing_found_is_an_empty_list(desk: Desk) -> None:
    assert await desk("find_operations", words="zzzzqqqq") == {"total": 0, "operations": []}


# ---- calling


async def test_a_reading_operation_gives_kashflows_records(desk: Desk) -> None:
    stands = next(customer for customer in desk.company.state()["customers"] if customer["code"] == "PENH01")

    found = await called(desk, "GetCustomer", {"CustomerCode": "PENH01"})

    record = found["records"][0]
    assert found["total"] == 1
    assert (record["CustomerID"], record["Name"]) == (stands["id"], stands["name"])
    assert "CheckBox1" not in record
    assert "Fax" not in record


async def test_a_single_value_is_a_record_of_its_own(desk: Desk) -> None:
    assert (await called(desk, "isUserVATRegistered"))["records"] == [{"value": True}]


async def test_links_and_debug_texts_never_come_along(desk: Desk) -> None:
    number = desk.invoices()[0]["number"]

    raw = await desk.result("call_operation", asked("GetInvoice", {"InvoiceNumber": number}))

    assert raw.structured_content["records"][0]["Lines"][0]["Quantity"]
    for answer in (str(raw.structured_content), raw.content[0].text):
        assert "http" not in answer
        assert "PermaLink" not in answer
        assert "ReadableString" not in answer


async def test_a_link_inside_a_text_is_left_out(desk: Desk) -> None:
    """It may be one that opens without a password: a program cannot tell."""
    new = {"name": "Linkers", "notes": "see https://api.kashflow.com/v2/documents/x?y"}
    preview = await desk("create_customer", new)
    written = await desk("create_customer", new, confirm=preview["confirm"])

    found = await called(desk, "GetCustomer", {"CustomerCode": written["code"]})

    assert found["records"][0]["Notes"] == "see [link left out]"


async def test_rows_are_cut_counted_and_gone_on_with(desk: Desk) -> None:
    wanted = {"StartDate": "2025-11-20", "EndDate": "2026-11-20"}

    first = await called(desk, "GetInvoicesByDateRange", wanted, fields=["InvoiceNumber"], limit=7)
    rest = await called(
        desk, "GetInvoicesByDateRange", wanted, fields=["InvoiceNumber"], limit=100, offset=first["next_offset"]
    )

    dated = {i["number"] for i in desk.invoices() if "2025-11-20" <= i["date"] <= "2026-11-20"}
    shown = [record["InvoiceNumber"] for record in first["records"] + rest["records"]]
    assert first["total"] == len(dated)
    assert len(first["records"]) == 7
    assert len(shown) == len(set(shown)) == min(107, len(dated))
    assert set(shown) <= dated


async def test_a_long_answer_is_cut_to_what_a_context_bears(desk: Desk) -> None:
    raw = await desk.result("call_operation", asked("GetCustomers", limit=100))

    assert len(raw.content[0].text) < 20_000
    assert raw.structured_content["total"] == len(desk.company.state()["customers"])


async def test_what_kashflow_says_beside_an_answer_is_shown(desk: Desk) -> None:
    """GetReceipts gives the last 100 only and says so with an OK (KashFlow's change log)."""
    found = await called(desk, "GetReceipts", fields=["InvoiceNumber"])

    assert "100" in found["said"]


async def test_kashflows_own_paging_is_shown(desk: Desk) -> None:
    found = await called(desk, "GetReceiptsWithPaging", {"Page": 1, "PerPage": 5, "FilterBy": "All"})

    count = len(desk.company.state()["purchases"])
    assert found["pages"] == {"PageNumber": 1, "TotalPages": -(-count // 5), "TotalRecords": count}


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("GetCustomer", {"CustomerCode": "NOBODY"}),
        ("GetSupplier", {"SupplierCode": "NOBODY"}),
        ("GetInvoice", {"InvoiceNumber": 999999}),
    ],
)
async def test_a_record_that_does_not_exist_is_an_error_in_both_of_kashflows_shapes(
    desk: Desk, operation: str, arguments: dict[str, Any]
) -> None:
    assert "is in the books" in await refused(desk, operation, arguments)


@pytest.mark.parametrize(
    ("operation", "arguments", "said"),
    [
        ("GetInvoice", {}, "`InvoiceNumber` (whole number)"),
        ("GetInvoice", {"InvoiceNo": "1"}, "Did you mean `InvoiceNumber`?"),
        ("GetInvoice", {"InvoiceNumber": "one"}, "whole number"),
        ("GetInvoice", {"InvoiceNumber": "1.5"}, "whole number"),
        ("GetInvoice", {"InvoiceNumber": "99999999999"}, "whole number"),
        ("GetInvoice", {"InvoiceNumber": "1", "UserName": "x"}, "cannot be passed"),
        ("GetInvoice", {"InvoiceNumber": "1", "password": "x"}, "cannot be passed"),
        ("GetAgedDebtors", {"AgedDebtorsDate": "20/11/2026"}, "2026-11-22"),
        ("GetAgedDebtors", {"AgedDebtorsDate": "2026-11-20T00:00:00Z"}, "without a zone"),
        ("GetAgedDebtors", {"AgedDebtorsDate": "0001-01-01"}, "a date"),
        ("GetAgedDebtors", {"AgedDebtorsDate": "2026-02-30"}, "a date"),
        (
            "GetIncomeByCustomer",
            {"StartDate": "2026-01-01", "EndDate": "2026-02-01", "BasedOnInvoiceDate": "x"},
            "true or false",
        ),
        ("GetCustomer", {"CustomerCode": "a\x00b"}, "`CustomerCode`"),
        ("GetCustomers", {"Page": "1"}, "It takes none."),
        ("getinvoce", {}, "Did you mean `GetInvoice`?"),
    ],
)
async def test_wrong_arguments_are_refused_and_nothing_is_sent(
    desk: Desk, operation: str, arguments: dict[str, Any], said: str
) -> None:
    assert said in await refused(desk, operation, arguments)
    assert desk.company.calls == []


async def test_a_parameter_named_twice_is_refused(desk: Desk) -> None:
    twice = [{"name": "InvoiceNumber", "value": "1"}, {"name": "InvoiceNumber", "value": "2"}]

    assert "twice" in await desk.error("call_operation", {"operation": "GetInvoice", "arguments": twice})


async def test_arguments_are_understood_as_an_object_too(desk: Desk) -> None:
    found = await desk("call_operation", {"operation": "GetCustomer", "arguments": {"CustomerCode": "PENH01"}})

    assert found["records"][0]["Code"] == "PENH01"


async def test_a_field_that_is_not_there_is_refused_with_the_nearest(desk: Desk) -> None:
    text = await refused(desk, "GetCustomer", {"CustomerCode": "PENH01"}, fields=["Nmae"])

    assert "Did you mean `Name`?" in text


async def test_nothing_but_reading_is_ever_called(desk: Desk) -> None:
    for found in operations().values():
        if found.effect != "read":
            text = await refused(desk, found.name, {parameter.name: "1" for parameter in found.parameters[:12]})
            assert "cannot be called" in text, found.name

    assert desk.company.calls == []


async def test_the_refusal_names_the_tool_that_does_it(desk: Desk) -> None:
    assert "`record_payment`" in await refused(desk, "InsertInvoicePayment")


async def test_every_simulated_reading_operation_can_be_called_and_hands_out_no_link(desk: Desk) -> None:
    """With arguments that fit the types; what is not there may be said."""
    state = desk.company.state()
    values = {
        "string": "PENH01",
        "int": str(state["bank_accounts"][0]["id"]),
        "dateTime": "2026-11-01",
        "boolean": "true",
    }
    known = {
        "CustomerCode": "PENH01",
        "InvoiceNumber": str(desk.invoices()[0]["number"]),
        "FilterBy": "All",
        "Page": "1",
    }
    known |= {"ReceiptNumber": str(state["purchases"][0]["number"]), "PerPage": "10", "PageNumber": "1"}
    known |= {"SupplierCode": state["suppliers"][0]["code"], "NumberOfInvoices": "3", "NumberOfReceipts": "3"}
    for found in operations().values():
        if found.effect != "read" or found.name not in OPERATIONS or found.name == "VCFToCustomerObjects":
            continue
        arguments = {p.name: known.get(p.name, values[p.kind]) for p in found.parameters}
        raw = await desk.result("call_operation", asked(found.name, arguments))
        text = raw.content[0].text
        assert not raw.is_error or "is in the books" in text or "KashFlow refused" in text, (found.name, text)
        assert "://" not in text.replace("Website: “https://", ""), found.name

    assert desk.is_balanced()
    assert desk.company.state() == state


# ---- the coverage table


def derived() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Which tools and which resources use each operation, read from the source; those that use the fewest stand first."""
    source = Source(set(operations()))
    by_tool: dict[str, list[str]] = {name: [] for name in operations()}
    by_resource: dict[str, list[str]] = {name: [] for name in operations()}
    used: dict[str, set[str]] = {}
    for module in tools.modules():
        for function, mark in marked(module):
            where = "" if mark.toolset == "core" else f" ({mark.toolset})"
            used[function.__name__ + where] = source.used_by(f"{module.__name__}.{function.__name__}")
    for tool, names in sorted(used.items(), key=lambda item: (len(item[1]), item[0])):
        for name in names:
            if operations()[name].effect not in WRITING or name in writable:  # a name alone sends nothing
                by_tool[name].append(tool)
    for address, function in source.resources().items():
        for name in source.used_by(function):
            by_resource[name].append(address)
    return by_tool, by_resource


def coverage_table() -> str:
    by_tool, by_resource = derived()
    rows = [
        "# What becomes of each of KashFlow's operations",
        "",
        "Written by `pytest tests/test_operations.py --renew` from the source; a test compares.",
        "In brackets: the toolset, where it is not `core`.",
        "",
        "| Operation | Effect | Used by |",
        "| --- | --- | --- |",
    ]
    for name, found in sorted(operations().items(), key=lambda item: item[0].casefold()):
        users = [f"`{user}`" for user in (*by_tool[name], *(() if by_tool[name] else by_resource[name]))]
        if not users and found.effect == "read":
            users = ["`call_operation` (operations)"]
        if not users and name in writable:
            users = ["`undo_write`"]
        why = BY_ANOTHER.get(name) or LEFT_OUT.get(found.effect, "")
        rows.append(f"| {name} | {found.effect} | {', '.join(users) or f'left out: {why}'} |")
    return "\n".join(rows) + "\n"


def tools_file() -> str:
    head = [
        "# Which tools use each operation, with the toolset where it is not `core`.",
        "# Written by `pytest tests/test_operations.py --renew`.",
    ]
    rows = [f"{name} = {json.dumps(users)}" for name, users in derived()[0].items() if users]
    return "\n".join([*head, *rows]) + "\n"


def test_every_operation_that_writes_has_a_step_or_its_reason() -> None:
    writing = {name for name, found in operations().items() if found.effect in WRITING}

    assert writing - writable == BY_ANOTHER.keys()
    assert writing >= writable


def test_the_coverage_table_is_what_the_source_says(request: pytest.FixtureRequest) -> None:
    """Renew it with: pytest tests/test_operations.py -k coverage --renew"""
    if request.config.getoption("--renew"):
        COVERAGE.write_text(coverage_table(), "utf-8")
        tools_for_operations.TOOLS_BY_OPERATION.write_text(tools_file(), "utf-8")

    assert COVERAGE.read_text("utf-8") == coverage_table()
    assert tools_for_operations.TOOLS_BY_OPERATION.read_text("utf-8") == tools_file()


async def test_the_coverage_read_from_the_source_is_what_is_called(desk: Desk) -> None:
    """The source is read by a small program of ours: what the tools really call must be among what it found."""
    by_tool, _ = derived()
    state = desk.company.state()
    invoice, purchase = state["invoices"][0]["number"], state["purchases"][0]["number"]
    period = {"start": "2026-07-01", "end": "2026-09-30"}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("find_customers", {}),
        ("get_customer", {"customer": "PENH01"}),
        ("find_invoices", {"status": "unpaid"}),
        ("find_invoices", {"customer": "PENH01"}),
        ("find_invoices", {}),
        ("get_invoice", {"number": invoice}),
        ("get_vat_report", period),
        ("create_invoice", {"customer": "PENH01", "lines": [{"description": "x", "unit_price": 1, "nominal": 4000}]}),
        ("record_payment", {"invoice": invoice}),
        ("find_suppliers", {}),
        ("find_purchases", {"status": "unpaid"}),
        ("get_supplier", {"supplier": state["suppliers"][0]["code"]}),
        ("get_purchase", {"number": purchase}),
        ("find_quotes", {}),
        ("get_quote", {"number": 1}),
        ("get_notes", {"kind": "purchase", "number": purchase}),
        ("get_attachments", {"number": purchase}),
        ("get_document_link", {"kind": "invoice", "number": invoice}),
        ("get_company", {}),
        ("list_reference", {"kind": "currencies"}),
        ("find_bank_transactions", {}),
        ("get_nominal_ledger", {"nominal": "4000", **period}),
        ("find_journals", {}),
        ("find_products", {}),
        ("find_projects", {}),
        *[("get_report", {"kind": kind, **period}) for kind in ("profit_and_loss", "trial_balance", "kpis")],
        *[("get_report", {"kind": kind, "date": "2026-10-31"}) for kind in ("balance_sheet", "aged_debtors")],
    ]
    for tool, arguments in calls:
        desk.company.calls.clear()
        await desk.result(tool, arguments)  # a refusal is fine: what was called before it counts
        called_now = {call.name for call in desk.company.calls}
        found = {name for name, users in by_tool.items() if tool in {user.partition(" ")[0] for user in users}}
        assert called_now <= found, tool


async def test_no_tool_but_the_pair_takes_an_operations_name(desk: Desk) -> None:
    takers = {
        tool.name for tool in (await desk.client.list_tools()).tools if "operation" in tool.input_schema["properties"]
    }

    assert takers <= THE_PAIR
