"""A block's PHP: what registers it, and what prints it."""

from typing import Final

from tollgate.wordpress.generation.block_plans import Attribute, BlockPlan, BlockSpec
from tollgate.wordpress.generation.names import pascal_case
from tollgate.wordpress.generation.quoting import php_text
from tollgate.wordpress.generation.templates import filled

_CASTS: Final = {"number": ("(float)", "0"), "integer": ("(int)", "0"), "boolean": ("(bool)", "false")}
_IN: Final = "\t\t"


def registration(spec: BlockSpec) -> str:
    """register.php."""
    given = f"array( 'render_callback' => '{spec.render_function}' )"
    return filled(
        "block/register.php",
        {
            "name": spec.name,
            "package": pascal_case(spec.domain),
            "function": spec.register_function,
            "require": "require_once __DIR__ . '/render.php';" if spec.is_dynamic else "",
            "arguments": f"__DIR__, {given}" if spec.is_dynamic else "__DIR__",
        },
    )


def render_callback(spec: BlockSpec, plan: BlockPlan) -> str:
    """render.php."""
    attributes = {one.name: one for one in spec.attributes if one.kind != "nothing"}
    shown = [attributes[name] for name in plan.fields if name in attributes]
    wrapper = "get_block_wrapper_attributes()"
    switches = [one for one in shown if one.kind == "switch"]
    longest = max((len(one.variable) for one in shown), default=0)
    if switches:
        wrapper = "get_block_wrapper_attributes( array( 'class' => implode( ' ', $classes ) ) )"
    return filled(
        "block/render.php",
        {
            "name": spec.name,
            "package": pascal_case(spec.domain),
            "function": spec.render_function,
            "reads": "\n".join(_read(one, longest) for one in shown),
            "classes": _classes(switches),
            "parts": _parts(spec, plan, [one for one in shown if one.kind != "switch"]),
            "wrapper": wrapper,
            "inner": " . $content" if spec.has_inner_blocks else "",
        },
    )


def _read(attribute: Attribute, longest: int) -> str:
    given = f"$attributes['{attribute.name}']"
    name = f"{_IN}${attribute.variable.ljust(longest)}"
    if attribute.kind in {"list", "table"}:
        return f"{name} = isset( {given} ) && is_array( {given} ) ? {given} : array();"
    cast, empty = _CASTS.get(attribute.type, ("(string)", "''"))
    return f"{name} = isset( {given} ) ? {cast} {given} : {empty};"


def _classes(switches: list[Attribute]) -> str:
    if not switches:
        return ""
    lines = [f"{_IN}$classes = array();"]
    for one in switches:
        lines += [f"{_IN}if ( ${one.variable} ) {{", f"{_IN}\t$classes[] = 'is-{one.css_name}';", f"{_IN}}}"]
    return "\n".join(lines)


def _parts(spec: BlockSpec, plan: BlockPlan, shown: list[Attribute]) -> str:
    if not shown and not spec.has_inner_blocks:
        return f"{_IN}$html .= '<p>' . esc_html__( {php_text(spec.title)}, '{spec.domain}' ) . '</p>';"
    return "\n".join(_part(one, plan.fields[one.name].element, spec) for one in shown)


def _part(attribute: Attribute, element: str, spec: BlockSpec) -> str:
    """The statements that add an attribute to what is printed."""
    name, css = f"${attribute.variable}", f"{spec.css_class}__{attribute.css_name}"
    match attribute.kind:
        case "list":
            return _list(name, css)
        case "table":
            return _table(name, css)
        case "number":
            added = f"sprintf( '<p class=\"{css}\">%s</p>', esc_html( (string) {name} ) )"
            return f"{_IN}$html .= {added};"
        case "picture":
            added = f'sprintf( \'<img class="{css}" src="%s" alt="" />\', esc_url( {name} ) )'
        case "link":
            added = f'sprintf( \'<a class="{css}" href="%s">%s</a>\', esc_url( {name} ), esc_html( {name} ) )'
        case "rich":
            added = f"sprintf( '<div class=\"{css}\">%s</div>', wp_kses_post( {name} ) )"
        case _:
            added = f"sprintf( '<{element} class=\"{css}\">%s</{element}>', esc_html( (string) {name} ) )"
    return f"{_IN}if ( '' !== (string) {name} ) {{\n{_IN}\t$html .= {added};\n{_IN}}}"


def _list(name: str, css: str) -> str:
    return f"""{_IN}if ( ! empty( {name} ) ) {{
{_IN}	$html .= '<ul class="{css}">';
{_IN}	foreach ( array_filter( {name}, 'is_scalar' ) as $entry ) {{
{_IN}		$html .= sprintf( '<li>%s</li>', esc_html( (string) $entry ) );
{_IN}	}}
{_IN}	$html .= '</ul>';
{_IN}}}"""


def _table(name: str, css: str) -> str:
    return f"""{_IN}if ( ! empty( {name} ) ) {{
{_IN}	$html .= '<dl class="{css}">';
{_IN}	foreach ( array_filter( {name}, 'is_scalar' ) as $term => $entry ) {{
{_IN}		$html .= sprintf( '<dt>%s</dt><dd>%s</dd>', esc_html( (string) $term ), esc_html( (string) $entry ) );
{_IN}	}}
{_IN}	$html .= '</dl>';
{_IN}}}"""
