"""The books: everything that can be read, by noun. Nothing here can write."""

from datetime import date, datetime
from pathlib import Path

from kf_mcp.kashflow.bank import Bank
from kf_mcp.kashflow.company import Company
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.customers import Customers
from kf_mcp.kashflow.documents import Documents
from kf_mcp.kashflow.files import Files
from kf_mcp.kashflow.invoices import Invoices
from kf_mcp.kashflow.journals import Journals
from kf_mcp.kashflow.payments import Payments
from kf_mcp.kashflow.products import Products
from kf_mcp.kashflow.projects import Projects
from kf_mcp.kashflow.purchases import Purchases
from kf_mcp.kashflow.quotes import Quotes
from kf_mcp.kashflow.raw import RawReads
from kf_mcp.kashflow.reference import Reference
from kf_mcp.kashflow.reports import Reports
from kf_mcp.kashflow.suppliers import Suppliers
from kf_mcp.kashflow.vat import VAT
from kf_mcp.kashflow.written import Written
from kf_mcp.model import dates


class Books:
    """Everything readable. What is kept between reads belongs to one `Books`; a fresh one reads past every cache."""

    def __init__(
        self,
        soap: Connection,
        *,
        clock: dates.Clock = dates.now,
        sales_nominal: int | None = None,
        locked_before: date | None = None,
        vat_periods: tuple[tuple[date, date], ...] = (),
        keep: Path | None = None,
    ) -> None:
        self._soap = soap
        self._clock = clock
        self.sales_nominal = sales_nominal
        """The nominal code that the owner chose for invoice lines that name none."""
        self.locked_before = locked_before
        """The day before which the owner has closed the books."""
        self.vat_periods = vat_periods
        """The VAT periods that the owner declared, first and last day of each; KashFlow lists none."""
        self.customers = Customers(soap, keep)
        self.invoices = Invoices(soap)
        self.payments = Payments(soap)
        self.suppliers = Suppliers(soap)
        self.purchases = Purchases(soap)
        self.quotes = Quotes(soap)
        self.documents = Documents(soap)
        self.reference = Reference(soap)
        self.vat = VAT(soap)
        self.reports = Reports(soap)
        self.bank = Bank(soap)
        self.journals = Journals(soap)
        self.products = Products(soap)
        self.projects = Projects(soap)
        self.company = Company(soap)
        self.operations = RawReads(soap)
        self.files = Files(soap)
        self.written = Written(soap)

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return self._clock()

    @property
    def today(self) -> date:
        """The day that it is in the UK."""
        return dates.uk_day(self._clock())

    def fresh(self) -> "Books":
        """The same books with nothing kept: what a plan reads after a person's yes."""
        books = Books(
            self._soap,
            clock=self._clock,
            sales_nominal=self.sales_nominal,
            locked_before=self.locked_before,
            vat_periods=self.vat_periods,
        )
        books.customers = self.customers.fresh()
        return books

    def forget(self) -> None:
        """Let go of what a write of ours may have changed."""
        self.reference.forget()
        self.customers.forget()
        self.suppliers.forget()
        self.purchases.forget()
