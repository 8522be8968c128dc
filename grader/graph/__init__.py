r"""Draw a computation graph with values above its arrows and gradients below, as in the lecture.

An exercise declares its graph in the given part of ``reference/NAME/solution.py``, so that it ships
with the stub. Each entry names a value and says how it is made::

    GRAPH = {"d": "2 * b", "e": "a + d", "L": "c * e"}

or, where a formula is long or some operands are not worth an arrow, a label and the operands to
draw: ``"f": ("sigmoid(Wf x + Uf h + bf)", ("x", "h_prev"))``. A graph that an exercise passes as an
argument, ``{"y": ("mul", ("s", "s"))}``, has the same form.

>>> GRAPH = {"d": "2 * b", "e": "a + d", "L": "c * e"}
>>> values = {"a": 3.0, "b": 1.0, "c": -2.0, "d": 2.0, "e": 5.0, "L": -10.0}
>>> mine = {"L": 1.0, "e": -2.0, "c": 5.0, "a": -2.0, "d": -2.0, "b": -2.0}
>>> numeric = {"L": 1.0, "e": -2.0, "c": 5.0, "a": -2.0, "d": -2.0, "b": -4.0}
>>> marks = Marks(gradients=judged(GRAPH, mine, numeric, backward=True))
>>> marks.gradients["b"]
'first'
>>> draw(GRAPH, values, mine, numeric, marks).startswith("<svg ")
True
>>> print("\n".join(table(GRAPH, values, mine, numeric, marks)))
           value  gradient  numeric
b              1        −2       −4  gradient: first wrong value
d = 2b         2        −2       −2  correct
a              3        −2       −2  correct
e = a + d      5        −2       −2  correct
c             −2         5        5  correct
L = c e      −10         1        1  correct

The picture is one SVG element without scripts, styles or links. It takes the colours of the page
around it (``currentColor`` and the variables ``--passed``, ``--failed``, ``--quiet``, ``--surface``),
and has a title and a description for screen readers.
"""

from grader.graph.declaration import Graph, GraphError, declared, names
from grader.graph.marks import Marks, Verdict, judged
from grader.graph.picture import draw, is_picture
from grader.graph.table import table
from grader.graph.worked import worked_picture

__all__ = [
    "Graph",
    "GraphError",
    "Marks",
    "Verdict",
    "declared",
    "draw",
    "is_picture",
    "judged",
    "names",
    "table",
    "worked_picture",
]
