"""PyTorch in workers: forked after ``import torch``, asked with arrays, never imported by us."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from places import ROOT

from grader.authoring.numbers import ORACLE_AGREES, _drawn, difference
from grader.checks.answers import Asked
from grader.checks.arrays import arrays_of
from grader.checks.compare import same
from grader.checks.diagnosis.mutants import Mutants
from grader.checks.exercise import load_exercise
from grader.checks.mistakes import mistaken
from grader.model import Limits
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Call, Program, Refused, Student

if not importlib.util.find_spec("torch"):
    pytest.skip("PyTorch is not installed", allow_module_level=True)

COURSE = ROOT
REFERENCE = COURSE / "reference" / "torch_layers"
SOLUTION = (REFERENCE / "solution.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server():
    with ForkServer(Sandbox.best(), ["torch"]) as running:
        running.ready()
        yield running


@pytest.fixture(scope="module")
def exercise():
    sys.path.insert(0, str(COURSE / "tests" / "hidden"))
    found = load_exercise(COURSE, "torch_layers")
    yield found
    found.reference.end()
    sys.path.remove(str(COURSE / "tests" / "hidden"))


@pytest.fixture
def submitted(server):
    """Load a source into a worker of its own; every worker ends with the test."""
    students = []

    def load(source, on=server, **limits):
        program = Program("torch_layers", (("torch_layers.py", source),), ("torch",))
        students.append(Student(on, program, Limits(**limits)))
        return students[-1]

    yield load
    for student in students:
        student.end()


def ask(student, function, *args, want="number"):
    """The answer to one call: its value, or the error raised."""
    [answer] = student.call([Call(function, args, want)])
    if answer.error is not None:
        raise answer.error
    return answer.value


def z():
    return np.array([[-2.0, 3.0, 0.5], [4.0, -1.0, 0.0]])


def network():
    return {
        "W1": np.array([[1.0, -1.0], [0.5, 2.0], [-1.0, 1.0]]),
        "b1": np.array([0.1, -0.2, 0.3]),
        "W2": np.array([[2.0, -1.0, 0.5]]),
        "b2": np.array([0.4]),
    }


X = np.array([[1.0, 2.0], [-1.0, 0.5]])


# --- the fork server --------------------------------------------------------------------------


@pytest.mark.parametrize("absent", [(), ("mounts",), ("mounts", "landlock")])
def test_backward_works_in_every_sandbox(absent, submitted):
    """Autograd works in a fork of a process that has run it, whatever layers are on."""
    with ForkServer(Sandbox.best().without(*absent), ["torch"]) as running:
        student = submitted(SOLUTION, running)
        gradient = ask(student, "ReLU", {"z": z()}, np.full((2, 3), 5.0), want={"z": "number"})
        np.testing.assert_array_equal(gradient["z"], 5.0 * (z() >= 0))
        assert not set(absent) & set(running.sandbox.layers)
        if not absent:
            assert running.sandbox.layers == Sandbox.best().layers


def test_one_thread_forks():
    """The fork server has one thread: a lock held by another would stay held in every fork."""
    with ForkServer(Sandbox.best().without("mounts"), ["torch"]) as running:
        running.ready()
        status = Path(f"/proc/{running._process.pid}/status").read_text(encoding="ascii")
        assert "Threads:\t1\n" in status


TRAINS = """
import torch
from torch import nn
import torch.nn.functional as F

def train(optimiser):
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 4))
    steps = getattr(torch.optim, optimiser)(model.parameters(), lr=0.1)
    for _ in range(3):
        steps.zero_grad()
        F.cross_entropy(model(torch.ones(5, 2)), torch.tensor([0, 1, 2, 3, 0])).backward()
        steps.step()
    return torch.cat([p.flatten() for p in model.parameters()])
"""


@pytest.mark.parametrize("optimiser", ["SGD", "Adam"])
def test_lazy_parts_are_started_before_the_fork(optimiser, submitted):
    """An optimiser's first step loads a thousand modules (1.4 s): not in each worker."""
    student = submitted(TRAINS)
    assert np.isfinite(ask(student, "train", optimiser)).all()
    assert student.cpu < 0.2


