"""The tool that tells whose books these are."""

from pydantic import Field
from typing_extensions import override

from kf_mcp.kashflow.books import Books
from kf_mcp.model import money
from kf_mcp.model.money import Number
from kf_mcp.model.text import bounded, quoted
from kf_mcp.toolkit import Reply, Row, reads


class CurrencyRow(Row):
    """A currency of the account."""

    code: str
    rate: Number = Field(description="Units of it for one pound, as KashFlow states it")


class CompanyReply(Reply):
    """Whose books these are."""

    name: str
    address: list[str] = Field([])
    postcode: str = ""
    contact: str = ""
    email: str = ""
    telephone: str = ""
    mobile: str = ""
    vat_registered: bool
    vat_number: str = ""
    vat_registered_in: str = Field("", description="UK or EU, where KashFlow says so")
    payment_terms: int = Field(description="Days until an invoice is due")
    terms_from: str = Field(description="What the days are counted from")
    home_currency: str
    other_currencies: list[CurrencyRow] = Field([])
    business: list[str] = Field([], description="Kind of business, as chosen in KashFlow")
    today: str = Field(description="The day it is in the UK")
    notes: list[str] = Field(description="What KashFlow does not tell")

    @override
    def in_words(self) -> str:
        where = ", ".join(part for part in (*self.address, self.postcode) if part)
        contact = (self.contact, self.email, self.telephone, self.mobile)
        number = quoted(self.vat_number) if self.vat_number else "-"
        state = f"registered{f' in {self.vat_registered_in}' if self.vat_registered_in else ''}, {number}"
        lines = [
            quoted(self.name),
            f"Address: {quoted(where, 300) if where else '-'}",
            f"Contact: {', '.join(quoted(part) for part in contact if part) or '-'}",
            f"VAT: {state if self.vat_registered else 'not registered'}",
            f"Terms: {self.payment_terms} days from {self.terms_from}",
            f"Currency: {self.home_currency}"
            + "".join(f"; {row.code} {money.plain(row.rate)} for a pound" for row in self.other_currencies),
        ]
        if self.business:
            lines.append(f"Business: {', '.join(map(quoted, self.business))}")
        return "\n".join([*lines, f"Today is {self.today}.", *self.notes])


@reads("Company details", toolset="company")
async def get_company(books: Books) -> CompanyReply:
    """Look up whose books these are: name, address, VAT registration and number, payment terms, currencies, today's date in the UK.

    Read now, not from a cache. KashFlow does not tell the financial year, the VAT periods or the VAT scheme: ask the person. For
    nominal codes, VAT rates and bank accounts use `list_reference`; for the company's figures `get_report`.
    """
    found = await books.company.details()
    currencies = await books.reference.currencies()
    home = next((currency.code for currency in currencies if currency.is_home), money.HOME)
    return CompanyReply(
        name=bounded(found.name),
        address=[bounded(line, 80) for line in found.address],
        postcode=bounded(found.postcode, 12),
        contact=bounded(found.contact, 60),
        email=bounded(found.email),
        telephone=bounded(found.telephone, 30),
        mobile=bounded(found.mobile, 30),
        vat_registered=found.vat_registered,
        vat_number=bounded(found.vat_number, 20),
        vat_registered_in=bounded(found.vat_registered_in, 20),
        payment_terms=found.payment_terms,
        terms_from="the end of the month" if found.terms_from_month_end else "the invoice date",
        home_currency=home,
        other_currencies=[CurrencyRow(code=one.code, rate=one.rate) for one in currencies if one.code != home],
        business=[bounded(name, 60) for name in found.business_types],
        today=books.today.isoformat(),
        notes=["The financial year, the VAT periods and the VAT scheme are not told by KashFlow."],
    )
