"""What can be decided about a plugin beyond its name and features: words, fields, settings, and code of its own."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from tollgate.wordpress.generation.names import cleaned, key, prefix, slug, title
from tollgate.wordpress.generation.plan_schemas import TEXT, list_of, object_of, text_problems
from tollgate.wordpress.generation.quoting import LONGEST_DESCRIPTION, shortened

FEATURES: Final = (
    "custom_post_type",
    "taxonomies",
    "rest_api",
    "admin_interface",
    "meta_boxes",
    "settings",
    "shortcodes",
    "blocks",
    "lifecycle",
    "cron",
    "uninstall",
    "readme",
    "i18n",
)
"""What a plugin can be given, in the order in which it is loaded."""
OFFERS: Final[Mapping[str, str]] = {
    "custom_post_type": "a post type",
    "taxonomies": "a taxonomy",
    "rest_api": "routes in the REST API",
    "admin_interface": "a page in the admin area",
    "meta_boxes": "fields in the editor",
    "settings": "settings",
    "shortcodes": "a shortcode",
    "blocks": "a block",
    "cron": "a daily task",
}
"""What a feature is to who uses the site."""
LONGEST_TYPE: Final = 20
LONGEST_TAXONOMY: Final = 32
LONGEST_TEXT: Final = 300
LONGEST_NOUN: Final = 40
LONGEST_LABEL: Final = 60
LONGEST_CODE: Final = 8_000
MOST_TAGS: Final = 5
MOST_FIELDS: Final = 12
MOST_TOLD: Final = 4
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")
# Variables that the templates use themselves.
_TAKEN: Final = frozenset({"this", "post", "post_id", "nonce", "item", "globals"})
FIELD_TYPES: Final = ("text", "textarea", "url", "number", "checkbox")
SETTING_TYPES: Final = ("text", "url", "number", "checkbox")
ICONS: Final = (
    "dashicons-admin-post", "dashicons-archive", "dashicons-awards", "dashicons-book", "dashicons-building",
    "dashicons-businessperson", "dashicons-calendar-alt", "dashicons-camera", "dashicons-cart",
    "dashicons-chart-bar", "dashicons-clipboard", "dashicons-email", "dashicons-feedback",
    "dashicons-format-gallery", "dashicons-format-quote", "dashicons-groups", "dashicons-heart", "dashicons-id",
    "dashicons-images-alt2", "dashicons-location", "dashicons-money-alt", "dashicons-portfolio",
    "dashicons-products", "dashicons-star-filled", "dashicons-store", "dashicons-tickets-alt",
    "dashicons-video-alt3",
)  # fmt: skip


class PluginSpec(NamedTuple):
    """A plugin as it was asked for. `hints` are features that no template knows."""

    name: str
    description: str
    features: tuple[str, ...]
    hints: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """Its folder, text domain and namespace."""
        return slug(self.name)

    @property
    def prefix(self) -> str:
        """What its global names begin with."""
        return prefix(self.slug)

    @property
    def post_type(self) -> str:
        """The key of the posts that it is about: its own, or those that every site has."""
        return key(self.slug, "item", longest=LONGEST_TYPE) if "custom_post_type" in self.features else "post"

    @property
    def taxonomy(self) -> str:
        """The key of its taxonomy."""
        return key(self.slug, "topic", longest=LONGEST_TAXONOMY)


class Field(NamedTuple):
    """Something that is filled in: `key` is lower-case with underscores, `type` one of the lists above."""

    key: str
    label: str
    type: str


class Noun(NamedTuple):
    """What one thing and many of it are called."""

    singular: str
    plural: str


class PluginPlan(NamedTuple):
    """What was decided. `code` is PHP for what no feature covers, without its opening tag; mostly empty."""

    description: str
    tags: tuple[str, ...]
    item: Noun
    icon: str
    term: Noun
    is_hierarchical: bool
    fields: tuple[Field, ...]
    settings: tuple[Field, ...]
    code: str = ""


def usual_plan(spec: PluginSpec) -> PluginPlan:
    """What is decided where nobody else decides."""
    name = cleaned(spec.name)
    told = [OFFERS[feature] for feature in spec.features if feature in OFFERS]
    neutral = (
        f"Adds {_listed(told if len(told) <= MOST_TOLD else [*told[: MOST_TOLD - 1], 'more'])} to the site."
        if told
        else "A starting point for a plugin."
    )
    return PluginPlan(
        description=cleaned(spec.description) or f"{name}: {neutral[0].lower()}{neutral[1:]}",
        tags=tuple(dict.fromkeys(slug(word) for word in title(name).split() if len(slug(word)) > 2))[:5]
        or ("wordpress",),
        item=Noun("Item", "Items"),
        icon="dashicons-admin-post",
        term=Noun("Topic", "Topics"),
        is_hierarchical=True,
        fields=(Field("subtitle", "Subtitle", "text"), Field("link", "Link", "url")),
        settings=(Field("heading", "Heading", "text"), Field("show_date", "Show the date", "checkbox")),
    )


def header_description(plan: PluginPlan) -> str:
    """The description as the plugin's header has it."""
    return shortened(plan.description, LONGEST_DESCRIPTION)


