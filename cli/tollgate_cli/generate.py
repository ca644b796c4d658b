"""Everything that is derived from something else: written by `make generate`, compared by `make check`."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click

from tollgate_cli import abilities, catalogue, check_pages, rule_pages
from tollgate_cli.openapi import openapi
from tollgate_cli.reference import reference
from tollgate_cli.rest import rest_routes
from tollgate_cli.template import ROOT, Template, read_template

_DOCUMENTS: Final = "layers/tollgate/tollgate/documents"


def routes(template: Template) -> str:
    """Every path with its methods, for the function behind what is not routed. One line each, sorted."""
    found: dict[str, set[str]] = {}
    for function in template.functions.values():
        for route in function.routes:
            found.setdefault(route.path, set()).add(route.method)
    lines = [f"{json.dumps(path)}: {json.dumps(sorted(methods))}" for path, methods in sorted(found.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def model_routes(template: Template) -> str:
    """Every path behind which a model is called, for the authorizer: those calls are counted elsewhere."""
    found = {
        route.path for function in template.functions.values() if function.is_streamed for route in function.routes
    }
    return "[\n" + ",\n".join(json.dumps(path) for path in sorted(found)) + "\n]\n"


def openapi_json(template: Template) -> str:
    """The OpenAPI document."""
    return json.dumps(_openapi(template), indent=1, ensure_ascii=False) + "\n"


def reference_html(template: Template) -> str:
    """The reference page."""
    return reference(template, _openapi(template))


def rest_json(template: Template) -> str:
    """What the namespaces of WordPress's REST API say about their routes."""
    return json.dumps(rest_routes(template), indent=1, ensure_ascii=False) + "\n"


def models(_template: Template) -> str:
    """The catalogue."""
    return catalogue.build()


def readme(template: Template) -> str:
    """README.md with its table of endpoints, in the order of the template."""
    rows = ["| Endpoint | Outcome | Family |", "|---|---|---|"]
    for function in template.functions.values():
        if function.routes:
            app = ROOT / "functions" / function.folder / "app.py"
            route, _, outcome = app.read_text(encoding="utf-8").splitlines()[0].strip('"').partition(": ")
            outcome = outcome.rstrip(".")
            rows.append(f"| `{route}` | {outcome[0].upper()}{outcome[1:]} | {function.folder.partition('/')[0]} |")
    return _filled("README.md", "endpoints", "\n".join(rows))


def providers(_template: Template) -> str:
    """docs/providers.md with its tables."""
    return _filled("docs/providers.md", "tables", abilities.tables())


def generation(_template: Template) -> str:
    """docs/generation.md with its tables."""
    return _filled("docs/generation.md", "generation", check_pages.tables())


def rules(_template: Template) -> str:
    """docs/rules.md."""
    return rule_pages.page()


GENERATED: Final[Mapping[str, Callable[[Template], str]]] = {
    f"{_DOCUMENTS}/routes.json": routes,
    f"{_DOCUMENTS}/model_routes.json": model_routes,
    f"{_DOCUMENTS}/openapi.json": openapi_json,
    f"{_DOCUMENTS}/reference.html": reference_html,
    f"{_DOCUMENTS}/rest.json": rest_json,
    "layers/tollgate/tollgate/catalogue/models.json": models,
    "README.md": readme,
    "docs/providers.md": providers,
    "docs/generation.md": generation,
    "docs/rules.md": rules,
}
"""Each derived file, by its path from the root, and what writes it."""


def outdated(root: Path = ROOT) -> list[str]:
    """The derived files that are not what they would be now."""
    template = read_template()
    return [name for name, build in GENERATED.items() if _read(root / name) != build(template)]


def write(root: Path = ROOT) -> list[str]:
    """Write what is out of date; the names of it."""
    template = read_template()
    written = []
    for name, build in GENERATED.items():
        content = build(template)
        if _read(root / name) != content:
            (root / name).write_text(content, encoding="utf-8")
            written.append(name)
    return written


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where something is out of date.")
def main(*, check: bool) -> None:
    """Write every derived file."""
    if not check:
        for name in write():
            click.echo(f"wrote {name}")
        return
    for name in (found := outdated()):
        click.echo(f"{name} is out of date. Run `make generate`, and commit what it writes.", err=True)
    if found:
        sys.exit(1)


def _filled(name: str, what: str, content: str) -> str:
    """A page with new content between the two comments that stand around it."""
    before, start, rest = (ROOT / name).read_text(encoding="utf-8").partition(f"<!-- {what}: written by")
    comment, newline, _ = rest.partition("\n")
    _, end, after = rest.partition(f"<!-- {what} end -->")
    return f"{before}{start}{comment}{newline}\n{content}\n\n{end}{after}"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


_documents: dict[int, Any] = {}


def _openapi(template: Template) -> Mapping[str, Any]:
    # Two files are made of it.
    key = id(template)
    if key not in _documents:
        _documents[key] = openapi(template)
    document: Mapping[str, Any] = _documents[key]
    return document


if __name__ == "__main__":
    main()
