"""Handles: every special method of Python is forwarded as data, answered here, or refused."""

import contextlib
import math

import numpy as np
import pytest

from grader.checks.boundary import handles
from grader.checks.boundary.classes import type_of
from grader.checks.boundary.handles import (
    CallableHandle,
    CallableIteratorHandle,
    Handle,
    TensorHandle,
    handle_of,
)
from grader.checks.boundary.kinds import ACCEPTED, PYTHONS, Inside, Seen, Trail
from grader.checks.boundary.peer import MAX_CALLED, Peer
from grader.checks.boundary.raised import (
    KindError,
    RefusedError,
    StoppedError,
    UndecidableError,
)
from grader.checks.boundary.remote_module import module_of
from grader.model import Limits
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.guest.values import Tag, _Builder
from grader.sandbox.student import Program, Student

SPECIAL = """
    __new__ __init__ __del__ __repr__ __str__ __bytes__ __format__ __lt__ __le__ __eq__ __ne__ __gt__
    __ge__ __hash__ __bool__ __getattr__ __getattribute__ __setattr__ __delattr__ __dir__ __get__
    __set__ __delete__ __set_name__ __slots__ __init_subclass__ __mro_entries__ __prepare__
    __instancecheck__ __subclasscheck__ __subclasshook__ __class_getitem__ __call__ __len__
    __length_hint__ __getitem__ __setitem__ __delitem__ __missing__ __iter__ __reversed__ __contains__
    __next__ __add__ __sub__ __mul__ __matmul__ __truediv__ __floordiv__ __mod__ __divmod__ __pow__
    __lshift__ __rshift__ __and__ __xor__ __or__ __radd__ __rsub__ __rmul__ __rmatmul__ __rtruediv__
    __rfloordiv__ __rmod__ __rdivmod__ __rpow__ __rlshift__ __rrshift__ __rand__ __rxor__ __ror__
    __iadd__ __isub__ __imul__ __imatmul__ __itruediv__ __ifloordiv__ __imod__ __ipow__ __ilshift__
    __irshift__ __iand__ __ixor__ __ior__ __neg__ __pos__ __abs__ __invert__ __complex__ __int__
    __float__ __index__ __round__ __trunc__ __floor__ __ceil__ __enter__ __exit__ __match_args__
    __buffer__ __release_buffer__ __await__ __aiter__ __anext__ __aenter__ __aexit__ __copy__
    __deepcopy__ __reduce__ __reduce_ex__ __getstate__ __setstate__ __getnewargs__
    __getnewargs_ex__ __replace__ __sizeof__ __fspath__ __class__ __dict__ __doc__ __module__
    __weakref__ __name__ __qualname__ __annotations__ __wrapped__ __signature__ __array__
    __array_ufunc__ __array_function__
""".split()
"""The data model of Python's language reference, the copy and pickle protocols, and NumPy's."""

STATED = {
    "forwarded": handles.FORWARDED, "between handles": handles.BETWEEN, "fact": handles.FACTS,
    "undecidable": handles.UNDECIDABLE, "local": handles.LOCAL, "refused": handles.REFUSED,
    "absent": handles.ABSENT,
}  # fmt: skip

