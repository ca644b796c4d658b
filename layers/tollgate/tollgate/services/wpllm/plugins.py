"""Plugins that are written for a request."""

from collections.abc import Mapping
from typing import Any, Final

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.wpllm.artifacts import GeneratePluginRequest
from tollgate.resources import Resources
from tollgate.services.events import announced
from tollgate.services.wpllm.artifacts import answered, check_name, head, shown, validation
from tollgate.services.wpllm.drafts import Product, Work, draft, named_model
from tollgate.wordpress.checks.plugins import CHECKS, PluginSubject
from tollgate.wordpress.checks.results import run
from tollgate.wordpress.generation.files import named
from tollgate.wordpress.generation.plugin_plans import (
    FEATURES,
    PluginPlan,
    PluginSpec,
    plan_of,
    plan_problems,
    schema,
    usual_plan,
)
from tollgate.wordpress.generation.plugins import plugin_files

_TASK: Final = (
    "You plan a plugin for WordPress; templates turn your plan into its files. Give a description of one sentence, up "
    "to five tags, and what the schema asks for: what one thing and many of them are called, an icon, the fields of "
    "the editor and the settings, with keys in lower case and underscores. Where the description asks for something "
    "that no listed feature covers, write it as PHP 7.4 in `code`, without tags: functions that are hooked into "
    "WordPress, every one beginning with {prefix}_ and with a docblock; input unslashed and sanitized, output escaped, "
    "nonces and capabilities checked, texts translated in the domain '{domain}'; the post type is '{type}'. Otherwise "
    "`code` is empty. Never run programs, evaluate text or load code. Write in English, for people."
)


async def generate_plugin(request: GeneratePluginRequest, call: Call, resources: Resources) -> Answer:
    """Write a plugin.

    Raises BadRequest, ModelNotFound, and what `draft` raises.
    """
    spec = plugin_spec(request)
    model = await named_model(request.model, call, resources)
    instructions = install_instructions(spec)
    work = Work(
        task=_TASK.format(prefix=spec.prefix, domain=spec.slug, type=spec.post_type),
        about=_about(spec),
        schema=schema(spec),
        problems=lambda answer: list(plan_problems(plan_of(answer, spec))),
        planned=lambda answer: _product(spec, plan_of(answer, spec), instructions),
        usual=lambda: _product(spec, usual_plan(spec), instructions),
    )
    begun = {**head("plugin_gen", "plugin_generation", resources), "model": model.shown}
    async with announced("generation", {**begun}, call, resources, started=begun) as content:
        drafted = await draft(work, model, request.seed, call, resources)
        files, outcomes = drafted.product
        content |= {
            "plugin_name": request.plugin_name,
            "files": shown(files),
            "installation_instructions": instructions,
            "source": drafted.source,
            "notes": drafted.notes,
            "warnings": [
                f"'{hint}' is no feature that a template has; it was passed on as a wish." for hint in spec.hints
            ],
            "validation": validation(outcomes),
        }
    return answered(content, spec.slug, named(files), call, {**drafted.headers, "x-tollgate-source": drafted.source})


def plugin_spec(request: GeneratePluginRequest) -> PluginSpec:
    """The plugin that a request is about.

    Raises BadRequest.
    """
    check_name("plugin_name", request.plugin_name, names_main_file=True)
    return PluginSpec(
        name=request.plugin_name,
        description=request.description,
        features=tuple(one for one in FEATURES if one in request.features),
        hints=tuple(dict.fromkeys(one for one in request.features if one not in FEATURES)),
    )


def install_instructions(spec: PluginSpec) -> str:
    """How a plugin is installed."""
    return f"Upload the files to wp-content/plugins/{spec.slug}/ and activate the plugin on the page 'Plugins'."


def _product(spec: PluginSpec, plan: PluginPlan, instructions: str) -> Product:
    files = plugin_files(spec, plan)
    return Product(files, run(CHECKS, PluginSubject(spec, files, instructions)))


def _about(spec: PluginSpec) -> Mapping[str, Any]:
    return {
        "plugin_name": spec.name,
        "description": spec.description,
        "features": [*spec.features, *spec.hints],
    }
