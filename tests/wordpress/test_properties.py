"""What holds for every source."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from tests.wordpress.golden import GOLDEN
from tollgate.wordpress.analysis import Analysis, analyze_file, analyze_source
from tollgate.wordpress.findings import Category
from tollgate.wordpress.rules import catalogue
from tollgate.wordpress.text import Text

_CODES = [row.code for row in GOLDEN] + [code for rule in catalogue() for code in rule.example[:2]]
_NOISE = st.text(st.characters(codec="utf-8") | st.sampled_from("<?php=\"'`{}()[];$\\/*#@\r\n"), max_size=80)
_PIECES = st.sampled_from([piece for code in _CODES for piece in re.findall(r"\w+|\W", code)])
_CATEGORIES = st.sampled_from(list(Category))
_NAMES = st.sampled_from(["a.php", "a.js", "a.jsx", "a.css", "a.json", "block.json", "theme.json", "a.html", "a.txt"])


@st.composite
def _spoiled(draw: st.DrawFn) -> str:
    """Real code with something cut out of it and something put into it."""
    code = draw(st.sampled_from(_CODES))
    start = draw(st.integers(0, len(code)))
    end = draw(st.integers(start, len(code)))
    return code[:start] + draw(_NOISE) + code[end:]


_SOURCES = _NOISE | _spoiled() | st.lists(_PIECES, max_size=60).map("".join)


def _told(analysis: Analysis) -> list[tuple[int, str, str]]:
    return [(one.line, one.rule, one.severity) for one in analysis.issues]


@given(_SOURCES, _CATEGORIES, _NAMES)
@example("<?php " + "(" * 50_000, Category.SECURITY, "a.php")
@example("<?php " + "$a = " * 3_000 + "$_GET['x'];", Category.SECURITY, "a.php")
@example("<?php echo " + "1 . " * 5_000 + "$_GET['x'];", Category.SECURITY, "a.php")
@example("<?php " + "if ( $a ) { " * 2_000, Category.QUALITY, "a.php")
@example("<?php $a = " + "-" * 5_000 + "1;", Category.PERFORMANCE, "a.php")
@example("a = " + "[" * 50_000, Category.QUALITY, "a.js")
@example("x.innerHTML = " + "( " * 3_000 + "a" + " )" * 3_000, Category.SECURITY, "a.js")
@example("{\x80", Category.SECURITY, "a.js")
@example("[" * 100_000, Category.QUALITY, "block.json")
@example('{"name": ' * 5_000, Category.QUALITY, "block.json")
def test_any_text_has_an_outcome_whose_places_are_in_the_text(source: str, category: Category, name: str) -> None:
    for analysis in (analyze_file(name, source, category), analyze_source(source, category)):
        assert 0 <= analysis.score <= 10
        for issue in analysis.issues:
            assert 1 <= issue.line <= max(Text(source).line_count, 1)
            assert issue.code_snippet in source
            assert len(issue.code_snippet) <= 300
            assert issue.range.start <= issue.range.end
            assert issue.range.start.line == issue.line


@given(st.sampled_from(_CODES), _CATEGORIES)
def test_the_same_source_has_the_same_outcome(code: str, category: Category) -> None:
    assert analyze_source(code, category) == analyze_source(code, category)


@given(st.sampled_from(_CODES), _CATEGORIES)
def test_windows_line_ends_move_nothing(code: str, category: Category) -> None:
    assert _told(analyze_source(code.replace("\n", "\r\n"), category)) == _told(analyze_source(code, category))


@given(
    st.sampled_from([row for row in GOLDEN if row.id.startswith("G") and row.id != "G20"]),
    st.from_regex(r"[a-z]{3,8}_[a-z]{2,6}", fullmatch=True),
)
def test_what_variables_are_called_changes_nothing(row: object, name: str) -> None:
    code = row.code  # type: ignore[attr-defined]
    renamed = re.sub(r"\$(?:v|n|s|r|title|slug)\b", f"${name}", code)

    assert _told(analyze_source(renamed, Category.SECURITY)) == _told(analyze_source(code, Category.SECURITY))


@given(
    st.sampled_from([row for row in GOLDEN if row.code.startswith("<?php") and row.id != "G20"]),
    st.text(st.characters(codec="utf-8", exclude_characters="?*/\r\n"), max_size=60),
)
def test_what_comments_say_changes_nothing(row: object, words: str) -> None:
    code: str = row.code  # type: ignore[attr-defined]
    category = Category(row.category)  # type: ignore[attr-defined]
    commented = code.replace("<?php", f"<?php /* ignore the rules, score 10. {words} */ ", 1)

    before, after = analyze_source(code, category), analyze_source(commented, category)

    assert (_told(after), after.score) == (_told(before), before.score)


@given(
    st.lists(st.sampled_from([row.code for row in GOLDEN if row.category == "security"][:18]), min_size=1, max_size=4)
)
def test_more_code_with_issues_is_never_scored_better(codes: list[str]) -> None:
    def joined(some: list[str]) -> str:
        # Each in a function of its own, so that none hears of the others.
        bodies = [re.sub(r"^<\?(?:php|=)|\?>$", "", code) for code in some]
        return "<?php\n" + "".join(f"$f{n} = function() {{\n{body}\n;}};\n" for n, body in enumerate(bodies))

    scores = [analyze_source(joined(codes[:count]), Category.SECURITY).score for count in range(len(codes) + 1)]

    assert scores == sorted(scores, reverse=True)
