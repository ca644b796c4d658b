"""What things are called: slugs, prefixes and titles made of names that people chose, hostile ones included."""

import re
import unicodedata
from typing import Final

SHORTEST_PREFIX: Final = 4
LONGEST_SLUG: Final = 100
_PADDING: Final = "wpl_"
# Signs that turn the direction of a text, with which a line can be made to read as another one.
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ENDS_OF_LINE: Final = frozenset({"Cc", "Zl", "Zp"})
_NEVER: Final = frozenset({"Cs", "Co", "Cn"})
_MARKS: Final = ("*/", "?>", "<?")
# Letters that have no form with an accent taken off.
_FOLDED: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ð": "d", "þ": "th", "ł": "l", "Ł": "L"}
)


def cleaned(text: str) -> str:
    """A text as one line that ends no comment and opens no tag, for file headers; empty where nothing is left."""
    kept = "".join(_kept(character) for character in text)
    # Taking one mark out can put another together.
    while any(mark in kept for mark in _MARKS):
        for mark in _MARKS:
            kept = kept.replace(mark, "")
    return " ".join(kept.split())


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category in _ENDS_OF_LINE:
        return " "
    return "" if category in _NEVER or character in _TURNING or character == "\ufeff" else character


def slug(text: str) -> str:
    """Letters a to z, digits and single hyphens; empty where there are none. `Café Crème` is `cafe-creme`."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_FOLDED))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character)).lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_SLUG].strip("-")


def prefix(of: str) -> str:
    """What global names begin with, without the underscore behind it: `book_shelf`, `wpl_ab`, `wpl_3d_view`."""
    plain = of.replace("-", "_")
    return plain if len(plain) >= SHORTEST_PREFIX and plain[0].isalpha() else _PADDING + plain


def key(of: str, suffix: str, *, longest: int) -> str:
    """A key of so many characters at most that ends in a suffix: `book_shelf_item`."""
    return f"{prefix(of)[: longest - len(suffix) - 1].rstrip('_')}_{suffix}"


def words(text: str) -> list[str]:
    """The words of a name, whichever way they are joined."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", cleaned(text))
    return [word for word in re.split(r"[\s_\-]+", apart) if word]


def title(text: str) -> str:
    """A name as a headline: `price card` is `Price Card`; words with capitals of their own keep them."""
    return " ".join(word if any(map(str.isupper, word)) else word[:1].upper() + word[1:] for word in words(text))


def label(text: str) -> str:
    """A name as a label: `plan_name` is `Plan name`."""
    sentence = " ".join(words(text)).lower()
    return sentence[:1].upper() + sentence[1:]


def camel_case(name: str) -> str:
    """An attribute's name as block.json has it: `client_name` is `clientName`."""
    first, *rest = [part for part in name.split("_") if part] or [""]
    return first[:1].lower() + first[1:] + "".join(part[:1].upper() + part[1:] for part in rest)


def kebab_case(name: str) -> str:
    """A name as a class: `clientName` is `client-name`."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).replace("_", "-").lower()


def pascal_case(of: str) -> str:
    """A slug as part of a class's name in WordPress's style: `book-shelf` is `Book_Shelf`."""
    return "_".join(part[:1].upper() + part[1:] for part in of.replace("-", "_").split("_") if part)
