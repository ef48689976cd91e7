"""Purchases and suppliers written by envelopes that were written by hand, as a foreign client would send them."""

from base64 import b64encode
from datetime import date

import httpx
import pytest
from protocol_envelopes import fault_of, members_of, post

from kf_mcp.simulator import Simulator

TODAY = date(2026, 11, 22)
FELT = "Felt &amp; Co"


@pytest.fixture
def simulator():
    return Simulator("empty", today=TODAY)


@pytest.fixture
def client(simulator):
    return httpx.AsyncClient(transport=simulator.transport())


def state_of(simulator, name):
    return simulator.state()[name]


async def new_supplier(client):
    supplier = f"<SupplierID>0</SupplierID><Name>{FELT}</Name><EC>0</EC>"
    answer = await post(client, "InsertSupplier", f"<supl>{supplier}</supl>")
    return members_of(answer)["InsertSupplierResult"]


def line2(nominal, type_name="ReceiptLine2", duty="<ImportDuty>0</ImportDuty>"):
    return (
        f'<anyType xsi:type="{type_name}"><Quantity>2</Quantity><Description>Felt</Description><Rate>50</Rate>'
        f"<ChargeType>{nominal}</ChargeType><VatRate>20</VatRate><VatAmount>20.00</VatAmount>{duty}</anyType>"
    )


def nominal_of(simulator, code):
    return next(row["id"] for row in state_of(simulator, "nominals") if row["code"] == code)


def receipt2(supplier, lines):
    return (
        f"<Receipt><ReceiptDBId>0</ReceiptDBId><ReceiptNumber>0</ReceiptNumber>"
        f"<ReceiptDate>2026-11-05T00:00:00</ReceiptDate><SupplierId>{supplier}</SupplierId>"
        f"<SupplierReference>B/7</SupplierReference><Lines>{lines}</Lines></Receipt>"
    )


async def test_a_purchase_of_the_newer_shape_arrives_whole(simulator, client):
    supplier = await new_supplier(client)

    inside = receipt2(supplier, line2(nominal_of(simulator, 5000)))
    answer = members_of(await post(client, "InsertReceipt2", inside))

    (kept,) = state_of(simulator, "purchases")
    assert answer == {"InsertReceipt2Result": "1001", "Status": "OK", "StatusDetail": None}
    assert (kept["net"], kept["vat"], kept["reference"]) == ("100.00", "20.00", "B/7")
    assert (await post(client, "GetReceipt2", "<ReceiptNumber>1001</ReceiptNumber>")).text.count("ReceiptLine2") == 1


async def test_a_line_of_the_older_shape_in_a_newer_purchase_is_a_fault_and_nothing_is_written(simulator, client):
    supplier = await new_supplier(client)

    inside = receipt2(supplier, line2(nominal_of(simulator, 5000), "InvoiceLine", duty=""))
    answer = await post(client, "InsertReceipt2", inside)

    assert "Unable to cast" in fault_of(answer)[1]
    assert state_of(simulator, "purchases") == []


async def test_the_value_comes_before_the_code_and_after_it_the_value_is_lost(simulator, client):
    """What the service description says first comes first; a .NET server drops what comes too late."""
    await new_supplier(client)
    number, code = "<SupVATNumber>GB1</SupVATNumber>", "<SupplierCode>FELT01</SupplierCode>"

    right = members_of(await post(client, "SetSupplierVATNumber", number + code))
    wrong = members_of(await post(client, "SetSupplierVATNumber", code + number))

    assert (right["Status"], wrong["Status"]) == ("OK", "OK")
    assert state_of(simulator, "suppliers")[0]["vat_number"] == ""


async def test_an_update_of_a_supplier_has_no_result(simulator, client):
    supplier = await new_supplier(client)

    inside = f"<Supplier><SupplierID>{supplier}</SupplierID><Name>Felt</Name></Supplier>"
    answer = members_of(await post(client, "UpdateSupplier2", inside))

    assert answer == {"Status": "OK", "StatusDetail": None}
    assert state_of(simulator, "suppliers")[0]["name"] == "Felt"


async def test_a_file_comes_as_text_in_base64_and_a_mail_answers_with_a_text(simulator, client):
    supplier = await new_supplier(client)
    await post(client, "InsertReceipt2", receipt2(supplier, line2(nominal_of(simulator, 5000))))
    file = (
        f"<ReceiptNo>1001</ReceiptNo><Base64String>{b64encode(b'scan').decode()}</Base64String>"
        "<ContentType>image/png</ContentType><Filename>scan.png</Filename><FileExtension>.png</FileExtension>"
        "<FileSize>4</FileSize>"
    )

    attached = members_of(await post(client, "AttachFileToReceipt", file))
    mailed = members_of(
        await post(
            client,
            "EmailPurchaseOrder",
            "<ReceiptNumber>1001</ReceiptNumber><RecipientEmail>felt@mills.example</RecipientEmail>",
        )
    )

    (kept,) = state_of(simulator, "purchases")
    assert attached["AttachFileToReceiptResult"] == str(kept["attachments"][0]["id"])
    assert list(mailed) == ["EmailPurchaseOrderResult", "Status", "StatusDetail"]
    assert [row["recipient"] for row in state_of(simulator, "emails")] == ["felt@mills.example"]
