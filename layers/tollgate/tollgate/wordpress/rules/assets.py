"""Scripts and stylesheets, and how pages come to them."""

import re
from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.php import argument, called, entry_of, literal
from tollgate.wordpress.sinks import outputs

_TAG: Final = re.compile(r"<script\b[^>]*\ssrc\s*=|<link\b[^>]*\brel\s*=\s*[\"']?stylesheet\b", re.IGNORECASE)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_TEXTS: Final = frozenset({"string", "encapsed_string", "heredoc", "nowdoc", "string_content", "nowdoc_string"})


def _find_printed(file: File) -> Iterator[Hit]:
    for node in file.of("text"):
        if _TAG.search(_COMMENT.sub("", node.text)):
            yield Hit(node)
    for sink in outputs(file):
        if any(_TAG.search(node.text) for node in sink.value.walk() if node.kind in _TEXTS):
            yield Hit(sink.node)


def _find_parameters(file: File) -> Iterator[Hit]:
    for call in file.calls("wp_enqueue_script", "wp_register_script", "wp_enqueue_style", "wp_register_style"):
        if argument(call, 1, "src") is None:
            # A handle alone means what was registered elsewhere.
            continue
        version = argument(call, 3, "ver")
        lacks_version = version is None or literal(version) in {False, None, ""}
        footer = argument(call, 4, "args")
        is_script = called(call).endswith("script")
        lacks_footer = is_script and (
            footer is None or (entry_of(footer, "strategy") is None and _says_nothing(footer.text))
        )
        if lacks_version or lacks_footer:
            yield Hit(call)


def _says_nothing(footer: str) -> bool:
    return footer.replace(" ", "") in {"array()", "[]"}


RULES = (
    Rule(
        name="not_enqueued",
        category=Category.PERFORMANCE,
        severity=Severity.MEDIUM,
        message="A script or stylesheet is printed past WordPress's queue",
        suggestion="Call wp_enqueue_script() or wp_enqueue_style() in wp_enqueue_scripts",
        recommendation="Enqueue scripts and stylesheets",
        example=Example(
            "<?php\necho '<script src=\"https://cdn.example/shop.js\"></script>';",
            "<?php\nwp_enqueue_script( 'shop', 'https://cdn.example/shop.js', array(), '1.0', true );",
        ),
        find=_find_printed,
    ),
    Rule(
        name="asset_params",
        category=Category.PERFORMANCE,
        severity=Severity.LOW,
        message="A script or stylesheet is enqueued without a version, or without saying where it goes",
        suggestion="Give wp_enqueue_script() a version and in_footer, wp_enqueue_style() a version",
        recommendation="Give every script and stylesheet a version, and scripts their place",
        example=Example(
            "<?php\nwp_enqueue_script( 'shop', plugins_url( 'shop.js', __FILE__ ) );",
            "<?php\nwp_enqueue_script( 'shop', plugins_url( 'shop.js', __FILE__ ), array(), '1.0', true );",
        ),
        find=_find_parameters,
    ),
)
