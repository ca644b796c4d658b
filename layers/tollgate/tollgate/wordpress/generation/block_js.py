"""A block's script for the editor: plain JavaScript over WordPress's own globals."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from tollgate.wordpress.generation.block_plans import Attribute, BlockField, BlockPlan, BlockSpec
from tollgate.wordpress.generation.quoting import js_text
from tollgate.wordpress.generation.templates import filled

NEEDS: Final = ("wp-blocks", "wp-element", "wp-block-editor", "wp-components", "wp-i18n")
"""The scripts of WordPress that it needs, by their handles."""

_TYPED: Final = frozenset({"text", "long"})
"""What is typed into the block itself where it has no controls."""
_CONTROLS: Final[Mapping[str, str]] = {
    "text": "components.TextControl",
    "long": "components.TextareaControl",
    "link": "components.TextControl",
    "picture": "components.TextControl",
    "number": "NumberControl",
    "switch": "SwitchControl",
    "choice": "ChoiceControl",
    "list": "ListControl",
    "table": "TableControl",
}
# Kinds, and the template with what their control or their markup is made by.
_HELPERS: Final = (
    ("number", "number-control.js"),
    ("switch", "switch-control.js"),
    ("choice", "choice-control.js"),
    ("list", "list-control.js"),
    ("table", "table-control.js"),
    ("list", "list-view.js"),
    ("table", "table-view.js"),
)


def editor_script(spec: BlockSpec, plan: BlockPlan) -> str:
    """editor.js."""
    attributes = {one.name: one for one in spec.attributes if one.kind != "nothing"}
    shown = [attributes[name] for name in plan.fields if name in attributes]
    typed = [] if "custom_controls" in spec.features else [one for one in shown if one.kind in _TYPED]
    controlled = [one for one in shown if one not in typed and one.kind != "rich"]
    rich = [one for one in shown if one.kind == "rich"]
    switches = [one for one in shown if one.kind == "switch"]
    kinds = {one.kind for one in shown}
    helpers = [filled(f"block/{name}", {"domain": spec.domain}) for kind, name in _HELPERS if kind in kinds]
    if controlled:
        helpers.append(filled("block/field.js", {}))
    classes = "{ className: classes( attributes ) }" if switches else ""
    if switches:
        helpers.append(filled("block/classes.js", {"switches": _switches(switches)}))
    return filled(
        "block/editor.js",
        {
            "name": spec.name,
            "base": spec.css_class,
            "domain": spec.domain,
            "helpers": "\n".join(helpers),
            "typing": _typing(spec, typed=bool(typed), rich=bool(rich)),
            "view": "\n".join(_view(spec, plan, shown, typed)),
            "text": _text(spec, plan, typed),
            "rich": _rich(spec, plan, rich),
            "panel": _panel(spec, plan, controlled),
            "edit_props": f"blockEditor.useBlockProps( {classes} )" if classes else "blockEditor.useBlockProps()",
            "inner": ", el( blockEditor.InnerBlocks )" if spec.has_inner_blocks else "",
            "save": _save(spec, classes, has_rich=bool(rich)),
        },
    )


def _typing(spec: BlockSpec, *, typed: bool, rich: bool) -> str:
    """What shows texts while they are typed, and when they are saved."""
    names = ["typed.js"] if typed or rich else []
    if not spec.is_dynamic:
        names += ["saved-text.js", "saved-rich.js"] if rich else ["saved-text.js"]
    return "\n".join(filled(f"block/{name}", {}) for name in names)


def _view(spec: BlockSpec, plan: BlockPlan, shown: Sequence[Attribute], typed: Sequence[Attribute]) -> list[str]:
    """The lines that show the attributes."""
    lines = [_shown(one, plan.fields[one.name].element, is_typed=one in typed) for one in shown if one.kind != "switch"]
    if not lines and not spec.has_inner_blocks:
        # What a static block saves must not depend on the language of who saves it.
        lines = [f"el( 'p', {{ key: 'title' }}, {js_text(spec.title)} )"]
    return [f"\t\t\t{line}," for line in lines]


def _shown(attribute: Attribute, element: str, *, is_typed: bool) -> str:
    name, css, value = attribute.name, attribute.css_name, f"attributes.{attribute.name}"
    match attribute.kind:
        case "rich":
            return f"rich( '{name}', '{css}' )"
        case "list":
            return f"list( {value}, '{name}', '{css}' )"
        case "table":
            return f"table( {value}, '{name}', '{css}' )"
        case "picture":
            props = f"{{ key: '{name}', className: BASE + '__{css}', src: {value}, alt: '' }}"
            return f"{value} ? el( 'img', {props} ) : null"
        case "link":
            props = f"{{ key: '{name}', className: BASE + '__{css}', href: {value} }}"
            return f"{value} ? el( 'a', {props}, {value} ) : null"
    if is_typed:
        return f"text( '{name}', '{css}', '{element}' )"
    return f"shown( attributes, '{name}', '{css}', '{'p' if attribute.kind == 'number' else element}' )"


def _switches(switches: Sequence[Attribute]) -> str:
    return "\n".join(f"\t\t\tattributes.{one.name} ? 'is-{one.css_name}' : ''," for one in switches)


def _text(spec: BlockSpec, plan: BlockPlan, typed: Sequence[Attribute]) -> str:
    if not typed:
        return "null"
    return f"typed( props, {_labels(spec, plan, typed)}, blockEditor.PlainText, {{}} )"


def _rich(spec: BlockSpec, plan: BlockPlan, rich: Sequence[Attribute]) -> str:
    if not rich:
        return "null"
    return f"typed( props, {_labels(spec, plan, rich)}, blockEditor.RichText, {{ tagName: 'div' }} )"


def _labels(spec: BlockSpec, plan: BlockPlan, attributes: Sequence[Attribute]) -> str:
    texts = [f"{one.name}: __( {js_text(plan.fields[one.name].label)}, '{spec.domain}' )" for one in attributes]
    return "{ " + ", ".join(texts) + " }"


def _panel(spec: BlockSpec, plan: BlockPlan, controlled: Sequence[Attribute]) -> str:
    if not controlled:
        return "null"
    controls = ",\n".join(f"\t\t\t\t\t{_control(one, plan.fields[one.name], spec.domain)}" for one in controlled)
    return filled("block/panel.js", {"domain": spec.domain, "controls": controls}).strip()


def _control(attribute: Attribute, field: BlockField, domain: str) -> str:
    settings = [f"label: __( {js_text(field.label)}, '{domain}' )"]
    if field.help:
        settings.append(f"help: __( {js_text(field.help)}, '{domain}' )")
    match attribute.kind:
        case "link" | "picture":
            settings.append("type: 'url'")
        case "number":
            settings.append("step: 1" if attribute.type == "integer" else "step: 'any'")
        case "choice":
            written = json.dumps(list(attribute.choices)).replace("</", "<\\/").replace("<!--", "<\\!--")
            settings.append(f"choices: {written}")
    return f"field( {_CONTROLS[attribute.kind]}, props, '{attribute.name}', {{ {', '.join(settings)} }} )"


def _save(spec: BlockSpec, classes: str, *, has_rich: bool) -> str:
    inner = "el( blockEditor.InnerBlocks.Content )"
    if spec.is_dynamic:
        return f"() => {inner}" if spec.has_inner_blocks else "() => null"
    props = f"blockEditor.useBlockProps.save( {classes} )" if classes else "blockEditor.useBlockProps.save()"
    inside = f", {inner}" if spec.has_inner_blocks else ""
    rich = "savedRich( attributes )" if has_rich else "null"
    return f"( {{ attributes }} ) => el( 'div', {props}, view( attributes, savedText( attributes ), {rich} ){inside} )"
