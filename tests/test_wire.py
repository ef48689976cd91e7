"""Client and pretend KashFlow, each against envelopes that were written by hand (tests/wire; each file cites its facts).

The two share nothing but the service description, so an envelope that both read alike, and as the facts say, is the nearest
thing to KashFlow itself.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from lxml import etree
from pydantic import SecretStr

from kf_mcp.errors import AddressNotAllowed, CredentialsRejected, NotFound, OutcomeUnknown, Refused, SaidNo
from kf_mcp.kashflow import payment_steps
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.customer_steps import InsertCustomer
from kf_mcp.kashflow.customers import Customers, to_customer
from kf_mcp.kashflow.envelopes import Envelopes, Fault
from kf_mcp.kashflow.invoice_steps import InsertInvoice
from kf_mcp.kashflow.invoices import Invoices, member_lines, to_invoice, to_line
from kf_mcp.kashflow.payments import Payments
from kf_mcp.kashflow.reference import Reference
from kf_mcp.kashflow.vat import VAT
from kf_mcp.kashflow.wire import rows
from kf_mcp.model.customers import Customer, NewCustomer
from kf_mcp.model.invoices import Invoice, InvoiceLine, NewInvoice, NewLine
from kf_mcp.model.payments import NewPayment, Payment
from kf_mcp.model.reference import BankAccount, Company, Currency, Nominal, PaymentMethod, VATRate
from kf_mcp.model.vat import VATReport
from kf_mcp.settings import Settings
from kf_mcp.simulator import Simulator, records
from kf_mcp.simulator.customers import BLANK

WIRE = Path(__file__).parent / "wire"
SERVICE = "http://kashflow.test/api/service.asmx"
SOAP_11 = "{http://schemas.xmlsoap.org/soap/envelope/}"
SOAP_12 = "{http://www.w3.org/2003/05/soap-envelope}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
KASHFLOW = "{KashFlow}"
TODAY = date(2026, 11, 22)

WRONG_PASSWORD = "Incorrect username or password"
HATTER = 47443359
"""The customer whom the requests name."""


def operation_of(name):
    """The operation of an envelope: its file is called `<operation>.<what is special>`."""
    return name.split(".")[0]


def answer_file(name):
    return (WIRE / "answers" / f"{name}.xml").read_bytes()


def request_file(name):
    return (WIRE / "requests" / f"{name}.xml").read_bytes()


@pytest.mark.parametrize("path", sorted(WIRE.rglob("*.xml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_envelope_begins_with_the_source_of_its_shape(path):
    first = etree.fromstring(path.read_bytes()).getprevious()

    assert first is not None
    assert first.tag is etree.Comment
    assert re.search(r"kashflow|WSDL|\.NET|Zynk|hcs-app|XML", first.text, re.IGNORECASE)


# --- what the client reads ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def envelopes():
    return Envelopes()


@pytest.fixture
def read(envelopes):
    """Read one answer by the name of its file."""
    return lambda name: envelopes.answer(operation_of(name), answer_file(name))


@pytest.fixture
async def connected():
    """A connection to somebody who answers with the named files."""
    opened = []

    def connect(*names, status=200, sent=None):
        files = {operation_of(name): answer_file(name) for name in names}

        def reply(request):
            if sent is not None:
                sent.append(request)
            return httpx.Response(status, content=files[request.headers["SOAPAction"].strip('"').split("/")[1]])

        settings = Settings(username="demo", password=SecretStr("demo"))
        opened.append(Connection(settings, httpx.MockTransport(reply)))
        return opened[-1]

    yield connect
    for connection in opened:
        await connection.close()


def test_a_customer_is_read_with_its_blank_members(read):
    answer = read("GetCustomer.blanks")

    assert (answer.status, answer.detail, answer.is_ok) == ("OK", "", True)
    assert to_customer(answer.result) == Customer(
        id=47443359,
        code="HATT01",
        name="Hatter & Daughters",
        contact="Ms Dora Hatter",
        email="dora@hatter.example",
        telephone="0117 496 0101",
        mobile="07700 900123",
        address=("12 Felt Row", "Brim House", "Bristol"),
        postcode="BS1 4QA",
        country="United Kingdom",
        region="UK",
        updated=datetime.fromisoformat("2026-09-21T11:39:26"),
    )
    assert answer.result["Created"] == datetime.fromisoformat("2026-09-16")
    assert answer.result["Discount"] == Decimal("0.0000")


def test_a_customer_is_read_without_its_absent_members(read):
    answer = read("GetCustomer.absent")

    assert (answer.detail, answer.is_ok) == ("", True)
    assert to_customer(answer.result) == Customer(
        id=47443360, code="SPG9F86D081884C", name="Café Zoë", contact="Zoë Penhaligon", payment_terms=14, updated=None
    )


def test_every_customer_of_a_list_is_read(read):
    german, american = [to_customer(row) for row in rows(read("GetCustomers.two").result, "Customer")]

    assert german == Customer(
        id=47443361,
        code="FILZ01",
        name="Filz <&> Söhne GmbH",
        contact="Jürgen Filz",
        email="jf@filz.example; buero@filz.example",
        country="Germany",
        region="EU",
        notes="“Pays late” says the bank: £20 a time",
        payment_terms=30,
        currency_id=242,
        vat_number="DE136695976",
        updated=datetime.fromisoformat("2026-10-02T16:05:09"),
    )
    assert german.emails == ("jf@filz.example", "buero@filz.example")
    assert (american.id, american.region, american.country) == (47443362, "world", "US")


@pytest.mark.parametrize("character", ["&#x1F;", "&#xB;", "&#x0;", "&#11;", "&#31;", "&#x000c;"])
def test_one_character_that_xml_forbids_does_not_hide_the_rest(envelopes, character):
    """ASP.NET platform rule: XmlSerializer writes such a character as a number, which no XML reader accepts."""
    document = answer_file("GetCustomer.blanks").replace(b"<Notes />", f"<Notes>pays{character}late</Notes>".encode())

    customer = to_customer(envelopes.answer("GetCustomer", document).result)

    assert (customer.id, customer.notes) == (47443359, "pays late")


def test_characters_that_xml_allows_as_numbers_are_kept(envelopes):
    document = answer_file("GetCustomer.blanks").replace(
        b"<Notes />", b"<Notes>a&#10;b&#x9;c&#xA3;&#160;&amp;#31;</Notes>"
    )

    assert to_customer(envelopes.answer("GetCustomer", document).result).notes == "a\nb\tc£\u00a0&#31;"


def test_the_newer_customers_say_in_one_word_where_they_are(read):
    found = [to_customer(row) for row in rows(read("GetCustomers2.regions").result, "Customer2")]

    assert [(customer.code, customer.region) for customer in found] == [
        ("HOME01", "UK"),
        ("EURO01", "EU"),
        ("WORL01", "world"),
        ("NIRL01", "EU"),
    ]


@pytest.mark.parametrize("name", ["GetCustomers.none", "GetCustomers.none_absent"])
async def test_a_company_without_customers_has_none_in_either_shape(connected, name):
    assert await Customers(connected(name)).all() == []


@pytest.mark.parametrize("name", ["GetCustomer.not_found", "GetCustomer.not_found_blank"])
async def test_an_unknown_customer_is_not_found_in_either_shape(connected, name):
    with pytest.raises(NotFound, match="NOBODY"):
        await Customers(connected(name)).by_code("NOBODY")


@pytest.mark.parametrize("name", ["GetInvoice.not_found", "GetInvoice.not_found_blank"])
async def test_an_unknown_invoice_is_not_found_in_either_shape(connected, name):
    with pytest.raises(NotFound, match="99"):
        await Invoices(connected(name)).get(99)


def test_an_invoice_is_read_as_it_was_recorded(read):
    answer = read("GetInvoice.recorded")

    assert to_invoice(answer.result) == Invoice(
        id=72655684,
        number=6,
        customer_id=47443359,
        customer_code="HATT01",
        customer_name="Hatter & Daughters",
        issue_date=date(2026, 9, 16),
        due_date=date(2026, 9, 21),
        reference="",
        currency="GBP",
        exchange_rate=Decimal(1),
        net=Decimal("27.48"),
        vat=Decimal("3.83"),
        paid=Decimal("10.00"),
        marked_paid=False,
        lines=(
            InvoiceLine(
                id=133251213,
                description="Felt hat",
                quantity=Decimal(1),
                unit_price=Decimal("8.33"),
                vat_rate=Decimal(20),
                vat=Decimal("1.67"),
                nominal_id=17387826,
                product_id=2747099,
                sort=1,
            ),
            InvoiceLine(
                id=133251214,
                description="Ribbon, 2 m\n“midnight & gold”",
                quantity=Decimal(1),
                unit_price=Decimal("10.82"),
                vat_rate=Decimal(20),
                vat=Decimal("2.16"),
                nominal_id=17387826,
                project_id=412034,
                sort=2,
            ),
            InvoiceLine(
                id=133251216,
                description="",
                quantity=Decimal("2.5"),
                unit_price=Decimal("3.3333"),
                vat_rate=Decimal(-1),
                vat=Decimal(0),
                sort=3,
            ),
        ),
    )
    assert answer.result["PermaLink"].startswith("https://api.kashflow.com/v2/documents/invoice/")


def test_members_that_kashflow_appends_one_day_are_passed_over(read):
    answer = read("GetInvoice.newer")
    invoice = to_invoice(answer.result)

    assert answer.is_ok
    assert (invoice.number, invoice.reference, invoice.marked_paid) == (7, "PO 4711", True)
    assert (invoice.due_date, invoice.currency, invoice.exchange_rate) == (None, "GBP", Decimal(0))
    assert [(line.description, line.unit_price, line.vat_rate) for line in invoice.lines] == [
        ("Felt hat", Decimal("9.99"), Decimal(0))
    ]
    assert answer.result["CISRCNetAmount"] is None


def test_prefixes_make_no_difference_to_the_client(read):
    credit, plain = (to_invoice(read(name).result) for name in ("GetInvoice.prefixes", "GetInvoice.default_namespace"))

    assert (credit.number, credit.net, credit.vat, credit.is_credit_note) == (
        8,
        Decimal("-8.33"),
        Decimal("-1.67"),
        True,
    )
    assert [(line.quantity, line.unit_price, line.vat) for line in credit.lines] == [
        (Decimal(1), Decimal("-8.33"), Decimal("-1.67"))
    ]
    assert (plain.number, plain.due_date, plain.gross) == (9, date(2026, 10, 18), Decimal("10.00"))
    assert [(line.id, line.vat_rate) for line in plain.lines] == [(133251231, Decimal(20))]


def test_typed_lines_are_read_like_the_others(read):
    result = read("GetInvoice_TypeDefined.lines").result

    assert [to_line(line).model_dump(exclude={"product_id", "project_id"}) for line in member_lines(result)] == [
        {
            "id": 133251213,
            "description": "Felt hat",
            "quantity": Decimal(1),
            "unit_price": Decimal("8.33"),
            "vat_rate": Decimal(20),
            "vat": Decimal("1.67"),
            "nominal_id": 17387826,
            "sort": 1,
        },
        {
            "id": 133251214,
            "description": "Ribbon",
            "quantity": Decimal(3),
            "unit_price": Decimal("1.2345"),
            "vat_rate": Decimal(5),
            "vat": Decimal("0.19"),
            "nominal_id": 17387826,
            "sort": 2,
        },
    ]
    assert (to_invoice(result).net, to_invoice(result).vat) == (Decimal("12.03"), Decimal("1.86"))


@pytest.mark.parametrize(
    ("name", "result", "status", "detail"),
    [
        ("InsertCustomer.ok", 47443363, "OK", ""),
        ("InsertCustomer.without_status", 47443363, None, ""),
        ("InsertInvoice.ok", 2048, "OK", ""),
        ("InsertInvoicePayment.ok", 31870777, "OK", ""),
        ("isUserVATRegistered.yes", True, "Ok", ""),
    ],
)
def test_a_plain_result_stands_beside_its_status(read, name, result, status, detail):
    answer = read(name)

    assert (answer.result, answer.status, answer.detail, answer.is_ok) == (result, status, detail, True)


@pytest.mark.parametrize(
    ("name", "result", "detail"),
    [
        ("InsertInvoice.bad_credentials", 0, WRONG_PASSWORD),
        ("isUserVATRegistered.bad_credentials", False, WRONG_PASSWORD),
        ("InsertCustomer.not_unique", 0, "Customer Code is not unique"),
        ("GetCustomer.not_found", None, "There is no customer with the code NOBODY"),
    ],
)
def test_a_no_is_a_no_whatever_result_stands_beside_it(read, name, result, detail):
    answer = read(name)

    assert (answer.result, answer.detail, answer.is_ok) == (result, detail, False)


def test_a_text_beside_an_ok_is_kept_and_is_no_failure(read):
    answer = read("GetReceipts.truncated")

    assert answer.is_ok
    assert answer.detail == "Only the last 100 receipts are returned. Use GetReceiptsWithPaging for more."
    assert [(to_invoice(row).number, to_invoice(row).net) for row in rows(answer.result, "Invoice")] == [
        (812, Decimal("100.00"))
    ]


def test_status_is_read_where_it_comes_last(read):
    answer = read("GetReceipt2.reversed")
    (line,) = rows(answer.result["Lines"], "anyType")

    assert (answer.status, answer.detail, answer.is_ok) == ("OK", "", True)
    assert (answer.result["ReceiptNumber"], answer.result["SupplierName"]) == (812, "Felt & Sons")
    assert (line["ImportDuty"], line["LineId"], line["VatAmount"]) == (Decimal("4.5"), 88310401, Decimal(0))


def test_reports_are_read(read):
    (debtor,) = rows(read("GetAgedDebtors.one").result, "AgedDebtorsCreditors")
    debtors, sales = rows(read("GetTrialBalance.two").result, "NominalCode")

    assert [debtor[name] for name in ("id", "Code", "Balance", "Current", "Older")] == [
        47443359,
        "HATT01",
        Decimal("150.50"),
        Decimal("100.00"),
        Decimal(0),
    ]
    assert [(debtor[f"Period{n}_name"], debtor[f"Period{n}_val"]) for n in (1, 2, 3)] == [
        ("October", Decimal("60.50")),
        ("September", Decimal(0)),
        ("August", Decimal(-10)),
    ]
    assert [debtors[name] for name in ("Code", "debit", "credit", "balance")] == [
        1100,
        Decimal("52.49"),
        Decimal(0),
        Decimal("-52.49"),
    ]
    assert (sales["id"], sales["balance"]) == (17387826, Decimal("52.49"))


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("InsertInvoice.bad_date", "Client", "The string '2026-08-18 10:53:48 UTC' is not a valid AllXsd value."),
        ("InsertInvoice.server_fault", "Server", "Object reference not set to an instance of an object."),
    ],
)
def test_a_fault_is_read_with_its_code_and_text(read, name, code, text):
    with pytest.raises(Fault) as raised:
        read(name)

    assert raised.value.code == code
    assert raised.value.text.endswith(f"---> {text}")


@pytest.mark.parametrize(
    ("name", "status", "kind", "words"),
    [
        ("InsertInvoice.bad_credentials", 200, CredentialsRejected, "did not accept the user name and password"),
        ("InsertInvoice.refused", 200, SaidNo, "The date of the invoice is in a locked period."),
        ("InsertInvoice.timed_out", 200, OutcomeUnknown, "database timed out"),
        ("InsertInvoice.bad_date", 500, Refused, "is not a valid AllXsd value"),
        ("InsertInvoice.server_fault", 500, OutcomeUnknown, "Object reference not set"),
    ],
)
async def test_a_writer_learns_what_became_of_the_write(connected, name, status, kind, words):
    with pytest.raises(kind, match=words):
        await InsertInvoice.of(HATS).send(connected(name, status=status))


async def test_the_words_of_other_refusals_reach_the_reader(connected):
    entering = InsertCustomer(customer=NewCustomer(name="Milliner"))

    with pytest.raises(SaidNo, match="Customer Code is not unique"):
        await entering.send(connected("InsertCustomer.not_unique"))
    with pytest.raises(SaidNo, match="re-enter without any special characters"):
        await entering.send(connected("InsertCustomer.invalid_code"))
    with pytest.raises(AddressNotAllowed, match=r"203\.0\.113\.7 is not in the access list"):
        await Customers(connected("GetCustomers.address_refused")).all()


async def test_the_numbers_and_ids_of_new_records_are_read(connected):
    invoice = await InsertInvoice.of(HATS).send(connected("InsertInvoice.ok"))
    customer = await InsertCustomer(customer=FILZ).send(connected("InsertCustomer.ok"))
    payment = await payment_steps.of_invoice(HALF).send(connected("InsertInvoicePayment.ok", "GetInvoice.recorded"))

    assert (invoice.number, invoice.id) == (2048, 0)
    assert customer.id == 47443363
    assert payment.id == 31870777


async def test_payments_are_read_oldest_first(connected):
    found = await Payments(connected("GetInvoicePayment.two")).of_invoice(6)

    assert found == [
        Payment(
            id=31870777,
            invoice_number=6,
            date=date(2026, 9, 30),
            amount=Decimal("12.50"),
            note="first half, ref. A&B",
            method_id=409844,
            account_id=621187,
        ),
        Payment(
            id=31870778,
            invoice_number=6,
            date=date(2026, 10, 2),
            amount=Decimal("-2.50"),
            method_id=409844,
            account_id=621187,
        ),
    ]


@pytest.mark.parametrize("name", ["GetInvoicePayment.none", "GetInvoicePayment.none_absent"])
async def test_an_invoice_without_payments_has_none_in_either_shape(connected, name):
    assert await Payments(connected(name)).of_invoice(6) == []


async def test_the_vat_report_is_read_box_by_box(connected):
    quarter = (date(2026, 7, 1), date(2026, 9, 30))
    filed = await VAT(connected("GetVATReport.filed")).report(*quarter)
    refund = await VAT(connected("GetVATReport.refund")).report(*quarter)

    assert filed == VATReport(
        start=date(2026, 7, 1),
        end=date(2026, 9, 30),
        boxes=tuple(
            Decimal(box) for box in ("1234.56", "0", "1234.56", "400.56", "834.00", "6172.80", "2000", "0", "0")
        ),
        in_accounts=True,
        submitted=True,
        submitted_on=datetime.fromisoformat("2026-11-05T09:12:00"),
        hmrc_reference="123456789012",
    )
    assert (refund.box(5), refund.to_pay) == (Decimal(-300), Decimal(-300))
    assert (refund.in_accounts, refund.submitted, refund.submitted_on, refund.hmrc_reference) == (
        False,
        False,
        None,
        "",
    )
    assert filed.broken_identities() == refund.broken_identities() == []


async def test_what_documents_refer_to_is_read(connected):
    reference = Reference(
        connected(
            "GetVATRates.all",
            "GetBankAccounts.two",
            "GetInvPayMethods.two",
            "GetNominalCodesExtended.four",
            "GetCurrencies.two",
            "GetCompanyDetails.registered",
            "isUserVATRegistered.yes",
        )
    )

    assert await reference.vat_rates() == [
        VATRate(name="20%", rate=Decimal(20)),
        VATRate(name="17.5%", rate=Decimal("17.5")),
        VATRate(name="0%", rate=Decimal(0)),
    ]
    assert await reference.bank_accounts() == [
        BankAccount(id=621187, name="Current account", nominal_code=1200),
        BankAccount(id=621190, name="PayPal", nominal_code=1220),
    ]
    assert await reference.payment_methods() == [
        PaymentMethod(id=409844, name="Bank transfer"),
        PaymentMethod(id=409845, name="Cheque"),
    ]
    assert await reference.nominals() == [
        Nominal(id=17387911, code=0, name="Other", type="Current Asset/Liability", use="other"),
        Nominal(id=17387826, code=100, name="Sale of goods", type="Turnover", use="sales", vat_rate=Decimal("20.0000")),
        Nominal(
            id=17387990, code=5000, name="Materials", type="Cost of Sale", use="outgoing", vat_rate=Decimal("20.0000")
        ),
    ]
    assert await reference.currencies() == [
        Currency(id=241, code="GBP", rate=Decimal(1), is_home=True),
        Currency(id=242, code="EUR", rate=Decimal("1.17"), is_home=False),
    ]
    assert await reference.company() == Company(
        name="Harbour & Finch Ltd",
        vat_registered=True,
        vat_number="GB001234057",
        payment_terms=30,
        terms_from_month_end=True,
    )


# --- what the pretend KashFlow reads -----------------------------------------------------------------------------


def company_of(**how):
    """A company with the ids that the requests name: one customer, one nominal, one bank account, one way to pay."""
    company = Simulator("empty", today=TODAY, **how)
    books = company.books
    bank = next(nominal.id for nominal in books.nominals if nominal.code == 1200)
    members = {
        **BLANK,
        "CustomerID": HATTER,
        "Code": "HATT01",
        "Name": "Hatter & Daughters",
        "Email": "dora@hatter.example",
    }
    books.customers.put(records.Party(HATTER, "HATT01", "Hatter & Daughters", members))
    books.nominals.put(records.Nominal(17387826, 100, "Sale of goods", type=1, area=1, vat_rate=Decimal(20)))
    books.bank_accounts.put(records.BankAccount(621187, "Second account", bank))
    books.invoice_methods.put(records.Choice(409844, "Bank transfer"))
    return company


@pytest.fixture
def company():
    return company_of()


async def post(company, name, content_type="text/xml; charset=utf-8", *, action=True):
    """Send one request by the name of its file."""
    headers = {"Content-Type": content_type}
    if action:
        headers["SOAPAction"] = f'"KashFlow/{operation_of(name)}"'
    async with httpx.AsyncClient(transport=company.transport()) as client:
        return await client.post(SERVICE, content=request_file(name), headers=headers)


def said(response):
    """Result, Status and StatusDetail of an answer, as texts."""
    (answer,) = etree.fromstring(response.content)[0]
    texts = {etree.QName(child).localname: child.text or "" for child in answer}
    name = etree.QName(answer).localname.removesuffix("Response")
    return texts.get(f"{name}Result"), texts.get("Status"), texts.get("StatusDetail")


def fault_in(response):
    """Code and text of a SOAP 1.1 fault."""
    (fault,) = etree.fromstring(response.content)[0]
    assert fault.tag == f"{SOAP_11}Fault"
    return fault.findtext("faultcode"), fault.findtext("faultstring")


def new_customer_in(company):
    """The one customer who was not there before."""
    (entered,) = (customer for customer in company.state()["customers"] if customer["id"] != HATTER)
    return entered


def entered_in(company):
    """The one invoice in the books."""
    (invoice,) = company.state()["invoices"]
    return invoice


def lines_of(invoice):
    return [
        (
            line["description"],
            Decimal(line["quantity"]),
            Decimal(line["unit_price"]),
            line["nominal"],
            Decimal(line["vat_rate"]),
            line["vat"],
            line["net"],
        )
        for line in invoice["lines"]
    ]


def trial_balance_of(company):
    return {row["nominal"]: (row["debit"], row["credit"]) for row in company.state()["trial_balance"]}


HAT = ("Felt hat", Decimal(1), Decimal("10.82"), 100, Decimal(20), "2.16", "10.82")


async def test_a_customer_needs_few_members(company):
    result, status, detail = said(await post(company, "InsertCustomer.minimal"))

    entered = new_customer_in(company)
    assert (status, detail, entered["id"]) == ("OK", "", int(result))
    assert {name: entered[name] for name in ("code", "name", "email", "postcode", "vat_number", "payment_terms")} == {
        "code": "SPU42",
        "name": "Milliner & Co “Ltd”",
        "email": "accounts@milliner.example",
        "postcode": "LU1 1AA",
        "vat_number": "GB001234057",
        "payment_terms": 0,
    }
    sent = ("Address1", "Address2", "Address3", "Address4", "CountryCode", "ContactFirstName", "ContactLastName")
    assert [entered["members"][name] for name in sent] == [
        "7 Crown Street",
        "Top floor",
        "Luton",
        "Bedfordshire",
        "GB",
        "Mary",
        "Milliner",
    ]
    assert [entered["members"][name] for name in ("Telephone", "CheckBox20", "EC", "CurrencyID")] == ["", 0, 0, 0]


async def test_a_customer_with_every_member_is_entered_whole(company):
    _, status, _ = said(await post(company, "InsertCustomer.full"))

    members = new_customer_in(company)["members"]
    assert status == "OK"
    assert {name: members[name] for name in ("Name", "Mobile", "Address2", "CountryName", "Website", "Notes")} == {
        "Name": "Filz <&> Söhne GmbH",
        "Mobile": "+49 170 0000000",
        "Address2": "Berlin",
        "CountryName": "Germany",
        "Website": "https://filz.example",
        "Notes": "Pays in “Euro”",
    }
    assert [members[name] for name in ("EC", "OutsideEC", "PaymentTerms", "VATNumber")] == [1, 0, 30, "DE136695976"]


async def test_a_customer_without_a_code_is_given_one(company):
    _, status, _ = said(await post(company, "InsertCustomer.without_code"))

    assert status == "OK"
    assert re.fullmatch(r"STEV\d\d", new_customer_in(company)["code"])


async def test_a_code_is_taken_once_and_holds_no_special_characters(company):
    await post(company, "InsertCustomer.minimal")

    assert said(await post(company, "InsertCustomer.minimal")) == ("0", "NO", "Customer Code is not unique")
    assert said(await post(company, "InsertCustomer.email_as_code")) == (
        "0",
        "NO",
        "The customer code specified is invalid, please re-enter without any special characters.",
    )
    assert {customer["code"] for customer in company.state()["customers"]} == {"HATT01", "SPU42"}


async def test_a_customers_misplaced_member_is_dropped_in_silence(company):
    before = company.state()["customers"]

    result, status, _ = said(await post(company, "InsertCustomer.id_after_code"))

    entered = new_customer_in(company)
    assert (status, entered["id"]) == ("OK", int(result))
    assert (entered["code"], entered["postcode"], entered["email"]) == ("ORDER1", "LU1 1AA", "")
    assert before[0] in company.state()["customers"]


async def test_an_invoice_with_every_member_is_entered_to_the_penny(company):
    number, status, detail = said(await post(company, "InsertInvoice.full"))

    entered = entered_in(company)
    assert (entered["number"], status, detail) == (int(number), "OK", "")
    assert entered["id"] not in {0, int(number)}
    header = ("customer_code", "date", "due_date", "reference", "currency", "net", "vat", "gross", "paid")
    assert {name: entered[name] for name in header} == {
        "customer_code": "HATT01",
        "date": "2026-11-03",
        "due_date": "2026-12-03",
        "reference": "PO 4711/A",
        "currency": "GBP",
        "net": "45.82",
        "vat": "6.67",
        "gross": "52.49",
        "paid": "0.00",
    }
    assert lines_of(entered) == [
        ("Hats, felt & feather", Decimal(3), Decimal("8.33"), 100, Decimal(20), "5.00", "24.99"),
        ("Ribbon <silk> “midnight”", Decimal("2.5"), Decimal("3.3333"), 100, Decimal(20), "1.67", "8.33"),
        ("Parking paid for you, £", Decimal(1), Decimal("12.50"), 100, Decimal(-1), "0.00", "12.50"),
    ]
    assert trial_balance_of(company) == {
        "100": ("0.00", "45.82"),
        "1100": ("52.49", "0.00"),
        "2200": ("0.00", "6.67"),
    }


@pytest.mark.parametrize("name", ["InsertInvoice.minimal", "InsertInvoice.prefixes"])
async def test_an_invoice_needs_a_customer_a_date_and_a_line(company, name):
    _, status, _ = said(await post(company, name))

    entered = entered_in(company)
    assert status == "OK"
    assert (entered["customer_code"], entered["date"], entered["due_date"]) == ("HATT01", "2026-11-03", None)
    assert (entered["reference"], entered["currency"], entered["vat"]) == ("", "GBP", "2.16")
    assert lines_of(entered) == [HAT]


async def test_an_invoices_misplaced_members_are_dropped_in_silence(company):
    _, status, detail = said(await post(company, "InsertInvoice.out_of_order"))

    entered = entered_in(company)
    assert (status, detail) == ("OK", "")
    assert (entered["due_date"], entered["reference"]) == (None, "")
    assert lines_of(entered) == [("Felt hat", Decimal(1), Decimal("10.82"), 100, Decimal(0), "2.16", "10.82")]


@pytest.mark.parametrize("name", ["InsertInvoice.id_too_late", "InsertInvoice.unknown_member"])
async def test_a_customer_id_that_is_dropped_is_customer_0(company, name):
    """That KashFlow says NO to customer 0 is our expectation."""
    result, status, _ = said(await post(company, name))

    assert (result, status) == ("0", "NO")
    assert company.state()["invoices"] == []


@pytest.mark.parametrize("name", ["InsertInvoice.repeated_lines", "InsertInvoice.named_lines"])
async def test_lines_in_the_wrong_wrapping_give_an_invoice_without_lines(company, name):
    number, status, detail = said(await post(company, name))

    entered = entered_in(company)
    assert (entered["number"], status, detail) == (int(number), "OK", "")
    assert (entered["lines"], entered["net"]) == ([], "0.00")


async def test_lines_that_do_not_name_their_type_are_an_error(company):
    answer = await post(company, "InsertInvoice.untyped_lines")

    assert answer.status_code == 500 or said(answer)[1] == "NO"
    assert company.state()["invoices"] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("InsertInvoice.date_with_space", "The string '2026-08-18 10:53:48 UTC' is not a valid AllXsd value."),
        ("InsertInvoice.date_with_slashes", "The string '03/11/2026' is not a valid AllXsd value."),
        ("InsertInvoice.empty_paid", "Input string was not in a correct format."),
        ("InsertInvoice.text_in_number", "Input string was not in a correct format."),
        ("InsertInvoicePayment.method_by_name", "Input string was not in a correct format."),
    ],
)
async def test_a_value_that_cannot_be_read_is_a_fault_and_nothing_is_written(company, name, words):
    before = company.state()

    answer = await post(company, name)

    code, text = fault_in(answer)
    assert (answer.status_code, code) == (500, "soap:Client")
    assert re.match(r"Server was unable to read request\. ---> There is an error in XML document \(\d+, \d+\)\.", text)
    assert text.endswith(f"---> {words}")
    assert company.state() == before


async def test_what_cannot_be_read_is_a_fault_before_anybody_looks_at_the_password():
    answer = await post(company_of(password="another"), "InsertInvoice.date_with_space")

    assert (answer.status_code, fault_in(answer)[0]) == (500, "soap:Client")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("InsertInvoice.bare_date", "2026-11-03"),
        ("InsertInvoice.date_with_z", "2026-11-03"),
        ("InsertInvoice.date_with_offset", "2026-06-02"),
    ],
)
async def test_a_date_is_taken_as_dotnet_takes_it(company, name, day):
    assert said(await post(company, name))[1] == "OK"

    assert entered_in(company)["date"] == day


async def test_what_kashflow_works_out_itself_is_ignored_when_it_is_sent(company):
    assert said(await post(company, "InsertInvoice.read_only"))[1] == "OK"

    entered = entered_in(company)
    assert (entered["net"], entered["vat"], entered["paid"], entered["payments"]) == ("10.82", "2.16", "0.00", [])


async def test_an_invoice_with_typed_lines_is_entered_like_any_other(company):
    assert said(await post(company, "InsertInvoice_TypeDefined.typed"))[1] == "OK"

    entered = entered_in(company)
    assert (entered["date"], entered["due_date"], entered["reference"]) == ("2026-11-03", "2026-11-03", "R123456789")
    assert (entered["net"], entered["vat"], entered["paid"]) == ("5.82", "1.16", "0.00")
    assert lines_of(entered) == [HAT, ("Voucher", Decimal(1), Decimal(-5), 0, Decimal(20), "-1.00", "-5.00")]


async def test_a_payment_is_entered_on_the_invoice_of_its_number(company):
    assert said(await post(company, "InsertInvoice.numbered"))[0] == "2048"

    payment_id, status, _ = said(await post(company, "InsertInvoicePayment.full"))

    entered = entered_in(company)
    assert status == "OK"
    assert [
        {name: paid[name] for name in ("id", "date", "amount", "method", "account", "note")}
        for paid in entered["payments"]
    ] == [
        {
            "id": int(payment_id),
            "date": "2026-11-20",
            "amount": "10.00",
            "method": 409844,
            "account": 621187,
            "note": "BACS ref. A&B",
        }
    ]
    assert (entered["paid"], entered["gross"]) == ("10.00", "12.98")
    assert trial_balance_of(company) == {
        "100": ("0.00", "10.82"),
        "1100": ("2.98", "0.00"),
        "1200": ("10.00", "0.00"),
        "2200": ("0.00", "2.16"),
    }


async def test_a_payment_beside_its_wrapping_is_no_payment(company):
    await post(company, "InsertInvoice.numbered")

    result, status, _ = said(await post(company, "InsertInvoicePayment.flat"))

    assert (result, status) == ("0", "NO")
    assert entered_in(company)["payments"] == []


async def test_a_client_of_2017_deletes_no_payment(company):
    await post(company, "InsertInvoice.numbered")
    await post(company, "InsertInvoicePayment.full")

    assert said(await post(company, "DeleteInvoicePayment.of_2017"))[1] == "NO"
    assert entered_in(company)["paid"] == "10.00"


async def test_the_vat_report_leaves_out_what_vat_does_not_apply_to(company):
    await post(company, "InsertInvoice.full")

    answer = await post(company, "GetVATReport.quarter")

    (report,) = etree.fromstring(answer.content).iter(f"{KASHFLOW}GetVATReportResult")
    boxes = {n: Decimal(report.findtext(f"{KASHFLOW}Box{n}")) for n in range(1, 10)}
    assert boxes == {
        1: Decimal("6.67"),
        2: 0,
        3: Decimal("6.67"),
        4: 0,
        5: Decimal("6.67"),
        6: Decimal("33.32"),
        7: 0,
        8: 0,
        9: 0,
    }
    assert report.findtext(f"{KASHFLOW}StartDate") == "2026-10-01T00:00:00"
    assert report.findtext(f"{KASHFLOW}SubmittedtoHMRCDate") == "0001-01-01T00:00:00"


@pytest.mark.parametrize(
    ("content_type", "action", "spoken"),
    [
        ("application/soap+xml; charset=utf-8", False, SOAP_12),
        ('application/soap+xml; charset=utf-8; action="KashFlow/GetCustomer"', False, SOAP_12),
        ("text/xml; charset=utf-8", True, SOAP_11),
    ],
)
async def test_soap_1_2_is_answered(company, content_type, action, spoken):
    """Which SOAP answers a 1.2 envelope sent as text/xml is our choice."""
    answer = await post(company, "GetCustomer.soap12", content_type, action=action)

    assert answer.status_code == 200
    assert etree.fromstring(answer.content).tag == f"{spoken}Envelope"
    assert etree.fromstring(answer.content).findtext(f".//{KASHFLOW}CustomerID") == str(HATTER)


async def test_a_customer_is_answered_in_the_order_of_the_description(company):
    answer = await post(company, "GetCustomer.by_code")

    (customer,) = etree.fromstring(answer.content).iter(f"{KASHFLOW}GetCustomerResult")
    (recorded,) = etree.fromstring(answer_file("GetCustomer.blanks")).iter(f"{KASHFLOW}GetCustomerResult")
    assert [child.tag for child in customer] == [child.tag for child in recorded]
    assert customer.findtext(f"{KASHFLOW}Discount") == "0.0000"


async def test_an_invoice_is_answered_as_it_was_recorded(company):
    """The members that came after 2016 stand last, with nothing in them."""
    await post(company, "InsertInvoice.numbered")

    answer = await post(company, "GetInvoice.by_number")

    (invoice,) = etree.fromstring(answer.content).iter(f"{KASHFLOW}GetInvoiceResult")
    (recorded,) = etree.fromstring(answer_file("GetInvoice.recorded")).iter(f"{KASHFLOW}GetInvoiceResult")
    newer = ["CISRCNetAmount", "CISRCVatAmount", "IsCISReverseCharge"]
    assert [child.tag for child in invoice] == [child.tag for child in recorded] + [KASHFLOW + name for name in newer]
    assert [invoice.find(KASHFLOW + name).get(f"{XSI}nil") for name in newer] == ["true", "true", "true"]
    (line,) = invoice.find(f"{KASHFLOW}Lines")
    assert (line.tag, _type_of(line)) == (f"{KASHFLOW}anyType", ("KashFlow", "InvoiceLine"))
    assert [child.tag for child in line] == [child.tag for child in recorded.find(f"{KASHFLOW}Lines")[0]]
    written = {etree.QName(child).localname: child.text for child in (*invoice, *line)}
    assert {
        "InvoiceDate": "2026-11-03T00:00:00",
        "DueDate": "0001-01-01T00:00:00",
        "CustomerReference": None,
        "ExchangeRate": "1.0000",
        "NetAmount": "10.8200",
        "VATAmount": "2.1600",
        "AmountPaid": "0.0000",
        "Quantity": "1.0000",
        "Rate": "10.8200",
        "VatRate": "20.0000",
        "VatAmount": "2.1600",
        "Sort": "1",
    }.items() <= written.items()


async def test_what_is_not_there_is_said_as_clients_have_met_it(company):
    result, status, detail = said(await post(company, "GetInvoice.by_number"))
    await post(company, "InsertInvoice.numbered")

    assert (result, status) == (None, "NO")
    assert "no invoice" in detail.lower()
    assert said(await post(company, "GetInvoicePayment.by_number")) == ("", "OK", "")


async def test_one_answer_has_its_status_last(company):
    (answer,) = etree.fromstring((await post(company, "GetReceipt2.by_number")).content)[0]

    assert [child.tag for child in answer][-2:] == [f"{KASHFLOW}StatusDetail", f"{KASHFLOW}Status"]


@pytest.mark.parametrize("name", ["GetCustomers.empty_credentials", "GetCustomers.unqualified"])
async def test_a_missing_password_gets_the_same_words_as_a_wrong_one(company, name):
    assert said(await post(company, name)) == (None, "NO", WRONG_PASSWORD)


async def test_the_password_is_looked_at_before_the_address():
    stranger, elsewhere = company_of(password="another", ip_allowed=False), company_of(ip_allowed=False)

    result, status, detail = said(await post(elsewhere, "InsertInvoice.full"))

    assert said(await post(stranger, "InsertInvoice.full")) == ("0", "NO", WRONG_PASSWORD)
    assert (result, status) == ("0", "NO")
    assert re.search(r"The IP address of \S+ is not in the access list", detail)
    assert elsewhere.state()["invoices"] == []


# --- what the client writes --------------------------------------------------------------------------------------

HATS = NewInvoice(
    customer_id=HATTER,
    customer_code="HATT01",
    issue_date=date(2026, 11, 3),
    due_date=date(2026, 12, 3),
    reference="PO 4711/A",
    lines=tuple(
        NewLine(
            description=description,
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
            vat_rate=Decimal(rate),
            nominal_id=17387826,
            nominal_code=100,
            nominal_name="Sale of goods",
        )
        for description, quantity, price, rate in (
            ("Hats, felt & feather", "3", "8.33", "20"),
            ("Ribbon <silk> “midnight”", "2.5", "3.3333", "20"),
            ("Parking paid for you, £", "1", "12.50", "-1"),
        )
    ),
)
FILZ = NewCustomer(
    code="FILZ01",
    name="Filz <&> Söhne GmbH",
    contact="Jürgen Filz",
    email="jf@filz.example",
    telephone="+49 30 901820",
    mobile="+49 170 0000000",
    address=("Hutgasse 1", "Berlin"),
    postcode="10115",
    country_code="DE",
    country="Germany",
    region="EU",
    vat_number="DE136695976",
    payment_terms=30,
    website="https://filz.example",
    notes="Pays in “Euro”",
)
HALF = NewPayment(
    invoice_id=72655684,
    invoice_number=2048,
    date=date(2026, 11, 20),
    amount=Decimal("10.00"),
    note="BACS ref. A&B",
    method_id=409844,
    account_id=621187,
)


def parts_of(document, *, but=()):
    """Every element of an envelope in its order: where it stands, its type, and its value; prefixes do not count."""
    root = etree.fromstring(document)
    body = root.find(f"{SOAP_11}Body")
    assert root.tag == f"{SOAP_11}Envelope"
    return [
        (root.getroottree().getelementpath(element), _type_of(element), _value_of(element))
        for element in body.iterdescendants("*")
        if etree.QName(element).localname not in but
    ]


def _type_of(element):
    prefix, _, name = element.get(f"{XSI}type", "").rpartition(":")
    return (element.nsmap.get(prefix or None), name) if name else None


def _value_of(element):
    """A value as it counts: 1 and 1.00 are one number, nothing is nothing."""
    if element.get(f"{XSI}nil") == "true":
        return None
    text = (element.text or "") if len(element) == 0 else ""
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


@pytest.mark.parametrize(
    ("step", "answers", "request_name"),
    [
        (InsertInvoice.of(HATS), ["InsertInvoice.ok"], "InsertInvoice.full"),
        (
            payment_steps.of_invoice(HALF),
            ["GetInvoice.recorded", "InsertInvoicePayment.ok"],
            "InsertInvoicePayment.full",
        ),
        (InsertCustomer(customer=FILZ), ["InsertCustomer.ok"], "InsertCustomer.full"),
    ],
    ids=["invoice", "payment", "customer"],
)
async def test_the_client_writes_what_was_written_by_hand(connected, step, answers, request_name):
    """Created and Updated are the day of writing, and KashFlow keeps both itself. What is looked at before comes first."""
    sent = []

    await step.send(connected(*answers, sent=sent))

    *_, request = sent
    assert len(sent) == len(answers)
    of_the_day = ("Created", "Updated")
    assert parts_of(request.content, but=of_the_day) == parts_of(request_file(request_name), but=of_the_day)
    assert request.headers["SOAPAction"] == f'"KashFlow/{step.operation}"'
    assert request.headers["Content-Type"] == "text/xml; charset=utf-8"


async def test_the_client_sends_created_and_updated_in_their_places_at_midnight(connected):
    sent = []

    await InsertCustomer(customer=FILZ).send(connected("InsertCustomer.ok", sent=sent))

    written = [path for path, _, _ in parts_of(sent[0].content)]
    assert written == [path for path, _, _ in parts_of(request_file("InsertCustomer.full"))]
    (customer,) = etree.fromstring(sent[0].content).iter(f"{KASHFLOW}custr")
    for name in ("Created", "Updated"):
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT00:00:00", customer.findtext(f"{KASHFLOW}{name}"))


async def test_the_client_asks_as_it_was_written_by_hand(connected):
    sent = []

    await Customers(connected("GetCustomer.blanks", sent=sent)).by_code("HATT01")
    await VAT(connected("GetVATReport.filed", sent=sent)).report(date(2026, 10, 1), date(2026, 12, 31))

    assert parts_of(sent[0].content) == parts_of(request_file("GetCustomer.by_code"))
    assert parts_of(sent[1].content) == parts_of(request_file("GetVATReport.quarter"))


async def test_a_customer_without_a_code_leaves_it_out(connected):
    sent = []

    await InsertCustomer(customer=NewCustomer(name="Stevens Hats")).send(connected("InsertCustomer.ok", sent=sent))

    (customer,) = etree.fromstring(sent[0].content).iter(f"{KASHFLOW}custr")
    assert not (customer.findtext(f"{KASHFLOW}Code") or "").strip()
    assert customer.findtext(f"{KASHFLOW}Name") == "Stevens Hats"
