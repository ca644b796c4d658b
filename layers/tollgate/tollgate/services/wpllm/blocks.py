"""Blocks that are written for a request."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.wpllm.artifacts import AttributeDefinition, GenerateBlockRequest
from tollgate.errors import BadRequest
from tollgate.resources import Resources
from tollgate.services.events import publish
from tollgate.services.wpllm.artifacts import answered, check_name, head, shown, validation
from tollgate.services.wpllm.drafts import Product, Work, draft, named_model
from tollgate.wordpress.checks.blocks import CHECKS, BlockSubject, fits
from tollgate.wordpress.checks.css import added_problems
from tollgate.wordpress.checks.results import run
from tollgate.wordpress.generation.block_plans import (
    DEFAULT_NAMESPACE,
    FEATURES,
    TAKEN,
    Attribute,
    BlockPlan,
    BlockSpec,
    plan_of,
    plan_problems,
    schema,
    usual_plan,
)
from tollgate.wordpress.generation.blocks import block_files, installable
from tollgate.wordpress.generation.names import camel_case, cleaned, kebab_case, slug

_LONGEST_SLUG: Final = 64
_EMPTY: Final[Mapping[str, Any]] = {
    "string": "", "rich-text": "", "number": 0, "integer": 0, "boolean": False, "array": [], "object": {}, "null": None,
}  # fmt: skip
_WITH_CHOICES: Final = frozenset({"string", "number", "integer", "boolean"})
_TASK: Final = (
    "You plan a block for WordPress's editor; templates turn your plan into its files. Give a description of one "
    "sentence, up to five keywords, an icon, and for every attribute, in the order in which visitors see them, "
    "a label, a help text (empty where the label says it all) and the HTML element that its text is printed in. Where "
    "the schema has css, write rules that make the block look good on any theme: every selector begins with "
    "{css_class}, parts have the classes {css_class}__attribute-name, and nothing is loaded from elsewhere; or leave "
    "it empty. Wishes among the features that you can meet by these means are to be met. Write in English, for people."
)


async def generate_block(request: GenerateBlockRequest, call: Call, resources: Resources) -> Answer:
    """Write a block.

    Raises BadRequest, ModelNotFound, and what `draft` raises.
    """
    spec = block_spec(request)
    model = await named_model(request.model, call, resources)
    work = Work(
        task=_TASK.format(css_class=f".{spec.css_class}"),
        about=_about(request, spec),
        schema=schema(spec),
        problems=partial(_problems, spec),
        planned=lambda answer: _product(spec, plan_of(answer, spec)),
        usual=lambda: _product(spec, usual_plan(spec)),
    )
    drafted = await draft(work, model, request.seed, call, resources)
    files, outcomes = drafted.product
    content = {
        **head("block_gen", "block_generation", resources),
        "model": model.shown,
        "block_type": request.block_type,
        "files": shown(files),
        "instructions": (
            f"Copy the files to blocks/{spec.slug}/ of your plugin or theme, and require register.php from its main "
            "file or functions.php."
        ),
        "source": drafted.source,
        "notes": drafted.notes,
        "warnings": _warnings(spec),
        "validation": validation(outcomes),
    }
    call.later.append(partial(publish, resources, call.caller.account_id, "block.generated", content))
    plugin = installable(spec, files, usual_plan(spec).description)
    return answered(content, spec.slug, plugin, call, {**drafted.headers, "x-tollgate-source": drafted.source})


def _product(spec: BlockSpec, plan: BlockPlan) -> Product:
    files = block_files(spec, plan)
    return Product(files, run(CHECKS, BlockSubject(spec, files)))


def _problems(spec: BlockSpec, answer: Mapping[str, Any]) -> list[str]:
    css = answer.get("css", "").strip()
    return [*plan_problems(answer, spec), *(added_problems(css, spec.css_class) if css else ())]


def _about(request: GenerateBlockRequest, spec: BlockSpec) -> dict[str, Any]:
    return {
        "block_type": request.block_type,
        "title": spec.title,
        "attributes": {one.name: one.type for one in spec.attributes},
        "features": [*spec.features, *spec.hints],
        "style_variants": list(spec.styles),
    }


def _warnings(spec: BlockSpec) -> list[str]:
    return [f"'{hint}' is no feature that a template has; it was passed on as a wish." for hint in spec.hints]


def block_spec(request: GenerateBlockRequest) -> BlockSpec:
    """The block that a request is about.

    Raises BadRequest.
    """
    check_name("block_type", request.block_type)
    name = slug(request.block_type)
    if not name[0].isalpha() or len(name) > _LONGEST_SLUG:
        raise BadRequest(
            f"'block_type' has to begin with a letter and make a name of at most {_LONGEST_SLUG} characters.",
            param="block_type",
        )
    if request.namespace == "core":
        raise BadRequest("'namespace' is WordPress's own.", param="namespace")
    if request.title is not None and not cleaned(request.title):
        raise BadRequest("'title' has no characters that can be shown.", param="title")
    styles = [slug(one) for one in request.style_variants]
    if not all(styles) or len({*styles}) != len(styles):
        raise BadRequest(
            "'style_variants' have to be names that differ, made of letters or digits.", param="style_variants"
        )
    return BlockSpec(
        block_type=request.block_type,
        attributes=_attributes(request.attributes),
        features=tuple(one for one in FEATURES if one in request.features),
        styles=tuple(request.style_variants),
        has_editor=request.include_editor,
        namespace=request.namespace or DEFAULT_NAMESPACE,
        given_title=request.title or "",
        category=request.category or "widgets",
        text_domain=request.text_domain or "",
        hints=tuple(dict.fromkeys(one for one in request.features if one not in FEATURES)),
    )


def _attributes(given: Mapping[str, AttributeDefinition]) -> tuple[Attribute, ...]:
    found: dict[str, str] = {}
    attributes = []
    for name, definition in given.items():
        param = f"attributes.{name}"
        own = camel_case(name)
        if own in TAKEN:
            raise BadRequest(f"'{own}' is an attribute that WordPress itself gives to blocks.", param=param)
        if (other := found.get(kebab_case(own))) is not None:
            raise BadRequest(f"'{name}' and '{other}' are one attribute in block.json.", param=param)
        found[kebab_case(own)] = name
        attributes.append(_attribute(own, definition, param))
    return tuple(attributes)


def _attribute(name: str, definition: AttributeDefinition, param: str) -> Attribute:
    choices = tuple(_plain(one) for one in definition.enum or ())
    kind = definition.type or _type_of(choices)
    if kind is None:
        raise BadRequest(f"'{param}' needs a type.", param=f"{param}.type")
    if choices and (kind not in _WITH_CHOICES or not all(fits(one, kind) for one in choices)):
        raise BadRequest(f"'{param}.enum' has to hold values of the attribute's type.", param=f"{param}.enum")
    default = _plain(definition.default)
    if default is None:
        default = choices[0] if choices else _EMPTY[kind]
    if not fits(default, kind) or (choices and default not in choices):
        raise BadRequest(f"'{param}.default' has to be one of the values that it may have.", param=f"{param}.default")
    return Attribute(name, kind, default, choices)


def _plain(value: Any) -> Any:
    """A number without a fraction as a whole one; one that JSON cannot write is none."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value


def _type_of(choices: tuple[Any, ...]) -> str | None:
    kinds = {"boolean" if isinstance(one, bool) else "string" if isinstance(one, str) else "number" for one in choices}
    return kinds.pop() if len(kinds) == 1 else None
