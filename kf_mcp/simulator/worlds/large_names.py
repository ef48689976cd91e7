"""Names of firms that never were, for the world ``large``: many, alike in style, and far enough apart to be told by.

No two of them have words that all begin alike, or all end alike, whatever their order; the few near-duplicates are
made on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

PLACE_STEMS = (
    *("Alder", "Amble", "Barrow", "Birk", "Brack", "Brindle", "Cald", "Carn", "Chard", "Clav", "Cobble", "Crom"),
    *("Dart", "Dray", "Dunster", "Elder", "Esk", "Fallow", "Farn", "Fen", "Garrow", "Glaze", "Grims", "Haver"),
    *("Hazel", "Hesk", "Holler", "Hux", "Ivel", "Jessa", "Keld", "Kestle", "Lamber", "Ledger", "Linden", "Lox"),
    *("Marlow", "Merrow", "Mickle", "Nether", "Norder", "Oaken", "Otter", "Padder", "Pember", "Quen", "Raven", "Roxel"),
    *("Rush", "Saltern", "Sedge", "Silver", "Stave", "Swale", "Tarrow", "Thistle", "Tillow", "Umber", "Vale", "Wather"),
    *("Wether", "Whin", "Wolder", "Wrex", "Yarrow", "Yelver"),
)
PLACE_ENDINGS = (
    *("bourne", "by", "combe", "dale", "den", "field", "ford", "gate", "ham", "holme", "hurst", "ley"),
    *("mere", "mouth", "ridge", "stead", "stone", "thorpe", "wick", "worth"),
)
SURNAME_STEMS = (
    *("Abb", "Adder", "Amb", "Bagg", "Bard", "Bell", "Bick", "Bodd", "Brann", "Buck", "Cattr", "Chiv", "Clem", "Copp"),
    *("Cribb", "Dabb", "Danv", "Dell", "Dimm", "Dodd", "Drew", "Eck", "Ell", "Emm", "Fagg", "Fenn", "Finch", "Fitch"),
    *("Gadd", "Gell", "Gibb", "Gosl", "Grebb", "Hagg", "Hamm", "Hask", "Hebb", "Hobb", "Hutch", "Ibb", "Inch", "Jell"),
    *("Jopl", "Kebb", "Kell", "Kitt", "Lamp", "Leck", "Litt", "Lumm", "Maddr", "Mapp", "Mell", "Mudd", "Nabb", "Nett"),
    *("Noll", "Odd", "Orm", "Padg", "Pell", "Pinn", "Popp", "Purr", "Quill", "Rabb", "Redd", "Ribb", "Roop", "Rudd"),
    *("Sabb", "Scobb", "Shutt", "Skell", "Spratt", "Stubb", "Swadd", "Tapp", "Tebb", "Tigg", "Todd", "Tripp", "Tudd"),
    *("Uff", "Vell", "Vick", "Wadd", "Webb", "Wigg", "Wraxt", "Yapp", "Yell", "Zell"),
)
SURNAME_ENDINGS = (
    *("aby", "ard", "away", "ell", "erby", "erley", "erson", "erton", "ett", "ey", "ick", "iman"),
    *("ingale", "ings", "ington", "ins", "ish", "ock", "olds", "on", "ow", "stone", "ule", "worthy"),
)
COLOURS = (
    *(
        "Amber",
        "Ashen",
        "Bold",
        "Bramble",
        "Brass",
        "Bright",
        "Bronze",
        "Broken",
        "Candle",
        "Cedar",
        "Clover",
        "Copper",
    ),
    *("Coral", "Crimson", "Curious", "Distant", "Early", "Ebony", "Falling", "Feather", "Flint", "Gilded", "Golden"),
    *(
        "Granite",
        "Hidden",
        "Hollow",
        "Indigo",
        "Iron",
        "Ivory",
        "Jade",
        "Juniper",
        "Lantern",
        "Little",
        "Lucky",
        "Maple",
    ),
    *("Marble", "Midnight", "Mossy", "Northern", "Old", "Olive", "Paper", "Pewter", "Quiet", "Rambling", "Royal"),
    *(
        "Rustic",
        "Saffron",
        "Scarlet",
        "Seven",
        "Shining",
        "Singing",
        "Slate",
        "Southern",
        "Spring",
        "Striped",
        "Summer",
    ),
    *("Tall", "Teal", "Three", "Timber", "Twin", "Velvet", "Violet", "Walnut", "Western", "Wild", "Winter", "Woven"),
)
THINGS = (
    *("Acorn", "Anchor", "Anvil", "Arrow", "Badger", "Barrel", "Beacon", "Beehive", "Bellows", "Bridge", "Buttress"),
    *("Cabin", "Castle", "Chimney", "Compass", "Cottage", "Curlew", "Dolphin", "Dovecote", "Eagle", "Falcon", "Ferry"),
    *("Forge", "Fountain", "Foxglove", "Furrow", "Gannet", "Garden", "Gazebo", "Hammer", "Harbour", "Hare", "Hedgehog"),
    *(
        "Heron",
        "Hinge",
        "Hornbeam",
        "Kettle",
        "Kingfisher",
        "Ladder",
        "Lark",
        "Lever",
        "Lighthouse",
        "Magpie",
        "Mallard",
    ),
    *("Meadow", "Mitten", "Nettle", "Nutmeg", "Orchard", "Otter", "Owl", "Partridge", "Pebble", "Pelican", "Pilgrim"),
    *("Plover", "Pocket", "Quarry", "Rabbit", "Rudder", "Saddle", "Sparrow", "Spindle", "Squirrel", "Staircase"),
    *("Starling", "Steeple", "Sundial", "Swallow", "Tackle", "Teapot", "Thimble", "Tower", "Trellis", "Turnstile"),
    *("Viaduct", "Wagon", "Weasel", "Wharf", "Whistle", "Willow", "Windmill", "Woodpecker", "Wren", "Yardarm"),
)
TRADES = (
    *("Accountancy", "Acoustics", "Aggregates", "Alarms", "Antiques", "Appliances", "Aquatics", "Arboriculture"),
    *("Architects", "Asbestos Removal", "Autos", "Awnings", "Bakery", "Bathrooms", "Bearings", "Bicycles", "Blinds"),
    *("Bookshop", "Brewing", "Brickwork", "Builders", "Butchers", "Cabinets", "Cables", "Cafe", "Caravans", "Carpets"),
    *("Castings", "Catering", "Ceramics", "Cheesemakers", "Chemists", "Cider", "Cleaning", "Coaches", "Confectionery"),
    *("Conservatories", "Consulting", "Couriers", "Cranes", "Dairy", "Damp Proofing", "Decorators", "Demolition"),
    *("Dental Practice", "Design", "Diagnostics", "Drainage", "Dry Lining", "Egg Farm", "Electrical", "Embroidery"),
    *("Engineering", "Events", "Excavation", "Fabrications", "Fasteners", "Fencing", "Fishmongers", "Flooring"),
    *("Florists", "Foods", "Forestry", "Framing", "Freight", "Furniture", "Gaskets", "Gates", "Glazing", "Graphics"),
    *("Greengrocers", "Groundworks", "Guttering", "Haulage", "Heating", "Holidays", "Hosiery", "Hydraulics"),
    *("Ironmongery", "Insulation", "Interiors", "Irrigation", "Jewellers", "Joinery", "Kennels", "Kitchens"),
    *("Knitwear", "Laboratories", "Landscapes", "Laundry", "Leather", "Letting", "Lifts", "Lighting", "Locksmiths"),
    *("Logistics", "Machinery", "Marine", "Masonry", "Millinery", "Motors", "Mouldings", "Nursery", "Nurseries"),
    *("Opticians", "Organics", "Packaging", "Paving", "Pest Control", "Photography", "Physiotherapy", "Pianos"),
    *("Pipework", "Plant Hire", "Plastering", "Plastics", "Plumbing", "Pottery", "Poultry", "Precision Tools"),
    *("Property", "Publishing", "Pumps", "Quilting", "Radiators", "Recruitment", "Recycling", "Refrigeration"),
    *(
        "Removals",
        "Restoration",
        "Roofing",
        "Saddlery",
        "Sawmill",
        "Scaffolding",
        "Seafoods",
        "Security",
        "Shopfitting",
    ),
    *("Signs", "Skip Hire", "Software", "Stationery", "Stonework", "Storage", "Surveyors", "Swimming Pools"),
    *(
        "Tailoring",
        "Taxis",
        "Tea Rooms",
        "Telecoms",
        "Textiles",
        "Thatching",
        "Theatre",
        "Tiling",
        "Timber",
        "Tractors",
    ),
    *("Training", "Translations", "Transport", "Tree Surgery", "Tyres", "Upholstery", "Vending", "Veterinary Centre"),
    *("Vineyard", "Violins", "Wallpaper", "Waste", "Watches", "Weavers", "Welding", "Wholesale", "Windows", "Wines"),
)
FIRST_NAMES = (
    *("Agnes", "Alasdair", "Bronwen", "Callum", "Cerys", "Desmond", "Dilys", "Edith", "Farida", "Fergus", "Gareth"),
    *("Gita", "Hamish", "Hilda", "Imran", "Isla", "Joyce", "Kamal", "Keith", "Leila", "Lorna", "Mabel", "Marcus"),
    *("Nadia", "Neville", "Olwen", "Oscar", "Priya", "Quentin", "Rhona", "Rupert", "Sanjay", "Sheila", "Tariq"),
    *("Theo", "Una", "Vernon", "Wanda", "Winston", "Yasmin"),
)
SUFFIXES = ("Ltd",) * 10 + ("Limited",) * 5 + ("",) * 4 + ("LLP", "Co", "& Co", "Group Ltd", "UK Ltd", "(Holdings) Ltd")
FAMILIES = ("& Sons", "& Son", "& Daughters", "Bros", "Brothers", "& Partners")
NEAR = 97
"""Every so many names one is nearly that of somebody else."""


def firms(random: Random, count: int) -> list[str]:
    """Make so many different names; every 97th is nearly one that was there before."""
    names: list[str] = []
    taken: set[str] = set()
    heard: set[tuple[str, ...]] = set()
    for words in _endless(random):
        if len(names) == count:
            break
        if len(names) % NEAR == NEAR - 1:
            name = _nearly(names[int(random.random() * len(names))], len(names) // NEAR)
        else:
            told_by = _told_by(words)
            if not told_by.isdisjoint(heard):
                continue
            heard |= told_by
            name = f"{words} {pick(random, SUFFIXES)}".strip()
        if name not in taken:
            taken.add(name)
            names.append(name)
    return names


def person(random: Random) -> tuple[str, str]:
    """Make the first name and the surname of somebody."""
    return pick(random, FIRST_NAMES), _surname(random)


def pick(random: Random, choices: tuple[str, ...]) -> str:
    """Choose one; faster than the generator's own way, which counts in a million names."""
    return choices[int(random.random() * len(choices))]


