"""Writes of sales invoices and credit notes."""

from write_examples import Example

STANDS = "invoices/1299"  # to Penhaligon Boatyard, unpaid, of a project
LEDGER = ("trial_balance", "customers/PENH01")

EXAMPLES = [
    Example(
        tool="create_invoice",
        arguments={
            "customer": "PENH01",
            "reference": "PO 4711",
            "lines": [
                {"description": "Hats & scarves", "quantity": 3, "unit_price": "10.82", "vat_rate": 20, "nominal": 4000}
            ],
        },
        operation="InsertInvoice",
        changes=("invoices/1308", *LEDGER),
        refusals=(
            ({"customer": "Nobody Ltd"}, "No customer"),
            ({"lines": []}, "at least one is needed"),
            ({"currency": "XXX"}, "is not a currency"),
            (
                {"lines": [{"description": "Hats", "unit_price": "-1", "vat_rate": 20, "nominal": 4000}]},
                "cannot be negative",
            ),
            (
                {"lines": [{"description": "Hats", "unit_price": "1", "vat_rate": 17, "nominal": 4000}]},
                "is not a VAT rate",
            ),
            (
                {"lines": [{"description": "Hats", "unit_price": "1", "vat_rate": 20, "nominal": 5000}]},
                "is not for sales",
            ),
        ),
    ),
    Example(
        tool="update_invoice",
        arguments={
            "invoice": 1299,
            "reference": "PO 9913",
            "due_date": "2027-01-15",
            "project": "",
            "delivery_name": "Penhaligon slipway",
            "delivery_address": ["Dock Road"],
            "delivery_postcode": "BS1 6XP",
        },
        operation="UpdateInvoiceHeader",
        changes=(
            *(f"{STANDS}/reference", f"{STANDS}/due_date", f"{STANDS}/project"),
            *(f"{STANDS}/delivery_address", f"{STANDS}/use_custom_delivery_address"),
        ),
        refusals=(
            ({"invoice": 99999}, "No invoice"),
            ({"project": "Nothing of the kind"}, "No project is called"),
            (
                {
                    "reference": "PO PEN-2611",
                    "due_date": "2026-12-17",
                    "project": "Boatyard rebrand",
                    "delivery_name": "",
                    "delivery_address": [],
                    "delivery_postcode": "",
                },
                "Nothing would change",
            ),
        ),
    ),
    Example(
        tool="change_invoice_lines",
        arguments={
            "invoice": 1292,
            "change": [{"line": 2, "quantity": "4.25"}],
            "remove": [3],
            "add": [{"description": "Courier", "unit_price": "12.35", "vat_rate": 20, "nominal": 4000}],
        },
        operation="UpdateInvoice",
        changes=(
            *("invoices/1292/lines", "invoices/1292/net", "invoices/1292/vat", "invoices/1292/gross"),
            *("invoices/1292/due_home", *LEDGER),
        ),
        refusals=(
            ({"change": [{"line": 9, "quantity": 1}]}, "has no line 9"),
            ({"remove": [2, 3]}, "is named twice"),
            ({"change": [], "remove": [1, 2, 3], "add": []}, "would have no lines"),
            ({"change": [{"line": 2, "vat_rate": 17}]}, "is not a VAT rate"),
            ({"invoice": 1300, "change": [{"line": 2, "quantity": 1}], "remove": [1, 3], "add": []}, "less than"),
        ),
    ),
    Example(
        tool="delete_invoice",
        arguments={"invoice": 1299},
        operation="DeleteInvoiceByID",
        changes=(STANDS, *LEDGER),
        refusals=(({"invoice": 1300}, "has payments"), ({"invoice": 99999}, "No invoice")),
    ),
    Example(
        tool="create_credit_note",
        arguments={
            "invoice": 1292,
            "lines": [{"line": 1}, {"line": 2, "quantity": "1.25"}],
            "reason": "goods returned",
        },
        operation="InsertInvoice",
        changes=("invoices/1308", *LEDGER),
        refusals=(
            ({"invoice": 1307}, "nothing to credit"),
            ({"lines": [{"line": 1, "quantity": 2}]}, "cannot be credited of it"),
            ({"lines": [{"line": 4}]}, "has no line 4"),
            ({"lines": [{"line": 1}, {"line": 1}]}, "is named twice"),
        ),
    ),
    Example(
        tool="apply_credit_note",
        arguments={"credit_note": 1308, "invoice": 1292},
        operation="applyCreditNoteToInvoice",
        before=(("create_credit_note", {"invoice": 1292, "lines": [{"line": 1}]}),),
        changes=(
            *("invoices/1292/paid", "invoices/1292/payments", "invoices/1292/due_home"),
            *("invoices/1308/paid", "invoices/1308/payments", "invoices/1308/due_home"),
            *LEDGER,
        ),
        is_undone=False,
        refusals=(
            ({"invoice": 1300}, "of its own customer only"),
            ({"invoice": 1307}, "is a credit note, not an invoice"),
            ({"credit_note": 1299}, "is an invoice, not a credit note"),
            ({"credit_note": 1304, "invoice": 1268}, "was used or refunded"),
        ),
    ),
    Example(
        tool="email_invoice",
        arguments={
            "invoice": 1299,
            "subject": "Invoice 1299",
            "body": "Dear Morwenna,\n\nhere it is.\nYours, Rosalind",
        },
        operation="EmailInvoice",
        changes=("emails",),
        is_undone=False,
        refusals=(
            ({"to": "one@example.org, two@example.org"}, "is not one e-mail address"),
            ({"invoice": 1287}, "has several addresses"),
            ({"body": "  "}, "is empty"),
        ),
    ),
]
