"""The story that `kf-mcp demo` tells: one invoice from a misspelt name to the VAT report, step by numbered step."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from mcp import Client
from mcp.types import TextContent

from kf_mcp.cli.person import Person
from kf_mcp.cli.screen import CAUTION, FAINT, GOOD, Screen
from kf_mcp.model import dates, money

MISSPELT: Final = "penhaligan boatyrd"
LINES: Final = (
    {
        "description": "Signage for the harbour open day, hours",
        "quantity": "7.5",
        "unit_price": "48.00",
        "nominal": 4000,
    },
    {"description": "A3 poster, weatherproof", "quantity": "125", "unit_price": "1.39", "nominal": 4010},
)
METHOD: Final = "BACS"
BANK_ACCOUNT: Final = "Current account"
BOXES: Final = range(1, 10)


class Stopped(Exception):
    """The story cannot go on; the text says why and what to do."""


class Story:
    """Calls the server's tools as an assistant would, and shows what comes back."""

    def __init__(self, client: Client, screen: Screen, person: Person) -> None:
        self._client = client
        self._screen = screen
        self._person = person
        self._number = 0

    async def tell(self) -> None:
        """Tell it. Raises Stopped when a call fails or nobody is there to answer."""
        customer = await self._find()
        before = await self._vat("Read the VAT report of this quarter, before")
        vat, sales = (_pounds(before["boxes"][box - 1]["amount"]) for box in (1, 6))
        self._screen.say(f"VAT on sales (box 1): {vat}. Sales without VAT (box 6): {sales}.")
        self._screen.say(f"To pay to HMRC so far: {_pounds(before['to_pay'])}, due {_day(before['due'])}.")
        order = {"customer": customer["code"], "lines": list(LINES)}
        written = await self._write("Raise an invoice of two lines", "create_invoice", order)
        if written["status"] == "declined":
            await self._nothing_written()
            return
        invoice = await self._read_back(written["number"])
        payment = {"invoice": invoice["number"], "method": METHOD, "bank_account": BANK_ACCOUNT}
        paid = await self._write("Record the payment", "record_payment", payment)
        if paid["status"] == "declined":
            self._screen.say("No payment was recorded; the invoice stands unpaid.")
        await self._compare(before, invoice)
        await self._repeat(order)
        await self._trail()
        self._screen.gap()
        self._screen.say(
            "That was the whole job. With an assistant connected, you just ask for it:\n"
            "README.md tells how to connect one, and your own KashFlow account.",
            indent=0,
        )

    async def _find(self) -> dict[str, Any]:
        self._step("Find the customer, by a misspelt name", "find_customers", {"words": MISSPELT})
        found = await self._call("find_customers", {"words": MISSPELT})
        if not found["customers"]:
            raise Stopped(
                "These books have no such customer: the story plays in the demo world (`kf-mcp simulate --world demo`)."
            )
        customer: dict[str, Any] = found["customers"][0]
        known = [customer["name"], customer.get("contact", ""), customer.get("postcode", "")]
        self._screen.say(f"{customer['code']}: {', '.join(filter(None, known))} ({customer.get('matched', '')})", GOOD)
        return customer

    async def _vat(self, title: str) -> dict[str, Any]:
        start, end = quarter_of(dates.uk_day(dates.now()))
        period = {"start": start.isoformat(), "end": end.isoformat()}
        self._step(title, "get_vat_report", period)
        return await self._call("get_vat_report", period)

    async def _write(self, title: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool that writes: its form comes to the person, and the answer decides."""
        self._step(title, tool, arguments)
        reply = await self._call(tool, arguments)
        if self._person.interrupted:
            raise KeyboardInterrupt
        if self._person.is_gone:
            raise Stopped(
                "Nobody is there to answer, so nothing was written: the input is closed.\n"
                "`kf-mcp demo --yes` answers yes by itself."
            )
        if reply["status"] == "done":
            self._screen.say(" ".join(reply.get("facts", [])), GOOD)
        for difference in reply.get("differences", []):
            self._screen.say(f"Differs: {difference}", CAUTION)
        if reply["status"] not in {"done", "declined"}:
            said = [f"[{reply['status']}]", reply["title"], *reply.get("facts", []), reply.get("next", "")]
            raise Stopped(" ".join(said))
        return reply

    async def _nothing_written(self) -> None:
        self._screen.say("You said no, so nothing was written.", GOOD)
        self._step("Look at the audit trail", "list_writes", {})
        total = (await self._call("list_writes", {}))["total"]
        self._screen.say(f"It holds {total} writes{'' if total else ': nothing was sent'}.")
        self._screen.gap()
        self._screen.say(
            "Without a person's yes nothing goes into the books. Run it again whenever you like.", indent=0
        )

    async def _read_back(self, number: int) -> dict[str, Any]:
        self._step("Read it back from the books", "get_invoice", {"number": number})
        invoice = await self._call("get_invoice", {"number": number})
        shown = {name: money.in_words(Decimal(invoice[name]), invoice.get("currency", "")) for name in AMOUNTS}
        self._screen.say(
            f"Invoice {number} to {invoice['customer']}, {invoice['status']}: net {shown['net']} + VAT {shown['vat']} = "
            f"{shown['gross']}, of which {shown['outstanding']} is outstanding."
        )
        return invoice

    async def _compare(self, before: dict[str, Any], invoice: dict[str, Any]) -> None:
        """Show what the invoice did to the boxes of the return."""
        after = await self._vat("Read the VAT report again")
        old, new = ({row["box"]: Decimal(row["amount"]) for row in report["boxes"]} for report in (before, after))
        meaning = {row["box"]: row["meaning"] for row in after["boxes"]}
        changed = [box for box in BOXES if old[box] != new[box]]
        rows = [
            (str(box), meaning[box], money.in_words(old[box]), money.in_words(new[box]), _signed(new[box] - old[box]))
            for box in changed
        ]
        if rows:
            self._screen.figures(["Box", "", "Before", "After", "Change"], rows)
        same = [str(box) for box in BOXES if box not in changed]
        self._screen.say(f"Unchanged: boxes {', '.join(same)}.", FAINT)
        if (new[1] - old[1], new[6] - old[6]) == (Decimal(invoice["vat"]), Decimal(invoice["net"])):
            self._screen.say("Box 1 grew by the invoice's VAT and box 6 by its net, to the penny.", GOOD)
        else:
            self._screen.say("That is not this invoice alone: something else changed the books meanwhile.", CAUTION)

    async def _repeat(self, order: dict[str, Any]) -> None:
        """Make the same call once more, look at what the person would be told, and say no."""
        self._step("Make the very same call again: is it written twice?", "create_invoice", order)
        self._person.shown = ""
        self._person.looks_only = True
        reply = await self._call("create_invoice", order)
        self._person.looks_only = False
        self._screen.say(self._person.shown.partition("\n")[0] or reply["title"], CAUTION)
        self._screen.say("Only a person who has read this could write it twice; the demo answers no.", GOOD)

    async def _trail(self) -> None:
        self._step("Look at the audit trail", "list_writes", {})
        found = await self._call("list_writes", {})
        rows = [
            (
                str(row["entry"]),
                row["when"],
                row["state"],
                str(row.get("number", "")),
                row["what"],
                f"Yes by: {row['confirmed']}.",
            )
            for row in found["writes"]
        ]
        self._screen.writes(rows)

    def _step(self, title: str, tool: str, arguments: dict[str, Any]) -> None:
        self._number += 1
        shown = ", ".join(f"{name}={_argument(value)}" for name, value in arguments.items())
        self._screen.step(self._number, title, f"{tool}({shown})")

    async def _call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool and take its structured answer. Raises Stopped with the tool's own words when it refuses."""
        result = await self._client.call_tool(tool, arguments)
        if result.is_error or result.structured_content is None:
            said = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
            raise Stopped(f"{tool} answered: {said}")
        return dict(result.structured_content)


AMOUNTS: Final = ("net", "vat", "gross", "outstanding")


def quarter_of(day: date) -> tuple[date, date]:
    """First and last day of the calendar quarter in which this day lies."""
    start = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return start, dates.month_end(start + timedelta(days=62))


def _argument(value: Any) -> str:
    return f"[{len(value)} lines]" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)


def _pounds(amount: str) -> str:
    return money.in_words(Decimal(amount))


def _day(day: str) -> str:
    return dates.in_words(date.fromisoformat(day))


def _signed(change: Decimal) -> str:
    return ("+" if change > 0 else "") + money.in_words(change)