SOURCE = """
import time
import numpy as np

class Yes:
    data = 7
    def __init__(self, *args): self.args = args
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return self
    def __call__(self, *args): return self
    def __hash__(self): return 0
    def __len__(self): return -5
    def __float__(self): return 1.5
    def __iter__(self): return iter([self, 1])
    def __enter__(self): return self
    def __exit__(self, *args): return True
    def __str__(self): return "expected"

def me(self, *args): return self
def yes(self, *args): return True
for name in "add radd sub rsub mul neg abs round getitem".split(): setattr(Yes, f"__{name}__", me)
for name in "eq ne lt le gt ge contains bool".split(): setattr(Yes, f"__{name}__", yes)

def f(x): return Yes()
def g(x): return x
def swap(first): return (1.0, Yes()) if first else (Yes(), 1.0)
def nested(): return (1, [2, Yes()])
def apply(function, x): return function(x)
kept = []
def keep(function): kept.append(function)
def late(): return kept[0](1)
def forever(function): return forever_again(function)
def fill(xs): xs[0] = 9
class Zero:
    def __sub__(self, other): return 0.0
def long_text(): raise ValueError("x" * 10**7)
class Stack(list):
    def push(self, x): self.append(x)
class Bare(float): pass
def lazily(function, xs): return (function(x) for x in xs)
def scale(xs): xs *= 2
def one_sided(): return OneSided()
class OneSided:
    def __eq__(self, other): return True
class Loop:
    def __init__(self, xs): self.xs, self.value = xs, len(xs)
    def __iter__(self): return iter(self.xs)
    def __len__(self): return len(self.xs)
class Meta(type):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 1
class Meets(metaclass=Meta): pass
class Odd(ValueError):
    code = 7
    def __str__(self): return "from the student"
def odd(): raise Odd("plain text")
def nothing(): return None
def swallow(function):
    try: function(2)
    except Exception as error: return type(error).__name__
def asserts(): raise AssertionError("of the program")
def without_end(function):
    while True: function(1)
def without_end_after(function):
    stop = time.process_time() + 0.3
    while time.process_time() < stop: pass
    function(1)
    while True: pass
def many(): return list(range(100_000))
def numbers():
    yield 1
    yield 2
    raise KeyError("three")
"""


@pytest.fixture(scope="module")
def student():
    """Return a program in a worker."""
    with ForkServer(Sandbox.best()) as server:
        made = Student(
            server, Program("sub", (("sub.py", SOURCE),)), Limits(call_cpu=0.5, total=60)
        )
        yield made
        made.end()


@pytest.fixture(autouse=True)
def no_earlier_overruns(student):
    """Forget what earlier tests of this file had to stop."""
    student.overran.clear()
    student.stopped = 0


def module(student, trail=None, test=[0]):  # noqa: B006  # counts the tests
    """Return the program as one test sees it."""
    test[0] += 1
    return module_of(
        Peer(student, test=test[0], roots=(__file__,), made=handle_of, trail=trail)
    )  # fmt: skip


def after(student, run):
    """Record ``run`` on the program as the reference, and return it for a student to follow."""
    trail = Trail(recording=True)
    run(module(student, trail))
    return trail.again()


# --- the data model ---------------------------------------------------------------------------


def test_every_special_method_is_stated():
    """Each special method is in exactly one of the tables."""
    for name in SPECIAL:
        places = [table for table, names in STATED.items() if name in names]
        assert 1 == len(places), (name, places)


def test_handles_define_what_is_stated():
    """A handle has the methods that are stated, and none of those stated absent."""
    kinds = {*CallableIteratorHandle.__mro__, TensorHandle} - {object}
    defined = {name for kind in kinds for name in vars(kind) if name.startswith("__")}
    stated = set().union(*STATED.values())
    assert set() == defined - stated - {"__firstlineno__", "__static_attributes__"}
    assert set() == (handles.FORWARDED | handles.BETWEEN | handles.UNDECIDABLE) - defined
    assert set() == handles.ABSENT & defined


@pytest.mark.parametrize(
    "ask",
    [bool, hash, lambda h: h == 5, lambda h: h != 5, lambda h: h < 5, lambda h: 5 >= h,
     lambda h: 3 in h, lambda h: not h, lambda h: {h: 1}, lambda h: h in [1], lambda h: h == "a",
     lambda h: [h] == [3], lambda h: sorted([h, 2]), lambda h: max(h, 2), lambda h: h == np.float64(1)],
)  # fmt: skip
def test_a_handle_never_decides(student, ask):
    """Every comparison with a value, truth, `in` and keys raise."""
    handle = module(student).Yes()
    with pytest.raises(UndecidableError):
        ask(handle)


def test_answered_here(student):
    """Text, None, types and identity are answered without the student."""
    handle = module(student).Yes()
    assert str(handle) == repr(handle) == f"{handle}"
    assert "expected" not in str(handle)
    assert (handle == None) is False  # noqa: E711
    assert (handle != None) is True  # noqa: E711
    assert not isinstance(handle, (float, list, np.ndarray))
    assert handle == handle
    with pytest.raises(AttributeError):
        handle.__array_interface__  # noqa: B018


