"""Secrets in the source, and values that are meant to be secret."""

import re
from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import FUNCTIONS, arguments, called, literal, name_of, text_of
from tollgate.wordpress.tree import Node

_NAME: Final = re.compile(
    r"(?:^|[_-]|(?<=[a-z])(?=[A-Z]))(key|secret|token|password|passwd|passphrase|apikey)(?:$|[_-])", re.IGNORECASE
)
_PLAIN_KEY: Final = re.compile(
    r"(?:^|[_-])(?:meta|option|cache|post|array|transient|nonce|sort|order|text)_?key$", re.IGNORECASE
)
_FLEETING: Final = re.compile(r"token|password|passwd|nonce|secret|salt|(?:^|_)key(?:$|_)|api_?key", re.IGNORECASE)
_SHORTEST: Final = 16
_JS_TARGETS: Final = frozenset({"variable_declarator", "pair", "assignment_expression", "field_definition"})


def _find_secrets(file: File) -> Iterator[Hit]:
    named = _named_in_js(file) if file.language == "js" else _named_in_php(file)
    for name, value, text in named:
        if _NAME.search(name) and not _PLAIN_KEY.search(name) and _looks_secret(text):
            yield Hit(value)


def _named_in_php(file: File) -> Iterator[tuple[str, Node, str]]:
    for node in file.of("string", "encapsed_string"):
        parent = node.parent
        text = text_of(node)
        if parent is None or len(text) < _SHORTEST:
            continue
        match parent.kind:
            case "assignment_expression" if node.field == "right":
                yield _last_word(parent.children[0]), node, text
            case "property_element" | "const_element" | "static_variable_declaration":
                yield parent.children[0].text.lstrip("$"), node, text
            case "array_element_initializer" if len(parent.children) == 2 and parent.children[1] is node:
                yield text_of(parent.children[0]), node, text
            case "argument":
                call = parent.parent.parent if parent.parent else None
                given = arguments(call) if call is not None and called(call) == "define" else []
                if len(given) > 1 and given[1] is node:
                    yield text_of(given[0]), node, text


def _named_in_js(file: File) -> Iterator[tuple[str, Node, str]]:
    for node in file.of("string"):
        parent = node.parent
        if parent is not None and parent.kind in _JS_TARGETS and parent.children[-1] is node:
            name = parent.children[0].text.rpartition(".")[2].strip("'\"")
            yield name, node, node.text[1:-1]


def _last_word(target: Node) -> str:
    if target.kind == "subscript_expression" and len(target.children) > 1:
        return text_of(target.children[1])
    if (name := target.get("name")) is not None:
        return name.text.lstrip("$")
    return target.text.lstrip("$")


def _looks_secret(text: str) -> bool:
    """Whether it is long, of one piece, and mixed as no word is."""
    if len(text) < _SHORTEST or re.search(r"[\s<>{}()%/]", text) or "://" in text:
        return False
    digits = sum(one.isdigit() for one in text)
    has_letters = any(one.isalpha() for one in text)
    is_cased = any(one.isupper() for one in text) and any(one.islower() for one in text)
    is_hexadecimal = re.fullmatch(r"[0-9a-f]{20,}", text) is not None
    return has_letters and digits >= 2 and (is_cased or is_hexadecimal or digits >= len(text) // 4)


def _find_weak_random(file: File) -> Iterator[Hit]:
    for call in file.calls("rand", "mt_rand", "uniqid", "lcg_value", "md5", "sha1"):
        if called(call) in {"md5", "sha1"} and not _hashes_the_time(call):
            continue
        if _FLEETING.search(_purpose(call)):
            yield Hit(call)


def _hashes_the_time(call: Node) -> bool:
    return any(called(node) in {"time", "microtime"} for value in arguments(call) for node in value.walk())


def _purpose(call: Node) -> str:
    """The name of what a value becomes."""
    here = call
    for parent in call.above():
        if parent.kind == "assignment_expression" and here is not parent.children[0]:
            return _last_word(parent.children[0])
        if parent.kind == "array_element_initializer" and isinstance(key := literal(parent.children[0]), str):
            return key
        if parent.kind == "function_call_expression" and (given := arguments(parent)) and parent is not call:
            texts = [text_of(value) for value in given if text_of(value)]
            if texts:
                return texts[0]
        if parent.kind == "return_statement":
            function = parent.inside(*FUNCTIONS)
            return name_of(function) if function is not None else ""
        here = parent
    return ""


RULES = (
    Rule(
        name="hardcoded_secret",
        category=Category.SECURITY,
        severity=Severity.HIGH,
        message="A secret stands in the source",
        suggestion="Read it with get_option() or from a constant of wp-config.php",
        recommendation="Keep secrets out of the source, and make those invalid that were in it",
        example=Example("<?php\n$api_key = 'a1B2c3D4e5F6g7H8i9J0';", "<?php\n$api_key = get_option( 'shop_api_key' );"),
        find=_find_secrets,
        languages=frozenset({"php", "js"}),
        cwe="CWE-798",
    ),
    Rule(
        name="weak_random",
        category=Category.SECURITY,
        severity=Severity.MEDIUM,
        message="A secret is made of what can be guessed",
        suggestion="Call wp_generate_password() or random_bytes() instead",
        recommendation="Make secrets with wp_generate_password() or random_bytes()",
        example=Example("<?php\n$token = md5( time() );", "<?php\n$token = wp_generate_password( 32, false );"),
        find=_find_weak_random,
        cwe="CWE-338",
    ),
)
