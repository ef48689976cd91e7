"""Suppliers: entered, changed, deleted."""

from write_examples import Example

NEW = {"name": "Quayside Framing Ltd", "email": "hello@quaysideframing.example", "payment_terms": 14}

EXAMPLES = [
    Example(
        tool="create_supplier",
        arguments=NEW,
        operation="InsertSupplier2",
        changes=("suppliers/QUAY01",),
        refusals=(
            ({"code": "AVON01"}, "is in use"),
            ({"email": "no address"}, "not an e-mail address"),
            ({"vat_number": "FR27000054321"}, "`region` set to one of"),
            ({"currency": "XXX"}, "not a currency of this account"),
        ),
    ),
    Example(
        tool="update_supplier",
        arguments={"supplier": "PAPE01", "email": "ventes@papeteriedulac.example", "payment_terms": 45},
        operation="UpdateSupplier2",
        changes=(
            "suppliers/PAPE01/email",
            "suppliers/PAPE01/payment_terms",
            "suppliers/PAPE01/members/Email",
            "suppliers/PAPE01/members/PaymentTerms",
            "suppliers/PAPE01/members/Updated",
        ),
        refusals=(
            ({"email": "sales@papeteriedulac.example", "payment_terms": 30}, "Nothing would change"),
            ({"supplier": "Nobody at all"}, "No supplier"),
            ({"email": "no address"}, "not an e-mail address"),
            ({"currency": "XXX"}, "not a currency of this account"),
        ),
    ),
    Example(
        tool="delete_supplier",
        arguments={"supplier": "QUAY01"},
        operation="DeleteSupplier",
        changes=("suppliers/QUAY01",),
        refusals=(({"supplier": "AVON01"}, "A supplier with purchases stays"),),
        before=(("create_supplier", {**NEW, "region": "world", "notes": "Frames"}),),
    ),
]
