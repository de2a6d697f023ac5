"""A declared model: formulas as text, read once into a tree that Python and JavaScript evaluate alike.

A page that moves under the hand computes in the browser, its tables and the command line in Python. Both would drift apart if each had
its own code; so the formulas are written once, in the arithmetic of Python, and nothing else is allowed in them.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Tree = list | float
"""`["+", a, b]`, `["get", name]`, or a number; a JSON value."""

_BINARY: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARE: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_CALLS = {"min": 2, "max": 2, "ceil": 1, "floor": 1, "exp": 1, "log": 1, "sqrt": 1, "where": 3, "step": 3, "line": 3, "known": 1}
"""Functions of the language and the number of their arguments; the last two arguments of step and line are names of tables."""


@dataclass(frozen=True)
class Model:
    """Formulas in the order in which they are evaluated."""

    formulas: dict[str, str]
    trees: dict[str, Tree]
    """JSON-able: what the browser gets."""
    names: frozenset[str]
    """What must be given: sliders, fields of the points, tables."""


def parse(formulas: Mapping[str, str]) -> Model:
    """Read formulas into trees.

    Parameters
    ----------
    formulas : mapping of name to text
        Later ones may use earlier ones.

    Returns
    -------
    Model
        With the names that no formula defines.

    Raises
    ------
    ValueError
        If a formula uses anything but numbers, names, + - * /, comparisons and the functions of the language, or a later name.

    Notes
    -----
    `where(c, a, b)` is a where c is not 0, b where it is; an unknown c gives unknown. `step(x, xs, ys)` is the y of the last xs ≤ x (the
    first y before it), `line` is linear between the xs and flat outside. `known(a)` is 1 or 0. All else is unknown where an argument is.
    `exp` and `log` (natural) may differ in the last bit from one machine to another: never compare or round what they return.

    References
    ----------
    IEEE Std 754-2019: the four operations are rounded alike everywhere, so that equal trees give equal numbers in any language.

    Examples
    --------
    >>> model = parse({"bill": "cost * volume", "double": "2 * bill"})
    >>> model.trees["double"], sorted(model.names)
    (['*', 2.0, ['get', 'bill']], ['cost', 'volume'])
    """
    trees: dict[str, Tree] = {}
    names: set[str] = set()
    for name, text in formulas.items():
        tree = _tree(ast.parse(text, mode="eval").body, name)
        used = set(_names(tree))
        if late := used & (set(formulas) - set(trees)):
            raise ValueError(f"{name} uses {', '.join(sorted(late))}, which is not defined before it")
        names |= used - set(trees)
        trees[name] = tree
    return Model(dict(formulas), trees, frozenset(names))


def evaluate(model: Model, position: Mapping[str, float], points: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Evaluate every formula for every point.

    Parameters
    ----------
    model : Model
        As `parse` returns it.
    position : mapping of name to float
        The sliders.
    points : mapping of name to array
        Fields of shape (K,), tables of shape (K, n) or (n,); NaN is unknown.

    Returns
    -------
    dict of numpy.ndarray, each of shape (K,)
        By the formula's name.

    Raises
    ------
    KeyError
        If a name of the model is not given.

    Notes
    -----
    Division by zero gives an infinity or NaN, as in the browser. It misleads where a formula is right only within the observed range:
    tables are flat outside of theirs.

    Examples
    --------
    >>> model = parse({"kept": "step(cap, levels, share)", "bill": "where(kept > 0.5, cost * kept, cost)"})
    >>> points = {"cost": np.array([2.0, np.nan]), "levels": np.array([1.0, 5.0]), "share": np.array([[0.25, 0.75], [0.25, 0.75]])}
    >>> evaluate(model, {"cap": 7.0}, points)["bill"].tolist()
    [1.5, nan]
    """
    n = next(len(value) for value in points.values())
    known: dict[str, np.ndarray] = {name: np.asarray(value, dtype=np.float64) for name, value in {**position, **points}.items()}
    results: dict[str, np.ndarray] = {}
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for name, tree in model.trees.items():
            known[name] = results[name] = np.broadcast_to(_value(tree, known), (n,)).astype(np.float64)
    return results


