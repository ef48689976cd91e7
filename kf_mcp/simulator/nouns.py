"""Every noun that calls are about: importing this enters all of their calls."""

from kf_mcp.simulator import (
    bank,
    company,
    customer_terms,
    customers,
    invoice_writing,
    invoices,
    payments,
    purchases,
    reference,
    reports,
    suppliers,
    vat,
)

__all__ = [
    "bank",
    "company",
    "customer_terms",
    "customers",
    "invoice_writing",
    "invoices",
    "payments",
    "purchases",
    "reference",
    "reports",
    "suppliers",
    "vat",
]
