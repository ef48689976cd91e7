"""SOAP clients of other ecosystems do the main job against the pretend KashFlow, as they would against KashFlow itself.

They share no code with this project, so what they send and what they understand is nobody's idea of it but their own.
To run them: `npm install --no-package-lock` in tests/other_clients/node_soap; PHP with its soap extension.
"""

import json
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

CLIENTS = Path(__file__).parent / "other_clients"
NODE_SOAP = CLIENTS / "node_soap"
PATIENCE = 60


def run(command, *arguments):
    """What a program prints; its own complaint where it fails."""
    done = subprocess.run(
        [command, *map(str, arguments)], capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def service():
    """The address of a pretend KashFlow in a process of its own."""
    command = [sys.executable, "-m", "kf_mcp", "simulate", "--port", "0", "--control", "--today", "2026-11-22"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as simulator:
        try:
            first_line = simulator.stdout.readline()
            yield next(word for word in first_line.split() if word.startswith("http://"))
        finally:
            simulator.terminate()


def node():
    """The command that does the main job by node-soap."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    packages = Path(os.environ.get("KF_MCP_NODE_MODULES") or NODE_SOAP / "node_modules")
    if not (packages / "soap").is_dir():
        pytest.skip(
            "the npm package soap is not installed: run `npm install --no-package-lock` in tests/other_clients/node_soap, "
            "or name a node_modules directory by KF_MCP_NODE_MODULES"
        )
    return program, NODE_SOAP / "main_job.mjs"


def php():
    """The command that does the main job by PHP's SoapClient."""
    program = shutil.which("php")
    if program is None:
        pytest.skip("php is not installed")
    if "soap" not in run(program, "-m").lower().split():
        pytest.skip("php is installed without its soap extension")
    return program, CLIENTS / "php" / "main_job.php"


@pytest.fixture(params=[node, php], ids=lambda client: client.__name__)
def client(request):
    """A name, and a way to do the main job at an address."""
    command = request.param()
    return request.param.__name__, lambda address: json.loads(run(*command, address))


def books_of(address):
    answer = httpx.get(address.replace("/api/service.asmx", "/control/books"), trust_env=False)
    return answer.raise_for_status().json()


def pennies(figure):
    """A figure that went through another language's floating point, as money again."""
    return Decimal(str(figure)).quantize(Decimal("0.01"))


def test_a_client_of_another_ecosystem_does_the_main_job(client, service):
    name, do_the_main_job = client
    told = do_the_main_job(service)

    books = books_of(service)
    (customer,) = (row for row in books["customers"] if row["name"] == "Café Zoë")
    (invoice,) = (row for row in books["invoices"] if row["number"] == told["number"])
    assert told["customers"] == len(books["customers"])
    assert told["customer"] == {member: customer[member] for member in ("id", "code", "name")}
    assert (invoice["customer_code"], invoice["date"], invoice["due_date"], invoice["reference"]) == (
        customer["code"],
        "2026-11-03",
        "2026-12-03",
        f"{name} & soap <1>",
    )
    assert [
        (line["description"], Decimal(line["quantity"]), Decimal(line["unit_price"]), line["nominal"], line["net"])
        for line in invoice["lines"]
    ] == [
        ("Menu design “autumn”", Decimal(3), Decimal("8.33"), 4000, "24.99"),
        ("Parking paid for you", Decimal(1), Decimal("12.50"), 4000, "12.50"),
    ]
    assert [(Decimal(line["vat_rate"]), line["vat"]) for line in invoice["lines"]] == [(20, "5.00"), (-1, "0.00")]
    assert (invoice["net"], invoice["vat"], invoice["gross"], invoice["paid"]) == ("37.49", "5.00", "42.49", "20.00")
    (payment,) = invoice["payments"]
    assert (payment["id"], payment["date"], payment["amount"], payment["note"]) == (
        told["payment"],
        "2026-11-20",
        "20.00",
        "half of it",
    )
    assert (payment["account"], payment["method"] > 0) == (books["bank_accounts"][0]["id"], True)


def test_a_client_of_another_ecosystem_reads_what_it_wrote(client, service):
    name, do_the_main_job = client
    told = do_the_main_job(service)

    lines = [
        {"description": "Menu design “autumn”", "quantity": 3, "rate": 8.33, "vat_rate": 20, "vat": 5},
        {"description": "Parking paid for you", "quantity": 1, "rate": 12.5, "vat_rate": -1, "vat": 0},
    ]
    (invoice,) = (row for row in books_of(service)["invoices"] if row["number"] == told["number"])
    assert told["invoice"] == {
        "id": invoice["id"],
        "customer_code": told["customer"]["code"],
        "reference": f"{name} & soap <1>",
        "net": 37.49,
        "vat": 5,
        "lines": lines,
        "lines_of_any_type": lines,
    }
    assert told["payments"] == [{"id": told["payment"], "amount": 20, "note": "half of it"}]
    assert told["refused"] == "GetCustomer: Incorrect username or password"
    assert told["fault"].endswith("---> The string '2026-08-18 10:53:48 UTC' is not a valid AllXsd value.")


def test_a_client_of_another_ecosystem_sees_its_invoice_in_the_vat_report(client, service):
    """24.99 at 20% is 5.00 of VAT; the line to which VAT does not apply is left out."""
    _, do_the_main_job = client
    told = do_the_main_job(service)

    grown = {box: pennies(told["vat_after"][box]) - pennies(figure) for box, figure in told["vat_before"].items()}
    assert grown == {
        "box_1": Decimal("5.00"),
        "box_3": Decimal("5.00"),
        "box_4": Decimal(0),
        "box_5": Decimal("5.00"),
        "box_6": Decimal("24.99"),
        "box_7": Decimal(0),
    }
