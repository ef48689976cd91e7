"""Journals, special nominals, products and projects written by calls."""

import json
from decimal import Decimal

import pytest
from books_calls import ask, at, balance, call, customer, nominal_id, opened

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import Refusal, Typed
from kf_mcp.simulator.switches import Switches


def journal_members(books, *sides, **members):
    """A journal of (nominal code, amount) pairs, a credit above zero, as the books are opened by default."""
    lines = [
        Typed("JournalLine", {"NominalID": nominal_id(books, code), "Amount": Decimal(amount), "Comment": f"of {code}"})
        for code, amount in sides
    ]
    return {"JournalDate": at(2026, 11, 10, 9, 15), "Comment": "Moved", "Lines": lines, **members}


def journal(books, *sides, **members):
    """The number of a new journal."""
    return ask(books, "InsertJournal", Jnl=journal_members(books, *sides, **members))


def journal_id(books, number):
    return next(row["id"] for row in books.state()["journals"] if row["number"] == number)


def test_a_new_journal_gets_the_next_number_and_is_posted_by_the_sign_of_the_switch():
    for setting, side in (("credit_positive", -1), ("debit_positive", 1)):
        books = opened(f"journal_line_sign={setting}")

        numbers = [journal(books, (8000, "25.10"), (40, "-25.10"), JournalNumber=77) for _ in range(2)]

        assert numbers == [1, 2]
        assert (balance(books, 8000), balance(books, 40)) == (side * Decimal("50.20"), side * Decimal("-50.20"))
        shown = ask(books, "GetJournal", JournalNumber=2)
        assert (shown["JournalDate"], shown["Comment"]) == (at(2026, 11, 10), "Moved")
        assert [row.members["Amount"] for row in shown["Lines"]] == [Decimal("25.10"), Decimal("-25.10")]
        assert [row.members["Comment"] for row in shown["Lines"]] == ["of 8000", "of 40"]


def test_an_unbalanced_journal_is_refused_or_the_rest_is_posted_to_other():
    with pytest.raises(Refusal, match="add up"):
        journal(opened(), (8000, "25.10"), (40, "-25"))

    books = opened("unbalanced_journal=other")
    journal(books, (8000, "25.10"), (40, "-25"))

    assert (balance(books, 8000), balance(books, 40), balance(books, 0)) == (Decimal("-25.10"), 25, Decimal("0.10"))


@pytest.mark.parametrize("control", [1100, 2100])
def test_no_journal_stands_on_a_control_account(control):
    books = opened()
    with pytest.raises(Refusal, match="Control"):
        journal(books, (8000, "5"), (control, "-5"))

    number = journal(books, (8000, "5"), (40, "-5"))
    changed = journal_members(books, (8000, "5"), (control, "-5"), DBID=journal_id(books, number))
    with pytest.raises(Refusal, match="Control"):
        call(books, "UpdateJournal", Jnl=changed)


def test_what_else_a_journal_needs():
    strange = [Typed("JournalLine", {"NominalID": 3, "Amount": Decimal(0)})]
    for settings, members, words in (
        ((), {"JournalDate": None}, "no date"),
        ((), {"Lines": strange}, "does not exist"),
        (("missing_lines=refuse",), {"Lines": None}, "no lines"),
        (("locked_periods=refuse",), {"JournalDate": at(2026, 1, 5)}, "locked"),
    ):
        books = opened(*settings, world="demo")
        before = books.dump()
        with pytest.raises(Refusal, match=words):
            journal(books, (8000, "5"), (40, "-5"), **members)
        assert books.dump() == before
    assert journal(opened("unknown_nominal=accept"), Lines=strange) == 1
    assert journal(opened(), Lines=None) == 1


def test_a_journal_is_written_anew_by_its_id_and_keeps_its_number():
    books = opened()
    journal(books, (8000, "1"), (40, "-1"))
    number = journal(books, (8000, "25"), (40, "-25"))
    key = journal_id(books, number)

    changed = journal_members(books, (7900, "3"), (2109, "-3"), DBID=key, Comment=None, JournalDate=at(2026, 11, 2))
    assert ask(books, "UpdateJournal", Jnl=changed) == 1

    after = next(row for row in books.state()["journals"] if row["id"] == key)
    assert (after["number"], after["comment"], after["date"]) == (number, "", "2026-11-02")
    assert [row["nominal"] for row in after["lines"]] == [7900, 2109]
    assert (balance(books, 8000), balance(books, 7900)) == (-1, -3)
    with pytest.raises(Refusal, match="no journal"):
        call(books, "UpdateJournal", Jnl={**changed, "DBID": number})


def test_lines_sent_with_a_journals_header_are_added_or_not_looked_at():
    for setting, expected in (("add", Decimal(-30)), ("ignore", Decimal(-25))):
        books = opened(f"journal_header_lines={setting}")
        key = journal_id(books, journal(books, (8000, "25"), (40, "-25")))
        header = journal_members(books, DBID=key, Comment="Changed")

        call(books, "UpdateJournalHeader", Jnl=header)
        assert (books.state()["journals"][0]["comment"], balance(books, 8000)) == ("Changed", -25)

        call(books, "UpdateJournalHeader", Jnl=journal_members(books, (8000, "5"), (40, "-5"), DBID=key))
        assert balance(books, 8000) == expected


