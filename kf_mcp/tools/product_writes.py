"""The tools that enter and change products of the catalogue."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, NotFound, Refused
from kf_mcp.kashflow import product_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.products import to_product
from kf_mcp.model import money, vat
from kf_mcp.model.invoices import NOT_APPLICABLE
from kf_mcp.model.products import NewProduct, Product
from kf_mcp.model.reference import Nominal
from kf_mcp.model.text import bounded, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import ledger_choices
from kf_mcp.tools.customers import Line
from kf_mcp.tools.invoice_lines import Exact, Rate
from kf_mcp.tools.ledger_choices import MOST_SHOWN, in_words
from kf_mcp.writing.plan import Plan

Code = Annotated[Line, Field(max_length=40)]
Stock = Annotated[int, Field(ge=0, le=1_000_000)]


@writes("Enter a product", destructive=False, toolset="products")
async def create_product(
    books: Books,
    name: Annotated[Line, Field(min_length=1, max_length=100, description="As it is called in lists")],
    price: Annotated[Exact, Field(ge=0, description="Pounds for one, net of VAT, up to four places")],
    nominal: Annotated[
        str, Field(max_length=100, description="Sales or purchase nominal: code or name; empty: the choices come back")
    ] = "",
    code: Annotated[Code, Field(description="A code of its own; empty: none")] = "",
    description: Annotated[Line, Field(max_length=1000, description="For invoice lines")] = "",
    vat_rate: Annotated[Rate | None, Field(description="20, 5, 0 or N/A. Default: the nominal's own")] = None,
    wholesale_price: Annotated[Exact, Field(ge=0, description="Pounds, net of VAT")] = Decimal(0),
    in_stock: Annotated[Stock | None, Field(description="Number in stock; default: stock is not counted")] = None,
    warn_at: Annotated[Stock, Field(description="Stock at which KashFlow warns")] = 0,
) -> Plan:
    """Enter a product of the catalogue under a sales or purchase nominal, with its price, VAT rate and stock.

    Nothing can delete one: KashFlow has no operation for it, so look with `find_products` first. A code in use is refused, a name in use
    under the same nominal is warned of. The VAT rate is the default for new lines; invoices that exist do not change. Nothing is written
    before a person agreed. To change one use `update_product`.
    """
    parent = _parent(await books.reference.nominals(), nominal)
    await _refuse_used(books, code)
    if warn_at and in_stock is None:
        raise Refused("`warn_at` needs `in_stock`.", "Nothing was written. Without a number in stock none is counted.")
    rate, source = await _rate(books, vat_rate, parent)
    new = NewProduct(
        nominal_id=parent.id,
        code=code,
        name=name,
        description=description,
        price=price,
        wholesale_price=wholesale_price,
        vat_rate=rate,
        is_stocked=in_stock is not None,
        in_stock=in_stock or 0,
        warn_at=warn_at,
    )
    stock = "not counted" if in_stock is None else f"{in_stock}, KashFlow warns at {warn_at}"
    twins = [found for found in await books.products.of_nominal(parent.id) if found.name.casefold() == name.casefold()]
    return Plan(
        title=f"New product {quoted(name, 100)} at {money.unit_price_in_words(price)} net",
        facts=(
            f"Code: {quoted(code, 40) if code else 'none'}",
            f"Under nominal {in_words(parent)}",
            f"VAT: {vat.rate_in_words(rate)}{f' ({source})' if source else ''}",
            f"Wholesale price: {money.unit_price_in_words(wholesale_price)}",
            f"Stock: {stock}",
            f"Description: {quoted(description, 1000) if description else 'none'}",
            "Where it is chosen on a line, KashFlow's own screens should fill in price, VAT rate and text (switched on; not documented)",
        ),
        warnings=(
            "It stays: KashFlow has no operation that deletes a product.",
            *[f"A product under {in_words(parent)} is called so already: {_shown(found)}." for found in twins],
        ),
        steps=(product_steps.InsertProduct.of(new),),
    )


@writes("Change a product", destructive=True, toolset="products")
async def update_product(
    books: Books,
    product: Annotated[str, Field(min_length=1, max_length=100, description="Code, or its name")],
    name: Annotated[Line | None, Field(min_length=1, max_length=100, description="New name")] = None,
    nominal: Annotated[str, Field(max_length=100, description="Code or name; empty: stays")] = "",
    price: Annotated[Exact | None, Field(ge=0, description="Pounds for one, net of VAT")] = None,
    code: Annotated[Code | None, Field(description="New code; empty: made blank")] = None,
    description: Annotated[Line | None, Field(max_length=1000, description="Empty: made blank")] = None,
    vat_rate: Annotated[Rate | None, Field(description="20, 5, 0 or N/A")] = None,
    wholesale_price: Annotated[Exact | None, Field(ge=0, description="Pounds, net of VAT")] = None,
    in_stock: Annotated[Stock | None, Field(description="Number in stock; from now on it is counted")] = None,
    warn_at: Annotated[Stock | None, Field(description="Stock at which KashFlow warns")] = None,
) -> Plan:
    """Change what is named of one product; everything else of it stays, and what is left out is not touched.

    The preview shows each old and new value. Refused where a code is in use, or somebody changed the product meanwhile (a sale that takes
    from the stock is such a change). Price and VAT rate are for new lines; invoices that exist keep theirs. An unknown or ambiguous name
    comes back with the products that fit.
    """
    nominals = await books.reference.nominals()
    found = await _product(books, nominals, product)
    record = await books.products.record(found.id)
    found = to_product(record)
    parent = _parent(nominals, nominal) if nominal.strip() else None
    if code is not None and code.casefold() != found.code.casefold():
        await _refuse_used(books, code)
    if vat_rate is not None:
        await _refuse_unknown_rate(books, vat_rate)
    wanted = NewProduct(
        nominal_id=parent.id if parent else None,
        code=code,
        name=name,
        description=description,
        price=price,
        wholesale_price=wholesale_price,
        vat_rate=vat_rate,
        is_stocked=True if in_stock is not None else None,
        in_stock=in_stock,
        warn_at=warn_at,
    )
    step = product_steps.change_of(record, wanted)
    after = found.model_copy(update=wanted.model_dump(exclude_none=True))
    return Plan(
        title=f"Change of product {_shown(found)}",
        facts=(*_alterations(found, after, {one.id: in_words(one) for one in nominals}), "Nothing else of it changes"),
        warnings=_odd_stock(after, warn_at),
        steps=(step,),
    )


def _parent(nominals: Sequence[Nominal], said: str) -> Nominal:
    """The nominal that a product stands under. Raises Refused for one that is neither for sales nor for purchases."""
    offered = [one for one in nominals if one.use in {"sales", "outgoing"}]
    listed = [in_words(one) for one in offered]
    if not said.strip():
        raise ChoiceNeeded("nominal", "The nominal that it stands under was not named.", listed)
    found = ledger_choices.nominal(nominals, said, offered=offered)
    if found.use not in {"sales", "outgoing"}:
        raise ChoiceNeeded("nominal", f"Nominal {in_words(found)} is neither for sales nor for purchases.", listed)
    return found


async def _refuse_used(books: Books, code: str) -> None:
    if code and (holder := await books.products.by_code(code)):
        raise Refused(f"The product code {quoted(code, 40)} is in use: {_shown(holder)}.", "Choose another code.")


async def _rate(books: Books, asked: Decimal | None, parent: Nominal) -> tuple[Decimal, str]:
    """The VAT rate: the one asked for, else the nominal's own; a nominal's 0 cannot be told from unset."""
    if asked is not None:
        await _refuse_unknown_rate(books, asked)
        return asked, ""
    if parent.vat_rate:
        return parent.vat_rate, f"the default of {in_words(parent)}"
    raise ChoiceNeeded(
        "vat_rate", f"Nominal {in_words(parent)} has no VAT rate of its own, and none was named.", await _rates(books)
    )


async def _refuse_unknown_rate(books: Books, asked: Decimal) -> None:
    listed = await _rates(books)
    if vat.rate_in_words(asked) not in listed:
        raise ChoiceNeeded("vat_rate", f"The account has no VAT rate {vat.rate_in_words(asked)}.", listed)


async def _rates(books: Books) -> list[str]:
    offered = [found.rate for found in await books.reference.vat_rates()]
    return [vat.rate_in_words(rate) for rate in dict.fromkeys([*offered, NOT_APPLICABLE])]


async def _product(books: Books, nominals: Sequence[Nominal], said: str) -> Product:
    """The product with this code, or the only one with this name. Raises ChoiceNeeded or NotFound."""
    if found := await books.products.by_code(said):
        return found
    wanted = said.strip().casefold()
    every = [item for group in await books.products.all() for item in group.products]
    fitting = [item for item in every if item.name.casefold() == wanted]
    if not fitting:
        bought = [
            item
            for parent in nominals
            if parent.use == "outgoing"
            for item in await books.products.of_nominal(parent.id)
        ]
        fitting = [item for item in bought if item.name.casefold() == wanted]
        every += bought
    if len(fitting) == 1:
        return fitting[0]
    near = fitting or [item for item in every if wanted in f"{item.code} {item.name}".casefold()]
    if not near:
        raise NotFound("product with this code or name:", bounded(said, 60), "Find it with `find_products`.")
    several = "Several products are" if fitting else "No product is"
    raise ChoiceNeeded("product", f"{several} called {quoted(said, 60)}.", [_shown(item) for item in near[:MOST_SHOWN]])


def _shown(item: Product) -> str:
    return f"{bounded(item.code, 40)} {quoted(item.name, 60)}".strip()


def _alterations(found: Product, after: Product, names: dict[int, str]) -> list[str]:
    """What was and what becomes of it, line by line."""
    price = money.unit_price_in_words
    pairs = [
        ("Name", *(quoted(one.name, 100) for one in (found, after))),
        ("Code", *(quoted(one.code, 40) if one.code else "none" for one in (found, after))),
        ("Nominal", *(names.get(one.nominal_id, "one no longer in use") for one in (found, after))),
        ("Price", price(found.price), price(after.price)),
        ("Wholesale price", price(found.wholesale_price), price(after.wholesale_price)),
        ("VAT", vat.rate_in_words(found.vat_rate), vat.rate_in_words(after.vat_rate)),
        ("Stock", *(str(one.in_stock) if one.is_stocked else "not counted" for one in (found, after))),
        ("Stock at which KashFlow warns", str(found.warn_at), str(after.warn_at)),
        ("Description", *(quoted(one.description, 1000) if one.description else "none" for one in (found, after))),
    ]
    return [f"{word}: {was} becomes {is_now}" for word, was, is_now in pairs if was != is_now]


def _odd_stock(after: Product, warn_at: int | None) -> tuple[str, ...]:
    if warn_at and not after.is_stocked:
        return ("Its stock is not counted, so KashFlow has nothing to warn of; give `in_stock` to count it.",)
    return ()