def schema(spec: PluginSpec) -> dict[str, Any]:
    """The JSON Schema of a plan for a plugin: what its features have a use for."""
    parts: dict[str, Any] = {"description": TEXT, "tags": list_of(TEXT)}
    features = set(spec.features)
    if "custom_post_type" in features:
        parts["item"] = object_of({"singular": TEXT, "plural": TEXT})
        parts["icon"] = {"type": "string", "enum": list(ICONS)}
    if "taxonomies" in features:
        parts["term"] = object_of({"singular": TEXT, "plural": TEXT, "is_hierarchical": {"type": "boolean"}})
    if "meta_boxes" in features:
        parts["fields"] = list_of(_field(FIELD_TYPES))
    if "settings" in features:
        parts["settings"] = list_of(_field(SETTING_TYPES))
    return object_of({**parts, "code": TEXT})


def _field(types: tuple[str, ...]) -> dict[str, Any]:
    return object_of({"key": TEXT, "label": TEXT, "type": {"type": "string", "enum": list(types)}})


def plan_of(answer: Mapping[str, Any], spec: PluginSpec) -> PluginPlan:
    """The plan in an answer that fits the schema; what it says nothing about is as usual."""
    usual = usual_plan(spec)
    item, term = answer.get("item"), answer.get("term")
    return PluginPlan(
        description=cleaned(answer["description"]),
        tags=tuple(cleaned(tag) for tag in answer["tags"]),
        item=Noun(cleaned(item["singular"]), cleaned(item["plural"])) if item else usual.item,
        icon=answer.get("icon", usual.icon),
        term=Noun(cleaned(term["singular"]), cleaned(term["plural"])) if term else usual.term,
        is_hierarchical=term["is_hierarchical"] if term else usual.is_hierarchical,
        fields=_fields(answer.get("fields")) if "fields" in answer else usual.fields,
        settings=_fields(answer.get("settings")) if "settings" in answer else usual.settings,
        code=answer["code"].strip(),
    )


def plan_problems(plan: PluginPlan) -> Iterator[str]:
    """What is wrong with a plan, whatever files would be made of it."""
    yield from text_problems("description", plan.description, longest=LONGEST_TEXT, fewest_words=3)
    if not 1 <= len(plan.tags) <= MOST_TAGS:
        yield f"tags: between 1 and {MOST_TAGS}"
    for name, text in (("item", plan.item.singular), ("item", plan.item.plural)):
        yield from text_problems(name, text, longest=LONGEST_NOUN)
    for name, text in (
        *((("tags", tag)) for tag in plan.tags),
        ("term", plan.term.singular),
        ("term", plan.term.plural),
    ):
        yield from text_problems(name, text, longest=LONGEST_NOUN)
    for name, fields in (("fields", plan.fields), ("settings", plan.settings)):
        yield from _field_problems(name, fields)
    if len(plan.code) > LONGEST_CODE:
        yield f"code: more than {LONGEST_CODE} characters"
    if "<?" in plan.code or "?>" in plan.code:
        yield "code: it is PHP without tags"


def _field_problems(name: str, fields: tuple[Field, ...]) -> Iterator[str]:
    if not 1 <= len(fields) <= MOST_FIELDS:
        yield f"{name}: between 1 and {MOST_FIELDS}"
    if len({field.key for field in fields}) != len(fields):
        yield f"{name}: every key once"
    for field in fields:
        if not _KEY.fullmatch(field.key) or field.key in _TAKEN:
            yield f"{name}: the key '{field.key[:40]}' is not lower-case with underscores, or is taken"
        yield from text_problems(f"{name}: label", field.label, longest=LONGEST_LABEL)


def _fields(listed: Any) -> tuple[Field, ...]:
    return tuple(Field(one["key"], cleaned(one["label"]), one["type"]) for one in listed)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
