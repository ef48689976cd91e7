"""New nominal codes, and what KashFlow calls their types and uses."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

NominalType = Literal["turnover", "cost_of_sale", "expense", "fixed_asset", "current_asset", "capital"]
"""What a nominal is in the accounts; `current_asset` is KashFlow's Current Asset/Liability, `capital` its Capital & Reserves."""

NominalUse = Literal["sales", "outgoing", "bank"]
"""Where KashFlow offers a nominal: on sales, on purchases, on bank transactions."""


class NewNominal(BaseModel):
    """A nominal code to be entered."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: int
    name: str
    type: NominalType
    use: NominalUse
