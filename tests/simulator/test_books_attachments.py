from base64 import b64encode
from hashlib import sha256

import pytest
from books_calls import ask, call, customer, invoice, line, opened
from books_receipts import key_of, new_supplier, receipt

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import Refusal

SCAN = b"%PDF-1.7 a scanned bill"
FILE = {
    "Base64String": b64encode(SCAN).decode(),
    "ContentType": "application/pdf",
    "Filename": "bill.pdf",
    "FileExtension": ".pdf",
    "FileSize": "4711",
}


def bill(books):
    return receipt(books, new_supplier(books), line(books, nominal=5000))


def test_a_file_is_attached_to_a_purchase_by_number_and_listed_by_id():
    books = opened()
    number = bill(books)

    key = ask(books, "AttachFileToReceipt", ReceiptNo=number, **FILE)

    (shown,) = ask(books, "GetReceiptAttachments", ReceiptID=key_of(books, number))
    assert [shown[name] for name in ("AttachmentID", "ActualFilename", "ContentType")] == [
        key,
        "bill.pdf",
        "application/pdf",
    ]
    assert (shown["FileSize"], shown["FileExtension"]) == (str(len(SCAN)), ".pdf")


def test_the_state_tells_what_was_in_a_file_of_a_purchase_and_of_an_invoice():
    books = opened()
    number, sold = bill(books), invoice(books, customer(books), line(books))

    call(books, "AttachFileToReceipt", ReceiptNo=number, **FILE)
    call(books, "AttachFileToInvoice", InvoiceNo=sold, **FILE)

    state = Books.load(books.dump(), books.switches).state()
    assert state == books.state()
    for document in (*state["purchases"], *state["invoices"]):
        (file,) = document["attachments"]
        assert (file["name"], file["size"], file["sha256"]) == ("bill.pdf", len(SCAN), sha256(SCAN).hexdigest())


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"Base64String": "not base64!"}, "not a valid Base-64 string"),
        ({"Base64String": ""}, "no file"),
        ({"Filename": None}, "no file"),
        ({"ReceiptNo": 7}, "no receipt"),
    ],
)
def test_what_is_no_file_or_goes_with_nothing_is_refused(members, sentence):
    books = opened()
    number = bill(books)

    with pytest.raises(Refusal, match=sentence):
        call(books, "AttachFileToReceipt", **{"ReceiptNo": number, **FILE, **members})
    with pytest.raises(Refusal, match="no invoice"):
        call(books, "AttachFileToInvoice", InvoiceNo=7, **FILE)


def test_what_attaching_answers_and_which_size_is_kept_are_switches():
    books = opened("attach_result=one", "attachment_size=sent")

    assert ask(books, "AttachFileToReceipt", ReceiptNo=bill(books), **FILE) == 1

    assert books.state()["purchases"][0]["attachments"][0]["size"] == int(FILE["FileSize"])


def test_a_file_is_taken_away_by_both_ids_and_the_rest_of_the_purchase_stays():
    books, lenient = opened(), opened("delete_unknown=accept")
    number = bill(books)
    gone, kept = (ask(books, "AttachFileToReceipt", ReceiptNo=number, **FILE) for _ in range(2))
    receipt_id, before = key_of(books, number), books.trial_balance()

    assert ask(books, "DeleteReceiptAttachment", ReceiptID=receipt_id, AttachmentID=gone) == 1

    assert [row["AttachmentID"] for row in ask(books, "GetReceiptAttachments", ReceiptID=receipt_id)] == [kept]
    assert books.trial_balance() == before
    with pytest.raises(Refusal, match="no such attachment"):
        call(books, "DeleteReceiptAttachment", ReceiptID=receipt_id, AttachmentID=gone)
    with pytest.raises(Refusal, match="no receipt"):
        call(books, "DeleteReceiptAttachment", ReceiptID=number, AttachmentID=kept)
    assert ask(lenient, "DeleteReceiptAttachment", ReceiptID=7, AttachmentID=7) == 0


@pytest.mark.parametrize(("setting", "text"), [("empty", ""), ("number", "1001")])
def test_a_purchase_order_is_never_sent_and_what_should_be_is_kept(setting, text):
    books = opened(f"purchase_order_text={setting}")
    mail = {
        "FromEmail": "me@hats.example",
        "FromName": "Hats",
        "SubjectLine": "Order",
        "Body": "Please send felt.",
        "RecipientEmail": "felt@mills.example",
    }
    number = bill(books)

    assert ask(books, "EmailPurchaseOrder", ReceiptNumber=number, **mail) == text

    (kept,) = Books.load(books.dump(), books.switches).state()["emails"]
    assert (kept["receipt"], kept["invoice"], kept["recipient"]) == (number, 0, "felt@mills.example")
    assert (kept["sender"], kept["sender_name"], kept["subject"], kept["body"]) == tuple(mail.values())[:4]
    with pytest.raises(Refusal, match="no e-mail address"):
        call(books, "EmailPurchaseOrder", ReceiptNumber=number, **{**mail, "RecipientEmail": " "})
    with pytest.raises(Refusal, match="no receipt"):
        call(books, "EmailPurchaseOrder", ReceiptNumber=7, **mail)
