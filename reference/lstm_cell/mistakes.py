"""Mistakes students make in the LSTM cell: each is the solution with the wrong line put in."""

from collections.abc import Mapping
from itertools import combinations, permutations

from grader.testing import Hint, Mistake

HINTS = {
    "dc-ignored": Hint(
        "The answer does not change with the gradient that arrives at c. Who else uses the memory "
        "after this step?",
        "The cell state has two readers. One is the hidden state of this step, which looks at it "
        "through the output gate. The other is the next step, which takes it over as its old "
        "memory. Whatever the next step has to say about it comes back as its own argument, dc, "
        "and in a sequence it is what the step after this one returned for its old memory. Call "
        "your function twice with the same dh, once with dc full of zeros and once with large "
        "numbers. If both answers agree, one of the two voices is not heard. Draw the arrows that "
        "leave c, and count how many gradients must meet there.",
    ),
    "dh-to-c-missing": Hint(
        "The gradients of f, i, g and c_prev are zero when dc is zero, however large dh is. How "
        "does c take part in h?",
        "A loss that looks at the hidden state alone still depends on the forget gate: change the "
        "gate a little, the memory moves, and the hidden state moves with it. So a gradient that "
        "arrives at h must find its way to c before it can reach the gates that made c. Set dc to "
        "zero and dh to something large: in your answer only the output gate gets anything. Look "
        "at the line of the forward step that makes h. It has two factors. You have dealt with one "
        "of them. Write down what the other one receives, and through which function it came.",
    ),
    "tanh-slope-on-c": Hint(
        "The slope of the tanh is not the right one, and even negative where |c| is above 1. "
        "Whose square belongs in it?",
        "There are two tanhs in the cell, and it is easy to mix up what you hold. The slope of "
        "tanh can be written with the value of the tanh, which is handy where this value has been "
        "kept. For g you keep the value: g is already a tanh. For the cell state you keep the "
        "input: c is what goes into the tanh, not what comes out of it. Try it with a memory of 3: "
        "the tanh is nearly flat there, so hardly any gradient should pass. Compute the factor "
        "that your line gives for this number, and ask whether a slope of tanh can ever be "
        "negative.",
    ),
    "o-dropped": Hint(
        "The gradient at c receives as much from h as if the output gate were fully open. What "
        "stands between the memory and the hidden state?",
        "The hidden state shows only a part of the memory: the output gate decides how much. What "
        "is not shown gets no gradient. Suppose that the gate is closed, zero for some unit: then "
        "h is zero for this unit whatever the memory holds, and no gradient can come from h to c. "
        "Put such a case into your function and look at what reaches c. In a product each factor "
        "receives the gradient times the other factor; you have thought of the slope of the tanh, "
        "and it needs one more companion. The ratio of your array to the right one is telling: "
        "look at it, element by element.",
    ),
    "df-from-new-c": Hint(
        "The gradients of Wf, Uf and bf are scaled by the wrong memory. Which memory did the "
        "forget gate multiply?",
        "There are two cell states in one step, the one that comes in and the one that goes out. "
        "The forget gate is applied to one of them and helps to make the other. Its gradient is "
        "the gradient of the sum times the factor that stood beside it in the forward formula. "
        "Take an example in which the old memory is zero: then there was nothing to forget, "
        "and the gate cannot have mattered, so its gradient must be zero. Does yours vanish in "
        "this case? Look into the cache: both states are there, under different names, and you "
        "have taken the other one.",
    ),
    "forget-path-zero": Hint(
        "The gradient of c_prev is zero everywhere. Does the old memory have no effect on the new "
        "one?",
        "The road from the old memory to the new one is the reason why LSTMs were invented: "
        "along it a gradient travels over many steps without passing through a weight matrix. If "
        "this road is cut, the network can learn nothing that lies more than a step or so back. "
        "Try it: raise one entry of c_prev a little, run the step forward, and look at c "
        "and h. They move, so the gradient cannot be zero. Look at the formula for the new cell "
        "state. It is a sum of two products, and c_prev is a factor in one of them. What does "
        "one factor of a product receive?",
    ),
    "forget-gate-zero": Hint(
        "The gradients of Wf, Uf and bf are all zero. Can a gate that changes c have no gradient?",
        "Three gates and the candidate are computed in the same manner, and each of them leaves "
        "its mark on the output; so four sets of parameters must learn. In your answer the forget "
        "gate receives nothing, and a network trained with it would keep its first forget gate "
        "forever. Perhaps the example you tried it on started from an empty memory: there the "
        "gate really has nothing to forget, and zero is right. With a memory that is not empty it "
        "is not. Change bf a little, run the step forward, and see what moves. Then follow the "
        "same arrows backwards.",
    ),
    "dc-prev-without-f": Hint(
        "The gradient of c_prev is not what arrives at c times the right factor. How much of the "
        "old memory was kept?",
        "The new memory is the old one, thinned out, plus something new. A unit whose old memory "
        "was wiped out cannot pass anything back to it, and a unit that kept all of it passes on "
        "everything. So the backward road has the same valve as the forward road. Make a case "
        "in which the three gates are clearly different, for example 0.1, 0.5 and 0.9, and divide "
        "your gradient of c_prev by what c received in all. Which number comes out, "
        "and which of the gates is it? Then look at the forward formula and read off "
        "which one stands beside the old memory.",
    ),
    "gate-slope-missing": Hint(
        "For some gate, the gradient stops at the gate's value and does not go through its "
        "squashing function. What lies between z and the gate?",
        "A gate is made in two moves: a sum of products gives a number of any size, and then a "
        "squashing function brings it into its range. Backwards both have to be undone, in reverse "
        "order. You have computed what the value of the gate receives; the weights sit further "
        "in front, behind the squashing. A gate that is fully open or fully shut hardly reacts to "
        "its weights any more, so the gradient of its weights must be close to zero there. "
        "Feed a bias of 20 to your function and see whether this holds for each of the four. "
        "Where it does not, a factor is missing.",
    ),
    "sigmoid-slope-for-g": Hint(
        "The slope used for g is that of another function, and even negative where g is. Which "
        "function made g?",
        "Four things are computed from the input and the last hidden state, and three of them are "
        "gates: numbers between 0 and 1, fractions of something. The fourth is no fraction. It is "
        "the content that may be written to the memory, it can be negative, and so it is made "
        "with a different function, with another slope. Look at a unit where g is about -0.5: a "
        "squashing function always rises, so its slope must be positive. What does your "
        "expression give for this number? Write the slope of this function with the help of its "
        "own value, and compare it with the three lines around it.",
    ),
    "half-slope": Hint(
        "A factor multiplies one term of a sum or difference where it should multiply all of it. "
        "Where does each bracket of the formulas open, and where does it close?",
        "In Python, as on paper, multiplication binds tighter than addition and subtraction, and a "
        "long formula that is typed in one line hides this well. Two kinds of brackets can get "
        "lost here: the one around all that arrives at the memory, before it goes on to a gate, "
        "and the one around a slope that is itself a difference. Set numbers in: with 2 and 3 "
        "arriving and a factor of 10, does your line give 50? And with a factor of 10 and a slope "
        "of 1 minus 0.25, does it give 7.5? Give everything that arrives at the memory a name of "
        "its own, and each slope too. Then each gate is a plain product, with no sum left in it "
        "that a bracket could miss.",
    ),
    "dx-overwritten": Hint(
        "The gradient of x or of h_prev holds the share of one gate only. How many gates read the "
        "input?",
        "The input of a step, and the hidden state of the one before, are read by all four: three "
        "gates and the candidate. Whatever is used several times receives the sum of what comes "
        "back from each use. If you loop over the gates and assign inside the loop, each round "
        "throws away what the rounds before have found, and what is left is the share of a single "
        "gate. The gradients of the weights do not suffer from this, as every gate has weights of "
        "its own, and so only x and h_prev look wrong. Count the terms in your expression, "
        "or look at the sign of assignment in your loop.",
    ),
    "gates-permuted": Hint(
        "The values of the gates are there, but under another gate's name. Which rows or keys "
        "belong to which gate?",
        "The four parts of the cell look alike in code, and when they are stacked in one matrix, "
        "or unpacked in one line, their order is a silent agreement. Books and libraries do not "
        "agree about it: some write i, f, g, o, others f, i, o, g. Make the parts tell you who "
        "they are: give a single gate a bias of 50 and leave the rest at zero. This gate must be 1 "
        "everywhere, and the other ones near a half. Print all four by name. For the backward "
        "direction do the same in reverse: close one gate, and see whose gradients vanish. "
        "Compare the order in which you pack with the order in which you unpack.",
    ),
    "h-x-swapped": Hint(
        "W and U have changed places: where n_x and n_h differ, the shapes do not fit. Which of "
        "the two meets x?",
        "Each gate has two matrices. One is for the input, of width n_x, and the other for the "
        "hidden state, of width n_h. A mix-up raises no error as long as both widths are the same, "
        "so try your code with 3 inputs and 5 units: a wrong pairing will stop at once, with "
        "shapes in its message. A weight's gradient is built from what arrives behind it and from "
        "what came in on its own side. Read the forward formula aloud, letter by letter, "
        "and then ask for each matrix what it was multiplied with; the same partner stands "
        "beside it on the way back.",
    ),
    "time-not-added": Hint(
        "Each step receives only its own dhs, and nothing from the step after it. Where else was "
        "the hidden state of step t used?",
        "The last step of your answer may be right, and the earlier ones are wrong: this is the "
        "sign. The hidden state of a step goes to two places. It is an output, which the loss "
        "sees, and it is also the h_prev of the following step, where all four gates read it. So "
        "two gradients come back to it, and you have taken only one of them. Try a dhs that is "
        "zero everywhere except at the last step. The first inputs did influence that last "
        "output, as you can see by changing one of them, but in your answer the road through the "
        "hidden states is closed to them.",
    ),
    "bias-not-summed": Hint(
        "The gradients of the biases are right for one example; for more they are one example's "
        "row, or have one row each. How many examples did one bias serve?",
        "A bias is one vector for the whole batch: broadcasting adds it to every row without a "
        "word. What is copied to many places on the way forward collects from all these places on "
        "the way back. So the gradient must have the shape of the bias, with one number for each "
        "unit, and every example must have had a share in it. Change the second example of "
        "your batch and watch the gradient of the bias. If it does not react, or if its shape has "
        "an axis too many, you know what is missing. The matrices need no such step, because the "
        "matrix product does it for them.",
    ),
    "weights-last-step-only": Hint(
        "The gradients of W, U and b are those of a single time step. How often has each weight "
        "been used?",
        "A recurrent network has one set of parameters and uses it again at every step. The loss "
        "depends on a weight by way of each of these uses, so all of them have a share in its "
        "gradient. With a sequence of length 1 your answer is right, with longer ones it is not: "
        "this tells that one step is kept and the rest are lost. Print the gradient of one bias "
        "after each round of your loop. Does the number grow out of what was there before, or "
        "does it start afresh every time? Think of what should be in these arrays before the loop "
        "begins, and of what a round does to them.",
    ),
    "batch-averaged": Hint(
        "The gradients are too small by the factor m, the number of examples. Where is the loss, "
        "inside or outside?",
        "In other exercises the loss was a mean over the batch, and its 1/m had to appear in the "
        "gradient once. Here no loss is in sight: the gradients that arrive have been made by "
        "somebody else, and if that somebody wanted a mean, the division is already in them. "
        "Dividing again makes the answer too small, by a factor that depends on the batch. "
        "Take a batch of one example, and then the same example three times with the same dh. "
        "What should happen to the gradient of a weight: stay, or become three times as large? "
        "Then look for a mean or a division in your code.",
    ),
    "start-ignored": Hint(
        "The first step does not start from everything that it was given. Where does the first "
        "step get its state from?",
        "Many texts begin a sequence with zeros, and many programs have this built in. Here the "
        "state before the first step is an argument, because a sequence may be the continuation of "
        "another one, or the start itself may be learned. Call your function with two different "
        "starts, first two values of h0 and then two values of c0: hs has to change both times, "
        "from the first step on. A test with zeros cannot see the difference, so choose other "
        "numbers. Then look at the lines before your loop. Which names do you give to the state, "
        "and what do they hold when the first step is run?",
    ),
    "gradients-clipped": Hint(
        "The gradients are right while they are small, and cut off at some size when dhs is "
        "large. Is a limit part of the derivative?",
        "Clipping is a good habit in training recurrent networks: it keeps one bad batch from "
        "throwing the weights far away. But it belongs to the optimiser, which decides what to do "
        "with a gradient, and not to the function that says what the gradient is. Try "
        "it: a derivative is linear in what arrives, so ten times as large a dhs must give ten "
        "times as large an answer, for every array. If it does not, look for a minimum, a "
        "maximum, a clip or a norm in your code. What comes back would not agree with a numeric "
        "gradient, and who uses it could never know.",
    ),
    "time-forward": Hint(
        "The steps pass gradients to the wrong neighbour. Which step must be finished before step "
        "t can start?",
        "Going forward, each step needs the state of the one before. Going backward it is the "
        "other way round: step t can only be undone when everything that depends on its output has "
        "been heard, and that is what comes later in time. Follow a gradient that enters at the "
        "last step only: it should reach the first input, through all the steps in between. "
        "In your loop the first step is dealt with before that gradient has even appeared. "
        "Also ask which step's answer should be left over at the end, when the loop is done, "
        "as the gradient of h0 and c0: the first step in time, or the last?",
    ),
    "argument-modified": Hint(
        "An argument has other values after the call than before. Whose array did you edit?",
        "An array handed to a function is not a copy. If you write `a += b`, or assign to "
        "`a[...]`, the caller's own array changes, although the name looks like yours. Here it "
        "hurts at once: the state of one step is in the cache of another, and the gradients "
        "that arrive may be used again by whoever made them. So a second call with the same "
        "arguments gives another answer. Look for `+=`, `*=`, for a slice on the left of an equals "
        "sign, and for values that are put back into a dict you were given. Ask for each whether "
        "the thing on the left was made in this call. If not, make a new one.",
    ),
    "state-between-calls": Hint(
        "The second call gives another answer than the first, with equal arguments. What is left "
        "over from the last time?",
        "A function of this exercise is like a formula: its answer follows from its arguments "
        "and from nothing else. Yours remembers something. The usual places are a name at the top "
        "of the file, an attribute, or a default argument that is a list or a dict: Python makes "
        "such a default once, and every call shares it. In a recurrent network it is tempting to "
        "keep the state for the next call, or to go on adding to the same gradients. Call your "
        "function twice in a row and compare. Then look for everything that is made outside the "
        "function, or only the first time, and make it anew.",
    ),
    "needs-extra-key": Hint(
        "The function fails on a cache that holds only the promised keys. Which key of yours does "
        "it look for?",
        "The cache is an agreement between two functions. Its promised keys are listed in the "
        "docstring, and you may add keys of your own. But your backward step is also run on "
        "caches that were made by somebody else's forward step, so that a slip in your forward "
        "costs you nothing here. Such a cache has the promised keys and no others, and your "
        "function stops with a KeyError. Whatever it is that you have stored in addition, it can "
        "be computed again from what is promised, and cheaply. Read the name of the missing key, "
        "and ask which of the listed arrays it was made from.",
    ),
    "numeric-differentiation": Hint(
        "The values are right, but they cost thousands of forward runs. How many passes does "
        "backpropagation need?",
        "You have changed each parameter a little and looked at how the output moves. This is a "
        "fine way to check a gradient, and the values are right to many digits. But it takes two "
        "forward runs for every single number, and a small network already has thousands of them. "
        "Backpropagation finds all of them in about the time of two or three forward runs, because "
        "it works out what arrives at a node once and hands it to everything in front of that "
        "node. Keep what you wrote as a test. For the exercise, start at the output and go "
        "through the forward formulas from the last to the first, one local slope at a time.",
    ),
    "constant-answer": Hint(
        "The answer is the same whatever the arguments are. Where do the arguments enter?",
        "A function that returns zeros, or ones, has the right shape and no content. Perhaps it is "
        "a stand-in that was to be replaced later, perhaps the arrays are made before the loop and "
        "the loop never writes into them, or the result is computed under one name and another one "
        "is returned. Print the answer for two quite different inputs. If nothing changes, walk "
        "from the return line upwards: where did the name that is returned get its value, and was "
        "any argument involved? One formula at a time is enough: begin with the gates, "
        "look at their values, and go on only when they react to the input.",
    ),
    "cache-in-global": Hint(
        "The gradients belong to the last forward call, not to the cache that was given. Where "
        "does your backward look for its values?",
        "Two forward runs may be alive at the same time, each with its own cache, and the backward "
        "runs may come in any order. In a sequence this is even the rule: all the steps are run "
        "forward before the first is undone. If your forward leaves its values at a place of its "
        "own, a name at the top of the file, an attribute, or a dict that is a default argument and "
        "so made only once, every run writes over the one before, and backward sees only "
        "the latest. Run forward on two different inputs, then "
        "backward on the first cache: the answer must not depend on the second. Everything that "
        "backward needs must come in through its arguments.",
    ),
}