def test_a_class_costs_little_more_than_its_calls(server, submitted):
    """A hundred workers with torch take a few milliseconds of CPU each."""
    used = []
    for _ in range(100):
        student = submitted(SOLUTION)
        ask(student, "ReLU", {"z": z()})
        used.append(student._worker.cpu())
        student.end()
    assert np.median(used) < 0.03


def test_one_thread_and_float64(submitted):
    """Threads cannot be had, and asking for them is no error; float64 unless it is said."""
    source = """
import torch
torch.set_num_threads(4)
torch.set_num_interop_threads(4)
def product(): return (torch.rand(600, 600) @ torch.rand(600, 600)).sum() > 0
def threads(): return torch.get_num_threads()
def size(): return torch.zeros(1).element_size()
"""
    student = submitted(source)
    assert ask(student, "product")
    assert ask(student, "threads") == 1
    assert ask(student, "size") == 8


def test_what_one_submission_sets_does_not_reach_the_next(submitted):
    """Default dtype and random state are those of a fresh worker each time, in every run."""
    source = "import torch\ndef draw(): return torch.rand(3)\n"
    changed = submitted("import torch\ntorch.set_default_dtype(torch.half)\ntorch.manual_seed(5)")
    changed.load()
    first, second = submitted(source), submitted(source)
    assert ask(first, "draw").tolist() == ask(second, "draw").tolist()


def test_a_tensor_too_large_is_an_exception(submitted):
    """The limit on memory holds for torch too, and beyond what torch itself takes."""
    source = "import torch\ndef huge(): return torch.zeros(1 << 28).sum()\n"
    student = submitted(source, memory_mb=512)
    [answer] = student.call([Call("huge", (), "number")])
    assert "RuntimeError" in answer.error.kinds


def test_torch_is_not_there_unless_preloaded(submitted):
    """In a NumPy assignment ``import torch`` is refused, whatever is installed."""
    with ForkServer(Sandbox.best()) as running:
        program = Program("two_layer_network", (("a.py", "import torch"),))
        student = Student(running, program, Limits())
        student.load()
        assert [problem.kind for problem in student.problems] == ["ModuleNotFoundError"]
        student.end()


def test_the_trusted_process_never_imports_torch():
    """Loading the exercise, drawing its inputs and judging answers leave torch alone."""
    code = """
import sys
from grader.grading import process as grading
from grader.grading.one_submission import grade_one
from grader.grading.protocol import Settings
from grader.model import Submission

class Loop(grading.Loop):
    def pytest_runtestloop(self, session):
        self._prepare(session.items)
        wrong = self._bench.exercise.source.replace("z >= 0", "z > 0")
        file = Submission("ada", "torch_layers.py", wrong.encode())
        grade = grade_one(self._bench, session.items, file, 100)
        assert grade.status == "graded" and grade.score < 100, grade
        assert "relu-slope-at-zero" in {outcome.mistake for outcome in grade.outcomes}
        return True

settings = Settings(sys.argv[1], "torch_layers", 1, b"")
bench = grading.bench_for(settings)
assert grading.run_session(bench, Loop(None, bench, settings)) == 0
bench.close()
sys.exit("torch was imported" if "torch" in sys.modules else 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, COURSE], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- functions --------------------------------------------------------------------------------


def test_a_function_gives_its_output(submitted):
    """Name(inputs) is Name.apply of the inputs, in their order."""
    source = """
import torch
class Minus(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b): return a - b
"""
    student = submitted(source)
    assert ask(student, "Minus", {"b": np.array(5.0), "a": np.array(2.0)}) == 3.0


def test_gradients_are_of_the_inputs_asked_for(submitted):
    """Only what ``want`` names is differentiated: the rest comes without a graph."""
    source = """
