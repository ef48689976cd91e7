"""Writing in the bank: new accounts, money in and out that belongs to no document, and money on account allocated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import advances, wire
from kf_mcp.simulator.bank import BANK_AREA
from kf_mcp.simulator.documents import check_open
from kf_mcp.simulator.invoice_writing import DONE, nothing_to_delete
from kf_mcp.simulator.invoices import by_number
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.quote_writing import updated
from kf_mcp.simulator.records import HUNDRED, ZERO, BankAccount, BankRow, Nominal

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
CURRENT_ASSET = 5
ANYWHERE = 0


class NoSuchTransaction(Refusal):
    """A sentence of ours for a bank transaction that is not there."""

    def __init__(self) -> None:
        super().__init__("There is no bank transaction with this id.")


@operation("CreateBankAccount")
def create_bank_account(books: Books, request: Request) -> Answer:
    """Open a bank account on a nominal, which is named by its code; the answer is the account's id.

    That two accounts cannot share a nominal, and none can be on a control account, is our choice.
    """
    name, code = wire.text(request, "AccountName").strip(), wire.whole(request, "NominalCode")
    if not name:
        raise Refusal("The bank account has no name.")
    nominal = next((row for row in books.nominals if row.code == code), None)
    if nominal is None:
        nominal = _new_nominal(books, code, name)
    controls = books.company.controls
    taken = {row.nominal for row in books.bank_accounts}
    if nominal.id in {*taken, controls.other, controls.debtors, controls.creditors}:
        raise Refusal(f"The nominal code {code} cannot be used for a bank account.")
    account = BankAccount(books.next_id("bank account"), name, nominal.id)
    books.bank_accounts.put(account)
    return Answer(account.id)


def _new_nominal(books: Books, code: int, name: str) -> Nominal:
    """Make the nominal of a new bank account, if the switch says that KashFlow does."""
    if books.switches.bank_account_code == "refuse" or code <= 0:
        raise Refusal(f"The nominal code {code} does not exist.")
    nominal = Nominal(books.next_id("nominal"), code, name, CURRENT_ASSET, ANYWHERE)
    books.nominals.put(nominal)
    return nominal


@operation("InsertBankTransaction")
def insert_bank_transaction(books: Books, request: Request) -> Answer:
    """Enter money in or out of an account; the answer is the transaction's id, an id that was sent is not looked at."""
    row = _sent(books, wire.record(request, "bp"), None)
    entered = replace(row, id=books.next_id("bank row"))
    books.put_bank_row(entered)
    return Answer(entered.id)


@operation("UpdateBankTransaction")
def update_bank_transaction(books: Books, request: Request) -> Answer:
    """Write money in or out anew, found by TransactionID; what was left out becomes blank.

    Of money on account that was set against a document only the comment and the project may change: our choice.
    """
    before = books.bank_rows.get(wire.whole(request, "TransactionID"))
    if before is None:
        raise NoSuchTransaction
    check_open(books, before.date)
    row = replace(_sent(books, wire.record(request, "bp"), before), id=before.id, allocated=before.allocated)
    if before.allocated and replace(row, comment=before.comment, project=before.project) != before:
        raise Refusal("The bank transaction is allocated and cannot be changed.")
    books.put_bank_row(row)
    return updated(books, row.id)


@operation("DeleteBankTransaction")
def delete_bank_transaction(books: Books, request: Request) -> Answer:
    """Delete money in or out by its id; what was set of it against documents is no payment any more."""
    row = books.bank_rows.get(wire.whole(request, "TransactionID"))
    if row is None:
        return nothing_to_delete(books, NoSuchTransaction())
    check_open(books, row.date)
    if row.allocated:
        if books.switches.delete_paid_document == "refuse":
            raise Refusal("The bank transaction is allocated and cannot be deleted.")
        _take_back(books, row)
    books.drop_bank_row(row)
    return Answer(DONE)


def _take_back(books: Books, row: BankRow) -> None:
    """Take the payments away that were made of money on account."""
    for shelf in (books.invoices, books.purchases):
        for document in [found for found in shelf if any(payment.advance == row.id for payment in found.payments)]:
            kept = tuple(payment for payment in document.payments if payment.advance != row.id)
            books.put_document(replace(document, payments=kept))


@operation("AllocateAdvancePaymentToInvoice")
def allocate_advance_payment_to_invoice(books: Books, request: Request) -> Answer:
    """Set money that a customer paid on account against an invoice, which is named by its number."""
    invoice = by_number(books, wire.whole(request, "InvoiceNumber"))
    payment = advances.allocate(books, invoice, wire.whole(request, "BankTxId"))
    return Answer(payment.id if books.switches.allocate_result == "payment" else DONE)