DELTA_C = "delta_c = dc + dh * o * (1 - tanh_c**2)"
DZ_F = '"f": delta_c * c_prev * f * (1 - f)'
DZ_I = '"i": delta_c * g * i * (1 - i)'
DZ_G = '"g": delta_c * i * (1 - g**2)'
DZ_O = '"o": dh * tanh_c * o * (1 - o)'
DX = 'sum(dz[k] @ params["W" + k] for k in dz)'
DH_PREV = 'sum(dz[k] @ params["U" + k] for k in dz)'
DC_PREV = '"c_prev": delta_c * f'
DW = 'grads["W" + k] = dz_k.T @ x'
DU = 'grads["U" + k] = dz_k.T @ h_prev'
DB = 'grads["b" + k] = dz_k.sum(axis=0)'
BEFORE_DX = '    grads = {\n        "x": '
AFTER_DX = "    for k, dz_k in dz.items():"
CELL_RETURN = "    return grads\n"

W, U = 'params["W" + k].T', 'params["U" + k].T'
CELL_STATE = "    c = f * c_prev + i * g\n"
START = "h, c = h0, c0"
STEP_FORWARD = "h, c, step = cell_forward(params, x, h, c)"
STEP_BACKWARD = "cell_backward(params, cache[t], dhs[t] + dh, dc)"
ZEROS = "{key: np.zeros_like(value) for key, value in params.items()}"
ZERO_GRADS = f"grads = {ZEROS}"
COLLECT = "grads[key] += step[key]"
SEQUENCE_RETURN = 'return {"xs": dxs, "h0": dh, "c0": dc, **grads}'