def _tree(node: ast.expr, where: str) -> Tree:
    """Return one node as a tree, or say what it may not be."""
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return ["get", name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return ["-", 0.0, _tree(operand, where)]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return [_BINARY[type(op)], _tree(left, where), _tree(right, where)]
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
            return [_COMPARE[type(op)], _tree(left, where), _tree(right, where)]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if len(arguments) == _CALLS.get(name):
            if name in ("step", "line") and not all(isinstance(table, ast.Name) for table in arguments[1:]):
                raise ValueError(f"{where}: the tables of {name} must be names")
            return [name, *(_tree(argument, where) for argument in arguments)]
    raise ValueError(f"{where}: {ast.unparse(node)} is not in the language of declared models")


def _names(tree: Tree):
    if isinstance(tree, list):
        if tree[0] == "get":
            yield tree[1]
        else:
            for branch in tree[1:]:
                yield from _names(branch)


def _value(tree: Tree, known: Mapping[str, np.ndarray]) -> np.ndarray:
    """Evaluate one tree."""
    if not isinstance(tree, list):
        return np.asarray(tree)
    operation, *branches = tree
    if operation == "get":
        return known[branches[0]]
    values = [_value(branch, known) for branch in branches]
    return _OPERATIONS[operation](*values)


def _compared(compare: Callable) -> Callable:
    """Return a comparison that is 1, 0, or unknown."""
    return lambda a, b: np.where(np.isnan(a) | np.isnan(b), np.nan, compare(a, b).astype(np.float64))


def _where(condition: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(condition), np.nan, np.where(condition != 0, a, b))


def _place(x: np.ndarray, xs: np.ndarray) -> np.ndarray:
    """Return the place of the last xs ≤ x, −1 where there is none; xs rise, and NaN at the end of a row is no level."""
    return (xs <= x[..., None]).sum(axis=-1) - 1


def _taken(ys: np.ndarray, place: np.ndarray) -> np.ndarray:
    return np.take_along_axis(ys, np.clip(place, 0, ys.shape[-1] - 1)[..., None], axis=-1)[..., 0]


def _tables(x: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = max(np.size(x), xs.shape[0] if xs.ndim > 1 else 1, ys.shape[0] if ys.ndim > 1 else 1)
    return np.broadcast_to(x, (n,)), np.broadcast_to(xs, (n, xs.shape[-1])), np.broadcast_to(ys, (n, ys.shape[-1]))


def _step(x: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    x, xs, ys = _tables(x, xs, ys)
    return np.where(np.isnan(x), np.nan, _taken(ys, _place(x, xs)))


def _line(x: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    x, xs, ys = _tables(x, xs, ys)
    last = (~np.isnan(xs)).sum(axis=-1) - 1
    below = np.clip(_place(x, xs), 0, last)
    above = np.minimum(below + 1, last)
    x0, x1, y0, y1 = _taken(xs, below), _taken(xs, above), _taken(ys, below), _taken(ys, above)
    is_between = (x > x0) & (x1 > x0)
    return np.where(np.isnan(x), np.nan, np.where(is_between, y0 + (y1 - y0) * ((x - x0) / (x1 - x0)), y0))


_OPERATIONS: dict[str, Callable] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "<": _compared(np.less),
    "<=": _compared(np.less_equal),
    ">": _compared(np.greater),
    ">=": _compared(np.greater_equal),
    "min": np.minimum,  # unknown where one is
    "max": np.maximum,
    "ceil": np.ceil,
    "floor": np.floor,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "where": _where,
    "step": _step,
    "line": _line,
    "known": lambda a: (~np.isnan(a)).astype(np.float64),
}
