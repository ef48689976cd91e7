"""The nominal ledger: what was posted to one nominal, and what each posting stems from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.ledger import Posting, Source
from kf_mcp.simulator.operations import Answer, Refusal, Rows, operation
from kf_mcp.simulator.records import BankRow, Document, Journal, Payment

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
SALE, PURCHASE, BANK, JOURNAL = 1, 2, 3, 4
"""What a posting stems from (KashFlow's manual, TransactionInformation)."""

Said = tuple[str, int]
"""What a posting's own line says, and its project."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a posting stems from: its type and id, a number or a bank account's name, a party or a comment."""

    type: int
    id: int
    reference: str
    about: str
    said: Sequence[Said]
    """For each line on the nominal in turn; empty where an amount is of no single line, such as the VAT's."""
    project: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the nominal ledger."""

    posting: Posting
    origin: Origin
    said: Said


@operation("GetNominalLedger")
def get_nominal_ledger(books: Books, request: Request) -> Answer:
    """List what was posted to one nominal, named by its internal id, from one day to another, the oldest first."""
    nominal = wire.whole(request, "NominalID")
    if books.nominals.get(nominal) is None:
        if books.switches.not_found_other == "refuse":
            raise Refusal("There is no nominal code with this id.")
        return Answer([])
    start, end = wire.day(request, "StartDate") or date.min, wire.day(request, "EndDate") or date.max
    found = sorted(_entries(books, nominal, start, end), key=lambda entry: entry.posting.date)
    sign = 1 if books.switches.ledger_value_sign == "debit_positive" else -1
    return Answer(Rows(found, lambda entry: _shown(entry, sign)))


def _shown(entry: Entry, sign: int) -> dict[str, Any]:
    """Write one row; id2, id3 and Ref3 are not used (KashFlow's manual, TransactionInformation)."""
    narrative, project = entry.said
    return {
        "Date": wire.moment(entry.posting.date),
        "nomid": entry.posting.nominal,
        "Value": sign * entry.posting.amount,
        "Type": entry.origin.type,
        "id": entry.origin.id,
        "Ref1": entry.origin.reference,
        "Ref2": entry.origin.about,
        "Narrative": narrative,
        "ProjId": project or entry.origin.project,
    }


def _entries(books: Books, nominal: int, start: date, end: date) -> Iterator[Entry]:
    for source, postings in books.ledger.by_source(nominal):
        if not start <= postings[0].date <= end:  # an entry's postings are all of one day
            continue
        origin = _origin(books, source, nominal)
        said = origin.said if len(origin.said) == len(postings) else [("", 0)] * len(postings)
        yield from (Entry(posting, origin, words) for posting, words in zip(postings, said, strict=True))


def _origin(books: Books, source: Source, nominal: int) -> Origin:
    sort, key = source
    if sort == "bank":
        return _of_bank_row(books, _there(books.bank_rows.get(key)))
    if sort == "journal":
        return _of_journal(_there(books.journals.get(key)), nominal)
    if sort == "invoice":
        return _of_document(books, _there(books.invoices.get(key)), nominal)
    if sort == "purchase":
        return _of_document(books, _there(books.purchases.get(key)), nominal)
    return _of_payment(books, *_payments(books, sort.removesuffix(" payment"))[key])


def _there(record: Any) -> Any:
    """Give a record back; an entry whose record is gone would be a mistake of ours."""
    if record is None:
        raise LookupError("An entry of the ledger stems from nothing.")
    return record


def _payments(books: Books, kind: str) -> Mapping[int, tuple[Document, Payment]]:
    """Find the payments of a kind of document by their ids."""
    shelf = books.invoices if kind == "invoice" else books.purchases
    return books.work_out(
        f"{kind} payments by id", lambda: {payment.id: (row, payment) for row in shelf for payment in row.payments}
    )


def _of_document(books: Books, document: Document, nominal: int) -> Origin:
    parties = books.customers if document.kind == "invoice" else books.suppliers
    party = parties.get(document.party)
    said = [
        (line.description, line.project)
        for line in document.lines
        if (line.nominal or books.company.controls.other) == nominal and books.amounts.home(line.net, document.rate)
    ]
    return Origin(
        type=SALE if document.kind == "invoice" else PURCHASE,
        id=document.id,
        reference=str(document.number),
        about=party.name if party else "",
        said=said,
        project=document.project,
    )


def _of_payment(books: Books, document: Document, payment: Payment) -> Origin:
    """Describe a payment, by the switch as money in a bank account or as part of what it pays."""
    of_document = _of_document(books, document, 0)
    said = [(payment.note, 0)]
    if books.switches.ledger_payments == "document":
        return Origin(of_document.type, document.id, of_document.reference, of_document.about, said)
    return Origin(BANK, payment.id, _bank_name(books, payment.account), of_document.about, said)


def _of_bank_row(books: Books, row: BankRow) -> Origin:
    return Origin(BANK, row.id, _bank_name(books, row.account), row.comment, [(row.comment, 0)], row.project)


def _bank_name(books: Books, account: int) -> str:
    found = books.bank_accounts.get(account)
    return found.name if found else ""


def _of_journal(journal: Journal, nominal: int) -> Origin:
    said = [(line.comment, line.project) for line in journal.lines if line.nominal == nominal and line.amount]
    return Origin(JOURNAL, journal.id, str(journal.number), journal.comment, said)
