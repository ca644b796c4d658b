"""Whatever is asked for, what is generated passes every check, and a name breaks out of nothing."""

import io
import json
import re
import zipfile
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tollgate.contracts.wpllm.artifacts import (
    AttributeType,
    GenerateBlockRequest,
    GeneratePluginRequest,
    GenerateThemeRequest,
)
from tollgate.errors import BadRequest
from tollgate.services.wpllm.artifacts import check_name
from tollgate.services.wpllm.blocks import block_spec
from tollgate.services.wpllm.plugins import install_instructions, plugin_spec
from tollgate.services.wpllm.themes import theme_spec
from tollgate.wordpress.checks import blocks as block_checks
from tollgate.wordpress.checks import plugins as plugin_checks
from tollgate.wordpress.checks import themes as theme_checks
from tollgate.wordpress.checks.results import failed, run
from tollgate.wordpress.files import File
from tollgate.wordpress.generation import block_plans, plugin_plans, theme_plans
from tollgate.wordpress.generation.archive import archive
from tollgate.wordpress.generation.blocks import block_files, installable
from tollgate.wordpress.generation.files import Files, named
from tollgate.wordpress.generation.names import cleaned, prefix, slug
from tollgate.wordpress.generation.plugin_plans import PluginSpec
from tollgate.wordpress.generation.plugins import plugin_files
from tollgate.wordpress.generation.scaffolds import ENTRIES, Scaffold, layout, scaffold_files
from tollgate.wordpress.generation.themes import theme_files
from tollgate.wordpress.headers import field

_HOSTILE = [
    "X */ phpinfo(); /*",
    "a ?><?php phpinfo(); ?> b",
    "*?>/ x <*/? y",
    'it\'s "quoted" \\',
    "back\\' slash\\\\",
    "two\nlines\r\nPlugin Name: other",
    "</script><script>alert(1)</script>",
    "a --> <!-- wp:html --> b",
    "{{name:php}} {{slug:id}}",
    "%s %1$s $HOME ${x} {$y} `id`",
    "Ünïcödé Façade ﬁne",
    "\u202eabc\u202c \u200f\u2066x\u2069",
    "line\u2028sep\u2029arated \ufeff",
    "café 日本語 🎉 shop",
    "a",
    "3d view",
    "post",
    "WordPress",
    "=== readme ===",
    "TODO lorem ipsum",
    "```php",
]
_NAMES = st.sampled_from(_HOSTILE) | st.text(
    st.characters(codec="utf-8") | st.sampled_from("abcXYZ019 -_*/?><'\"\\$`{}\n"), min_size=1, max_size=40
)
_WORDS = st.sampled_from([*_HOSTILE, "", "Keeps a list of books."])
_FIELD = {"key": "isbn", "label": "ISBN", "type": "text"}
_SAID = _NAMES | st.sampled_from(["isbn", "pages", "a_key", "Books and papers", "A label"])
_IDENTIFIERS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True) | st.sampled_from(
    [
        "this",
        "constructor",
        "prototype",
        "content",
        "attributes",
        "html",
        "photo_url",
        "link",
        "class",
        "ABc",
        "_a_"[1:],
    ]
)
_DEFAULTS = {
    "string": st.sampled_from(_HOSTILE),
    "rich-text": st.sampled_from(["", "<b>x</b>"]),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6),
    "integer": st.integers(-(10**6), 10**6),
    "boolean": st.booleans(),
    "array": st.lists(st.sampled_from(_HOSTILE), max_size=3),
    "object": st.dictionaries(st.sampled_from(_HOSTILE), st.sampled_from(_HOSTILE), max_size=2),
    "null": st.none(),
}


def _subset(features: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([*features, "sparkles"]), unique=True)


@st.composite
def _definitions(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from(get_args(AttributeType)))
    if draw(st.booleans()):
        return kind
    if kind in {"string", "number", "integer"} and draw(st.booleans()):
        choices = draw(st.lists(_DEFAULTS[kind], min_size=1, max_size=4, unique=True))
        return {"type": kind, "enum": choices}
    return {"type": kind, "default": draw(_DEFAULTS[kind])}


def _block_failures(request: GenerateBlockRequest) -> list[str]:
    spec = block_spec(request)
    files = block_files(spec, block_plans.usual_plan(spec))
    return failed(run(block_checks.CHECKS, block_checks.BlockSubject(spec, files)))


@settings(max_examples=80)
@given(
    _NAMES,
    st.dictionaries(_IDENTIFIERS, _definitions(), max_size=5),
    _subset(block_plans.FEATURES),
    st.lists(_NAMES, max_size=3),
    st.booleans(),
    st.none() | _NAMES,
)
@example("price card", {"planName": "string"}, list(block_plans.FEATURES), ["Plain", "Loud"], True, None)
def test_every_block_that_can_be_asked_for_passes_every_check(
    name: str, attributes: dict[str, Any], features: list[str], styles: list[str], editor: bool, title: str | None
) -> None:
    body = {
        "block_type": name,
        "attributes": attributes,
        "features": features,
        "style_variants": styles,
        "include_editor": editor,
        "title": title,
    }
    request = GenerateBlockRequest.model_validate(body)
    try:
        failures = _block_failures(request)
    except BadRequest:
        assume(False)

    assert failures == []