NO_SLOPE = {
    "f": {DZ_F: '"f": delta_c * c_prev'},
    "i": {DZ_I: '"i": delta_c * g'},
    "g": {DZ_G: '"g": delta_c * i'},
    "o": {DZ_O: '"o": dh * tanh_c'},
}
SLOPE_ON_DH_PART = {
    "f": {DZ_F: '"f": dc * c_prev + (delta_c - dc) * c_prev * f * (1 - f)'},
    "i": {DZ_I: '"i": dc * g + (delta_c - dc) * g * i * (1 - i)'},
    "g": {DZ_G: '"g": dc * i + (delta_c - dc) * i * (1 - g**2)'},
}
SLOPE_ON_DC_PART = {
    "f": {DZ_F: '"f": dc * c_prev * f * (1 - f) + (delta_c - dc) * c_prev'},
    "i": {DZ_I: '"i": dc * g * i * (1 - i) + (delta_c - dc) * g'},
    "g": {DZ_G: '"g": dc * i * (1 - g**2) + (delta_c - dc) * i'},
}

CLIPPED_NORM = """norm = np.sqrt(sum((value**2).sum() for value in grads.values()))
    grads = {{key: value * min(1, {limit} / max(norm, 1e-6)) for key, value in grads.items()}}"""

NUMERIC_GRADIENT = """
def numeric_gradient(loss, array, step=1e-5):
    gradient = np.zeros(array.shape)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + step
        above = loss()
        array[index] = kept - step
        below = loss()
        array[index] = kept
        gradient[index] = (above - below) / (2 * step)
    return gradient
"""

