"""Themes that are written for a request."""

from typing import Any, Final

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.wpllm.artifacts import GenerateThemeRequest
from tollgate.errors import BadRequest
from tollgate.resources import Resources
from tollgate.services.events import announced
from tollgate.services.wpllm.artifacts import answered, check_name, head, shown, validation
from tollgate.services.wpllm.drafts import Product, Work, draft, named_model
from tollgate.wordpress.checks.results import run
from tollgate.wordpress.checks.themes import CHECKS, ThemeSubject
from tollgate.wordpress.generation.files import named
from tollgate.wordpress.generation.names import cleaned, slug
from tollgate.wordpress.generation.theme_plans import (
    FEATURES,
    ThemePlan,
    ThemeSpec,
    plan_of,
    plan_problems,
    schema,
    usual_plan,
)
from tollgate.wordpress.generation.themes import theme_files

_TASK: Final = (
    "You plan a theme for WordPress; templates turn your plan into its files. Give a description of one sentence, tags "
    "in lower case with hyphens, and what the schema asks for: a palette of colours as #rrggbb, in which contrast on "
    "base, base on primary, primary on base and base on accent have a contrast of 4.5 or more; fonts that fit; and the "
    "heading, text and button of the pattern that a page begins with. Let the name, the description and the wishes "
    "among the features decide about its mood. Write in English, for people."
)
# What only themes of one type have a use for.
_FOR_OTHERS: Final = {"child_theme": frozenset({"custom_templates"})}


async def generate_theme(request: GenerateThemeRequest, call: Call, resources: Resources) -> Answer:
    """Write a theme.

    Raises BadRequest, ModelNotFound, and what `draft` raises.
    """
    spec = theme_spec(request)
    model = await named_model(request.model, call, resources)
    work = Work(
        task=_TASK,
        about=_about(request, spec),
        schema=schema(spec),
        problems=lambda answer: list(plan_problems(plan_of(answer, spec))),
        planned=lambda answer: _product(spec, plan_of(answer, spec)),
        usual=lambda: _product(spec, usual_plan(spec)),
    )
    begun = {**head("theme_gen", "theme_generation", resources), "model": model.shown}
    async with announced("generation", {**begun}, call, resources, started=begun) as content:
        drafted = await draft(work, model, request.seed, call, resources)
        files, outcomes = drafted.product
        content |= {
            "theme_name": request.theme_name,
            "type": request.type,
            "files": shown(files),
            "source": drafted.source,
            "notes": drafted.notes,
            "warnings": _warnings(request, spec),
            "validation": validation(outcomes),
        }
    return answered(content, spec.slug, named(files), call, {**drafted.headers, "x-tollgate-source": drafted.source})


def _product(spec: ThemeSpec, plan: ThemePlan) -> Product:
    files = theme_files(spec, plan)
    return Product(files, run(CHECKS, ThemeSubject(spec, files)))


def theme_spec(request: GenerateThemeRequest) -> ThemeSpec:
    """The theme that a request is about.

    Raises BadRequest.
    """
    check_name("theme_name", request.theme_name)
    parent = request.parent or ""
    if request.type == "child_theme" and not parent:
        raise BadRequest(
            "A child theme needs 'parent', the folder of the theme that it is the child of.", param="parent"
        )
    if request.type == "child_theme" and parent == slug(request.theme_name):
        raise BadRequest("A theme cannot be its own parent.", param="parent")
    without = _FOR_OTHERS.get(request.type, frozenset())
    features = tuple(one for one in FEATURES if one in request.features and one not in without)
    return ThemeSpec(
        name=request.theme_name,
        type=request.type,
        features=features,
        description=request.description,
        author=cleaned(request.author) or "WP LLM",
        parent=parent,
        hints=tuple(dict.fromkeys(one for one in request.features if one not in features)),
    )


def _about(request: GenerateThemeRequest, spec: ThemeSpec) -> dict[str, Any]:
    return {
        "theme_name": request.theme_name,
        "type": request.type,
        "description": request.description,
        "features": [*spec.features, *spec.hints],
    }


def _warnings(request: GenerateThemeRequest, spec: ThemeSpec) -> list[str]:
    kind = request.type.replace("_", " ")
    return [
        f"'{hint}' is no feature that a template of a {kind} has; it was passed on as a wish." for hint in spec.hints
    ]
