"""Where values come from: each function and the file itself is followed in the order of the source.

Branches join as "on any path". What a value is at the place where it is used is kept for each expression, so that a
rule asks for nothing but that.
"""

from collections.abc import Mapping
from typing import Final

from tollgate.wordpress.expressions import Expressions, sources_beneath
from tollgate.wordpress.php import (
    CLASSES,
    FUNCTIONS,
    called,
    name_of,
    superglobal,
    variable,
)
from tollgate.wordpress.tree import DEEPEST, Node
from tollgate.wordpress.values import DYNAMIC, LITERAL, Environment, Value, join

_ENDING_CALLS: Final = frozenset(
    {"exit", "die", "wp_die", "wp_send_json", "wp_send_json_success", "wp_send_json_error"}
)
_LOOPS_RUN_TWICE: Final = 3


class Flow(Expressions):
    """The values of a file."""

    def __init__(self, root: Node) -> None:
        functions = [node for node in root.walk() if node.kind in {"function_definition", "method_declaration"}]
        super().__init__(frozenset(name_of(function).lower() for function in functions))
        self._loops = 0
        self._run(root, functions)
        if self.next_properties:
            # A property is what any method of its class may have put into it.
            self.properties = self.next_properties
            self.values = {}
            self._run(root, functions)

    def value(self, node: Node) -> Value:
        """What is known of an expression where it stands; of one that was never looked at, only its sources are."""
        return self.values.get(node) or Value(sources_beneath(node))

    def _run(self, root: Node, functions: list[Node]) -> None:
        self.here = None
        self._execute_all(root.children, {})
        for function in functions:
            self.here = function.inside(*CLASSES) if function.kind == "method_declaration" else None
            body = function.get("body")
            if body is not None:
                self.execute(body, dict(self.parameters(function)))

    # Statements: each changes the environment, and says whether what follows is never reached.

    def _execute_all(self, nodes: list[Node], env: Environment) -> bool:
        ended = False
        for node in nodes:
            ended = self.execute(node, env) or ended
        return ended

    def execute(self, node: Node, env: Environment) -> bool:
        """Follow a statement in its environment; whether what comes after it is never reached."""
        if self.depth > DEEPEST:
            return False
        self.depth += 1
        try:
            return self._step(node, env)
        finally:
            self.depth -= 1

    def _step(self, node: Node, env: Environment) -> bool:  # noqa: C901, PLR0912 - one case for each kind of statement
        match node.kind:
            case "program" | "compound_statement" | "colon_block" | "else_clause" | "finally_clause":
                return self._execute_all(node.children, env)
            case "if_statement":
                return self._branch(node, env)
            case "while_statement" | "for_statement" | "foreach_statement" | "do_statement":
                self._loop(node, env)
            case "switch_statement":
                self._switch(node, env)
            case "try_statement":
                self._try(node, env)
            case "global_declaration" | "function_static_declaration":
                for name in node.walk():
                    if name.kind == "variable_name":
                        env[variable(name)] = DYNAMIC
            case "function_definition" | "text" | "text_interpolation" | "comment" | "php_tag":
                pass
            case kind if kind in CLASSES:
                self._defaults(node)
            case "expression_statement":
                self.evaluate_all(node, env)
                return bool(node.children) and _ends(node.children[0])
            case "return_statement" | "exit_statement":
                self.evaluate_all(node, env)
                return True
            case _:
                self.evaluate_all(node, env)
        return False

    def _branch(self, node: Node, env: Environment) -> bool:
        condition = node.get("condition")
        if condition is not None:
            self.evaluate(condition, env)
        outcomes: list[Environment] = []
        has_else = False
        taken = dict(env)
        ended = self._execute_all([one for one in node.children if one.field == "body"], taken)
        if not ended:
            outcomes.append(taken)
        for alternative in (one for one in node.children if one.field == "alternative"):
            taken = dict(env)
            if (condition := alternative.get("condition")) is not None:
                self.evaluate(condition, taken)
            has_else = has_else or alternative.kind == "else_clause"
            bodies = [one for one in alternative.children if one.field != "condition"]
            if not self._execute_all(bodies, taken):
                outcomes.append(taken)
        if not has_else:
            outcomes.append(dict(env))
        _become(env, outcomes)
        return not outcomes

    def _loop(self, node: Node, env: Environment) -> None:
        rounds = 2 if self._loops < _LOOPS_RUN_TWICE else 1
        self._loops += 1
        for _ in range(rounds):
            taken = dict(env)
            if node.kind == "foreach_statement":
                self._each(node, taken)
            for child in node.children:
                if node.kind != "foreach_statement" and child.field != "body":
                    self.evaluate(child, taken)
                elif child.field == "body":
                    self.execute(child, taken)
            _become(env, [env, taken])
        self._loops -= 1

    def _each(self, node: Node, env: Environment) -> None:
        heads = [child for child in node.children if child.field != "body" and child.kind != "text_interpolation"]
        if len(heads) < 2:
            return
        value = self.evaluate(heads[0], env)
        if superglobal(heads[0]):
            value = Value(frozenset({heads[0].start}))
        target = heads[1]
        for one in target.children if target.kind == "pair" else (target,):
            self.assign(one, value, env)

    def _switch(self, node: Node, env: Environment) -> None:
        if (condition := node.get("condition")) is not None:
            self.evaluate(condition, env)
        block = node.get("body")
        outcomes = [dict(env)]
        for case in block.children if block else ():
            # A case is entered by itself or falls through from the one before.
            taken = dict(env)
            _become(taken, [env, outcomes[-1]])
            for child in case.children:
                self.execute(child, taken)
            outcomes.append(taken)
        _become(env, outcomes)

    def _try(self, node: Node, env: Environment) -> None:
        before = dict(env)
        self._execute_all([one for one in node.children if one.field == "body"], env)
        outcomes = [env]
        for clause in node.all("catch_clause"):
            taken = dict(before)
            _become(taken, [before, env])
            taken[variable(clause.get("name"))] = DYNAMIC
            self._execute_all([one for one in clause.children if one.field == "body"], taken)
            outcomes.append(taken)
        _become(env, outcomes)
        self._execute_all(node.all("finally_clause"), env)

    def _defaults(self, declaration: Node) -> None:
        for element in declaration.walk(not_into=FUNCTIONS):
            if element.kind == "property_element" and (default := element.get("default_value")) is not None:
                self.here, kept = declaration, self.here
                self.keep_property(f"this->{variable(element.get('name'))}", self.evaluate(default, {}))
                self.here = kept


def _ends(expression: Node) -> bool:
    return expression.kind == "throw_expression" or called(expression) in _ENDING_CALLS


def _become(env: Environment, outcomes: list[Environment]) -> None:
    """Make an environment what it is after any of these."""
    if not outcomes:
        return
    names = {name for outcome in outcomes for name in outcome}
    joined = {name: _joined(name, outcomes) for name in names}
    env.clear()
    env.update(joined)


def _joined(name: str, outcomes: list[Environment]) -> Value:
    values = [outcome.get(name) or _without(outcome, name) for outcome in outcomes]
    # Most branches leave most variables alone.
    return values[0] if all(value is values[0] for value in values) else join(values)


def _without(env: Mapping[str, Value], name: str) -> Value:
    """A name that an environment lacks: an element of what it has, or nothing, which is no danger."""
    base = name.partition("[")[0]
    return env.get(base, LITERAL) if base != name else LITERAL
