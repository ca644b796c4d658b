"""What expressions are worth, where they stand."""

from collections.abc import Iterator
from typing import Final

from tollgate.wordpress import knowledge
from tollgate.wordpress.knowledge import words
from tollgate.wordpress.php import (
    CLASSES,
    FUNCTIONS,
    METHOD_CALLS,
    SUPERGLOBALS,
    arguments,
    called,
    is_wpdb,
    items,
    literal,
    method,
    root_of,
    superglobal,
    text_of,
    variable,
    wpdb_method,
)
from tollgate.wordpress.tree import DEEPEST, Node
from tollgate.wordpress.values import DYNAMIC, LITERAL, SQL_SAFE, Environment, Value, join, mixed, result_of

_COMPARISONS: Final = words("== === != !== <> < > <= >= <=> && || and or xor instanceof + - * / % ** << >> & | ^")
_PLAIN: Final = frozenset({"string", "nowdoc", "integer", "float", "boolean", "null", "name", "qualified_name"})
_TEXT_PARTS: Final = frozenset({"string_content", "escape_sequence", "heredoc_start", "heredoc_end", "nowdoc_string"})
_MADE_BY_SERVER: Final = ("tmp_name", "size", "error")


class Expressions:
    """Evaluates expressions in an environment, and keeps what each was worth."""

    def __init__(self, defined: frozenset[str]) -> None:
        self.values: dict[Node, Value] = {}
        self.properties: dict[Node, Environment] = {}
        self.next_properties: dict[Node, Environment] = {}
        self.depth = 0
        self.here: Node | None = None
        """The class that is being followed."""
        self._defined = defined
        self._with_parts: set[str] = set()
        """Variables of which elements or properties are known by themselves."""

    def execute(self, node: Node, env: Environment) -> bool:
        """Follow a statement; a closure holds some."""
        raise NotImplementedError

    def parameters(self, function: Node) -> Iterator[tuple[str, Value]]:
        """What a function gets, by what is declared."""
        parameters = function.get("parameters")
        for parameter in parameters.children if parameters else ():
            yield variable(parameter.get("name")), _typed(parameter.get("type"))

    def evaluate_all(self, node: Node, env: Environment) -> Value:
        """What all that is in a node is worth together."""
        return join([self.evaluate(child, env) for child in node.children])

    def evaluate(self, node: Node, env: Environment) -> Value:
        """What an expression is worth; too deep down, only where its request data is read."""
        if self.depth > DEEPEST:
            return Value(sources_beneath(node))
        self.depth += 1
        try:
            value = self._worth(node, env)
        finally:
            self.depth -= 1
        known = self.values.get(node)
        self.values[node] = value if known is None else join([known, value])
        return value

    def _worth(self, node: Node, env: Environment) -> Value:  # noqa: C901, PLR0912 - one case for each kind of expression
        kind = node.kind
        if kind in _PLAIN or kind in _TEXT_PARTS or kind == "class_constant_access_expression":
            return LITERAL
        match kind:
            case "encapsed_string" | "heredoc" | "heredoc_body" | "shell_command_expression":
                return mixed([self.evaluate(child, env) for child in node.children])
            case "variable_name":
                return self._variable(node, env)
            case "subscript_expression":
                return self._element(node, env)
            case "member_access_expression" | "nullsafe_member_access_expression":
                return self._property(node, env)
            case "assignment_expression" | "reference_assignment_expression":
                return self._assignment(node, env)
            case "augmented_assignment_expression":
                return self._augmented(node, env)
            case "binary_expression":
                return self._binary(node, env)
            case "unary_op_expression" | "update_expression":
                self.evaluate_all(node, env)
                return LITERAL
            case "conditional_expression":
                return self._conditional(node, env)
            case "cast_expression":
                value = self.evaluate_all(node, env)
                cast = node.get("type")
                return LITERAL if cast and cast.text.lower() in knowledge.NUMERIC_CASTS else value
            case "function_call_expression":
                return self._call(node, env)
            case "anonymous_function" | "arrow_function":
                return self._closure(node, env)
            case "match_expression":
                return self._match(node, env)
            case "print_intrinsic" | "include_expression" | "include_once_expression" | "require_expression":
                self.evaluate_all(node, env)
                return DYNAMIC
            case "object_creation_expression" | "scoped_call_expression" | "scoped_property_access_expression":
                self.evaluate_all(node, env)
                return DYNAMIC
            case kind if kind in METHOD_CALLS:
                return self._method_call(node, env)
            case kind if kind in CLASSES or kind == "declaration_list":
                return DYNAMIC
        return self.evaluate_all(node, env) if node.children else LITERAL

    def _variable(self, node: Node, env: Environment) -> Value:
        name = variable(node)
        if name in SUPERGLOBALS:
            return Value(frozenset({node.start}))
        return env.get(name, DYNAMIC)

    def _element(self, node: Node, env: Environment) -> Value:
        for index in node.children[1:]:
            self.evaluate(index, env)
        if name := superglobal(node):
            is_made_by_server = name == "_FILES" and any(f"'{key}'" in node.text for key in _MADE_BY_SERVER)
            return DYNAMIC if is_made_by_server else Value(frozenset({node.start}))
        if (key := _key(node)) in env:
            return env[key]
        return self.evaluate(node.children[0], env)

    def _property(self, node: Node, env: Environment) -> Value:
        subject = node.get("object")
        if subject is None:
            return DYNAMIC
        if is_wpdb(subject):
            return SQL_SAFE
        if (key := _key(node)) in env:
            return env[key]
        if self.here is not None and key in (known := self.properties.get(self.here, {})):
            return known[key]
        value = self.evaluate(subject, env)
        return Value(value.sources)

    def _assignment(self, node: Node, env: Environment) -> Value:
        left, right = node.get("left"), node.get("right")
        if left is None or right is None:
            return self.evaluate_all(node, env)
        value = self.evaluate(right, env)
        self.assign(left, value, env)
        for key, item, _ in items(right):
            if isinstance(key, str) and (name := variable(left)):
                self._with_parts.add(name)
                env[f"{name}[{key}]"] = self.values.get(item, DYNAMIC)
        return value

    def _augmented(self, node: Node, env: Environment) -> Value:
        left, right = node.get("left"), node.get("right")
        if left is None or right is None:
            return self.evaluate_all(node, env)
        values = [self.evaluate(left, env), self.evaluate(right, env)]
        operator = node.tokens[0] if node.tokens else ""
        value = mixed(values) if operator == ".=" else join(values) if operator == "??=" else LITERAL
        self.assign(left, value, env)
        return value

    def assign(  # noqa: C901 - as above
        self, target: Node, value: Value, env: Environment
    ) -> None:
        """Give a value to a variable, an element, a property or several of them."""
        match target.kind:
            case "variable_name":
                name = variable(target)
                if name in self._with_parts:
                    for stale in [key for key in env if key.startswith((f"{name}[", f"{name}->"))]:
                        del env[stale]
                env[name] = value
            case "subscript_expression":
                for index in target.children[1:]:
                    self.evaluate(index, env)
                root = root_of(target)
                name = variable(root) or _key(root)
                if key := _key(target):
                    self._with_parts.add(name)
                    env[key] = value
                if name:
                    env[name] = join([env[name], value]) if name in env else value
            case "member_access_expression":
                if key := _key(target):
                    self._with_parts.add(key.partition("->")[0])
                    env[key] = value
                    self.keep_property(key, value)
            case "list_literal" | "array_creation_expression" | "by_ref" | "pair" | "array_element_initializer":
                for child in target.children:
                    self.assign(child, value, env)

    def keep_property(self, key: str, value: Value) -> None:
        """Remember what a property of the class may be."""
        if self.here is not None and key.startswith("this->") and "[" not in key:
            known = self.next_properties.setdefault(self.here, {})
            # Which request brought it here is another method's business.
            value = value._replace(sources=frozenset(), is_printable=value.is_printable and not value.sources)
            known[key] = join([known[key], value]) if key in known else value

    def _binary(self, node: Node, env: Environment) -> Value:
        # `a . b . c` leans to the left, and can be long.
        spine = [node]
        while (left := spine[-1].get("left")) is not None and left.kind == "binary_expression":
            spine.append(left)
        first = spine[-1].get("left")
        value = self.evaluate(first, env) if first is not None else LITERAL
        for one in reversed(spine):
            right = one.get("right")
            other = self.evaluate(right, env) if right is not None else LITERAL
            operator = one.tokens[0].lower() if one.tokens else ""
            if operator in _COMPARISONS:
                value = LITERAL
            else:
                value = mixed([value, other]) if operator == "." else join([value, other])
            self.values[one] = join([self.values[one], value]) if one in self.values else value
        return value

    def _conditional(self, node: Node, env: Environment) -> Value:
        condition, body, other = node.get("condition"), node.get("body"), node.get("alternative")
        first = self.evaluate(condition, env) if condition is not None else LITERAL
        outcomes = [first if body is None else self.evaluate(body, env)]
        if other is not None:
            outcomes.append(self.evaluate(other, env))
        return join(outcomes)

    def _match(self, node: Node, env: Environment) -> Value:
        outcomes = []
        for child in node.walk(not_into=FUNCTIONS):
            if child.field == "return_expression":
                outcomes.append(self.evaluate(child, env))
            elif child.field == "condition":
                self.evaluate(child, env)
        return join(outcomes)

    def _closure(self, node: Node, env: Environment) -> Value:
        inner: Environment = dict(env) if node.kind == "arrow_function" else {}
        if used := node.first("anonymous_function_use_clause"):
            for one in used.walk():
                if name := variable(one):
                    inner[name] = env.get(name, DYNAMIC)
        inner.update(self.parameters(node))
        body = node.get("body")
        if body is not None and node.kind == "arrow_function":
            self.evaluate(body, inner)
        elif body is not None:
            self.execute(body, inner)
        return DYNAMIC

    def _method_call(self, node: Node, env: Environment) -> Value:
        subject = node.get("object")
        if subject is not None and not is_wpdb(subject):
            self.evaluate(subject, env)
        values = [self.evaluate(value, env) for value in arguments(node)]
        if wpdb_method(node) == "prepare":
            return SQL_SAFE
        if method(node) == "esc_like":
            return Value(join(values).sources)
        return DYNAMIC

    def _call(self, node: Node, env: Environment) -> Value:
        name = called(node)
        given = arguments(node)
        values = [self.evaluate(value, env) for value in given]
        if not name or name in self._defined:
            return DYNAMIC
        if name in {"array_map", "map_deep"} and len(given) > 1:
            place = 0 if name == "array_map" else 1
            return result_of(text_of(given[place]).lower(), [values[1 - place]])
        if name in {"extract", "parse_str", "wp_parse_str"} and name != "extract" and len(given) > 1:
            self.assign(given[1], values[0], env)
        if name == "settype" and given and text_of(given[-1]) in knowledge.NUMERIC_CASTS:
            self.assign(given[0], LITERAL, env)
        if name == "file_get_contents" and given and literal(given[0]) == "php://input":
            return Value(frozenset({node.start}))
        return Value(frozenset({node.start})) if name == "getallheaders" else result_of(name, values)


def _key(node: Node) -> str:
    """How the environment calls an element or a property with a literal name."""
    if node.kind == "variable_name":
        return variable(node)
    if node.kind == "subscript_expression" and len(node.children) > 1:
        index = literal(node.children[1])
        before = (
            _key(node.children[0]) if isinstance(index, str | int) and node.children[0].kind == "variable_name" else ""
        )
        return f"{before}[{index}]" if before else ""
    if node.kind == "member_access_expression":
        subject, name = node.get("object"), node.get("name")
        if subject is not None and name is not None and subject.kind == "variable_name" and name.kind == "name":
            return f"{variable(subject)}->{name.text}"
    return ""


def _typed(declared: Node | None) -> Value:
    """What a parameter's type says of its value."""
    return LITERAL if declared is not None and declared.text.lower().lstrip("?") in knowledge.NUMERIC_CASTS else DYNAMIC


def sources_beneath(node: Node) -> frozenset[int]:
    """Where request data is read in a node."""
    return frozenset(one.start for one in node.walk() if one.kind == "variable_name" and variable(one) in SUPERGLOBALS)