def test_a_result_of_another_type_is_refused(student):
    """An int is an int, and a comparison is a bool."""
    own = module(student)
    handle = own.eval(
        "type('Odd', (), {'__eq__': lambda s, o: 'yes', '__float__': lambda s: 1.5})()"
    )
    with pytest.raises(RefusedError):
        handle == own.Yes()  # noqa: B015
    assert float(handle) == 1.5
    with pytest.raises(TypeError):
        int(handle)
    with pytest.raises(ValueError, match="__len__"):
        len(own.Yes())


# --- kinds ------------------------------------------------------------------------------------

FORMS = [
    lambda f: abs(f(4) - 4.0) < 1e-9,
    lambda f: round(f(4) - 4, 3) == 0,
    lambda f: max(f(4) - 4, 0) == 0,
    lambda f: math.isclose(f(1.5), 1.5),
    lambda f: np.allclose(f(1.5), 1.5),
    lambda f: f(4),
    lambda f: [f(4)],
]
"""Comparisons that an object which always says yes would pass by its own operators."""


@pytest.mark.parametrize("form", FORMS)
def test_an_object_where_a_number_is_expected(student, form):
    """It is refused before any of its operators runs."""
    trail = after(student, lambda own: form(own.g))
    with pytest.raises(KindError):
        form(renamed(module(student, trail)))


def renamed(own):
    """Return ``f`` in the place where the reference had ``g``."""
    return CallableHandle(own._grader_peer, (0, "f"), 1, "g")


def test_without_the_rule_they_pass(student):
    """With the rule of kinds alone switched off, an object that says yes passes four of the forms."""
    passed = 0
    for form in FORMS[:4]:
        with contextlib.suppress(UndecidableError):
            passed += bool(form(renamed(module(student))))
    assert passed


def test_places_inside_containers(student):
    """The kinds are those of each place in a container."""

    def first(own, which):
        return own.swap(which)

    trail = after(student, lambda own: first(own, True))
    assert first(module(student, trail.again()), True)[0] == 1.0
    with pytest.raises(KindError):
        first(module(student, trail.again()), False)


def test_two_calls_on_one_line(student):
    """The first and the second call at one place are told apart."""

    def twice(own, flags):
        return [own.swap(flag) for flag in flags]

    trail = after(student, lambda own: twice(own, [True, False]))
    twice(module(student, trail.again()), [True, False])
    with pytest.raises(KindError):
        twice(module(student, trail.again()), [False, True])


def test_an_object_deep_inside(student):
    """A handle inside a list inside a tuple is found."""
    trail = Trail(recording=False)
    with pytest.raises(KindError):
        module(student, trail).nested()


def test_a_place_that_the_reference_never_reached(student):
    """There only plain values may come."""
    trail = Trail(recording=False, seen={(0, 0, "call", "g"): [Seen("a number")]})
    own = module(student, trail)
    assert own.g(3) == 3
    with pytest.raises(KindError):
        own.eval("student.Yes()")


# --- functions of the test --------------------------------------------------------------------


def test_functions_of_the_test(student):
    """A function is called here, may call the program, and its exception arrives there."""
    own = module(student)
    assert own.apply(lambda x: x + 1, 2) == 3
    assert own.apply(lambda x: own.g(x) * 2, 5) == 10
    with pytest.raises(ZeroDivisionError):
        own.apply(lambda x: 1 / 0, 2)
    assert own.apply(np.tanh, 0.0) == 0.0


def test_a_function_that_a_returned_object_calls(student):
    """A generator, or what is made of it, may call the function that was passed where it was made."""
    own = module(student)
    assert list(own.lazily(lambda x: x + 1, [1, 2])) == [2, 3]
    outer = own.lazily(lambda x: -x, own.lazily(lambda x: x + 1, [1, 2]))
    assert list(outer) == [-2, -3]
    own.keep(lambda x: x)
    with pytest.raises(RuntimeError, match="only during the call it was passed to"):
        own.late()


def test_a_function_kept_for_later(student):
    """It cannot be called once its request is over."""
    own = module(student)
    own.keep(lambda x: x)
    with pytest.raises(RuntimeError, match="only during the call"):
        own.late()