def _endless(random: Random) -> Iterator[str]:
    """Make the words of one name after the other, without the suffix."""
    while True:
        trade, chance = pick(random, TRADES), random.random()
        if chance < 0.26:
            yield f"{_surname(random)} {trade}"
        elif chance < 0.38:
            yield f"{_surname(random)} & {_surname(random)} {trade}"
        elif chance < 0.46:
            yield f"{_surname(random)} {pick(random, FAMILIES)} {trade}"
        elif chance < 0.64:
            yield f"{_place(random)} {trade}"
        elif chance < 0.74:
            yield f"{_surname(random)} of {_place(random)}"
        elif chance < 0.94:
            yield f"{pick(random, COLOURS)} {pick(random, THINGS)} {trade}"
        else:
            yield " ".join(person(random))


def _told_by(words: str) -> set[tuple[str, ...]]:
    """Give what a name is told by, whatever the order of its words: how they begin, and how they end."""
    parts = [word.lower() for word in words.split() if word != "&"]
    return {("begins", *sorted(part[:4] for part in parts)), ("ends", *sorted(part[2:] for part in parts))}


def _surname(random: Random) -> str:
    return pick(random, SURNAME_STEMS) + pick(random, SURNAME_ENDINGS)


def _place(random: Random) -> str:
    return pick(random, PLACE_STEMS) + pick(random, PLACE_ENDINGS)


def _nearly(name: str, place: int) -> str:
    """Change a name as people do who enter a firm twice: the suffix, the ampersand, a branch, one letter."""
    bare = name
    for suffix in (" (Holdings) Ltd", " Group Ltd", " UK Ltd", " Ltd", " Limited", " LLP"):
        bare = bare.removesuffix(suffix)
    if place % 4 == 0:
        return f"{bare} (North) Ltd"
    if place % 4 == 1:
        return bare.replace("&", "and") if "&" in bare else f"The {bare}"
    if place % 4 == 2:
        return f"{bare}s Ltd"
    return f"{bare[:2]}{bare[3:]} Limited"
