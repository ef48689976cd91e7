"""The whole of the books as plain JSON for tests: snake_case, money as decimal strings, dates as yyyy-mm-dd."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator.records import ZERO, BankRow, Document, Party

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books
    from kf_mcp.simulator.catalogue import Project


def of(books: Books) -> dict[str, Any]:
    """Show every record, and the trial balance that follows from them."""
    return {
        "world": books.world,
        "today": books.today.isoformat(),
        "lock_date": _day(books.company.lock_date),
        "customers": [_whole_party(party) for party in books.customers],
        "suppliers": [_whole_party(party) for party in books.suppliers],
        "invoices": [_document(books, document, books.customers.get(document.party)) for document in books.invoices],
        "purchases": [_document(books, document, books.suppliers.get(document.party)) for document in books.purchases],
        "quotes": [_quote(books, document) for document in books.quotes],
        "nominals": [
            {
                **{name: getattr(row, name) for name in ("id", "code", "name", "type", "area")},
                "particulars": {name: _plain(value) for name, value in row.particulars.items()},
            }
            for row in books.nominals
        ],
        "bank_accounts": _bank_accounts(books),
        "bank_transactions": [_bank_row(row) for row in books.bank_rows],
        "journals": _journals(books),
        "products": _products(books),
        "projects": [_project(books, row) for row in books.projects],
        "emails": [{field.name: getattr(email, field.name) for field in fields(email)} for email in books.emails],
        "trial_balance": trial_balance(books),
    }


def trial_balance(books: Books) -> list[dict[str, str]]:
    """List the balance of every nominal that has one, on its side, in pounds."""
    codes = {nominal.id: nominal.code for nominal in books.nominals}
    rows = sorted((codes.get(nominal, nominal), total) for nominal, total in books.ledger.totals().items())
    return [
        {"nominal": str(code), "debit": money(max(total, ZERO)), "credit": money(max(-total, ZERO))}
        for code, total in rows
        if total
    ]


def money(amount: Decimal) -> str:
    """Write an amount with its pennies."""
    return f"{amount:.2f}"


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _party(party: Party) -> dict[str, Any]:
    """Show what customers and suppliers have alike."""
    members = party.members
    return {
        "id": party.id,
        "code": party.code,
        "name": party.name,
        "contact": members.get("Contact") or "",
        "email": members.get("Email") or "",
        "telephone": members.get("Telephone") or "",
        "postcode": members.get("Postcode", members.get("PostCode")) or "",
        "vat_number": members.get("VATNumber") or "",
        "notes": members.get("Notes") or "",
        "payment_terms": members.get("PaymentTerms") or 0,
        "currency_id": members.get("CurrencyID") or 0,
    }


def _whole_party(party: Party) -> dict[str, Any]:
    """Show a customer or a supplier, with every member of KashFlow's record by its own name."""
    return {**_party(party), "members": {name: _plain(value) for name, value in party.members.items()}}


def _plain(value: Any) -> Any:
    """Show a member of one of KashFlow's own records: money and moments as texts."""
    return value if isinstance(value, (int, str, type(None))) else str(value)


def _document(books: Books, document: Document, party: Party | None) -> dict[str, Any]:
    """Show a document in its own currency, its payments as they were sent."""
    return {
        "id": document.id,
        "number": document.number,
        "customer_code" if document.kind != "purchase" else "supplier_code": party.code if party else "",
        "date": document.date.isoformat(),
        "due_date": _day(document.due),
        "reference": document.reference,
        "currency": document.currency,
        "exchange_rate": str(document.rate),
        "lines": _lines(books, document),
        "net": money(document.net),
        "vat": money(document.vat),
        "gross": money(document.net + document.vat),
        "paid": money(books.amounts.paid(document)),
        "due_home": money(books.amounts.home_due(document)),
        "payments": [
            {
                "id": payment.id,
                "date": payment.date.isoformat(),
                "amount": money(payment.amount),
                "method": payment.method,
                "account": payment.account,
                "note": payment.note,
                "advance": payment.advance,
                "settles_with": payment.settles_with,
            }
            for payment in document.payments
        ],
        "notes": [{"id": note.id, "date": note.date.isoformat(), "text": note.text} for note in document.notes],
        "attachments": [
            {
                "id": file.id,
                "name": file.name,
                "extension": file.extension,
                "content_type": file.content_type,
                "size": file.size,
                "sha256": file.sha256,
                "date": file.uploaded.isoformat(),
            }
            for file in document.attachments
        ],
        "project": document.project,
        "suppress_total": document.suppress_total,
        "delivery_address": dict(document.delivery),
        "use_custom_delivery_address": document.own_delivery_address,
        "permanent_link": document.permanent_link,
        "reverse_charge": {
            "net": _money_or_nothing(document.reverse_charge_net),
            "vat": _money_or_nothing(document.reverse_charge_vat),
            "applies": document.reverse_charge,
        },
    }


