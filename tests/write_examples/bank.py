"""Writes in the bank."""

from write_examples import Example

CURRENT, RESERVE = 612351, 612362

EXAMPLES = [
    Example(
        tool="record_bank_transaction",
        arguments={
            "direction": "out",
            "amount": "12.60",
            "nominal": "7050",
            "bank_account": "Current account",
            "date": "2026-11-18",
            "comment": "Car park, proof delivery",
            "vat_rate": "20",
            "project": "3",
        },
        operation="InsertBankTransaction",
        changes=(
            "bank_transactions/8730710",
            f"bank_accounts/{CURRENT}/balance",
            "trial_balance/1200",
            "trial_balance/2201",
            "trial_balance/7050",
        ),
        refusals=(
            ({"nominal": "1100"}, "is a control account"),
            ({"nominal": "1210"}, "is another bank account"),
            ({"nominal": ""}, "What the money is for was not named"),
            ({"nominal": "4321"}, "No nominal with this code or name"),
            ({"bank_account": "Petty cash"}, "No bank account is called"),
            ({"vat_rate": "17.5"}, "no VAT rate 17.5%"),
            ({"vat_rate": None, "vat": "2.10"}, "`vat` needs `vat_rate`"),
            ({"vat": "12.60"}, "is not less than the amount"),
            ({"amount": "12.605"}, "more than two decimal places"),
        ),
    ),
    Example(
        tool="record_transfer",
        arguments={
            "from_account": "Current account",
            "to_account": "Reserve account",
            "amount": "750.00",
            "date": "2026-11-19",
            "comment": "For the VAT",
        },
        operation="InsertBankTransaction",
        changes=(
            "bank_transactions/8730710",
            f"bank_accounts/{CURRENT}/balance",
            f"bank_accounts/{RESERVE}/balance",
            "trial_balance/1200",
            "trial_balance/1210",
        ),
        refusals=(
            ({"to_account": "Current account"}, "are the same account"),
            ({"to_account": "Petty cash"}, "No bank account is called"),
        ),
    ),
    Example(
        tool="create_bank_account",
        arguments={"name": "Savings", "nominal": 1230},
        operation="CreateBankAccount",
        changes=("bank_accounts/612384",),
        refusals=(
            ({"name": "Current account"}, "is called “Current account” already"),
            ({"nominal": 1200}, "belongs to the bank account"),
            ({"nominal": 4000}, "of the type Turnover"),
            ({"nominal": 1100}, "a control account"),
        ),
        is_undone=False,
        before=(("create_nominal", {"code": 1230, "name": "Savings", "type": "current_asset", "use": "bank"}),),
    ),
    Example(
        tool="update_bank_transaction",
        arguments={"transaction": 8730668, "amount": "15.00", "vat_rate": "20", "comment": "Car park, all day"},
        operation="UpdateBankTransaction",
        changes=(
            "bank_transactions/8730668/money_out",
            "bank_transactions/8730668/vat",
            "bank_transactions/8730668/comment",
            f"bank_accounts/{CURRENT}/balance",
            "trial_balance/1200",
            "trial_balance/2201",
            "trial_balance/7050",
        ),
        refusals=(
            ({"transaction": 999}, "No bank transaction with the id 999"),
            ({"vat_rate": None}, "Set `vat_rate`"),
            ({"transaction": 8730660}, "is a transfer between"),
            ({"transaction": 8730708}, "is money on account"),
            ({"amount": "12.60", "vat_rate": None, "comment": None}, "Nothing would change"),
        ),
    ),
    Example(
        tool="delete_bank_transaction",
        arguments={"transaction": 8730668},
        operation="DeleteBankTransaction",
        changes=(
            "bank_transactions/8730668",
            f"bank_accounts/{CURRENT}/balance",
            "trial_balance/1200",
            "trial_balance/2201",
            "trial_balance/7050",
        ),
        refusals=(({"transaction": 999}, "No bank transaction with the id 999"),),
    ),
    Example(
        id="delete_bank_transaction of a transfer",
        tool="delete_bank_transaction",
        arguments={"transaction": 8730660},
        operation="DeleteBankTransaction",
        changes=(
            "bank_transactions/8730660",
            f"bank_accounts/{CURRENT}/balance",
            f"bank_accounts/{RESERVE}/balance",
            "trial_balance/1200",
            "trial_balance/1210",
        ),
        refusals=(({"transaction": 999}, "No bank transaction with the id 999"),),
        is_restored=False,  # entered again on the other account's nominal, which KashFlow's own transfers do not carry
    ),
]
