"""Calls on the books without SOAP between, and documents to put in; figures are worked out from what is put in."""

from datetime import date, datetime
from decimal import Decimal

from kf_mcp.simulator import nouns
from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import OPERATIONS
from kf_mcp.simulator.switches import Switches

TODAY = date(2026, 11, 22)


def at(year, month, day, hour=0, minute=0):
    """A moment as KashFlow's calls name it: without a zone."""
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001


ISSUED = at(2026, 11, 3, 22, 44)

assert nouns.__all__  # importing it enters every call


def opened(*settings, world="empty", today=TODAY):
    return Books.open(world, today, Switches.parse(settings))


def call(books, operation, **request):
    """The whole answer of one call, carried out as the service carries it out."""
    with books.call():
        answer = OPERATIONS[operation](books, request)
    assert_balanced(books)
    return answer


def ask(books, operation, **request):
    return call(books, operation, **request).result


def assert_balanced(books):
    rows = books.trial_balance()
    assert sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows) == 0


def balance(books, nominal):
    """One nominal's balance by the state that tests see: debits less credits, in pounds."""
    rows = [row for row in books.trial_balance() if row["nominal"] == str(nominal)]
    return sum((Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows), Decimal(0))


def nominal_id(books, code):
    return next(row["id"] for row in ask(books, "GetNominalCodes") if row["Code"] == code)


def customer(books, **members):
    return ask(books, "InsertCustomer", custr={"Name": "Hatter & Sons", **members})


def line(books, rate="10", *, quantity="1", vat_rate="20", vat=None, nominal=4000, **members):
    net = Decimal(rate) * Decimal(quantity)
    worked_out = (net * max(Decimal(vat_rate), Decimal(0)) / 100).quantize(Decimal("0.01"))
    return {
        "Quantity": Decimal(quantity),
        "Description": "Hats",
        "Rate": Decimal(rate),
        "ChargeType": nominal_id(books, nominal) if nominal else 0,
        "VatRate": Decimal(vat_rate),
        "VatAmount": worked_out if vat is None else Decimal(vat),
        **members,
    }


def invoice_members(customer_id, *lines, **members):
    return {"CustomerID": customer_id, "InvoiceDate": ISSUED, "Lines": list(lines), **members}


def invoice(books, customer_id, *lines, **members):
    """The number of a new invoice."""
    return ask(books, "InsertInvoice", Inv=invoice_members(customer_id, *lines, **members))


def read(books, number):
    return ask(books, "GetInvoice", InvoiceNumber=number)


def payment_members(books, number, amount, **members):
    return {
        "PayInvoice": number,
        "PayDate": at(2026, 11, 20),
        "PayMethod": ask(books, "GetInvPayMethods")[0]["MethodID"],
        "PayAccount": ask(books, "GetBankAccounts")[0]["AccountID"],
        "PayAmount": Decimal(amount),
        **members,
    }


def pay(books, number, amount, **members):
    """The id of a new payment."""
    return ask(books, "InsertInvoicePayment", InvoicePayment=payment_members(books, number, amount, **members))