def test_a_deleted_journal_leaves_nothing_and_its_number_comes_again_or_not():
    for setting, following in (("yes", 2), ("no", 4)):
        books = opened(f"reuse_deleted_number={setting}")
        numbers = [journal(books, (8000, "25"), (40, "-25")) for _ in range(3)]

        assert ask(books, "DeleteJournal", JournalNumber=numbers[2]) == 1
        assert ask(books, "DeleteJournalByID", JournalID=journal_id(books, numbers[1])) == 1

        assert balance(books, 8000) == -25
        assert journal(books, (8000, "1"), (40, "-1")) == following
        with pytest.raises(Refusal, match="no journal"):
            call(books, "DeleteJournalByID", JournalID=3)


def test_a_special_nominal_is_added_with_what_it_was_sent_with():
    books = opened()
    sent = {
        "Name": "Directors loan",
        "Code": 2300,
        "Special": 4,
        "TypeEnum": "CurrentAssetOrLiability",
        "Sa103Code": Decimal("12.5"),
        "NomType": 3,
        "Disallowed": True,
    }

    assert ask(books, "CreateSpecialNominal", SpecialNominal=sent) is None

    loaded = Books.load(json.loads(json.dumps(books.dump())), Switches())
    held = next(row for row in loaded.state()["nominals"] if row["code"] == 2300)
    assert (held["name"], held["type"], held["area"]) == ("Directors loan", 5, 3)
    assert (held["particulars"]["Special"], held["particulars"]["Sa103Code"]) == (4, "12.5")
    for members, words in ((sent, "unique"), ({**sent, "Code": 1, "TypeEnum": None}, "not complete")):
        with pytest.raises(Refusal, match=words):
            call(books, "CreateSpecialNominal", SpecialNominal=members)


def product(books, **members):
    return {"ParentID": nominal_id(books, 4000), "Name": "Felt hat", "Code": "HAT", "Price": Decimal("9.99"), **members}


def test_a_product_is_created_under_id_0_and_blanked_where_nothing_was_sent_when_written_anew():
    books = opened()

    key = ask(books, "AddOrUpdateSubProduct", sp=product(books, VatRate=Decimal(20), Managed=1, QtyInStock=7))
    shown = ask(books, "GetSubProductByID", ProductID=key)
    assert (shown["Code"], shown["Price"], shown["VatRate"], shown["QtyInStock"]) == ("HAT", Decimal("9.99"), 20, 7)

    assert ask(books, "AddOrUpdateSubProduct", sp=product(books, id=key, Price=Decimal(8))) == key
    shown = ask(books, "GetSubProductByCode", ProductCode="HAT")
    assert (shown["id"], shown["Price"], shown["VatRate"], shown["Managed"], shown["QtyInStock"]) == (key, 8, 0, 0, 0)


def test_what_a_product_needs():
    books = opened()
    call(books, "AddOrUpdateSubProduct", sp=product(books))

    for members, words in (
        ({}, "not unique"),
        ({"Code": "hat"}, "not unique"),
        ({"Code": "B", "Name": " "}, "no name"),
        ({"Code": "B", "ParentID": 4000}, "no nominal"),
        ({"Code": "B", "ParentID": nominal_id(books, 7900)}, "no nominal"),
        ({"Code": "B", "id": 3}, "no product"),
    ):
        with pytest.raises(Refusal, match=words):
            call(books, "AddOrUpdateSubProduct", sp=product(books, **members))

    books.use(Switches.parse(["shared_key=accept"]))
    assert ask(books, "AddOrUpdateSubProduct", sp=product(books, ParentID=nominal_id(books, 5000)))


def project(**members):
    return {"ID": 0, "Number": 0, "Name": "Tea party", "Status": 1, **members}


def test_a_project_is_created_under_id_0_with_the_next_number_and_written_anew_whole():
    books = opened()
    hatter = customer(books)
    sent = project(CustomerID=hatter, Reference="TEA", Description="<p>Tea</p>", Date1=at(2026, 1, 2))

    first = ask(books, "InsertOrUpdateProject", Project=sent)
    numbered = ask(books, "InsertOrUpdateProject", Project=project(Number=40))
    following = ask(books, "InsertOrUpdateProject", Project=project())
    shown = {key: ask(books, "GetProjectById", ProjId=key) for key in (first, numbered, following)}
    assert [shown[key]["Number"] for key in (first, numbered, following)] == [1, 40, 41]
    assert (shown[first]["Reference"], shown[first]["CustomerID"]) == ("TEA", hatter)

    assert ask(books, "InsertOrUpdateProject", Project={"ID": first, "Name": "Over"}) == first
    after = ask(books, "GetProjectById", ProjId=first)
    assert (after["Number"], after["Reference"], after["CustomerID"], after["Status"]) == (1, "", 0, 0)
    assert after["Date1"].year == 1


def test_what_a_project_needs_and_which_number_it_gets_by_the_switch():
    books = opened("project_without_number=next")
    first = ask(books, "InsertOrUpdateProject", Project=project())
    for members, words in (
        ({"Number": 1}, "not unique"),
        ({"Name": ""}, "no name"),
        ({"CustomerID": 3}, "no customer"),
        ({"Status": 3}, "status"),
        ({"ID": 3}, "no project"),
    ):
        with pytest.raises(Refusal, match=words):
            call(books, "InsertOrUpdateProject", Project=project(**members))

    call(books, "InsertOrUpdateProject", Project=project(ID=first))

    assert books.state()["projects"][0]["number"] == 2
