"""Whether the VAT of sales to customers abroad, and of purchases from suppliers abroad, looks as it usually does."""

from collections.abc import Iterable, Mapping

from kf_mcp.model import vat_on_purchases, vat_on_sales
from kf_mcp.model.checks import Finding, lines_of, name, party
from kf_mcp.model.customers import Customer
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.purchases import Purchase
from kf_mcp.model.suppliers import Supplier
from kf_mcp.model.text import quoted


def sold(invoices: Iterable[Invoice], customers: Mapping[int, Customer]) -> list[Finding]:
    """Lines with UK VAT for customers outside the UK."""
    found = []
    for invoice, line in lines_of(invoices):
        customer = customers.get(invoice.customer_id)
        unfit = vat_on_sales.unfit_for_region(line.vat_rate, customer.region) if customer and line.net else ""
        if unfit:
            what = f"{party(invoice)}, {quoted(line.description, 60)}: {unfit}"
            found.append(Finding(what=what, documents=(name(invoice),), amount=line.vat, currency=invoice.currency))
    return found


def bought(purchases: Iterable[Purchase], suppliers: Mapping[int, Supplier]) -> list[Finding]:
    """Lines from suppliers outside the UK at 0% or N/A, or with VAT on them; the amount is the VAT, or else the net amount."""
    found = []
    for purchase in sorted(purchases, key=lambda one: (one.issue_date, one.number)):
        for line in purchase.lines if purchase.supplier_id in suppliers else ():
            unfit = vat_on_purchases.unfit_from_abroad(line.vat_rate, line.net, line.vat)
            if unfit:
                what = f"{party(purchase)}, {quoted(line.description, 60)}: {unfit}"
                amount = line.vat or line.net
                found.append(Finding(what=what, documents=(name(purchase),), amount=amount, currency=purchase.currency))
    return found