import torch
class Times(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        assert a.requires_grad and not b.requires_grad
        return a * b
    @staticmethod
    def backward(ctx, upstream):
        a, b = ctx.saved_tensors
        return upstream * b, None
"""
    inputs = {"a": z(), "b": 2 * z()}
    found = ask(submitted(source), "Times", inputs, np.full((2, 3), 3.0), want={"a": "number"})
    np.testing.assert_array_equal(found["a"], 6 * z())


SHARED = """
import torch
class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ReLU.z = z
        return z.clamp(min=0)
    @staticmethod
    def backward(ctx, upstream):
        return upstream * (ReLU.z >= 0)
"""


@pytest.mark.parametrize(("source", "keeps_apart"), [(SOLUTION, True), (SHARED, False)])
def test_a_forward_between(source, keeps_apart, submitted):
    """With ``between``, another forward comes before the backward: a shared cache shows."""
    student, ones = submitted(source), np.ones((2, 3))
    alone = ask(student, "ReLU", {"z": z()}, ones, want={"z": "number"})
    after = ask(student, "ReLU", {"z": z()}, ones, {"z": -z()}, want={"z": "number"})
    np.testing.assert_array_equal(alone["z"], z() >= 0)
    assert np.array_equal(alone["z"], after["z"]) == keeps_apart


@pytest.mark.parametrize(
    ("returned", "found"),
    [
        ("None, None", {"z": Refused("lost-gradient")}),
        ("upstream", Refused("not-gradients")),
        ("upstream[:1, :1].repeat(5, 7), None", Refused("not-gradients")),
    ],
)
def test_gradients_that_do_not_fit(returned, found, submitted):
    """What torch's engine says without a line of the student's is a word that explains."""
    source = f"""
import torch
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y): return z * y
    @staticmethod
    def backward(ctx, upstream): return {returned}
"""
    inputs = {"z": z(), "y": z()}
    assert ask(submitted(source), "F", inputs, np.ones((2, 3)), want={"z": "number"}) == found


@pytest.mark.parametrize(
    ("function", "args", "argument"),
    [("InPlace", ({"z": z()},), 0), ("Upstream", ({"z": z()}, np.ones((2, 3))), 1)],
)
def test_editing_in_place_is_seen(function, args, argument, submitted):
    """Tensors share the memory of the arrays: what is edited in place is seen as modified."""
    source = """
import torch
class InPlace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z): return z.clamp_(min=0).clone()
class Upstream(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z): return 2 * z
    @staticmethod
    def backward(ctx, upstream): return upstream.mul_(2)
"""
    want = "number" if len(args) == 1 else {"z": "number"}
    [answer] = submitted(source).call([Call(function, args, want)])
    assert answer.error is None
    assert answer.modified == (argument,)


def test_what_is_no_torch_class_is_refused(submitted):
    """A class of any other kind has a message of its own; a function is just called."""
    student = submitted("class ReLU:\n    pass\n\ndef double(x):\n    return 2 * x\n")
    assert ask(student, "ReLU", {"z": z()}) == Refused("not-torch")
    assert ask(student, "double", np.array(4.0)) == 8.0


def test_a_function_of_arrays_is_no_class(submitted):
    """It would answer as the class does, and have learnt nothing of PyTorch."""
    source = "import numpy as np\n\ndef {}(inputs):\n    return np.maximum(inputs['z'], 0)\n"
    np.testing.assert_array_equal(
        ask(submitted(source.format("relu")), "relu", {"z": z()}), np.maximum(z(), 0)
    )
    assert ask(submitted(source.format("ReLU")), "ReLU", {"z": z()}) == Refused("not-torch")


def test_apply_is_that_of_pytorch(submitted):
    """One of the student's own, which leaves the slope to PyTorch, does not stand in for backward."""
    source = """
import torch
class ReLU(torch.autograd.Function):
    @staticmethod
    def apply(z): return z.clamp(min=0)
    @staticmethod
    def forward(ctx, z): return z.clamp(min=0)
    @staticmethod
    def backward(ctx, upstream): return 7 * upstream
"""
    found = ask(submitted(source), "ReLU", {"z": z()}, np.ones((2, 3)), want={"z": "number"})
    np.testing.assert_array_equal(found["z"], np.full((2, 3), 7.0))


def test_parameters_are_those_that_pytorch_lists(submitted):
    """A list of the student's own registers nothing."""
    source = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.W = torch.zeros(2)
    def named_parameters(self, *args, **options): return [("W", self.W)]
