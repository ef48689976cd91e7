"""Writes in the ledger."""

from write_examples import Example

ACCRUAL = [
    {"nominal": "7600", "debit": "420.00", "comment": "Bookkeeping review"},
    {"nominal": "2109", "credit": "420.00", "project": "4"},
]

EXAMPLES = [
    Example(
        tool="create_journal",
        arguments={"date": "2026-11-19", "lines": ACCRUAL, "comment": "Accrual: bookkeeping"},
        operation="InsertJournal",
        changes=("journals/11", "trial_balance/7600", "trial_balance/2109"),
        refusals=(
            ({"lines": [ACCRUAL[0], {"nominal": "2109", "credit": "419.99"}]}, "differ by £0.01"),
            ({"lines": [ACCRUAL[0], {"nominal": "1100", "credit": "420.00"}]}, "a control account"),
            ({"lines": [ACCRUAL[0], {"nominal": "2100", "credit": "420.00"}]}, "a control account"),
            ({"lines": [ACCRUAL[0], {"nominal": "4321", "credit": "420.00"}]}, "Line 2: No nominal"),
            ({"lines": [ACCRUAL[0], {"nominal": "2109"}]}, "Line 2 must have a debit or a credit"),
        ),
    ),
    Example(
        tool="update_journal",
        arguments={
            "number": 10,
            "comment": "Client evening: moved from materials",
            "lines": [
                {"nominal": "7403", "debit": "48.20", "project": "4"},
                {"nominal": "5000", "credit": "48.20", "project": "4"},
            ],
        },
        operation="UpdateJournal",
        changes=("journals/10/comment", "journals/10/lines", "trial_balance/7403", "trial_balance/5000"),
        refusals=(
            ({"number": 99}, "No journal with the number 99"),
            ({"comment": None, "lines": None}, "Nothing would change"),
            ({"lines": [ACCRUAL[0], {"nominal": "2109", "credit": "419.99"}]}, "differ by £0.01"),
        ),
    ),
    Example(
        tool="delete_journal",
        arguments={"number": 10},
        operation="DeleteJournalByID",
        changes=("journals/10", "trial_balance/7403", "trial_balance/5000"),
        refusals=(({"number": 99}, "No journal with the number 99"),),
    ),
    Example(
        tool="create_nominal",
        arguments={"code": 7905, "name": "Card fees", "type": "expense", "use": "bank"},
        operation="InsertNominalCode",
        changes=("nominals/7905",),
        refusals=(({"code": 7900}, "The code 7900 is in use: 7900 Bank charges"),),
        is_undone=False,
    ),
]
