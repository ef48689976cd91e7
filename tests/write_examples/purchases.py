"""Purchases: entered, changed, deleted, sent as an order."""

from write_examples import Example

BILL = {
    "supplier": "AVON01",
    "issue_date": "2026-11-18",
    "reference": "AP-20417",
    "lines": [
        {"description": "Card, 300 g", "net": "41.65", "vat_rate": 20, "vat": "8.32", "nominal": 5000},
        {"description": "Carriage", "quantity": 2, "unit_price": "4.75", "vat_rate": 0, "nominal": 5100},
    ],
}
MAIL = {"purchase": 1123, "subject": "Order 1123", "body": "Please send\n\nthe brochures."}
LEDGER = ("trial_balance", "nominals")

EXAMPLES = [
    Example(
        tool="create_purchase",
        arguments=BILL,
        operation="InsertReceipt",
        changes=("purchases/1130", *LEDGER),
        refusals=(
            ({"total": "60.00"}, "the bill's total is £60.00"),
            ({"lines": [{"net": 1, "nominal": 4000}]}, "is not for purchases"),
            ({"lines": [{"net": 1, "nominal": 99}]}, "No nominal has the code 99"),
            ({"lines": [{"net": 1, "nominal": 5000, "vat_rate": 7}]}, "not a VAT rate of this account"),
            ({"lines": [{"net": 1, "nominal": 5000, "vat_rate": 0, "vat": 2}]}, "it carries £2.00 VAT at 0%"),
            ({"lines": [{"net": 1, "quantity": 2}]}, "no `unit_price`"),
            ({"lines": [{"net": 3, "quantity": 2, "unit_price": 1}]}, "2 x 1 is 2.00, not 3.00"),
            ({"lines": [{"description": "x"}]}, "names no amount"),
            ({"lines": []}, "is empty"),
            ({"currency": "XXX"}, "not a currency of this account"),
            ({"supplier": "PAPE01", "lines": [{"net": 1}]}, "the supplier is not in the UK"),
        ),
    ),
    Example(
        tool="update_purchase",
        arguments={"purchase": 1129, "reference": "WTP 88", "due_date": "2026-12-24"},
        operation="UpdateReceiptHeader",
        changes=("purchases/1129/reference", "purchases/1129/due_date"),
        refusals=(
            ({"purchase": 4711}, "No purchase"),
            ({"reference": "WHAR01/261110", "due_date": "2026-12-10"}, "Nothing would change"),
            ({"project": 999}, "No project has the number 999"),
        ),
    ),
    Example(
        tool="change_purchase_lines",
        arguments={
            "purchase": 1129,
            "change": [{"line": 1, "unit_price": "300.00"}],
            "add": [{"description": "Folding", "net": "15.50", "vat_rate": 20, "nominal": 5010}],
        },
        operation="UpdateReceipt2",
        changes=(
            *(f"purchases/1129/{name}" for name in ("lines", "net", "vat", "gross", "due_home")),
            *LEDGER,
        ),
        refusals=(
            ({"change": [], "add": []}, "Nothing would change"),
            ({"change": [], "add": [], "remove": [1]}, "No line would be left"),
            ({"change": [], "remove": [2]}, "has no line 2"),
            ({"remove": [1]}, "named twice"),
            ({"change": [{"line": 1, "nominal": 4000}]}, "is not for purchases"),
            ({"change": [{"line": 1, "vat_rate": 0, "vat": 5}]}, "Line 1: it carries £5.00 VAT at 0%"),
            ({"change": [{"line": 1, "import_duty": 5}]}, "import duty only there"),
        ),
    ),
    Example(
        tool="delete_purchase",
        arguments={"purchase": 1124},
        operation="DeleteReceiptByID",
        changes=("purchases/1124", *LEDGER),
        refusals=(({"purchase": 1119}, "has payments of £1,140.00"), ({"purchase": 4711}, "No purchase")),
    ),
    Example(
        tool="email_purchase_order",
        arguments=MAIL,
        operation="EmailPurchaseOrder",
        changes=("emails",),
        refusals=(
            ({"to": "two@one.example, one@two.example"}, "not one plain e-mail address"),
            ({"from_email": "studio"}, "not one plain e-mail address"),
            ({"purchase": 4711}, "No purchase"),
        ),
        is_undone=False,
    ),
]