def test_a_verdict_inside_a_function_of_the_test(student):
    """What the boundary refuses there is not swallowed by the program."""
    own = module(student)
    with pytest.raises(UndecidableError):
        own.apply(lambda x: bool(own.Yes()), 1)


def test_a_program_cannot_swallow_an_assertion_of_the_test(student):
    """Neither does it read its text, which may hold what is expected; other exceptions are its to catch."""
    with pytest.raises(AssertionError, match="one, not 2"):
        module(student).swallow(fails)
    assert "ValueError" == module(student).swallow(lambda x: int("x"))
    own = module(student)
    assert "AssertionError" == own.swallow(lambda x: own.asserts())


def fails(x):
    assert x == 1, f"one, not {x}"


def test_a_loop_that_calls_the_test_without_an_end(student):
    """It is stopped like any other, and does not use up the seconds of the whole submission."""
    before = student.budget.used
    with pytest.raises(StoppedError, match=r"after 0.5 s of CPU time"):
        module(student).without_end(lambda x: x)
    assert student.budget.used - before < 5
    student.overran.clear()
    with pytest.raises(StoppedError, match=r"after 0.5 s of CPU time"):
        module(student).without_end_after(lambda x: x)
    student.overran.clear()
    other = module(student)
    other._grader_peer._called = MAX_CALLED + 1  # as if the function of the test took so long
    with pytest.raises(StoppedError, match="infinite loop"):
        other.apply(lambda x: x, 1)


def test_endless_recursion(student):
    """A function of the test that asks for itself again ends the check, not the grader."""
    own = module(student)

    def again(x):
        return own.apply(again, x)

    with pytest.raises((StoppedError, RecursionError)):
        own.apply(again, 1)


# --- the rest ---------------------------------------------------------------------------------


def test_changes_in_place_only_where_the_reference_made_them(student):
    """An argument is changed here where the reference changed it, and nowhere else."""

    def change(own, name):
        xs = [1, 2]
        getattr(own, "attr")(name)(xs)  # noqa: B009
        return xs

    trail = after(student, lambda own: change(own, "fill"))
    assert [9, 2] == change(module(student, trail.again()), "fill")
    trail = after(student, lambda own: change(own, "g"))
    expected = [1, 2]
    renamed_g = CallableHandle(module(student, trail)._grader_peer, (0, "fill"), 1, "g")
    renamed_g(expected)
    assert [1, 2] == expected


def test_an_object_that_a_function_puts_into_an_argument(student):
    """It is refused unless the reference put one there: else it computes ``abs(xs[0] - 9) < 1e-9``."""

    def difference(own):
        xs = [1, 2]
        own.fill(xs)
        return abs(xs[0] - 9) < 1e-9

    trail = after(student, difference)
    program = Program("sub", (("sub.py", SOURCE.replace("xs[0] = 9", "xs[0] = Zero()")),))
    other = Student(student.server, program, Limits(call_cpu=0.5))
    with pytest.raises(KindError, match="an argument that you change"):
        difference(module(other, trail.again()))
    [seen] = next(each for place, each in trail.seen.items() if place[2] == "call")
    seen.changed[0] = Inside(
        {0: "object"}, frozenset({0, 1}), None
    )  # as if the reference had done so
    assert difference(module(other, trail.again()))
    other.end()


def test_an_array_is_changed_in_place(student):
    """The test's array holds afterwards what the function made of it."""
    xs = np.array([1.0, 2.0])
    module(student).scale(xs)
    assert [2, 4] == list(xs)


def test_an_object_that_was_passed_is_not_changed(student):
    """A call with an object as its argument changes nothing here."""
    own = module(student)
    reply = []
    peer = own._grader_peer
    restore, peer._restore = peer._restore, lambda changed, *rest: reply.append(changed) or ()
    own.g(own.Loop([1]))
    peer._restore = restore
    assert reply == [[], []]


def test_subclasses(student):
    """A bare subclass is its base; one with methods is an object."""
    own = module(student)
    assert type(own.eval("student.Bare(2.5)")) is float
    assert isinstance(own.Stack.hold(), Handle)
    assert isinstance(own.Stack(), Handle)


