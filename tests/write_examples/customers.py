"""Writes of customers."""

from write_examples import Example

NEW = {"name": "Quill & Ink Ltd", "email": "post@quillink.example", "postcode": "BS2 0AA", "code": "QUIL01"}

EXAMPLES = [
    Example(
        tool="create_customer",
        arguments=NEW,
        operation="InsertCustomer",
        changes=("customers/QUIL01",),
        refusals=(
            ({"code": "PENH01"}, "is in use"),
            ({"email": "no address"}, "is not an e-mail address"),
            ({"country": "France"}, "`region` is missing"),
        ),
    ),
    Example(
        tool="update_customer",
        arguments={
            "customer": "PENH01",
            "email": "books@penhaligonboatyard.example",
            "payment_terms": 14,
            "postcode": "",
        },
        operation="UpdateCustomer2",
        changes=(
            *("customers/PENH01/email", "customers/PENH01/payment_terms", "customers/PENH01/postcode"),
            *("customers/PENH01/members/Email", "customers/PENH01/members/PaymentTerms"),
            *("customers/PENH01/members/Postcode", "customers/PENH01/members/Updated"),
        ),
        refusals=(
            ({"customer": "NOBODY99"}, "No customer"),
            ({"email": "no address"}, "is not an e-mail address"),
            ({"currency": "XXX"}, "is not a currency of this account"),
            (
                {"email": "accounts@penhaligonboatyard.example", "payment_terms": 30, "postcode": "BS1 6XN"},
                "Nothing would change",
            ),
        ),
    ),
    Example(
        tool="delete_customer",
        arguments={"customer": "QUIL01"},
        operation="DeleteCustomer",
        before=(("create_customer", NEW),),
        changes=("customers/QUIL01",),
        refusals=(({"customer": "PENH01"}, "has "), ({"customer": "NOBODY99"}, "No customer")),
    ),
]
