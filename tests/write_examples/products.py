"""Writes in the catalogue."""

from write_examples import Example

EXAMPLES = [
    Example(
        tool="create_product",
        arguments={
            "name": "Roller banner",
            "nominal": "4010",
            "price": "84.125",
            "code": "RB-85",
            "description": "Roller banner 85 cm",
            "vat_rate": "20",
            "wholesale_price": "41.50",
            "in_stock": 6,
            "warn_at": 2,
        },
        operation="AddOrUpdateSubProduct",
        changes=("products/RB-85",),
        refusals=(
            ({"code": "bc-350"}, "is in use: BC-350"),
            ({"nominal": "7900"}, "is neither for sales nor for purchases"),
            ({"nominal": "4321"}, "No nominal with this code or name"),
            ({"vat_rate": "17.5"}, "no VAT rate 17.5%"),
            ({"in_stock": None}, "`warn_at` needs `in_stock`"),
            ({"price": "84.12345"}, "more than four decimal places"),
        ),
        is_undone=False,
    ),
    Example(
        tool="update_product",
        arguments={"product": "SRA2-300", "price": "31.40", "in_stock": 20},
        operation="AddOrUpdateSubProduct",
        changes=("products/SRA2-300/price", "products/SRA2-300/in_stock"),
        refusals=(
            ({"product": "Vellum"}, "No product with this code or name"),
            ({"product": "Business"}, "No product is called “Business”"),
            ({"code": "LOGO"}, "is in use: LOGO"),
            ({"price": "28.90", "in_stock": 14}, "Nothing would change"),
        ),
    ),
]