def _sent(books: Books, members: Mapping[str, Any], before: BankRow | None) -> BankRow:
    """Read and check money in or out; its id is 0."""
    account = books.bank_accounts.get(wire.whole(members, "accid"))
    if account is None:
        raise Refusal("There is no bank account with this id.")
    day = wire.day(members, "TransactionDate")
    if day is None:
        raise Refusal("The bank transaction has no date.")
    check_open(books, day)
    kind, other_account = _other_side(books, wire.whole(members, "TransactionType"), account, before)
    customer, supplier = wire.whole(members, "CustomerId"), wire.whole(members, "SupplierId")
    _check_parties(books, kind, customer, supplier)
    vatable = bool(wire.whole(members, "Vatable"))
    if vatable and (other_account or kind in _controls(books)):
        raise Refusal("A transfer or an advance payment cannot carry VAT.")
    money_in, money_out, vat = _amounts(books, members, vatable=vatable)
    return BankRow(
        id=0,
        account=account.id,
        date=day,
        money_in=money_in,
        money_out=money_out,
        type=kind,
        comment=wire.text(members, "Comment"),
        vatable=vatable,
        vat_rate=wire.decimal(members, "VatRate"),
        vat=vat,
        customer=customer,
        supplier=supplier,
        project=wire.whole(members, "ProjectID"),
        other_account=other_account,
    )


def _other_side(books: Books, kind: int, account: BankAccount, before: BankRow | None) -> tuple[int, int]:
    """Read where money came from or went to: a nominal, or the other bank account of a transfer."""
    if not kind and before is not None and before.other_account:
        ends = {before.account: before.other_account, before.other_account: before.account}
        if account.id in ends:
            return 0, ends[account.id]
    nominal = books.nominals.get(kind)
    if nominal is None:
        if books.switches.unknown_nominal == "refuse":
            raise Refusal(f"The transaction type {kind} does not exist.")
        return books.company.controls.other, 0
    if nominal.id == account.nominal:
        raise Refusal("The transaction type is the bank account itself.")
    other = next((row for row in books.bank_accounts if row.nominal == nominal.id), None)
    if other is not None:
        if books.switches.bank_to_bank == "refuse":
            raise Refusal("The transaction type is another bank account.")
        return nominal.id, other.id
    if nominal.area != BANK_AREA and books.switches.wrong_nominal_area == "refuse":
        raise Refusal(f"The transaction type {kind} is not a bank transaction type.")
    return nominal.id, 0


def _controls(books: Books) -> tuple[int, int]:
    """Give the nominals on which money is on account; that it carries no VAT there is our choice."""
    return books.company.controls.debtors, books.company.controls.creditors


def _check_parties(books: Books, kind: int, customer: int, supplier: int) -> None:
    """Refuse a customer or a supplier who is not there, and by the switch money on account of nobody."""
    if customer and books.customers.get(customer) is None:
        raise Refusal("There is no customer with this id.")
    if supplier and books.suppliers.get(supplier) is None:
        raise Refusal("There is no supplier with this id.")
    debtors, creditors = _controls(books)
    nobody = (kind == debtors and not customer) or (kind == creditors and not supplier)
    if nobody and books.switches.advance_without_party == "refuse":
        raise Refusal("The advance payment names no customer or supplier.")


def _amounts(books: Books, members: Mapping[str, Any], *, vatable: bool) -> tuple[Decimal, Decimal, Decimal]:
    """Read money in, money out and VAT; exactly one of the first two is not nothing (KashFlow's manual)."""
    money_in, money_out, vat = (
        books.amounts.pennies(wire.decimal(members, name)) for name in ("moneyin", "moneyout", "VatAmount")
    )
    sent = money_in or money_out
    if not sent or (money_in and money_out):
        raise Refusal("A bank transaction is either money in or money out.")
    if sent < 0 and books.switches.negative_payment == "refuse":
        raise Refusal("The amount of a bank transaction cannot be negative.")
    if not vatable:
        return money_in, money_out, vat
    before_vat = books.switches.bank_amounts == "net"
    rate = wire.decimal(members, "VatRate")
    if books.switches.vat_amount == "recompute":
        vat = _vat(books, sent, rate, before_vat=before_vat)
    gross = sent + vat if before_vat else sent
    return (gross, ZERO, vat) if money_in else (ZERO, gross, vat)


def _vat(books: Books, sent: Decimal, rate: Decimal, *, before_vat: bool) -> Decimal:
    """Work out the VAT on an amount before it, or in an amount that includes it."""
    if before_vat or rate <= 0:
        return books.amounts.vat_on(sent, rate)
    return books.amounts.pennies(sent * rate / (HUNDRED + rate))
