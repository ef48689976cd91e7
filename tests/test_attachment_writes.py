"""Files attached to invoices and purchases: only from the owner's folder, only as the preview showed them, never through a model."""

import base64
import hashlib
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import TODAY, Desk, a_company, open_desk, real_account
from test_writing import confirmed

from kf_mcp.errors import Refused
from kf_mcp.kashflow import attachable
from kf_mcp.kashflow.attachment_steps import AttachToPurchase
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.documents import Documents
from kf_mcp.kashflow.step import Circumstances, Landed
from kf_mcp.settings import Settings
from kf_mcp.simulator import Switches

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 8
PURCHASE, INVOICE = 1020, 1042
BILL = {"kind": "purchase", "number": PURCHASE, "path": "bill.pdf"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the owner allows, with a bill in it; beside it a file that is not meant."""
    allowed = tmp_path / "scans"
    (allowed / "nov").mkdir(parents=True)
    (allowed / "bill.pdf").write_bytes(PDF)
    (allowed / "nov" / "photo.JPG").write_bytes(b"\xff\xd8\xff\xe0 a picture")
    (tmp_path / "secret.pdf").write_bytes(PDF)
    return allowed


def settings(tmp_path: Path, folder: Path | None) -> Settings:
    return real_account(tmp_path / "data", confirm="either", toolsets="all", attach_from=folder)


def files(desk: Desk, noun: str = "purchases", number: int = PURCHASE) -> list[dict[str, Any]]:
    return next(row for row in desk.company.state()[noun] if row["number"] == number)["attachments"]


async def test_a_file_goes_to_kashflow_as_it_is_and_the_preview_shows_which(company, tmp_path, folder) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        preview = await desk("attach_file", BILL)
        reply = await desk("attach_file", BILL, confirm=preview["confirm"])

        sha256 = hashlib.sha256(PDF).hexdigest()
        assert "File “bill.pdf” on purchase 1020" in preview["title"]
        assert f"application/pdf, 2 KB, SHA-256 {sha256}" in preview["facts"]
        assert "From “bill.pdf” in the folder that the owner allows" in preview["facts"]
        (kept,) = files(desk)
        assert (kept["name"], kept["content_type"], kept["size"]) == ("bill.pdf", "application/pdf", len(PDF))
        assert (kept["sha256"], kept["extension"]) == (sha256, ".pdf")
        assert reply["checked"] == "equal"
        assert f"id {kept['id']}" in reply["facts"][0]


@pytest.mark.parametrize("switch", ["attach_result=one", "attachment_size=sent", "not_found_document=blank"])
async def test_what_kashflow_answers_does_not_matter(tmp_path, folder, switch: str) -> None:
    company = a_company(switches=Switches.parse([switch]))
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        first = await confirmed(desk, "attach_file", BILL)
        second = await confirmed(desk, "attach_file", {**BILL, "path": "nov/photo.JPG"})

        assert [row["name"] for row in files(desk)] == ["bill.pdf", "photo.JPG"]
        assert [row["content_type"] for row in files(desk)] == ["application/pdf", "image/jpeg"]
        assert first["checked"] == second["checked"] == "equal"
        await confirmed(desk, "undo_write", {"entry": first["entry"]})
        assert [row["name"] for row in files(desk)] == ["photo.JPG"]
        assert "No purchase" in await desk.error("attach_file", {**BILL, "number": 999999})


async def test_a_file_on_an_invoice_is_sent_and_no_more_is_claimed(company, tmp_path, folder) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        preview = await desk("attach_file", {**BILL, "kind": "invoice", "number": INVOICE})
        reply = await desk("attach_file", {**BILL, "kind": "invoice", "number": INVOICE}, confirm=preview["confirm"])

        assert "no operation that lists or deletes the files of an invoice" in preview["undo"]
        assert reply["checked"] == "not checked"
        assert "It cannot be read back" in reply["facts"][0]
        assert [row["sha256"] for row in files(desk, "invoices", INVOICE)] == [hashlib.sha256(PDF).hexdigest()]
        assert "cannot be undone" in await desk.error("undo_write", {"entry": reply["entry"]})


async def test_a_lost_answer_on_an_invoice_stays_unknown_and_nothing_more_goes_there(company, tmp_path, folder) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        company.mishaps.add("AttachFileToInvoice", "lose_answer", 1)
        request = {**BILL, "kind": "invoice", "number": INVOICE}

        reply = await confirmed(desk, "attach_file", request)
        again = await desk("attach_file", request)

        assert (reply["status"], again["status"]) == ("unknown", "unknown")
        assert "The books cannot show it" in reply["facts"][0]
        assert len(files(desk, "invoices", INVOICE)) == 1


async def test_without_an_allowed_folder_nothing_is_attached_and_the_way_is_named(company, tmp_path) -> None:
    async with open_desk(company, settings(tmp_path, None)) as desk:
        text = await desk.error("attach_file", BILL)

        assert "The owner can set KASHFLOW_ATTACH_FROM" in text


def test_the_folder_is_named_by_its_whole_path(tmp_path) -> None:
    with pytest.raises(ValueError, match="whole path"):
        Settings(attach_from=Path("scans"))

    assert Settings(attach_from="").attach_from is None
    assert Settings(attach_from="~/scans").attach_from == Path.home() / "scans"


async def test_a_folder_that_is_gone_or_a_file_is_said_to_be_the_owners_to_correct(company, tmp_path, folder) -> None:
    for wrong in (tmp_path / "nowhere", folder / "bill.pdf"):
        async with open_desk(company, settings(tmp_path, wrong)) as desk:
            assert "is not there" in await desk.error("attach_file", BILL)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../secret.pdf", "outside the folder"),
        ("nov/../../secret.pdf", "outside the folder"),
        ("{above}/secret.pdf", "outside the folder"),
        ("{above}/no-such.pdf", "outside the folder"),
        ("/etc/passwd", "outside the folder"),
        ("way-out.pdf", "outside the folder"),
        ("out/secret.pdf", "outside the folder"),
        ("round.pdf", "o readable file"),
        (".hidden.pdf", "hidden"),
        (".private/bill.pdf", "hidden"),
        ("to-hidden.pdf", "hidden"),
        ("pipe.pdf", "not an ordinary file"),
        ("nov.pdf", "not an ordinary file"),
        ("none.pdf", "No readable file"),
        ("~/secret.pdf", "No readable file"),
        ("notes.txt", "not of a kind"),
        ("bill", "not of a kind"),
        ("renamed.pdf", "is not what its name says"),
        ("empty.pdf", "is empty"),
        ("large.pdf", "at most 10 MB"),
        ("bill\u202e.pdf", "invisible"),
        ("bill\x00.pdf", "invisible"),
        (".", "names no file"),
    ],
)
async def test_what_is_not_an_ordinary_file_of_the_folder_is_refused(
    company, tmp_path, folder, path: str, words: str
) -> None:
    (folder / "way-out.pdf").symlink_to(tmp_path / "secret.pdf")
    (folder / "out").symlink_to(tmp_path)
    (folder / "round.pdf").symlink_to("round.pdf")
    (folder / ".private").mkdir()
    for hidden in (".hidden.pdf", ".private/bill.pdf"):
        (folder / hidden).write_bytes(PDF)
    (folder / "to-hidden.pdf").symlink_to(".hidden.pdf")
    os.mkfifo(folder / "pipe.pdf")
    (folder / "nov.pdf").mkdir()
    (folder / "notes.txt").write_text("secret")
    (folder / "bill").write_bytes(PDF)
    (folder / "renamed.pdf").write_text("root:x:0:0")
    (folder / "empty.pdf").touch()
    with (folder / "large.pdf").open("wb") as large:
        large.write(PDF)
        large.truncate(attachable.LARGEST + 1)
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        text = await desk.error("attach_file", {**BILL, "path": path.format(above=tmp_path)})

        assert words in text
        assert "root:x" not in text
        assert files(desk) == []


async def test_a_whole_path_and_a_link_within_the_folder_lead_to_the_file_itself(company, tmp_path, folder) -> None:
    (folder / "latest.pdf").symlink_to("bill.pdf")
    linked = tmp_path / "linked"
    linked.symlink_to(folder)
    async with open_desk(company, settings(tmp_path, linked)) as desk:
        for path in (str(linked / "bill.pdf"), str(folder / "bill.pdf"), "latest.pdf", "./bill.pdf"):
            preview = await desk("attach_file", {**BILL, "path": path})

            assert "From “bill.pdf” in the folder that the owner allows" in preview["facts"]


async def test_a_large_file_arrives_whole_after_a_warning(company, tmp_path, folder) -> None:
    """ASP.NET takes requests of 4 MB unless told otherwise, and what KashFlow told it is not known."""
    size = 5 * 1024 * 1024
    with (folder / "large.pdf").open("wb") as large:
        large.write(PDF)
        large.truncate(size)
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        preview = await desk("attach_file", {**BILL, "path": "large.pdf"})
        reply = await desk("attach_file", {**BILL, "path": "large.pdf"}, confirm=preview["confirm"])

        assert "5.0 MB" in preview["facts"][1]
        assert any("may not take so large a file" in warning for warning in preview["warnings"])
        assert reply["checked"] == "equal"
        assert files(desk)[0]["sha256"] == hashlib.sha256((folder / "large.pdf").read_bytes()).hexdigest()


async def test_a_file_of_exactly_the_largest_size_may_be_attached(folder) -> None:
    with (folder / "large.pdf").open("wb") as large:
        large.write(PDF)
        large.truncate(attachable.LARGEST)

    assert (await attachable.find(folder, "large.pdf")).size == attachable.LARGEST


async def test_a_file_that_changed_after_the_preview_is_shown_anew(company, tmp_path, folder) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        preview = await desk("attach_file", BILL)
        (folder / "bill.pdf").write_bytes(PDF + b"more")

        reply = await desk("attach_file", BILL, confirm=preview["confirm"])

        assert reply["status"] == "changed"
        assert files(desk) == []


async def test_a_file_swapped_between_planning_and_sending_is_not_sent(company, tmp_path, folder) -> None:
    """The last look is the one that counts: what is sent has the SHA-256 that the person saw, or nothing is."""
    ours = settings(tmp_path, folder)
    file = await attachable.find(folder, "bill.pdf")
    purchase = next(row for row in company.state()["purchases"] if row["number"] == PURCHASE)
    soap = Connection(ours, company.transport())
    step = AttachToPurchase(document_id=purchase["id"], number=PURCHASE, file=file)
    (folder / "bill.pdf").unlink()
    (folder / "bill.pdf").symlink_to(tmp_path / "secret.pdf")

    with pytest.raises(Refused, match="outside the folder"):
        await step.send(soap)
    (folder / "bill.pdf").unlink()
    (folder / "bill.pdf").write_bytes(PDF + b"more")
    with pytest.raises(Refused, match="changed meanwhile"):
        await step.send(soap)
    await soap.close()

    assert "AttachFileToReceipt" not in {call.name for call in company.calls}


async def test_a_number_that_became_another_documents_gets_no_file(company, tmp_path, folder) -> None:
    purchase = next(row for row in company.state()["purchases"] if row["number"] == PURCHASE)
    soap = Connection(settings(tmp_path, folder), company.transport())
    file = await attachable.find(folder, "bill.pdf")

    with pytest.raises(Refused, match="not the one that the preview showed"):
        await AttachToPurchase(document_id=purchase["id"] + 1, number=PURCHASE, file=file).send(soap)
    await soap.close()

    assert "AttachFileToReceipt" not in {call.name for call in company.calls}


async def test_nothing_of_what_is_in_a_file_is_kept_or_shown(company, tmp_path, folder) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        preview = await desk("attach_file", BILL)
        reply = await desk("attach_file", BILL, confirm=preview["confirm"])

    inside = [PDF[9:60], base64.b64encode(PDF)[:40]]
    said = f"{preview}{reply}".encode()
    kept = b"".join(found.read_bytes() for found in (tmp_path / "data").rglob("*") if found.is_file())
    assert not any(part in said + kept for part in inside)
    assert hashlib.sha256(PDF).hexdigest().encode() in kept


@pytest.mark.parametrize("mishap", ["lose_answer", "no_but_written"])
async def test_a_file_whose_answer_was_lost_is_found_on_the_purchase(company, tmp_path, folder, mishap: str) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        company.mishaps.add("AttachFileToReceipt", mishap, 1)

        reply = await confirmed(desk, "attach_file", BILL)

        assert reply["status"] == "done"
        assert len(files(desk)) == 1


# Deleting


async def test_of_two_files_with_one_name_the_one_that_is_meant_goes(company, tmp_path, folder) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        await confirmed(desk, "attach_file", BILL)
        (folder / "bill.pdf").write_bytes(PDF + b"second scan")
        preview = await desk("attach_file", BILL)
        assert any("Perhaps a duplicate" in warning for warning in preview["warnings"])
        await desk("attach_file", BILL, confirm=preview["confirm"])
        first, second = files(desk)

        text = await desk.error("delete_attachment", {"number": PURCHASE, "file": "bill.pdf"})
        reply = await confirmed(desk, "delete_attachment", {"number": PURCHASE, "file": str(first["id"])})

        assert f"- {first['id']} (“bill.pdf”" in text
        assert f"- {second['id']} (“bill.pdf”" in text
        assert files(desk) == [second]
        assert reply["checked"] == "equal"


async def test_a_deleted_file_is_gone_for_good_and_its_link_is_kept_nowhere(company, tmp_path, folder) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        await confirmed(desk, "attach_file", BILL)
        (link,) = [row["secret_link"] for row in (await desk("get_attachments", {"number": PURCHASE}))["attachments"]]

        preview = await desk("delete_attachment", {"number": PURCHASE, "file": "BILL.pdf"})
        reply = await desk("delete_attachment", {"number": PURCHASE, "file": "BILL.pdf"}, confirm=preview["confirm"])

        assert "nothing undoes it" in preview["undo"]
        assert "Left on it afterwards: 0 files" in preview["facts"]
        assert re.match(rf"Deletion of file \d+ of purchase {PURCHASE}: ", reply["facts"][0])
        assert "cannot be undone" in await desk.error("undo_write", {"entry": reply["entry"]})
        assert "No file is attached to purchase" in await desk.error(
            "delete_attachment", {"number": PURCHASE, "file": "bill.pdf"}
        )
    kept = b"".join(found.read_bytes() for found in (tmp_path / "data").rglob("*") if found.is_file())
    assert link.encode() not in kept


async def test_a_file_that_somebody_deleted_first_is_told(company, tmp_path, folder) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        await confirmed(desk, "attach_file", BILL)
        await confirmed(desk, "attach_file", {**BILL, "path": "nov/photo.JPG"})
        by_name = await desk("delete_attachment", {"number": PURCHASE, "file": "bill.pdf"})
        await confirmed(desk, "delete_attachment", {"number": PURCHASE, "file": str(files(desk)[0]["id"])})

        text = await desk.error(
            "delete_attachment", {"number": PURCHASE, "file": "bill.pdf"}, confirm=by_name["confirm"]
        )

        assert "No file is called" in text
        assert [row["name"] for row in files(desk)] == ["photo.JPG"]


async def test_undoing_is_refused_once_the_file_was_deleted(company, tmp_path, folder) -> None:
    async with open_desk(company, settings(tmp_path, folder)) as desk:
        reply = await confirmed(desk, "attach_file", BILL)
        await confirmed(desk, "delete_attachment", {"number": PURCHASE, "file": "bill.pdf"})

        assert "is not in the books any more" in await desk.error("undo_write", {"entry": reply["entry"]})


# What a step sees for itself, whoever planned it


async def test_a_file_that_is_not_there_afterwards_is_a_difference_and_nothing_to_undo(
    company, tmp_path, folder
) -> None:
    purchase = next(row for row in company.state()["purchases"] if row["number"] == PURCHASE)
    soap = Connection(settings(tmp_path, folder), company.transport())
    file = await attachable.find(folder, "bill.pdf")
    step = AttachToPurchase(document_id=purchase["id"], number=PURCHASE, file=file)

    back = await step.read_back(soap, Landed(number=PURCHASE), {"ids": []})
    with pytest.raises(Refused, match="not attached any more"):
        await step.inverse(soap, Landed(id=1), {"step": step.model_dump(mode="json")}, Circumstances(today=TODAY))
    with pytest.raises(Refused, match="No attached file"):
        await Documents(soap).attachment_record(purchase["id"], 1)
    await soap.close()

    assert back.differences == ("the file is not among those of the purchase",)


@pytest.mark.parametrize("name", ["x" * 117 + ".pdf", "a:b.pdf", "a\\b.pdf", 'a"b.pdf'])
async def test_a_name_that_might_not_survive_is_refused(folder, name: str) -> None:
    (folder / name).write_bytes(PDF)

    with pytest.raises(Refused, match="Let the person give it another name"):
        await attachable.find(folder, name)


async def test_on_windows_files_are_opened_whole_and_those_marked_hidden_refused(folder, monkeypatch) -> None:
    monkeypatch.setattr(os, "supports_dir_fd", set())
    assert (await attachable.find(folder, "nov/photo.JPG")).path == "nov/photo.JPG"

    found = os.stat(folder / "bill.pdf")  # noqa: PTH116
    marked = SimpleNamespace(st_mode=found.st_mode, st_size=found.st_size, st_file_attributes=2)
    monkeypatch.setattr(attachable.os, "fstat", lambda _: marked)
    with pytest.raises(Refused, match="not an ordinary file"):
        attachable._bytes(folder, Path("bill.pdf"), "bill.pdf")
