"""A theme's files: a block theme, a classic one, or a child of another."""

from collections.abc import Iterator, Mapping
from typing import Final

from tollgate.wordpress.generation.files import Files, GeneratedFile, by_role
from tollgate.wordpress.generation.names import pascal_case
from tollgate.wordpress.generation.quoting import attributes_text, json_text, shortened
from tollgate.wordpress.generation.templates import filled
from tollgate.wordpress.generation.theme_json import CUSTOM_TEMPLATE, CUSTOM_TEMPLATE_TITLE, theme_json
from tollgate.wordpress.generation.theme_plans import FONTS, ThemePlan, ThemeSpec

_LONGEST_DESCRIPTION: Final = 300
_BLOCK_TEMPLATES: Final = ("single", "page", "archive", "404", CUSTOM_TEMPLATE)
_CLASSIC: Final = ("index", "header", "footer")
_CLASSIC_TEMPLATES: Final = ("single", "page", "archive", "404", f"template-{CUSTOM_TEMPLATE}")


def theme_files(spec: ThemeSpec, plan: ThemePlan) -> Files:
    """The files of a theme, style.css first."""
    return by_role(_files(spec, plan))


def _files(spec: ThemeSpec, plan: ThemePlan) -> Iterator[GeneratedFile]:
    values = _values(spec, plan)
    yield GeneratedFile("style_css", "style.css", _style(spec, values))
    if spec.has_settings:
        yield GeneratedFile("theme_json", "theme.json", json_text(theme_json(spec, plan)))
    match spec.type:
        case "block_theme":
            yield from _block_theme(spec, values)
        case "classic_theme":
            yield from _classic_theme(spec, values)
        case _:
            yield GeneratedFile("functions_php", "functions.php", filled("theme/child-functions.php", values))
    if "block_patterns" in spec.features:
        yield GeneratedFile("patterns_hero", "patterns/hero.php", filled("theme/hero.php", values))
    if "readme" in spec.features:
        yield GeneratedFile("readme", "readme.txt", filled("theme/readme.txt", values))


def _block_theme(spec: ThemeSpec, values: Mapping[str, str]) -> Iterator[GeneratedFile]:
    names = ("index", *(_BLOCK_TEMPLATES if "custom_templates" in spec.features else ()))
    for name in names:
        yield GeneratedFile(
            f"templates_{name}", f"templates/{name}.html", filled(f"theme/templates/{name}.html", values)
        )
    for name in ("header", "footer"):
        yield GeneratedFile(f"parts_{name}", f"parts/{name}.html", filled(f"theme/parts/{name}.html", values))


def _classic_theme(spec: ThemeSpec, values: Mapping[str, str]) -> Iterator[GeneratedFile]:
    names = (*_CLASSIC, *(_CLASSIC_TEMPLATES if "custom_templates" in spec.features else ()))
    yield GeneratedFile("functions_php", "functions.php", filled("theme/classic/functions.php", values))
    for name in names:
        role = f"{name.replace('-', '_')}_php"
        yield GeneratedFile(role, f"{name}.php", filled(f"theme/classic/{name}.php", values))


def _style(spec: ThemeSpec, values: Mapping[str, str]) -> str:
    parts = [filled("theme/style.css", values)]
    if spec.type == "classic_theme":
        parts.append(filled("theme/classic/style.css", values))
        if "responsive_design" in spec.features:
            parts.append(filled("theme/classic/responsive.css", values))
    return "".join(parts)


def _values(spec: ThemeSpec, plan: ThemePlan) -> dict[str, str]:
    hero: dict[str, object] = {"align": "full", "layout": {"type": "constrained"}}
    classes = ["wp-block-group", "alignfull"]
    if spec.has_palette:
        hero.update({"backgroundColor": "primary", "textColor": "base"})
        classes += ["has-base-color", "has-primary-background-color", "has-text-color", "has-background"]
    return {
        "name": spec.name,
        "slug": spec.slug,
        "prefix": spec.prefix,
        "package": pascal_case(spec.slug),
        "author": spec.author,
        "description": shortened(plan.description, _LONGEST_DESCRIPTION),
        "tags": ", ".join(plan.tags),
        "template": f"Template: {spec.parent}" if spec.type == "child_theme" else "",
        "template_title": CUSTOM_TEMPLATE_TITLE,
        "hero_attributes": attributes_text(hero),
        "hero_classes": " ".join(classes),
        "hero_heading": plan.hero.heading,
        "hero_text": plan.hero.text,
        "hero_button": plan.hero.button,
        "heading_font": FONTS[plan.heading_font],
        "body_font": FONTS[plan.body_font],
        **plan.palette,
    }