def _money_or_nothing(amount: Decimal | None) -> str | None:
    return None if amount is None else money(amount)


def _quote(books: Books, quote: Document) -> dict[str, Any]:
    """Show a quote; ``invoice`` is the number of the one that it became, if any."""
    invoice = books.invoices.get(quote.became)
    shown = _document(books, quote, books.customers.get(quote.party))
    return {**shown, "category": quote.category, "invoice": invoice.number if invoice else None}


def _products(books: Books) -> list[dict[str, Any]]:
    """Show the items of the catalogue, each with the code of the nominal it stands under."""
    codes = {nominal.id: nominal.code for nominal in books.nominals}
    return [
        {
            "id": item.id,
            "code": item.code,
            "name": item.name,
            "description": item.description,
            "nominal": codes.get(item.nominal, 0),
            "price": str(item.price),
            "vat_rate": str(item.vat_rate),
            "wholesale_price": str(item.wholesale_price),
            "in_stock": item.in_stock if item.managed else None,
            "managed": item.managed,
            "stock_warning": item.warn_at,
            "fills_in": item.fills_in,
        }
        for item in books.sub_products
    ]


def _project(books: Books, project: Project) -> dict[str, Any]:
    """Show a project; its status is 0 complete, 1 active or 2 archived."""
    customer = books.customers.get(project.customer)
    return {
        "id": project.id,
        "number": project.number,
        "name": project.name,
        "reference": project.reference,
        "description": project.description,
        "start": _day(project.start),
        "end": _day(project.end),
        "customer_code": customer.code if customer else "",
        "status": project.status,
    }


def _lines(books: Books, document: Document) -> list[dict[str, Any]]:
    """Show a document's lines; prices in up to four places."""
    nominals = {line.nominal: books.nominals.get(line.nominal) for line in document.lines}
    return [
        {
            "id": line.id,
            "description": line.description,
            "quantity": str(line.quantity),
            "unit_price": str(line.rate),
            "nominal": nominal.code if (nominal := nominals[line.nominal]) else 0,
            "nominal_id": line.nominal,
            "vat_rate": str(line.vat_rate),
            "vat": money(line.vat),
            "net": money(line.net),
            "product": line.product,
            "project": line.project,
            "import_duty": money(line.import_duty),
        }
        for line in document.lines
    ]


def _bank_accounts(books: Books) -> list[dict[str, Any]]:
    """Show the bank accounts with their balances of the ledger."""
    totals = books.ledger.totals()
    codes = {nominal.id: nominal.code for nominal in books.nominals}
    return [
        {
            "id": account.id,
            "name": account.name,
            "nominal": codes[account.nominal],
            "balance": money(totals.get(account.nominal, ZERO)),
        }
        for account in books.bank_accounts
    ]


def _bank_row(row: BankRow) -> dict[str, Any]:
    """Show money in or out that belongs to no document."""
    return {
        "id": row.id,
        "account": row.account,
        "date": row.date.isoformat(),
        "money_in": money(row.money_in),
        "money_out": money(row.money_out),
        "type": row.type,
        "comment": row.comment,
        "vatable": row.vatable,
        "vat_rate": str(row.vat_rate),
        "vat": money(row.vat),
        "other_account": row.other_account,
        "customer": row.customer,
        "supplier": row.supplier,
        "project": row.project,
        "allocated": money(row.allocated),
    }


def _journals(books: Books) -> list[dict[str, Any]]:
    """Show the journals, a debit above zero."""
    codes = {nominal.id: nominal.code for nominal in books.nominals}
    return [
        {
            "id": journal.id,
            "number": journal.number,
            "date": journal.date.isoformat(),
            "comment": journal.comment,
            "lines": [
                {
                    "nominal": codes[line.nominal],
                    "nominal_id": line.nominal,
                    "amount": money(line.amount),
                    "comment": line.comment,
                    "project": line.project,
                }
                for line in journal.lines
            ],
        }
        for journal in books.journals
    ]
