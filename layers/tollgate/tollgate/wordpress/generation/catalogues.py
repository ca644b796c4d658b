"""Catalogues of translations: every text that a set of files hands to gettext, where it stands.

https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from tollgate.wordpress import js
from tollgate.wordpress.files import File
from tollgate.wordpress.generation.files import GeneratedFile
from tollgate.wordpress.generation.names import cleaned
from tollgate.wordpress.generation.quoting import pot_text
from tollgate.wordpress.headers import field
from tollgate.wordpress.php import arguments, literal
from tollgate.wordpress.tree import Node

_PLAIN: Final = ("__", "esc_html__", "esc_attr__", "_e", "esc_html_e", "esc_attr_e")
_HEADERS: Final = ("Plugin Name", "Description")
_WITH_CONTEXT: Final = ("_x", "esc_html_x", "esc_attr_x", "_ex")
_HEAD: Final = """# {name}
# This file is distributed under the GPL-2.0-or-later.
msgid ""
msgstr ""
"Project-Id-Version: {name_in_quotes} 1.0.0\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: \\n"
"X-Domain: {domain}\\n"
"""


class Message(NamedTuple):
    """A text to be translated, and what tells it from the same text elsewhere."""

    text: str
    context: str | None = None


def catalogue(name: str, domain: str, files: Iterable[GeneratedFile]) -> str:
    """A template for translations of these files, the main one first."""
    places: dict[Message, list[str]] = {}
    listed = list(files)
    for message, place in (*_in_header(listed[0]), *_everywhere(listed)):
        places.setdefault(message, []).append(place)
    title = cleaned(name)
    head = _HEAD.format(name=title, name_in_quotes=pot_text(title)[1:-1], domain=domain)
    return head + "".join(f"\n{_entry(message, found)}" for message, found in places.items())


def _in_header(main: GeneratedFile) -> Iterator[tuple[Message, str]]:
    """What the list of plugins shows, which is translated too."""
    for name in _HEADERS:
        if (told := field(main.content, name)) is not None:
            yield Message(told), main.filename


def _everywhere(files: Iterable[GeneratedFile]) -> Iterator[tuple[Message, str]]:
    for file in files:
        for message, line in _messages(file):
            yield message, f"{file.filename}:{line}"


def _entry(message: Message, places: list[str]) -> str:
    references = "".join(f"#: {place}\n" for place in dict.fromkeys(places))
    context = f"msgctxt {pot_text(message.context)}\n" if message.context is not None else ""
    return f'{references}{context}msgid {pot_text(message.text)}\nmsgstr ""\n'


def _messages(file: GeneratedFile) -> Iterator[tuple[Message, int]]:
    if file.filename.endswith(".php"):
        yield from _in_php(File(file.content, "php", file.filename))
    elif file.filename.endswith(".js"):
        yield from _in_js(File(file.content, "js", file.filename))


def _in_php(file: File) -> Iterator[tuple[Message, int]]:
    calls = sorted(file.calls(*_PLAIN, *_WITH_CONTEXT), key=lambda call: call.start)
    for call in calls:
        given = [_php_literal(one) for one in arguments(call)]
        name = call.children[0].text.lower() if call.children else ""
        context = given[1] if name in _WITH_CONTEXT and len(given) > 1 else None
        if given and given[0] is not None:
            yield Message(given[0], context), file.text.position(call.start).line


def _in_js(file: File) -> Iterator[tuple[Message, int]]:
    for call in file.of("call_expression"):
        given = js.arguments(call)
        if js.called(call) == "__" and given and given[0].kind == "string":
            yield Message(_unescaped(given[0].text[1:-1])), file.text.position(call.start).line


def _php_literal(node: Node) -> str | None:
    found = literal(node)
    return _unescaped(found) if isinstance(found, str) else None


def _unescaped(text: str) -> str:
    """A text in single quotes without its escapes."""
    return text.replace("\\'", "'").replace("<\\/", "</").replace("\\\\", "\\")
