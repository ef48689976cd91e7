"""Calls that write purchases, beside those of books_calls; the older shape calls the supplier CustomerID."""

from decimal import Decimal

from books_calls import ask, at, invoice_members

BOUGHT = at(2026, 11, 5)


def new_supplier(books, name="Felt Mills", **members):
    return ask(books, "InsertSupplier", supl={"Name": name, "EC": 0, **members})


def receipt_members(supplier_id, *lines, **members):
    return invoice_members(supplier_id, *lines, **{"InvoiceDate": BOUGHT, **members})


def receipt(books, supplier_id, *lines, **members):
    """The number of a new purchase."""
    return ask(books, "InsertReceipt", Inv=receipt_members(supplier_id, *lines, **members))


def receipt2_members(supplier_id, *lines, **members):
    return {"SupplierId": supplier_id, "ReceiptDate": BOUGHT, "Lines": list(lines), **members}


def as_line2(row, **members):
    """A line by the names of ReceiptLine2."""
    names = {"ProductID": "ProductId", "ProjID": "ProjId"}
    return {**{names.get(name, name): value for name, value in row.items()}, **members}


def read(books, number):
    return ask(books, "GetReceipt", ReceiptNumber=number)


def key_of(books, number):
    return read(books, number)["InvoiceDBID"]


def lines_of(books, number):
    return [row.members for row in read(books, number)["Lines"]]


def payment_members(books, number, amount, **members):
    return {
        "PayInvoice": number,
        "PayDate": at(2026, 11, 20),
        "PayMethod": ask(books, "GetRecPayMethods")[0]["MethodID"],
        "PayAccount": ask(books, "GetBankAccounts")[0]["AccountID"],
        "PayAmount": Decimal(amount),
        **members,
    }


def pay(books, number, amount, **members):
    """The id of a new payment."""
    return ask(books, "InsertReceiptPayment", ReceiptPayment=payment_members(books, number, amount, **members))
