"""Writes of payments and of money on account."""

from write_examples import Example

NAMED = {"method": "BACS", "bank_account": "Current account"}
BY_CARD = {"method": "Company card", "bank_account": "Current account"}
DEPOSIT = {"kind": "supplier", "party": "WHAR01", "amount": "100.00", "bank_account": "Current account"}


def paid(*documents: str) -> tuple[str, ...]:
    """What a payment of these documents changes."""
    return tuple(f"{path}/{member}" for path in documents for member in ("paid", "due_home", "payments"))


LEDGER_IN = ("trial_balance/1100", "trial_balance/1200", "bank_accounts/612351/balance")
LEDGER_OUT = ("trial_balance/2100", "trial_balance/1200", "bank_accounts/612351/balance")

EXAMPLES = [
    Example(
        tool="record_payment",
        arguments={"invoice": 1299, "amount": "100.00", **NAMED},
        operation="InsertInvoicePayment",
        changes=(*paid("invoices/1299"), *LEDGER_IN),
        refusals=(
            ({"invoice": 999_999}, "No invoice with the number 999999"),
            ({"invoice": 1307}, "is a credit note"),
            ({"invoice": 1001}, "is paid already"),
            ({"method": ""}, "`method`"),
        ),
    ),
    Example(
        tool="pay_purchase",
        arguments={"purchase": 1127, **BY_CARD, "note": "statement of November"},
        operation="InsertReceiptPayment",
        changes=(*paid("purchases/1127"), *LEDGER_OUT),
        refusals=(
            ({"purchase": 999_999}, "No purchase with the number 999999"),
            ({"purchase": 1128}, "supplier's credit note"),
            ({"purchase": 1126}, "is paid already"),
            ({"method": "Cheque"}, "No supplier payment method is called"),
            ({"bank_account": ""}, "`bank_account`"),
        ),
    ),
    Example(
        tool="record_payments",
        arguments={"customer": "PENH01", "total": "1000.00", "oldest_first": True, **NAMED},
        operation="InsertInvoicePayment",
        changes=(*paid("invoices/1292", "invoices/1299"), *LEDGER_IN),
        refusals=(
            ({"customer": "NOBODY99"}, "No customer"),
            ({"oldest_first": False}, "Which invoices it pays was not said"),
            ({"total": "5000.00"}, "is left over"),
            ({"invoices": [{"invoice": 1292}]}, "Both `invoices` and `oldest_first`"),
        ),
    ),
    Example(
        id="record_payments, the rest on account",
        tool="record_payments",
        arguments={
            "customer": "PENH01",
            "total": "1000.00",
            "invoices": [{"invoice": 1292}],
            "rest_on_account": True,
            **NAMED,
        },
        operation="InsertBankTransaction",
        changes=(*paid("invoices/1292"), *LEDGER_IN, "bank_transactions"),
        refusals=(
            ({"invoices": [{"invoice": 1018}]}, "1018 is none of"),
            ({"invoices": [{"invoice": 1292}, {"invoice": 1292}]}, "named twice"),
            ({"invoices": [{"invoice": 1292, "amount": 700}]}, "more than invoice 1292 has outstanding"),
            ({"total": "600.00"}, "more than the £600.00 received"),
        ),
    ),
    Example(
        tool="pay_purchases",
        arguments={
            "supplier": "WHAR01",
            "bills": [{"purchase": 1125}, {"purchase": 1129, "amount": "74.40"}],
            "total": "296.40",
            **BY_CARD,
        },
        operation="InsertReceiptPayment",
        changes=(*paid("purchases/1125", "purchases/1129"), *LEDGER_OUT),
        refusals=(
            ({"supplier": "NOBODY99"}, "No supplier"),
            ({"total": "300.00"}, "The bills come to £296.40, not £300.00"),
            ({"bills": [{"purchase": 1117}]}, "1117 is none of"),
            ({"bills": []}, "`bills`"),
        ),
    ),
    Example(
        tool="delete_payment",
        arguments={"kind": "invoice", "number": 1018, "payment": 31871246},
        operation="DeleteInvoicePayment",
        changes=(*paid("invoices/1018"), *LEDGER_IN),
        refusals=(
            ({"payment": 1}, "No payment of invoice 1018 with the id 1"),
            ({"number": 999_999}, "No invoice with the number 999999"),
            ({"number": 1300, "payment": 31872694}, "looks like an applied credit note"),
        ),
    ),
    Example(
        id="delete_payment of a purchase",
        tool="delete_payment",
        arguments={"kind": "purchase", "number": 1127, "payment": 31872714},
        operation="DeleteReceiptPayment",
        changes=(*paid("purchases/1127"), *LEDGER_OUT),
        refusals=(({"payment": 1}, "No payment of purchase 1127 with the id 1"),),
    ),
    Example(
        tool="record_advance",
        arguments={
            "kind": "customer",
            "party": "KEST01",
            "amount": "250.00",
            "bank_account": "Current account",
            "comment": "Deposit for the spring order",
        },
        operation="InsertBankTransaction",
        changes=(*LEDGER_IN, "bank_transactions"),
        refusals=(
            ({"party": "NOBODY99"}, "No customer"),
            ({"bank_account": ""}, "`bank_account`"),
            ({"amount": "1.005"}, "whole pennies"),
            ({"control_nominal": 9999}, "No nominal has the code 9999"),
        ),
    ),
    Example(
        id="record_advance to a supplier",
        tool="record_advance",
        arguments=DEPOSIT,
        operation="InsertBankTransaction",
        changes=(*LEDGER_OUT, "bank_transactions"),
        refusals=(({"party": "NOBODY99"}, "No supplier"),),
    ),
    Example(
        tool="allocate_advance",
        arguments={"kind": "invoice", "number": 1018},
        operation="AllocateAdvancePaymentToInvoice",
        changes=(*paid("invoices/1018"), "bank_transactions/8730708/allocated"),
        refusals=(
            ({"number": 1292}, "No money of"),
            ({"transaction": 1}, "is no money of"),
            ({"number": 1307}, "is a credit note"),
            ({"number": 1296}, "is in EUR"),
            ({"number": 1001}, "is paid already"),
        ),
        is_undone=False,
    ),
    Example(
        id="allocate_advance to a purchase",
        tool="allocate_advance",
        arguments={"kind": "purchase", "number": 1125},
        operation="AllocateAdvancePaymentToReceipt",
        before=(("record_advance", DEPOSIT),),
        changes=(*paid("purchases/1125"), "bank_transactions"),
        refusals=(({"number": 1117}, "No money of"), ({"number": 1128}, "supplier's credit note")),
        is_undone=False,
    ),
]