def test_plain_copies(student):
    """A dataclass instance has a plain copy, one inside another too; other objects have none."""
    own = module(student)
    own.exec("import dataclasses\nP = dataclasses.make_dataclass('P', ['x', 'y'])")
    assert own.eval("P(1, [P(2, (3,))])").value() == {"x": 1, "y": [{"x": 2, "y": (3,)}]}
    with pytest.raises(RefusedError):
        own.Yes().value()
    held = own.put(np.zeros(2))
    held[0] = 3
    assert [3, 0] == list(held.value())


def test_exceptions(student):
    """They have the nearest built-in type, a text that no method of theirs wrote, and a bound."""
    own = module(student)
    with pytest.raises(ValueError, match="plain text"):
        own.odd()
    with pytest.raises(own.Odd):
        own.odd()
    with pytest.raises(ValueError, match="x") as error:
        own.long_text()
    assert len(str(error.value)) <= 4000


@pytest.mark.parametrize("name", ["BaseException", "Exception"])
def test_the_student_does_not_choose_what_a_test_catches(student, monkeypatch, name):
    """``Odd = BaseException`` would swallow the ``pytest.fail`` of the test, as it does without the rule."""

    def asks(own, call):
        try:
            getattr(own, call)()
            raise AssertionError("no exception")
        except own.Odd:
            return "caught"

    trail = after(student, lambda own: asks(own, "odd"))
    program = Program("sub", (("sub.py", f"{SOURCE}\nOdd = {name}"),))
    other = Student(student.server, program, Limits(call_cpu=0.5))
    with pytest.raises(KindError, match="where a class of yours is expected"):
        asks(module(other, trail.again()), "nothing")
    monkeypatch.setitem(ACCEPTED, "class", ACCEPTED["class"] | {PYTHONS})
    assert "caught" == asks(module(other, trail.again()), "nothing")
    other.end()


def test_attributes_of_an_exception(student):
    """They are read in the worker; without a kept exception there are none."""
    own = module(student)
    with pytest.raises(own.Odd) as error:
        own.odd()
    assert error.value.code == 7
    with pytest.raises(AttributeError):
        error.value.nothing  # noqa: B018  # the access is what raises
    with pytest.raises(KeyError) as other:
        list(own.numbers())
    assert not hasattr(other.value, "code")


def test_an_object_that_says_yes_to_a_comparison_and_its_opposite(student, monkeypatch):
    """`==` and `!=` cannot both be true; with that alone switched off, they are."""
    own = module(student)
    with pytest.raises(UndecidableError, match="`==` and `!=` are both true"):
        own.Yes() == own.Yes()  # noqa: B015  # the comparison is what raises
    assert own.one_sided() == own.one_sided()
    monkeypatch.setattr(handles, "_also", lambda *of: False)
    assert own.Yes() == own.Yes()


def test_special_methods_that_python_makes_up_for(student):
    """By name a class is asked as Python asks it: without `__bool__` its length decides."""
    loop = module(student).Loop([1, 2])
    assert loop.call("__bool__") is True
    assert loop.call("__contains__", 2) is True
    assert loop.call("__contains__", 3) is False
    with pytest.raises(AttributeError):
        loop.call("__enter__")


def test_the_names_that_an_object_has(student):
    """`dir` lists the names of the object in the worker, in plain text that compares as text."""
    own = module(student)
    assert {"xs", "value", "__len__"} <= set(dir(own.Loop([1])))
    assert "push" in dir(own.Stack)
    assert "call" not in dir(own.Loop([1]))
    texts = own.eval(
        "type('T', (), {'__dir__': lambda s: [1, type('Any', (str,), {'__eq__': lambda s, o: True})('a')]})()"
    )
    assert [] == dir(texts), "only plain text is a name"


def test_a_method_of_handles_is_not_compared_by_mistake(student):
    """An attribute of the student's with the name of one is read by `attr`."""
    loop = module(student).Loop([1, 2])
    assert loop.attr("value") == 2
    assert module(student).lazily.attr("__name__") == "lazily"
    with pytest.raises(TypeError, match=r"write h.attr\('value'\)"):
        loop.value == 2  # noqa: B015  # the comparison is what raises