@settings(max_examples=60)
@given(_NAMES, _WORDS, _subset(plugin_plans.FEATURES))
@example("Book Shelf", "", list(plugin_plans.FEATURES))
@example("X */ phpinfo(); /*", "y */ phpinfo(); /*", list(plugin_plans.FEATURES))
def test_every_plugin_that_can_be_asked_for_passes_every_check(name: str, words: str, features: list[str]) -> None:
    request = GeneratePluginRequest(plugin_name=name, description=words, features=features)
    try:
        spec = plugin_spec(request)
    except BadRequest:
        assume(False)

    files = plugin_files(spec, plugin_plans.usual_plan(spec))

    subject = plugin_checks.PluginSubject(spec, files, install_instructions(spec))
    assert failed(run(plugin_checks.CHECKS, subject)) == []
    _assert_one_comment(files["main_plugin"].content, "Plugin Name", name)


@settings(max_examples=60)
@given(_NAMES, st.sampled_from(theme_plans.TYPES), _subset(theme_plans.FEATURES), _WORDS, st.sampled_from(_HOSTILE))
@example("Quiet Gallery", "block_theme", list(theme_plans.FEATURES), "", "WP LLM")
def test_every_theme_that_can_be_asked_for_passes_every_check(
    name: str, kind: Any, features: list[str], words: str, author: str
) -> None:
    request = GenerateThemeRequest(
        theme_name=name, type=kind, features=features, description=words, author=author, parent="twentytwentyfive"
    )
    try:
        spec = theme_spec(request)
    except BadRequest:
        assume(False)

    files = theme_files(spec, theme_plans.usual_plan(spec))

    assert failed(run(theme_checks.CHECKS, theme_checks.ThemeSubject(spec, files))) == []
    assert field(files["style_css"].content, "Theme Name") == cleaned(name)


@settings(max_examples=60)
@given(
    _NAMES,
    st.sampled_from(["minimal", "standard", "advanced"]),
    st.lists(st.sampled_from(ENTRIES), unique=True),
)
@example("X */ phpinfo(); /*", "advanced", list(ENTRIES))
def test_every_scaffold_that_can_be_asked_for_passes_every_check(name: str, structure: str, entries: list[str]) -> None:
    try:
        check_name("plugin_name", name, names_main_file=True)
    except BadRequest:
        assume(False)
    scaffold = Scaffold(name, structure, tuple(entries))

    files = scaffold_files(scaffold)

    subject = plugin_checks.PluginSubject(scaffold.spec, files, f"wp-content/plugins/{scaffold.spec.slug}/")
    assert failed(run(plugin_checks.CHECKS, subject)) == []
    _assert_one_comment(files["main_file"].content, "Plugin Name", name)
    _assert_laid_out(layout(scaffold), files)


