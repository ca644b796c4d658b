"""Text, commands and JSON as HTML: keys are in `<i>`, strings in `<b>`, all other values in `<u>`."""

import json
import re
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup

from tollgate_cli.examples import Exchange

_LINE: Final = 58
"""Characters of a line before it is broken."""


def prose(text: str) -> Markup:
    """A little Markdown: code and bold."""
    html = escape(text, quote=False).replace("\n", " ")
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", html))


def curl(method: str, exchange: Exchange, *, takes_key: bool, is_streamed: bool) -> Markup:
    """The command that sends a request; address and key are variables of the shell."""
    query = f"?{urlencode(exchange.query)}" if exchange.query else ""
    # curl takes GET without a body and POST with one for granted.
    verb = "" if method == ("GET" if exchange.body is None else "POST") else f"-X {method} "
    lines = [f'curl {"-N " if is_streamed else ""}{verb}"$TOLLGATE_URL{exchange.path}{query}"']
    if takes_key:
        lines.append('-H "Authorization: Bearer $TOLLGATE_KEY"')
    if exchange.body is not None:
        lines.append('-H "Content-Type: application/json"')
    html = Markup(" \\\n  ").join(
        Markup(re.sub(r'("[^"]*")', r"<b>\1</b>", escape(line, quote=False))) for line in lines
    )
    if exchange.body is not None:
        # A quote inside quotes is, for a shell, the end of one text and the beginning of another.
        html += Markup(" \\\n  -d '{}'").format(json_listing(exchange.body, "  ").replace("'", "'\\''"))
    return html


def listing(value: Any) -> Markup:
    """An answer: JSON, or the lines of a text, long ones cut."""
    if isinstance(value, str):
        lines = value.strip().split("\n")
        return Markup("\n").join(f"{line[: _LINE * 2]} …" if len(line) > _LINE * 2 else line for line in lines)
    return json_listing(value)


def json_listing(value: Any, indent: str = "") -> Markup:
    """JSON for people: what fits into a line stays in one."""
    match value:
        case dict():
            parts = [_key(name) + json_listing(inner, indent + "  ") for name, inner in value.items()]
            return _bracketed("{", parts, "}", indent)
        case list():
            return _bracketed("[", [json_listing(inner, indent + "  ") for inner in value], "]", indent)
        case str():
            return Markup("<b>{}</b>").format(Markup(escape(json.dumps(value, ensure_ascii=False), quote=False)))
        case float():
            return Markup("<u>{}</u>").format(f"{value:.12f}".rstrip("0").removesuffix("."))
        case _:
            return Markup("<u>{}</u>").format(json.dumps(value))


def _bracketed(opening: str, parts: list[Markup], closing: str, indent: str) -> Markup:
    line = Markup(opening) + Markup(", ").join(parts) + Markup(closing)
    if "\n" not in line and len(indent) + len(line.striptags()) <= _LINE:
        return line
    lines = Markup(",\n").join(Markup(f"{indent}  ") + part for part in parts)
    return Markup(f"{opening}\n") + lines + Markup(f"\n{indent}{closing}")


def _key(name: str) -> Markup:
    return Markup('<i>"{}"</i>: ').format(name)
