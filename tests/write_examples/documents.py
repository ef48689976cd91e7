"""Writes of what hangs on invoices and purchases: notes and files."""

from write_examples import Example

EXAMPLES = [
    Example(
        tool="add_note",
        arguments={"kind": "invoice", "number": 1042, "text": "Promised by phone for Friday"},
        operation="InsertInvoiceNote",
        changes=("invoices/1042/notes",),
        refusals=(({"number": 999999}, "No invoice"), ({"text": " "}, "`text` is empty")),
        is_undone=False,
        id="add_note-invoice",
    ),
    Example(
        tool="add_note",
        arguments={"kind": "purchase", "number": 1020, "text": "Goods checked\nTwo boxes short"},
        operation="InsertReceiptNote",
        changes=("purchases/1020/notes",),
        refusals=(({"number": 999999}, "No purchase"),),
        is_undone=False,
        id="add_note-purchase",
    ),
    Example(
        tool="attach_file",
        arguments={"kind": "purchase", "number": 1020, "path": "bill.pdf"},
        operation="AttachFileToReceipt",
        changes=("purchases/1020/attachments",),
        refusals=(
            ({"number": 999999}, "No purchase"),
            ({"path": "other.pdf"}, "No readable file"),
            ({"path": "../bill.pdf"}, "outside the folder"),
            ({"path": ".bill.pdf"}, "hidden"),
            ({"path": "bill.exe"}, "kind that may be attached"),
        ),
        id="attach_file-purchase",
    ),
    Example(
        tool="attach_file",
        arguments={"kind": "invoice", "number": 1042, "path": "bill.pdf"},
        operation="AttachFileToInvoice",
        changes=("invoices/1042/attachments",),
        refusals=(({"number": 999999}, "No invoice"),),
        is_undone=False,
        id="attach_file-invoice",
    ),
    Example(
        tool="delete_attachment",
        arguments={"number": 1020, "file": "bill.pdf"},
        operation="DeleteReceiptAttachment",
        before=(("attach_file", {"kind": "purchase", "number": 1020, "path": "bill.pdf"}),),
        changes=("purchases/1020/attachments",),
        refusals=(
            ({"number": 999999}, "No purchase"),
            ({"file": "other.pdf"}, "No file is called"),
        ),
        is_undone=False,
    ),
]
