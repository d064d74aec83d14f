"""A JSONata expression -> the text that it gives, as literal pieces and gaps that only the execution fills.

Source: the JSONata documentation (docs.jsonata.org), "Simple queries" (string literals), "String operators" and
the order of precedence of its parser. Only what is plain is read: a string literal, and a concatenation by `&`
of literals and simple operands. Everything else is one gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_EXPRESSION = re.compile(r"\s*\{%(.*)%\}\s*", re.DOTALL)
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_OPENING = {"(": ")", "[": "]", "{": "}"}
# Between brackets nothing binds to the concatenation; outside of them only a number, a path or a call is simple.
_NAME = r"[A-Za-z_$.\U000f0000-\U0010ffff][\w$.\U000f0000-\U0010ffff]*"
_OPERAND = re.compile(rf"\d+(?:\.\d+)?|(?=.)(?:{_NAME})?(?:[()\[\]{{}}]+(?:\.{_NAME})?)*")


def is_expression(value: str) -> bool:
    """Whether a text is a JSONata expression (`{% ... %}`) in a state of that query language."""
    return value.lstrip().startswith("{%")


def pieces(value: str) -> list[str | None] | None:
    """The literal pieces of an expression, with None for each gap; None where nothing of it is known."""
    match = _EXPRESSION.fullmatch(value)
    if not match:
        return None
    try:
        found = [_operand(one) for one in _operands(match[1])]
    except ValueError:
        return None
    return found if any(found) else None


def _operands(expression: str) -> Iterator[str]:
    """The operands of a concatenation. Raises ValueError where it may be more than that."""
    start = end = 0
    closing: list[str] = []
    while end < len(expression):
        char = expression[end]
        if char in "'\"":
            literal = _LITERAL.match(expression, end)
            if not literal:
                raise ValueError("a string without its end")
            end = literal.end()
            continue
        if char in "/`":
            # A regular expression, a comment or a quoted name may hold anything, a quotation mark too.
            raise ValueError("what may hide a quotation mark")
        if char in _OPENING:
            closing.append(_OPENING[char])
        elif char in ")]}":
            if not closing or closing.pop() != char:
                raise ValueError("a bracket without its partner")
        elif char == "&" and not closing:
            yield expression[start:end]
            start = end + 1
        end += 1
    if closing:
        raise ValueError("a bracket without its partner")
    yield expression[start:]


def _operand(one: str) -> str | None:
    """A literal, or None for a simple operand. Raises ValueError for what may bind weaker than `&`."""
    stripped = one.strip()
    literal = _LITERAL.fullmatch(stripped)
    if literal:
        return _ESCAPE.sub(_unescaped, literal[1] if literal[1] is not None else literal[2])
    if not _OPERAND.fullmatch(_outside(stripped)):
        raise ValueError("more than an operand")
    return None


def _outside(operand: str) -> str:
    """An operand without what stands between its brackets."""
    out: list[str] = []
    depth = 0
    for char in _LITERAL.sub("''", operand):
        depth -= char in ")]}"
        if not depth:
            out.append(char)
        depth += char in "([{"
    return "".join(out)


def _unescaped(match: re.Match[str]) -> str:
    """The character of an escape. Raises ValueError for one that JSONata does not know."""
    code = match[1]
    if code[0] == "u" and len(code) == 5:
        return chr(int(code[1:], 16))
    if code not in _ESCAPED:
        raise ValueError("an escape that JSONata does not know")
    return _ESCAPED[code]
