"""A theme as it was asked for, and what can be decided about it beyond that: words, colours and fonts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from tollgate.wordpress.generation.names import cleaned, prefix, slug
from tollgate.wordpress.generation.plan_schemas import TEXT, list_of, object_of, text_problems

TYPES: Final = ("block_theme", "classic_theme", "child_theme")
FEATURES: Final = ("custom_templates", "block_patterns", "theme_json", "responsive_design", "readme")
COLOURS: Final = ("base", "contrast", "primary", "secondary", "accent")
LOWEST_CONTRAST: Final = 4.5
"""What text needs against what is behind it: https://www.w3.org/TR/WCAG22/#contrast-minimum"""
_READ_ON: Final = (("contrast", "base"), ("base", "primary"), ("primary", "base"), ("base", "accent"))
FONTS: Final[Mapping[str, str]] = {
    "sans": 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
    "humanist": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", source-sans-pro, sans-serif',
    "serif": 'Charter, "Bitstream Charter", "Sitka Text", Cambria, serif',
    "old-style": '"Iowan Old Style", "Palatino Linotype", "URW Palladio L", P052, serif',
    "slab": 'Rockwell, "Rockwell Nova", "Roboto Slab", "DejaVu Serif", serif',
    "mono": 'ui-monospace, "Cascadia Code", "Source Code Pro", Menlo, Consolas, monospace',
}
"""Stacks of fonts that systems have, so that a theme loads none."""
LONGEST_TEXT: Final = 300
LONGEST_LABEL: Final = 60
MOST_TAGS: Final = 10
_HEX: Final = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


class ThemeSpec(NamedTuple):
    """A theme as it was asked for. `hints` are features that no template of its type knows."""

    name: str
    type: str = "block_theme"
    features: tuple[str, ...] = ()
    description: str = ""
    author: str = "WP LLM"
    parent: str = ""
    hints: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """Its folder and text domain."""
        return slug(self.name)

    @property
    def prefix(self) -> str:
        """What its global names begin with."""
        return prefix(self.slug)

    @property
    def has_settings(self) -> bool:
        """Whether it has a theme.json."""
        return self.type == "block_theme" or "theme_json" in self.features

    @property
    def has_palette(self) -> bool:
        """Whether its theme.json names colours and sizes."""
        return "theme_json" in self.features


class Hero(NamedTuple):
    """The words of the pattern that a page begins with."""

    heading: str
    text: str
    button: str


class ThemePlan(NamedTuple):
    """What was decided. `palette` holds `#rrggbb` by the names of `COLOURS`; fonts are keys of `FONTS`."""

    description: str
    tags: tuple[str, ...]
    palette: Mapping[str, str]
    heading_font: str
    body_font: str
    hero: Hero


def usual_plan(spec: ThemeSpec) -> ThemePlan:
    """What is decided where nobody else decides."""
    kind = {"block_theme": "block theme", "classic_theme": "theme", "child_theme": "child theme"}[spec.type]
    name = cleaned(spec.name)
    return ThemePlan(
        description=cleaned(spec.description) or f"{name} is a {kind} with room for words and pictures.",
        tags=("one-column", "custom-colors", "translation-ready"),
        palette={
            "base": "#ffffff",
            "contrast": "#1a1a1a",
            "primary": "#1f4d5c",
            "secondary": "#e8eef0",
            "accent": "#a3431f",
        },
        heading_font="sans",
        body_font="sans",
        hero=Hero("Welcome", "Say in two sentences what this site is about and who it is for.", "Read more"),
    )


def contrast(one: str, other: str) -> float:
    """The contrast of two colours `#rrggbb`, from 1 to 21.

    https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def hard_to_read(palette: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The colours of text, each with that behind it, whose contrast is too low. What is no colour is left out."""
    known = {name: colour for name, colour in palette.items() if is_colour(colour)}
    for text, behind in _READ_ON:
        if text in known and behind in known and contrast(known[text], known[behind]) < LOWEST_CONTRAST:
            yield text, behind


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def is_colour(text: str) -> bool:
    """Whether it is a colour as `#rrggbb`."""
    return _HEX.fullmatch(text) is not None


def schema(spec: ThemeSpec) -> dict[str, Any]:
    """The JSON Schema of a plan for a theme."""
    fonts = {"type": "string", "enum": list(FONTS)}
    parts: dict[str, Any] = {"description": TEXT, "tags": list_of(TEXT)}
    if spec.has_palette or spec.type == "classic_theme":
        parts["palette"] = object_of(dict.fromkeys(COLOURS, TEXT))
        parts["heading_font"] = parts["body_font"] = fonts
    if "block_patterns" in spec.features:
        parts["hero"] = object_of({"heading": TEXT, "text": TEXT, "button": TEXT})
    return object_of(parts)


def plan_of(answer: Mapping[str, Any], spec: ThemeSpec) -> ThemePlan:
    """The plan in an answer that fits the schema; what it says nothing about is as usual."""
    usual = usual_plan(spec)
    hero = answer.get("hero")
    return ThemePlan(
        description=cleaned(answer["description"]),
        tags=tuple(cleaned(tag) for tag in answer["tags"]),
        palette=answer.get("palette", usual.palette),
        heading_font=answer.get("heading_font", usual.heading_font),
        body_font=answer.get("body_font", usual.body_font),
        hero=Hero(*(cleaned(hero[part]) for part in Hero._fields)) if hero else usual.hero,
    )


def plan_problems(plan: ThemePlan) -> Iterator[str]:
    """What is wrong with a plan, whatever files would be made of it."""
    yield from text_problems("description", plan.description, longest=LONGEST_TEXT, fewest_words=3)
    if not 1 <= len(plan.tags) <= MOST_TAGS:
        yield f"tags: between 1 and {MOST_TAGS}"
    for tag in plan.tags:
        if slug(tag) != tag or len(tag) > LONGEST_LABEL:
            yield f"tags: '{tag[:40]}' is not lower-case with hyphens"
    for name, colour in plan.palette.items():
        if not is_colour(colour):
            yield f"palette: {name} is no colour such as #1f4d5c"
    for text, behind in hard_to_read(plan.palette):
        yield f"palette: {text} on {behind} has a contrast below {LOWEST_CONTRAST}"
    yield from text_problems("hero: heading", plan.hero.heading, longest=LONGEST_LABEL)
    yield from text_problems("hero: text", plan.hero.text, longest=LONGEST_TEXT)
    yield from text_problems("hero: button", plan.hero.button, longest=LONGEST_LABEL)
