"""Components that render too often, or for ever."""

import re
from collections.abc import Iterator
from typing import Final

from tollgate.wordpress.files import File
from tollgate.wordpress.findings import Category, Example, Hit, Rule, Severity
from tollgate.wordpress.js import FUNCTIONS, arguments, called, function_name, is_component, text_of
from tollgate.wordpress.tree import Node

_STATES: Final = frozenset({"useState", "useReducer"})
_MEMOS: Final = frozenset({"memo", "useMemo", "useCallback"})
_WHOLE: Final = re.compile(
    r"lodash(?:-es)?|underscore|moment|ramda|rxjs|date-fns|jquery-ui|antd|@mui/(?:material|icons-material)|react-icons/.*|three"
)


def _setters(file: File) -> dict[Node | None, set[str]]:
    """The names of the functions that set a component's state, by the function that asked for it."""
    found: dict[Node | None, set[str]] = {}
    for node in file.of("variable_declarator"):
        name, value = node.get("name"), node.get("value")
        is_state = name is not None and name.kind == "array_pattern" and value is not None and called(value) in _STATES
        if is_state and name is not None and len(name.children) > 1:
            found.setdefault(_function_of(node), set()).add(name.children[1].text)
    return found


def _function_of(node: Node) -> Node | None:
    return node.inside(*FUNCTIONS)


def _find_mutations(file: File) -> Iterator[Hit]:
    setters = _setters(file)
    for call in file.of("call_expression"):
        name, function = called(call), _function_of(call)
        if function is None:
            continue
        if name == "setAttributes" and is_component(function):
            yield Hit(call)
        elif name == "setState" and function_name(function) == "render":
            yield Hit(call, None, "setState runs during render")
        elif name in setters.get(function, ()) and call.inside("if_statement") is None:
            yield Hit(call, None, f"{name} runs during render")
        elif name == "useEffect" and len(given := arguments(call)) == 1 and _sets_state(given[0], setters):
            yield Hit(
                call,
                None,
                "An effect that sets state runs after every render",
                "Give useEffect() the list of what it depends on",
            )


def _sets_state(effect: Node, setters: dict[Node | None, set[str]]) -> bool:
    names = {"setAttributes", "setState"}.union(*setters.values())
    return any(called(node) in names for node in effect.walk())


def _find_rerenders(file: File) -> Iterator[Hit]:
    calls = list(file.of("call_expression"))
    if not any(called(call) in _MEMOS for call in calls):
        seen: set[Node] = set()
        for call in calls:
            function = _function_of(call) if called(call) in _STATES else None
            if function is not None and is_component(function) and function not in seen:
                seen.add(function)
                yield Hit(function)
    for call in calls:
        given = arguments(call)
        if called(call) == "useSelect" and given and (fresh := _fresh_value(given[0])) is not None:
            yield Hit(
                fresh,
                None,
                "A selector returns a new object every time, so its component always renders again",
                "Select single values with useSelect(), or keep the object with useMemo()",
            )


def _fresh_value(selector: Node) -> Node | None:
    """What a selector returns, where that is made anew by mapping or filtering. An object of selected values is not."""
    body = selector.get("body")
    if body is None:
        return None
    returned = (
        [body]
        if body.kind != "statement_block"
        else [node.children[0] for node in body.all("return_statement") if node.children]
    )
    for value in map(_unwrapped, returned):
        if value.kind == "array" or called(value) in {"map", "filter", "concat", "slice"}:
            return value
        if value.kind == "object" and any(_is_fresh(pair.children[-1]) for pair in value.all("pair")):
            return value
    return None


def _unwrapped(value: Node) -> Node:
    while value.kind == "parenthesized_expression" and value.children:
        value = value.children[0]
    return value


def _is_fresh(value: Node) -> bool:
    return value.kind in {"object", "array", "arrow_function"} or called(value) in {"map", "filter", "concat", "slice"}


def _find_whole_imports(file: File) -> Iterator[Hit]:
    for node in file.of("import_statement"):
        clause = node.first("import_clause")
        is_whole = clause is not None and clause.first("identifier", "namespace_import") is not None
        if is_whole and _WHOLE.fullmatch(text_of(node.get("source"))):
            yield Hit(node)


RULES = (
    Rule(
        name="render_mutation",
        category=Category.PERFORMANCE,
        severity=Severity.HIGH,
        message="setAttributes runs during render",
        suggestion="Move it into an event handler or useEffect",
        recommendation="Change attributes only in handlers or effects",
        example=Example(
            "export default function Edit( { setAttributes } ) {\n\tsetAttributes( { count: 1 } );\n\treturn null;\n}",
            "export default function Edit( { setAttributes } ) {\n"
            "\treturn <Button onClick={ () => setAttributes( { count: 1 } ) } />;\n}",
            "js",
        ),
        find=_find_mutations,
        languages=frozenset({"js"}),
    ),
    Rule(
        name="rerender",
        category=Category.PERFORMANCE,
        severity=Severity.MEDIUM,
        message="A component with state renders all that is in it again with every change",
        suggestion="Keep handlers with useCallback() and values with useMemo(), or wrap children in memo()",
        recommendation="Keep what has not changed with memo(), useMemo() or useCallback()",
        example=Example(
            "function Panel() {\n\tconst [ open, setOpen ] = useState( false );\n"
            "\treturn <Toggle open={ open } onChange={ () => setOpen( ! open ) } />;\n}",
            "function Panel() {\n\tconst [ open, setOpen ] = useState( false );\n"
            "\tconst toggle = useCallback( () => setOpen( ( before ) => ! before ), [] );\n"
            "\treturn <Toggle open={ open } onChange={ toggle } />;\n}",
            "js",
        ),
        find=_find_rerenders,
        languages=frozenset({"js"}),
    ),
    Rule(
        name="whole_import",
        category=Category.PERFORMANCE,
        severity=Severity.MEDIUM,
        message="A whole library is imported for some of its functions",
        suggestion="Import the one function, as in import debounce from 'lodash/debounce'",
        recommendation="Import single functions, not whole libraries",
        example=Example("import _ from 'lodash';", "import debounce from 'lodash/debounce';", "js"),
        find=_find_whole_imports,
        languages=frozenset({"js"}),
    ),
)