NUMERIC_CELL = """
def cell_backward(params, cache, dh, dc):
    arrays = {**params, **{key: cache[key] for key in ("x", "h_prev", "c_prev")}}
    arrays = {key: np.array(value, dtype=float) for key, value in arrays.items()}

    def loss():
        h, c, _ = cell_forward(arrays, arrays["x"], arrays["h_prev"], arrays["c_prev"])
        return (dh * h).sum() + (dc * c).sum()

    return {key: numeric_gradient(loss, array) for key, array in arrays.items()}
"""

NUMERIC_SEQUENCE = """
def sequence_backward(params, cache, dhs):
    arrays = {key: np.array(value, dtype=float) for key, value in params.items()}
    arrays["xs"] = np.zeros((*dhs.shape[:2], params["Wf"].shape[1]))
    arrays["h0"], arrays["c0"] = np.zeros(dhs.shape[1:]), np.zeros(dhs.shape[1:])
    if cache:
        arrays["xs"][:] = [step["x"] for step in cache]
        arrays["h0"][:], arrays["c0"][:] = cache[0]["h_prev"], cache[0]["c_prev"]

    def loss():
        hs, _ = sequence_forward(arrays, arrays["xs"], arrays["h0"], arrays["c0"])
        return (dhs * hs).sum()

    return {key: numeric_gradient(loss, array) for key, array in arrays.items()}
"""