def test_values_with_something_else_inside(student):
    """A dict whose default is a function is a dict; a class is found by the name of a base."""
    own = module(student)
    own.exec("import collections, io")
    assert own.eval("collections.defaultdict(lambda: 3, {1: 2})") == {1: 2}
    assert own.is_instance(own.eval("io.StringIO()"), "TextIOBase") is False
    assert own.is_instance(own.eval("io.StringIO()"), "StringIO") is True


def test_iteration(student):
    """What an iterator raises comes after the elements before it."""
    own, seen = module(student), []
    with pytest.raises(KeyError, match="three"):
        any(seen.append(number) for number in own.numbers())
    assert [1, 2] == seen


def test_too_much(student):
    """An answer of too many values is refused."""
    with pytest.raises(RefusedError, match="too large"):
        module(student).many()


def test_reading_an_answer_takes_the_student_s_seconds(student):
    """A thousand lists of 19,000 numbers would otherwise take our time, and end as an error of ours."""
    own, before = module(student), student.budget.used
    own.eval("list(range(15_000))")
    assert student.budget.used - before - student.cpu > 0.002
    before = student.budget.used
    own._grader_peer._value(
        [int(Tag.LIST), *([int(Tag.NAMED), "A", ["x"], [1, 1]] for _ in range(500))]
    )
    assert student.budget.used - before > 0.002


def test_handles_die_with_their_test(student):
    """A handle of an earlier test cannot be used in a later one."""
    old, own = module(student).Yes(), module(student)
    with pytest.raises(TypeError, match="another test"):
        own.g(old)


# --- what a program writes by itself ----------------------------------------------------------

FORGED = """
import gc
def operations():
    return next(each for each in gc.get_objects() if type(each).__name__ == "Operations")
def g(x): return x
def write(*messages):
    own = operations()
    for message in messages:
        own._send([own._asking[-1] if part == "n" else part for part in message])
def twice(): write(["done", "n", 5, None])
def stale(): write(["done", 1, 5, None])
def unasked(): write(["asks", "n", 999, [], {}])
def odd_handle(): write(["done", "n", [40, -1, "x", [], 0], None])
def own_reference(): write(["done", "n", [41, 0, "secret"], None])
def own_class(): write(["done", "n", [43, "eval"], None])
def unknown(): write(["execute", "n", "import os"])
def bare_dict(): write(["done", "n", {"a": 1}, None])
HIDDEN = [40, 1, "Yes", [], 0]
def hidden_in_array(): write(["done", "n", [12, [1], [HIDDEN]], None])
def hidden_in_set(): write(["done", "n", [3, [1, HIDDEN]], None])
def hidden_in_key(): write(["done", "n", [2, [1, HIDDEN], 1], None])
def hidden_in_error():
    write(["raised", "n", ["ValueError", "Exception"], [], 0, 1, "", "", [21, "E", ["code"], [1, HIDDEN]]])
def changed(xs): write(["done", "n", 1, [[0, [0, 9]], [5, 1]]])
def after(f):
    write(["done", "n", 5, None], ["asks", "n", 1, [], {}])


"""


@pytest.fixture
def forger(student):
    """Return a program that writes to the pipe what it likes."""
    made = Student(student.server, Program("sub", (("sub.py", FORGED),)), Limits(call_cpu=0.5))
    yield made
    made.end()


@pytest.mark.parametrize(
    "name",
    ["stale", "unasked", "odd_handle", "own_reference", "own_class", "unknown", "bare_dict",
     "hidden_in_array", "hidden_in_set", "hidden_in_key", "hidden_in_error"],
)  # fmt: skip
def test_what_is_no_answer_ends_the_check(forger, name):
    """A wrong number, an unknown function or an impossible node is a failed check."""
    own = module(forger)
    assert own.g(1) == 1  # so that the number of a stale answer is one that was asked for before
    with pytest.raises(StoppedError):
        own.attr(name)()