def _answers(schema: Any) -> st.SearchStrategy[Any]:
    """What a model may say that keeps to a schema, and is told by whoever it pleases what to say."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            return st.fixed_dictionaries({name: _answers(one) for name, one in schema["properties"].items()})
        case "array":
            return st.lists(_answers(schema["items"]), max_size=3)
        case "boolean":
            return st.booleans()
    return _SAID


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_a_plan_that_is_looked_at_and_found_in_order_makes_files_that_can_be_checked(data: st.DataObject) -> None:
    spec = PluginSpec("Book Shelf", "", plugin_plans.FEATURES)
    answer = data.draw(_answers(plugin_plans.schema(spec)))
    answer |= {"description": "Keeps a list of books.", "tags": ["books"]}
    for name in ("fields", "settings"):
        answer[name] = [{**one, "key": f"key_{place}"} for place, one in enumerate(answer[name])] or [_FIELD]
    plan = plugin_plans.plan_of(answer, spec)
    assume(not list(plugin_plans.plan_problems(plan)))

    files = plugin_files(spec, plan)

    outcomes = run(plugin_checks.CHECKS, plugin_checks.PluginSubject(spec, files, install_instructions(spec)))
    assert "P7" not in {outcome.id for outcome in outcomes if not outcome.passed}
    assert plan.code or {outcome.id for outcome in outcomes if not outcome.passed} <= {"C3"}


@settings(max_examples=60)
@given(st.data(), _subset(block_plans.FEATURES))
def test_a_plan_of_a_block_that_is_found_in_order_makes_files_that_pass(
    data: st.DataObject, features: list[str]
) -> None:
    attributes = {"plan_name": "string", "fee": "number", "on": "boolean", "note": "rich-text", "photo_url": "string"}
    spec = block_spec(
        GenerateBlockRequest.model_validate(
            {"block_type": "price card", "attributes": attributes, "features": features}
        )
    )
    answer = data.draw(_answers(block_plans.schema(spec)))
    answer |= {"description": "Shows what a plan costs.", **({"css": ""} if "css" in answer else {})}
    fields = {one["attribute"]: one for one in answer["fields"]}
    answer["fields"] = [
        {**one, "attribute": name.name} for one, name in zip(fields.values(), spec.attributes, strict=False)
    ]
    assume(not list(block_plans.plan_problems(answer, spec)))

    files = block_files(spec, block_plans.plan_of(answer, spec))

    failures = failed(run(block_checks.CHECKS, block_checks.BlockSubject(spec, files)))
    assert {one.partition(":")[0] for one in failures} <= {"C3"}


@settings(max_examples=60)
@given(st.data(), st.sampled_from(theme_plans.TYPES), _subset(theme_plans.FEATURES))
def test_a_plan_of_a_theme_that_is_found_in_order_makes_files_that_pass(
    data: st.DataObject, kind: Any, features: list[str]
) -> None:
    request = GenerateThemeRequest(theme_name="Quiet Gallery", type=kind, features=features, parent="twentytwentyfive")
    spec = theme_spec(request)
    answer = data.draw(_answers(theme_plans.schema(spec)))
    answer |= {"tags": ["blog"], "description": "A theme for photographs."}
    if "palette" in answer:
        answer["palette"] = dict(theme_plans.usual_plan(spec).palette)
    plan = theme_plans.plan_of(answer, spec)
    assume(not list(theme_plans.plan_problems(plan)))

    files = theme_files(spec, plan)

    failures = failed(run(theme_checks.CHECKS, theme_checks.ThemeSubject(spec, files)))
    assert {one.partition(":")[0] for one in failures} <= {"C3"}


def _assert_one_comment(source: str, key: str, name: str) -> None:
    """Whatever the name is, it stands in the first comment, and calls nothing."""
    file = File(source, "php")
    assert field(source, key) == cleaned(name)
    assert [node.kind for node in file.root.children][:2] == ["php_tag", "comment"]
    assert "phpinfo" not in file.called_names


def _assert_laid_out(places: dict[str, str], files: Files) -> None:
    names = named(files)
    for key, place in places.items():
        assert place in names if key.endswith("_file") else place.endswith("/")


@given(_NAMES)
def test_a_slug_is_made_of_letters_digits_and_single_hyphens(name: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug(name))


@given(_NAMES)
def test_what_is_cleaned_is_one_line_that_ends_no_comment_and_is_clean(name: str) -> None:
    line = cleaned(name)

    assert not set(line) & set("\n\r\0\u2028\u2029\u202e")
    assert not re.search(r"\*/|\?>|<\?", line)
    assert cleaned(line) == line


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Product Manager", "product-manager"),
        ("Café Crème", "cafe-creme"),
        ("  A -- B  ", "a-b"),
        ("Straße ÆØ", "strasse-aeo"),
        ("日本", ""),
    ],
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize(
    ("of", "expected"), [("book-shelf", "book_shelf"), ("ab", "wpl_ab"), ("3d-view", "wpl_3d_view")]
)
def test_prefixes_are_long_enough_and_begin_with_a_letter(of: str, expected: str) -> None:
    assert prefix(of) == expected


def test_an_archive_has_the_same_bytes_whichever_order_its_files_have() -> None:
    files = {"b/c.txt": "2\n", "a.txt": "é\n"}

    one, other = archive("top", files), archive("top", dict(reversed(files.items())))

    assert one == other
    with zipfile.ZipFile(io.BytesIO(one)) as opened:
        assert opened.namelist() == ["top/a.txt", "top/b/c.txt"]
        assert opened.read("top/a.txt").decode() == "é\n"
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_catalogue_of_translations_has_every_text_once_with_its_places() -> None:
    spec = PluginSpec("Book Shelf", "", tuple(plugin_plans.FEATURES))

    files = plugin_files(spec, plugin_plans.usual_plan(spec))

    catalogue = files["i18n"].content
    assert catalogue.count('msgid "Nothing was found."\n') == 1
    assert "#: includes/post-types.php:" in catalogue
    assert "#: blocks/items/editor.js:" in catalogue
    assert 'msgid "Number of items"\n' in catalogue


def test_a_block_as_a_plugin_names_its_folder() -> None:
    spec = block_spec(GenerateBlockRequest(block_type="price card", title='It\'s */ a "card"'))

    files = installable(spec, block_files(spec, block_plans.usual_plan(spec)), "A card.")

    assert field(files["plugin.php"], "Plugin Name") == 'It\'s a "card"'
    assert json.loads(files["blocks/price-card/block.json"])["title"] == 'It\'s a "card"'
