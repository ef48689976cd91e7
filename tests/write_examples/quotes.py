"""Writes of quotes. Quote 1011 is Penhaligon’s sign-writing, still open; 1001 to 1004 became invoices."""

from write_examples import Example

HATS = {
    "customer": "PENH01",
    "lines": [
        {"description": "Hats & scarves", "quantity": 3, "unit_price": "10.82", "vat_rate": 20, "nominal": 4000},
        {"description": "Delivery", "unit_price": "5.00", "vat_rate": 0, "nominal": 4000},
    ],
    "reference": "Enquiry 12",
}
LINES = [HATS["lines"][0]]

EXAMPLES = [
    Example(
        tool="create_quote",
        arguments=HATS,
        operation="InsertQuote",
        changes=("quotes/1013",),
        refusals=(
            ({"customer": "NOBODY99"}, "No customer"),
            ({"lines": []}, "is empty"),
            ({"lines": [{**LINES[0], "nominal": 1234567}]}, "No nominal has the code"),
            ({"lines": [{**LINES[0], "vat_rate": 17}]}, "is not a VAT rate of this account"),
            ({"lines": [{**LINES[0], "unit_price": "-1"}]}, "not negative"),
        ),
    ),
    Example(
        tool="update_quote",
        arguments={"number": 1011, "reference": "Sign 7", "date": "2026-11-19", "hide_total": True},
        operation="UpdateQuoteHeader",
        changes=("quotes/1011/reference", "quotes/1011/date", "quotes/1011/suppress_total"),
        refusals=(
            ({"number": 999}, "No quote"),
            ({"reference": "", "date": None, "hide_total": None}, "Nothing would change"),
            ({"reference": None, "date": None, "hide_total": None}, "Nothing to change is named"),
            ({"customer": "NOBODY99"}, "No customer"),
        ),
    ),
    Example(
        tool="change_quote_lines",
        arguments={"number": 1011, "add": LINES, "change": [{"line": 1, "quantity": 2}]},
        operation="UpdateQuote",
        changes=(
            "quotes/1011/lines",
            "quotes/1011/net",
            "quotes/1011/vat",
            "quotes/1011/gross",
            "quotes/1011/due_home",
        ),
        refusals=(
            ({"number": 999}, "No quote"),
            ({"remove": [3]}, "none at place 3"),
            ({"remove": [1]}, "named twice"),
            ({"add": [], "change": [], "remove": [1]}, "No line would be left"),
            ({"add": [], "change": []}, "Nothing would change"),
        ),
    ),
    Example(
        tool="delete_quote",
        arguments={"number": 1011},
        operation="DeleteQuoteByID",
        changes=("quotes/1011",),
        refusals=(({"number": 999}, "No quote"),),
    ),
    Example(
        tool="convert_quote",
        arguments={"number": 1011},
        operation="ConvertQuoteToInvoice",
        changes=("quotes/1011/invoice", "invoices/1308", "trial_balance"),
        refusals=(({"number": 999}, "No quote"), ({"number": 1001}, "made of quote 1001 already")),
    ),
    Example(
        tool="convert_quote",
        arguments={"number": 1011, "keep_quote": False, "name_quote": True},
        operation="ConvertQuoteToInvoice",
        changes=("quotes/1011", "invoices/1308", "trial_balance"),
        refusals=(({"number": 999}, "No quote"),),
        id="convert_quote-removed",
    ),
]