def test_a_hidden_object_would_compute_its_own_verdict(student, monkeypatch):
    """Where arrays may hold objects, one in an array passes ``abs(f(x) - y).max() < 1e-9``."""
    node = [int(Tag.OBJECTS), [1], [[int(Tag.HANDLE), 1, "Yes", [], 0]]]

    def difference(own):
        own.eval("type('Zero', (), {'__sub__': lambda self, other: 0.0})()")  # the object 1
        return abs(own._grader_peer._value(node) - np.array([4.0])).max() < 1e-9

    with pytest.raises(StoppedError):
        difference(module(student))
    student.end()
    monkeypatch.setattr(_Builder, "plain", lambda builder: builder)
    assert difference(module(student))


@pytest.mark.parametrize("call", [lambda own: own.twice(), lambda own: own.after(int)])
def test_more_than_one_answer(forger, call):
    """A second answer, or a function asked for after the answer, is never taken for another's."""
    own = module(forger)

    def call_and_go_on():
        call(own)
        own.g(7)

    with pytest.raises(StoppedError):
        call_and_go_on()
    assert module(forger).g(7) == 7


def test_an_argument_that_nobody_asked_for(forger):
    """Arguments are changed only where they were asked for."""
    trail = after(forger, lambda own: own.g([1]))
    expected = [1]
    with pytest.raises(StoppedError):
        CallableHandle(module(forger, trail)._grader_peer, (0, "changed"), 1, "g")(expected)
    assert [1] == expected


def test_long_names(student):
    """A class name of any length or content is only kept as text."""
    handle = module(student).eval("type('\\x1b[31m' * 9999, (), {})()")
    assert "\x1b" not in repr(handle)


# --- classes ------------------------------------------------------------------------------------


def test_the_class_of_an_object_is_compared_by_identity(student):
    """`type(h)` is a fact of the worker: no method of a student's class or metaclass is asked."""

    def run(sub):
        a, b = sub.Loop([1]), sub.Zero()
        assert type_of(a) is sub.Loop
        assert type_of(a) == sub.Loop
        assert sub.Loop == type_of(a)
        assert type_of(a) != sub.Zero
        assert type_of(a) in (sub.Zero, sub.Loop)
        assert type_of(a) is type_of(sub.Loop([2]))
        assert type_of(a) is not type_of(b)
        assert type_of(a) != list  # noqa: E721  # a comparison is what is tested
        assert type_of(a).__name__ == "Loop"
        assert isinstance(a, type_of(a))
        assert type_of(sub.Stack()) is sub.Stack
        assert type_of(sub.Meets()) == sub.Meets
        assert not sub.Loop == sub.Meets  # noqa: SIM201  # `!=` asks something else
        assert sub.Meets != sub.Loop

    run(module(student, after(student, run)))


def test_a_function_of_a_module_is_recognised_by_its_name_there(student):
    """The test has imported the same module; a student's function is not NumPy's."""

    def run(sub):
        sub.exec("from sub import Yes")
        functions = sub.eval("[np.tanh, np.linalg.norm, np.mean, lambda x: x, Yes()]")
        assert functions[0] == np.tanh
        assert functions[1] == np.linalg.norm
        assert functions[2] != np.median
        assert not functions[3] == np.mean  # noqa: SIM201  # `!=` asks something else
        assert not functions[4] == np.mean  # noqa: SIM201

    def local():
        return 0

    run(module(student, after(student, run)))
    with pytest.raises(UndecidableError):
        assert module(student).eval("np.tanh") == local


def test_the_class_of_anything_else_is_python_s():
    """A test that makes classes, or asks about values, sees no difference."""
    assert type_of(3) is int
    assert type_of("Made", (), {"x": 1}).x == 1
    assert isinstance(int, type_of)
    assert not isinstance(3, type_of)
    assert issubclass(type, type_of)
    assert type_of(int) == type_of == type  # noqa: E721  # a comparison is what is tested


def test_an_object_of_another_class_fails_where_one_is_expected(student):
    """The other object's metaclass says yes to everything, and is not asked."""

    def run(sub):
        return type_of(sub.eval("Loop([1]) if right else Meets()")) == sub.Loop

    sub = module(student, trail := Trail(recording=True))
    sub.exec("from sub import Loop, Meets\nright = True")
    assert run(sub)
    sub = module(student, trail.again())
    sub.exec("from sub import Loop, Meets\nright = False")
    assert not run(sub)
