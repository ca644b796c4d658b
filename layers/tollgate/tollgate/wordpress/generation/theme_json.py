"""theme.json: what a theme offers in the editor, and how it looks.

https://developer.wordpress.org/block-editor/reference-guides/theme-json-reference/theme-json-living/
"""

from typing import Any, Final

from tollgate.wordpress.generation.names import label
from tollgate.wordpress.generation.theme_plans import COLOURS, FONTS, ThemePlan, ThemeSpec

SCHEMA: Final = "https://schemas.wp.org/wp/6.6/theme.json"
CUSTOM_TEMPLATE: Final = "wide"
CUSTOM_TEMPLATE_TITLE: Final = "Wide page"
_SIZES: Final = (("small", "0.875rem"), ("medium", "1.125rem"), ("large", "1.75rem"), ("x-large", "2.5rem"))
_STEPS: Final = (("20", "0.5rem"), ("30", "0.75rem"), ("40", "1rem"), ("50", "1.5rem"), ("60", "2.25rem"),
                 ("70", "3.5rem"), ("80", "5rem"))  # fmt: skip
_FLUID_STEPS: Final = {
    "50": "clamp(1.25rem, 3vw, 1.75rem)",
    "60": "clamp(1.75rem, 5vw, 2.75rem)",
    "70": "clamp(2.25rem, 8vw, 4.5rem)",
    "80": "clamp(3rem, 11vw, 7rem)",
}


def theme_json(spec: ThemeSpec, plan: ThemePlan) -> dict[str, Any]:
    """The value of a theme's theme.json, in version 3, which WordPress reads from 6.6 on."""
    value: dict[str, Any] = {
        "$schema": SCHEMA,
        "version": 3,
        "settings": _settings(spec, plan),
        "styles": _styles(spec),
    }
    if spec.type != "block_theme":
        return value
    value["templateParts"] = [
        {"name": "header", "title": "Header", "area": "header"},
        {"name": "footer", "title": "Footer", "area": "footer"},
    ]
    if "custom_templates" in spec.features:
        value["customTemplates"] = [
            {"name": CUSTOM_TEMPLATE, "title": CUSTOM_TEMPLATE_TITLE, "postTypes": ["page", "post"]}
        ]
    return value


def _settings(spec: ThemeSpec, plan: ThemePlan) -> dict[str, Any]:
    is_fluid = "responsive_design" in spec.features
    settings: dict[str, Any] = {
        "appearanceTools": True,
        "useRootPaddingAwareAlignments": True,
        "layout": {"contentSize": "720px", "wideSize": "1200px"},
    }
    if is_fluid or spec.has_palette:
        settings["spacing"] = {
            "units": ["px", "em", "rem", "vh", "vw", "%"],
            "defaultSpacingSizes": False,
            "spacingSizes": [
                {"slug": step, "name": f"Step {step}", "size": _FLUID_STEPS.get(step, size) if is_fluid else size}
                for step, size in _STEPS
            ],
        }
        settings["typography"] = {"fluid": is_fluid}
    if spec.has_palette:
        settings["color"] = {
            "palette": [{"slug": one, "name": label(one), "color": plan.palette[one]} for one in COLOURS],
        }
        settings["typography"] |= {
            "fontFamilies": [
                {"slug": "body", "name": "Body", "fontFamily": FONTS[plan.body_font]},
                {"slug": "heading", "name": "Heading", "fontFamily": FONTS[plan.heading_font]},
            ],
            "defaultFontSizes": False,
            "fontSizes": [{"slug": size, "name": label(size), "size": value} for size, value in _SIZES],
        }
    return settings


def _styles(spec: ThemeSpec) -> dict[str, Any]:
    side = "var:preset|spacing|40"
    styles: dict[str, Any] = {
        "spacing": {
            "blockGap": "1.5rem",
            "padding": {"top": "0px", "right": side, "bottom": "0px", "left": side},
        }
    }
    if not spec.has_palette:
        return styles
    return {
        **styles,
        "color": {"background": "var:preset|color|base", "text": "var:preset|color|contrast"},
        "typography": {
            "fontFamily": "var:preset|font-family|body",
            "fontSize": "var:preset|font-size|medium",
            "lineHeight": "1.6",
        },
        "elements": {
            "link": {
                "color": {"text": "var:preset|color|primary"},
                ":hover": {"typography": {"textDecoration": "none"}},
            },
            "heading": {"typography": {"fontFamily": "var:preset|font-family|heading", "lineHeight": "1.2"}},
            "h1": {"typography": {"fontSize": "var:preset|font-size|x-large"}},
            "button": {
                "color": {"background": "var:preset|color|accent", "text": "var:preset|color|base"},
                ":hover": {"color": {"background": "var:preset|color|contrast", "text": "var:preset|color|base"}},
            },
        },
    }