"""
    found = ask(submitted(source), "Net", [], {"W": np.ones(2)}, want={"W": "number"})
    assert found == {"W": Refused("not-parameter")}


# --- modules ----------------------------------------------------------------------------------


def changed(right, wrong):
    """The solution with one line another."""
    assert SOLUTION.count(right) == 1
    return SOLUTION.replace(right, wrong)


PARAMETER = "nn.Parameter(torch.randn(n_h, n_x, dtype=torch.float64) * (2 / n_x) ** 0.5)"
SHAPES = {"W1": "number", "b1": "number", "W2": "number", "b2": "number"}


def test_a_module_is_run_with_the_parameters_given(submitted):
    """Output, and gradients of parameters and inputs, at the values copied in."""
    student, params = submitted(SOLUTION), network()
    z1 = X @ params["W1"].T + params["b1"]
    z2 = np.maximum(z1, 0) @ params["W2"].T + params["b2"]
    np.testing.assert_allclose(ask(student, "TwoLayer", [2, 3], params, {"X": X}), z2)
    want = {**SHAPES, "X": "number"}
    found = ask(student, "TwoLayer", [2, 3], params, {"X": X}, np.array([[1.0], [2.0]]), want=want)
    dz1 = np.array([[1.0], [2.0]]) @ params["W2"] * (z1 >= 0)
    np.testing.assert_allclose(found["W1"], dz1.T @ X)
    np.testing.assert_allclose(found["X"], dz1 @ params["W1"])


def test_parameters_are_copied_into_not_replaced(submitted):
    """Parameters that inner layers share keep their identity: a new object would not be used."""
    source = (REFERENCE / "variants" / "linear_modules.py").read_text(encoding="utf-8")
    student, right = submitted(source), submitted(SOLUTION)
    args = ("TwoLayer", [2, 3], network(), {"X": X})
    np.testing.assert_allclose(ask(student, *args), ask(right, *args))
    held = ask(student, "TwoLayer", [2, 3], network(), want=SHAPES)
    np.testing.assert_array_equal(held["W1"], network()["W1"])


def test_a_parameter_of_another_shape(submitted):
    """It is answered in the shape it has, as zeros; nothing is computed with it, or broadcast."""
    source = changed(
        "self.b2 = nn.Parameter(torch.zeros(1", "self.b2 = nn.Parameter(torch.ones(1, 1"
    )
    student = submitted(source)
    held = ask(student, "TwoLayer", [2, 3], network(), want=SHAPES)
    assert held["b2"].tolist() == [[0.0]]
    assert ask(student, "TwoLayer", [2, 3], network(), {"X": X}) == Refused("no-parameters")


B2 = "self.b2 = nn.Parameter(torch.zeros(1, dtype=torch.float64))"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("nn.Parameter(torch.zeros(1))", "float32"),
        ("nn.Parameter(torch.zeros(1, dtype=torch.half))", "not-float64"),
        ("nn.Parameter(torch.zeros(1, dtype=torch.float64) / 0)", "not-finite"),
        ("nn.Parameter(torch.full((1,), torch.inf, dtype=torch.float64))", "not-finite"),
    ],
)
def test_a_parameter_that_starts_as_it_should_not(made, said, submitted):
    """It costs what is asked of the parameters, and not the answers at given values."""
    student, right = submitted(changed(B2, f"self.b2 = {made}")), submitted(SOLUTION)
    held = ask(student, "TwoLayer", [2, 3], network(), want=SHAPES)
    assert {k: v for k, v in held.items() if isinstance(v, Refused)} == {"b2": Refused(said)}
    args = ("TwoLayer", [2, 3], network(), {"X": X})
    np.testing.assert_allclose(ask(student, *args), ask(right, *args), rtol=1e-3)


def test_a_default_type_of_their_own_is_theirs(submitted):
    """Whether it is set on import or by a class: then nobody has left it to PyTorch."""
    plain = SOLUTION.replace(", dtype=torch.float64)", ")")
    chosen = "torch.set_default_dtype(torch.float64)"
    inside = plain.replace(
        "        super().__init__()", f"        {chosen}\n        super().__init__()"
    )
    refused = []
    for source in (plain, f"{plain}\n{chosen}\n", inside):
        held = ask(submitted(source), "TwoLayer", [2, 3], network(), want=SHAPES)
        refused.append([name for name in held if isinstance(held[name], Refused)])
    assert refused == [[*SHAPES], [], []]


def test_more_parameters_than_asked_for(submitted):
    """They are told where none is missing; one listed under two names is one."""
    more, again = (
        f"{B2}\n        self.{line}" for line in ("out = nn.Linear(2, 1)", "b = self.b2")
    )
    args = ("TwoLayer", [2, 3], network())
    assert ask(submitted(changed(B2, more)), *args, want=SHAPES) == Refused("more-parameters")
    held = ask(submitted(changed(B2, again)), *args, want=SHAPES)
    assert not any(isinstance(array, Refused) for array in held.values())
    held = ask(submitted(changed(B2, more.replace("b2", "c2", 1))), *args, want=SHAPES)
    assert held["b2"] == Refused("not-called")


def test_a_tensor_that_is_no_parameter_costs_no_more_than_that(submitted):
    """It is not listed; but output and gradients are computed with it all the same."""
    source = changed(PARAMETER, "torch.randn(n_h, n_x, dtype=torch.float64, requires_grad=True)")
    student, right = submitted(source), submitted(SOLUTION)
    held = ask(student, "TwoLayer", [2, 3], network(), want=SHAPES)
    assert held["W1"] == Refused("not-parameter")
    args = ("TwoLayer", [2, 3], network(), {"X": X}, np.array([[1.0], [2.0]]))
    found, expected = ask(student, *args, want=SHAPES), ask(right, *args, want=SHAPES)
    np.testing.assert_array_equal(found["W1"], expected["W1"])


def test_a_parameter_called_otherwise(submitted):
    """What is in the list under another name was not left out of it."""
    source = SOLUTION.replace("self.b2", "self.c")
    held = ask(submitted(source), "TwoLayer", [2, 3], network(), want=SHAPES)
    assert held["b2"] == Refused("not-called")
    np.testing.assert_array_equal(held["b1"], network()["b1"])


def test_a_parameter_that_wants_no_gradient(submitted):
    """Nothing is wrong with the graph, then."""
    zeros = "torch.zeros(1, dtype=torch.float64)"
    source = changed(f"{zeros})", f"{zeros}, requires_grad=False)")
    upstream = np.array([[1.0], [2.0]])
    found = ask(submitted(source), "TwoLayer", [2, 3], network(), {"X": X}, upstream, want=SHAPES)
    assert [name for name in found if isinstance(found[name], Refused)] == ["b2"]
    assert found["b2"] == Refused("wants-none")


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ("return (a1 @ self.W2.T + self.b2).detach()", ["W1", "b1", "W2", "b2"]),
        ("return a1.detach() @ self.W2.T + self.b2", ["W1", "b1"]),
        ("return a1 @ self.W2.T", ["b2"]),
        ("return (a1 @ self.W2.T + self.b2).detach().numpy()", "not-tensor"),
        ("return (a1 @ self.W2.T + self.b2)[:1]", "output-shape"),
        ("return (a1 @ self.W2.T + self.b2).float().squeeze(1)", []),
    ],
)
def test_gradients_that_cannot_be_had(wrong, refused, submitted):
    """Each array that gets no gradient says so; the others are judged."""
    student = submitted(changed("return a1 @ self.W2.T + self.b2", wrong))
    upstream = np.array([[1.0], [2.0]])
    found = ask(student, "TwoLayer", [2, 3], network(), {"X": X}, upstream, want=SHAPES)
    if isinstance(refused, str):
        assert found == Refused(refused)
    else:
        assert {k: v for k, v in found.items() if isinstance(v, Refused)} == dict.fromkeys(
            refused, Refused("no-gradient")
        )


def test_words_are_int64_and_sparse_gradients_are_read(submitted):
    """Integers arrive as torch's indices; a sparse embedding is as right as a dense one."""
    source = changed("self.E[contexts]", "nn.functional.embedding(contexts, self.E, sparse=True)")
    student, right = submitted(source), submitted(SOLUTION)
    rng = np.random.default_rng(3)
    shapes = {"E": (5, 2), "W1": (3, 4), "b1": (3,), "W2": (5, 3), "b2": (5,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    contexts = {"contexts": np.array([[0, 4], [1, 1]])}
    args = ("WindowLM", [5, 2, 3, 3], params, contexts, rng.standard_normal((2, 5)))
    want = dict.fromkeys(shapes, "number")
    found, expected = ask(student, *args, want=want), ask(right, *args, want=want)
    for name in shapes:
        np.testing.assert_allclose(found[name], expected[name])


def test_an_edited_parameter_counts_as_a_modified_argument(submitted):
    """``max_norm`` rewrites rows of the embedding: forward is no place for that."""
    source = changed("self.E[contexts]", "nn.functional.embedding(contexts, self.E, max_norm=1.0)")
    shapes = {"E": (5, 2), "W1": (3, 4), "b1": (3,), "W2": (5, 3), "b2": (5,)}
    params = {name: np.full(shape, 3.0) for name, shape in shapes.items()}
    args = ([5, 2, 3, 3], params, {"contexts": np.array([[0, 4]])})
    [wrong] = submitted(source).call([Call("WindowLM", args, "number")])
    [right] = submitted(SOLUTION).call([Call("WindowLM", args, "number")])
    assert (wrong.modified, right.modified) == ((1,), ())


# --- the reference ----------------------------------------------------------------------------


def drawn(exercise, seed):
    import torch_layers.cases as cases

    return list(_drawn(cases, exercise.reference.module, seed))


def test_the_oracle_is_the_solution(exercise):
    """Gradients written by hand and those of autograd are the same, on all inputs of the hidden tests."""
    oracle = exercise.edited((REFERENCE / "oracle.py").read_text(encoding="utf-8"))
    assert difference(exercise.reference, oracle, iter(drawn(exercise, 0))) <= ORACLE_AGREES


@pytest.mark.parametrize("name", ["relu-mask-missing", "bias-shape", "softmax-twice"])
def test_a_mistake_answers_as_a_submission_with_it(name, exercise, submitted):
    """Beside the solution, in the reference's worker, it gives what a student with it gives."""
    mistake = next(each for each in exercise.catalogue.mistakes if each.id == name)
    edited, reference = exercise.edited(mistaken(SOLUTION, mistake)), exercise.reference
    asked = Asked(submitted(mistaken(SOLUTION, mistake)), reference)
    mine = [case for case in drawn(exercise, 1) if case.function == mistake.function]
    shown = 0
    for case, answer in zip(mine, asked.answers(mine), strict=True):
        want, truth, _ = reference.expected(case)
        its = arrays_of(edited.answer(case, want))
        for path, array in arrays_of(answer.value).items():
            assert same(array, its[path]), (case.function, path, case.note)
            shown += not same(array, truth[path])
    assert shown >= 2
    asked.student.end()


def test_a_students_part_stands_in_the_reference(exercise):
    """Its values and gradients come from our side, which may ask the reference meanwhile."""
    case = next(c for c in drawn(exercise, 2) if c.function == "TwoLayer" and len(c.args) > 3)
    want, right, _ = exercise.reference.expected(case)
    asked = exercise.reference.unkept().module.ReLU
    mixed = exercise.reference.with_parts({"ReLU": asked})
    assert all(same(a, right[p]) for p, a in arrays_of(mixed.answer(case, want)).items())
    broken = exercise.reference.with_parts({"ReLU": lambda inputs, *upstream: asked(inputs)})
    assert not arrays_of(broken.answer(case, want)).keys() >= right.keys()


def test_mutants_of_a_class_answer_in_the_worker(exercise):
    """A small edit of a method, whose loops are counted, and two mistakes joined into one program."""
    found = Mutants(exercise.catalogue.source, list(exercise.reference.names()))
    mutant = next(each for each in found.of("TwoLayer") if "b1" in each.clause)
    edited = exercise.mutated(mutant)
    case = next(c for c in drawn(exercise, 2) if c.function == "TwoLayer" and len(c.args) == 3)
    _, right, _ = exercise.reference.expected(case)
    edited.restart()
    assert not same(np.asarray(edited.raw(case)), right[()])
    joined = exercise.reference.joined({"TwoLayer": edited})
    assert same(np.asarray(joined.raw(case)), np.asarray(edited.raw(case)))