def merged(swaps: Mapping[str, Mapping[str, str]], gates: str) -> dict[str, str]:
    """One swap made of those of several gates."""
    return {old: new for k in gates for old, new in swaps[k].items()}


def cell_forward(id: str, swap: Mapping[str, str]) -> Mistake:
    """In one step forward: everything about sequences is made of such steps."""
    return Mistake(id, "cell_forward", swap=swap, affects=("sequence_forward", "sequence_backward"))


def cell_backward(id: str, swap: Mapping[str, str]) -> Mistake:
    """In one step backward: a sequence is undone by such steps."""
    return Mistake(id, "cell_backward", swap=swap, affects=("sequence_backward",))


def sequence_forward(id: str, swap: Mapping[str, str]) -> Mistake:
    """In the sequence forward: its opaque cache takes the mistake to the sequence backward."""
    return Mistake(id, "sequence_forward", swap=swap, affects=("sequence_backward",))


def sequence_backward(id: str, swap: Mapping[str, str]) -> Mistake:
    """In the way the gradient goes back through time, and nowhere else."""
    return Mistake(id, "sequence_backward", swap=swap)


MISTAKES = (
    cell_backward("dc-ignored", {DELTA_C: "delta_c = dh * o * (1 - tanh_c**2)"}),
    sequence_backward("dc-ignored", {STEP_BACKWARD: STEP_BACKWARD.replace(" dc)", " 0 * dc)")}),
    cell_backward("dh-to-c-missing", {DELTA_C: "delta_c = dc"}),
    cell_backward("tanh-slope-on-c", {DELTA_C: 'delta_c = dc + dh * o * (1 - cache["c"] ** 2)'}),
    cell_backward("o-dropped", {DELTA_C: "delta_c = dc + dh * (1 - tanh_c**2)"}),
    cell_backward("df-from-new-c", {DZ_F: '"f": delta_c * cache["c"] * f * (1 - f)'}),
    cell_backward("forget-path-zero", {DC_PREV: '"c_prev": np.zeros_like(c_prev)'}),
    cell_backward("forget-gate-zero", {DZ_F: '"f": np.zeros_like(f)'}),
    cell_backward("dc-prev-without-f", {DC_PREV: '"c_prev": delta_c'}),
    cell_backward("dc-prev-without-f", {DC_PREV: '"c_prev": delta_c * i'}),
    *(
        cell_backward("gate-slope-missing", merged(NO_SLOPE, gates))
        for gates in ("f", "i", "g", "o", "fio", "figo")
    ),
    cell_backward("sigmoid-slope-for-g", {DZ_G: '"g": delta_c * i * g * (1 - g)'}),
    *(
        cell_backward("half-slope", merged(swaps, gates))
        for swaps in (SLOPE_ON_DH_PART, SLOPE_ON_DC_PART)
        for gates in ("f", "i", "g", "fig")
    ),
    cell_backward("half-slope", {DELTA_C: "delta_c = dc + dh * o * 1 - tanh_c**2"}),
    *(
        cell_backward("dx-overwritten", swap)
        for k in "figo"
        for dx, dh_prev in [(f'dz["{k}"] @ params["W{k}"]', f'dz["{k}"] @ params["U{k}"]')]
        for swap in ({DX: dx}, {DH_PREV: dh_prev}, {DX: dx, DH_PREV: dh_prev})
    ),
    *(
        cell_forward("gates-permuted", {"f, i, o = sigmoid": f"{', '.join(order)} = sigmoid"})
        for order in permutations("fio")
        if order != ("f", "i", "o")
    ),
    *(
        cell_forward(
            "gates-permuted",
            {f'sigmoid(z["{k}"])': 'sigmoid(z["g"])', 'np.tanh(z["g"])': f'np.tanh(z["{k}"])'},
        )
        for k in "fio"
    ),
    *(
        cell_backward(
            "gates-permuted",
            {place: f'    dz["{k}"], dz["{other}"] = dz["{other}"], dz["{k}"]\n{place}'},
        )
        for place in (BEFORE_DX, AFTER_DX)
        for k, other in combinations("figo", 2)
    ),
    cell_backward(
        "h-x-swapped", {DW: DW.replace("@ x", "@ h_prev"), DU: DU.replace("h_prev", "x")}
    ),
    cell_backward(
        "h-x-swapped", {f'"x": {DX}': f'"x": {DH_PREV}', f'"h_prev": {DH_PREV}': f'"h_prev": {DX}'}
    ),
    cell_forward(
        "h-x-swapped",
        {f"h_prev @ {U} + x @ {W}": f"x @ {U} + h_prev @ {W}"},
    ),
    sequence_backward("time-not-added", {STEP_BACKWARD: STEP_BACKWARD.replace(" + dh", "")}),
    sequence_backward(
        "time-not-added",
        {'dxs[t], dh, dc = step["x"], step["h_prev"], step["c_prev"]': 'dxs[t] = step["x"]'},
    ),
    sequence_backward(
        "time-not-added",
        {STEP_BACKWARD: STEP_BACKWARD.replace(" + dh", "").replace(", dc)", ", 0 * dc)")},
    ),
    *(
        cell_backward("bias-not-summed", {DB: f'grads["b" + k] = {rows}'})
        for rows in ("dz_k[0]", "dz_k[-1]", "dz_k")
    ),
    sequence_backward("weights-last-step-only", {COLLECT: "grads[key] = step[key]"}),
    sequence_backward("weights-last-step-only", {COLLECT: f"{COLLECT} * (t == T - 1)"}),
    cell_backward("batch-averaged", {line: f"{line} / len(x)" for line in (DW, DU, DB)}),
    cell_backward("batch-averaged", {line: f"{line} / len(x)" for line in (DW, DU)}),
    cell_backward("batch-averaged", {DB: f"{DB} / len(x)"}),
    cell_backward(
        "batch-averaged",
        {CELL_RETURN: "    return {key: value / len(x) for key, value in grads.items()}\n"},
    ),
    sequence_backward("batch-averaged", {COLLECT: f"{COLLECT} / m"}),
    sequence_forward("start-ignored", {START: "h, c = np.zeros_like(h0), c0"}),
    sequence_forward("start-ignored", {START: "h, c = h0, np.zeros_like(c0)"}),
    sequence_forward("start-ignored", {START: "h, c = np.zeros_like(h0), np.zeros_like(c0)"}),
    *(
        sequence_backward(
            "gradients-clipped",
            {SEQUENCE_RETURN: SEQUENCE_RETURN.replace("**grads", clipped)},
        )
        for limit in (1, 5, 10)
        for clipped in [f"**{{key: np.clip(grads[key], -{limit}, {limit}) for key in grads}}"]
    ),
    *(
        sequence_backward(
            "gradients-clipped",
            {STEP_BACKWARD: STEP_BACKWARD.replace("dh,", f"np.clip(dh, -{limit}, {limit}),")},
        )
        for limit in (1, 5, 10)
    ),
    *(
        sequence_backward(
            "gradients-clipped",
            {SEQUENCE_RETURN: f"{CLIPPED_NORM.format(limit=limit)}\n    {SEQUENCE_RETURN}"},
        )
        for limit in (1, 5)
    ),
    sequence_backward("time-forward", {"for t in reversed(range(T)):": "for t in range(T):"}),
    Mistake(
        "argument-modified",
        "cell_backward",
        swap={DELTA_C: f"dc += {DELTA_C.partition(' + ')[2]}\n    delta_c = dc"},
    ),
    cell_backward(
        "argument-modified",
        {'tanh_c = np.tanh(cache["c"])': 'tanh_c = cache["c"] = np.tanh(cache["c"])'},
    ),
    cell_forward("argument-modified", {CELL_STATE: "    c = c_prev\n    c *= f\n    c += i * g\n"}),
    sequence_forward(
        "argument-modified", {STEP_FORWARD: STEP_FORWARD.replace("h, c, step", "h[:], c[:], step")}
    ),
    sequence_backward(
        "argument-modified",
        {
            "step = cell_backward": "dhs[t] += dh\n        step = cell_backward",
            "dhs[t] + dh": "dhs[t]",
        },
    ),
    sequence_backward(
        "state-between-calls",
        {ZERO_GRADS: f'grads = vars(sequence_backward).setdefault("grads", {ZEROS})'},
    ),
    sequence_forward(
        "state-between-calls",
        {
            START: 'h, c = vars(sequence_forward).get("state", (h0, c0))',
            "    return hs, cache\n": "    sequence_forward.state = h, c\n    return hs, cache\n",
        },
    ),
    Mistake(
        "needs-extra-key",
        "cell_backward",
        swap={
            '"c": c}\n': '"c": c, "tanh_c": np.tanh(c)}\n',
            'np.tanh(cache["c"])': 'cache["tanh_c"]',
        },
    ),
    Mistake(
        "numeric-differentiation",
        "cell_backward",
        code=NUMERIC_CELL + NUMERIC_GRADIENT,
        affects=("sequence_backward",),
    ),
    Mistake(
        "numeric-differentiation", "sequence_backward", code=NUMERIC_SEQUENCE + NUMERIC_GRADIENT
    ),
    cell_forward(
        "constant-answer",
        {"return h, c, cache": "return np.zeros_like(h), np.zeros_like(c), cache"},
    ),
    *(
        cell_backward(
            "constant-answer",
            {CELL_RETURN: f"    return {{key: np.{fill}_like(grads[key]) for key in grads}}\n"},
        )
        for fill in ("zeros", "ones")
    ),
    Mistake(
        "constant-answer",
        "sequence_forward",
        swap={"return hs, cache": "return np.zeros_like(hs), cache"},
    ),
    *(
        sequence_backward(
            "constant-answer",
            {
                SEQUENCE_RETURN: f"{SEQUENCE_RETURN.replace('return', 'grads =')}\n"
                f"    return {{key: np.{fill}_like(grads[key]) for key in grads}}"
            },
        )
        for fill in ("zeros", "ones")
    ),
    cell_backward(
        "cache-in-global",
        {
            "    return h, c, cache\n": "    cell_forward.last = cache\n    return h, c, cache\n",
            "    x, h_prev, c_prev = ": "    cache = cell_forward.last\n    x, h_prev, c_prev = ",
        },
    ),
    sequence_backward(
        "cache-in-global",
        {
            "    return hs, cache\n": "    sequence_forward.last = cache\n    return hs, cache\n",
            "    T, m, n_h = ": "    cache = sequence_forward.last\n    T, m, n_h = ",
        },
    ),
)
