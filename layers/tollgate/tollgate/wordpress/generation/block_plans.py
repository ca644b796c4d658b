"""A block as it was asked for, and what can be decided about it beyond that: words, elements and styles."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from tollgate.wordpress.generation.names import cleaned, kebab_case, label, prefix, slug, title, words
from tollgate.wordpress.generation.plan_schemas import TEXT, list_of, object_of, text_problems

FEATURES: Final = (
    "server_side_rendering",
    "custom_controls",
    "responsive_design",
    "inner_blocks",
    "variations",
    "editor_styles",
    "view_script",
)
TYPES: Final = ("string", "number", "integer", "boolean", "array", "object", "null", "rich-text")
DEFAULT_NAMESPACE: Final = "your-theme"
LONGEST_TEXT: Final = 300
LONGEST_LABEL: Final = 60
LONGEST_HELP: Final = 160
LONGEST_CSS: Final = 4_000
MOST_KEYWORDS: Final = 5
TAKEN: Final = frozenset({"align", "anchor", "className", "lock", "metadata", "style"})
"""Attributes that WordPress itself gives to blocks."""
ELEMENTS: Final = ("p", "h2", "h3", "h4", "blockquote", "cite", "span", "div")
ICONS: Final = (
    "align-wide", "awards", "book", "businessperson", "calendar-alt", "cart", "chart-bar", "cover-image",
    "email", "format-gallery", "format-image", "format-quote", "groups", "heart", "id", "info", "layout",
    "list-view", "location", "megaphone", "money-alt", "phone", "products", "share", "slides", "star-filled",
    "tag", "testimonial", "tickets-alt", "video-alt3",
)  # fmt: skip
_LINKS: Final = frozenset({"url", "link", "href", "website"})
_PICTURES: Final = frozenset({"image", "photo", "avatar", "picture", "logo", "thumbnail"})
_SOURCES: Final = frozenset({"url", "src"})
_HEADINGS: Final = frozenset({"title", "heading", "headline", "name"})
_QUOTES: Final = frozenset({"quote", "testimonial"})
_LONG: Final = frozenset({"content", "text", "description", "quote", "testimonial", "bio", "message", "body"})
# What a variable of a render function is called already.
_OCCUPIED: Final = frozenset({"this", "attributes", "content", "html", "classes", "globals"})


class Attribute(NamedTuple):
    """An attribute. `name` is in camel case; `choices` are the values that it may have, empty where it may have any."""

    name: str
    type: str
    default: Any
    choices: tuple[Any, ...] = ()

    @property
    def kind(self) -> str:
        """What it is to who fills it in and who prints it.

        `text`, `long`, `link`, `picture`, `rich`, `number`, `switch`, `choice`, `list`, `table` or `nothing`.
        """
        if self.choices:
            return "choice"
        match self.type:
            case "rich-text":
                return "rich"
            case "number" | "integer":
                return "number"
            case "boolean":
                return "switch"
            case "array":
                return "list"
            case "object":
                return "table"
            case "null":
                return "nothing"
        parts = [word.lower() for word in words(self.name)]
        if parts[-1] in _PICTURES or (parts[-1] in _SOURCES and _PICTURES & {*parts}):
            return "picture"
        if parts[-1] in _LINKS:
            return "link"
        return "long" if parts[-1] in _LONG else "text"

    @property
    def variable(self) -> str:
        """The variable that holds it in PHP, without its sign."""
        name = kebab_case(self.name).replace("-", "_")
        return f"{name}__value" if name in _OCCUPIED else name

    @property
    def css_name(self) -> str:
        """Its part of a class's name."""
        return kebab_case(self.name)


class BlockSpec(NamedTuple):
    """A block as it was asked for. `hints` are features that no template knows."""

    block_type: str
    attributes: tuple[Attribute, ...] = ()
    features: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    has_editor: bool = True
    namespace: str = DEFAULT_NAMESPACE
    given_title: str = ""
    category: str = "widgets"
    text_domain: str = ""
    hints: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """Its name without the namespace."""
        return slug(self.block_type)

    @property
    def name(self) -> str:
        """Its name."""
        return f"{self.namespace}/{self.slug}"

    @property
    def title(self) -> str:
        """What people see it called."""
        return cleaned(self.given_title) or title(self.block_type)

    @property
    def domain(self) -> str:
        """Its text domain."""
        return self.text_domain or self.namespace

    @property
    def css_class(self) -> str:
        """The class of its element."""
        return f"wp-block-{self.namespace}-{self.slug}"

    @property
    def render_function(self) -> str:
        """What prints it on the server."""
        return f"render_{self.slug.replace('-', '_')}_block"

    @property
    def register_function(self) -> str:
        """What makes it known to WordPress."""
        return f"{prefix(self.namespace)}_register_{self.slug.replace('-', '_')}_block"

    @property
    def is_dynamic(self) -> bool:
        """Whether the server prints it."""
        return "server_side_rendering" in self.features

    @property
    def has_inner_blocks(self) -> bool:
        """Whether it holds other blocks."""
        return "inner_blocks" in self.features

    @property
    def has_style(self) -> bool:
        """Whether it has a style sheet."""
        return "responsive_design" in self.features or bool(self.styles)


