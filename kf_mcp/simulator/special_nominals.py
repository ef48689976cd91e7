"""Special nominals: what KashFlow's service description of 2026 lets be created, and nobody documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import Nominal
from kf_mcp.simulator.reference import AREAS

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
TYPES = ("Turnover", "CostOfSale", "Expenditure", "FixedAsset", "CurrentAssetOrLiability", "CapitalReserves")
"""The types in the words of the service description; a nominal's type is the place, counted from 1."""

KEPT = ("Special", "Sa103Code", "PlOption", "BsOption", "Type", "NomType", "Disallowed")
"""What is kept as it was sent; what KashFlow does with it is not known, so nothing is done with it."""


@operation("CreateSpecialNominal")
def create_special_nominal(books: Books, request: Request) -> Answer:
    """Add a nominal, which must have a name, a type and a code of its own; the call answers with nothing.

    That NomType is where it may be chosen, as in InsertNominalCode, is our reading; another value is anywhere.
    """
    members = wire.record(request, "SpecialNominal")
    code, name = wire.whole(members, "Code"), wire.text(members, "Name").strip()
    kind = wire.text(members, "TypeEnum") or wire.text(members, "Type")
    if any(nominal.code == code for nominal in books.nominals):
        raise Refusal("The nominal code is not unique.")
    if not name or kind not in TYPES:
        raise Refusal("The nominal code is not complete.")
    area = wire.whole(members, "NomType")
    nominal = Nominal(
        id=books.next_id("nominal"),
        code=code,
        name=name,
        type=TYPES.index(kind) + 1,
        area=area if area in AREAS else 0,
        particulars={member: members.get(member) for member in KEPT},
    )
    books.nominals.put(nominal)
    return Answer()
