"""Plugins to begin with: the same request makes the same files, and no model is asked."""

import asyncio

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.wpllm.artifacts import ScaffoldPluginRequest
from tollgate.resources import Resources
from tollgate.services.wpllm.artifacts import answered, check_name, head, shown, validation
from tollgate.wordpress.checks.plugins import CHECKS, PluginSubject
from tollgate.wordpress.checks.results import Outcome, check_own, run
from tollgate.wordpress.generation.files import Files, named
from tollgate.wordpress.generation.scaffolds import Scaffold, layout, scaffold_files


async def scaffold_plugin(request: ScaffoldPluginRequest, call: Call, resources: Resources) -> Answer:
    """Write a plugin to begin with.

    Raises BadRequest.
    """
    check_name("plugin_name", request.plugin_name, names_main_file=True)
    scaffold = Scaffold(request.plugin_name, request.structure, tuple(request.include_files))
    files, outcomes = await asyncio.to_thread(_checked, scaffold)
    content = {
        **head("scaffold", "plugin_scaffold", resources),
        "plugin_name": request.plugin_name,
        "structure": layout(scaffold),
        "files": shown(files),
        "validation": validation(outcomes),
    }
    return answered(content, scaffold.spec.slug, named(files), call, {})


def _checked(scaffold: Scaffold) -> tuple[Files, list[Outcome]]:
    files = scaffold_files(scaffold)
    folder = f"wp-content/plugins/{scaffold.spec.slug}/"
    outcomes = run(CHECKS, PluginSubject(scaffold.spec, files, folder))
    check_own(outcomes)
    return files, outcomes
