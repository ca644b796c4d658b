"""A block's style sheets."""

from typing import Final

from tollgate.wordpress.generation.block_plans import BlockPlan, BlockSpec
from tollgate.wordpress.generation.names import slug
from tollgate.wordpress.generation.templates import filled

# What each further style is about; with more styles than that, they begin again.
_VARIANTS: Final = (
    "\tborder-width: 2px;",
    "\tborder-color: transparent;\n\tbackground-color: rgba(0, 0, 0, 0.05);",
    "\tborder-color: transparent;\n\tbox-shadow: 0 0.25rem 1rem rgba(0, 0, 0, 0.15);",
    "\tpadding: 0;\n\tborder: 0;",
)


def style_css(spec: BlockSpec, plan: BlockPlan) -> str:
    """style.css, for the page and the editor."""
    values = {"class": spec.css_class}
    parts = [filled("block/style.css", values)]
    for place, style in enumerate(spec.styles[1:]):
        rules = _VARIANTS[place % len(_VARIANTS)]
        parts.append(filled("block/variant.css", {**values, "style": slug(style), "rules": rules}))
    if "responsive_design" in spec.features:
        parts.append(filled("block/responsive.css", values))
    if plan.css:
        parts.append(f"\n{plan.css.strip()}\n")
    return "".join(parts)


def editor_css(spec: BlockSpec) -> str:
    """editor.css, for the editor alone."""
    return filled("block/editor.css", {"class": spec.css_class})