class BlockField(NamedTuple):
    """How an attribute is shown: `label` and `help` to who fills it in, `element` is what text is printed in."""

    label: str
    help: str
    element: str


class BlockPlan(NamedTuple):
    """What was decided. `fields` are by attribute, in the order of printing; `css` is added to the style."""

    description: str
    keywords: tuple[str, ...]
    icon: str
    fields: Mapping[str, BlockField]
    css: str = ""


def usual_plan(spec: BlockSpec) -> BlockPlan:
    """What is decided where nobody else decides."""
    shown = [label(one.name).lower() for one in spec.attributes if one.kind != "nothing"][:3]
    with_what = f" with its {', '.join(shown)}" if shown else ""
    return BlockPlan(
        description=f"Shows a {label(spec.block_type).lower()}{with_what}.",
        keywords=tuple(dict.fromkeys(part for part in spec.slug.split("-") if len(part) > 2))[:3],
        icon="layout",
        fields={one.name: BlockField(label(one.name), "", _element(one)) for one in spec.attributes},
    )


def _element(attribute: Attribute) -> str:
    last = words(attribute.name)[-1].lower()
    if last in _HEADINGS:
        return "h3"
    return "blockquote" if last in _QUOTES else "p"


def schema(spec: BlockSpec) -> dict[str, Any]:
    """The JSON Schema of a plan for a block."""
    field = {
        "attribute": TEXT,
        "label": TEXT,
        "help": TEXT,
        "element": {"type": "string", "enum": list(ELEMENTS)},
    }
    parts: dict[str, Any] = {
        "description": TEXT,
        "keywords": list_of(TEXT),
        "icon": {"type": "string", "enum": list(ICONS)},
        "fields": list_of(object_of(field)),
    }
    if spec.has_style:
        parts["css"] = TEXT
    return object_of(parts)


def plan_of(answer: Mapping[str, Any], spec: BlockSpec) -> BlockPlan:
    """The plan in an answer that fits the schema; attributes that it says nothing about come last, as usual."""
    told = {
        one["attribute"]: BlockField(cleaned(one["label"]), cleaned(one["help"]), one["element"])
        for one in answer["fields"]
    }
    return BlockPlan(
        description=cleaned(answer["description"]),
        keywords=tuple(cleaned(word) for word in answer["keywords"]),
        icon=answer["icon"],
        fields={**told, **{name: one for name, one in usual_plan(spec).fields.items() if name not in told}},
        css=answer.get("css", "").strip(),
    )


def plan_problems(answer: Mapping[str, Any], spec: BlockSpec) -> Iterator[str]:
    """What is wrong with an answer that fits the schema, whatever files would be made of it."""
    yield from text_problems("description", cleaned(answer["description"]), longest=LONGEST_TEXT, fewest_words=3)
    if len(answer["keywords"]) > MOST_KEYWORDS:
        yield f"keywords: at most {MOST_KEYWORDS}"
    for keyword in answer["keywords"]:
        yield from text_problems("keywords", cleaned(keyword), longest=LONGEST_LABEL)
    told = [field["attribute"] for field in answer["fields"]]
    for name in sorted({*told} - {one.name for one in spec.attributes}):
        yield f"fields: there is no attribute '{name[:40]}'"
    if len({*told}) != len(told):
        yield "fields: every attribute once"
    for field in answer["fields"]:
        yield from text_problems("fields: label", cleaned(field["label"]), longest=LONGEST_LABEL)
        yield from text_problems("fields: help", cleaned(field["help"]), longest=LONGEST_HELP, fewest_words=0)
    if len(answer.get("css", "")) > LONGEST_CSS:
        yield f"css: more than {LONGEST_CSS} characters"
