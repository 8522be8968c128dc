"""Mistakes students make in deep_network: each is the solution with the wrong line put in."""

from grader.testing import Hint, Mistake

HINTS = {
    "slope-applied-once": Hint(
        "The last layer is right, but below it slopes of the activation are missing. Each hidden "
        "layer has a slope of its own: how many of them lie between the loss and W1?",
        "Follow one number on its way back from the loss to the first layer of a net with three "
        "hidden layers, and draw the graph as in the lecture: a box for each sum z and a box for "
        "each activation a. Going backward you enter every box once, and every box multiplies what "
        "you carry by its own local slope, taken at the value it saw on the way forward. Now count "
        "the activation boxes you passed, and count how often your code multiplies by a slope on "
        "the same way. With one hidden layer the two counts agree whatever you do, so test with "
        "three or four. A second sign: print the norms for ten sigmoid layers. If they do not "
        "shrink from the last layer to the first, some slopes are not there.",
    ),
    "weights-left-out": Hint(
        "Only the last layer has the right gradients. The units of layer k read layer k - 1 "
        "through certain numbers: where do these come in backward?",
        "Think of one hidden unit in the second layer from the top. Its activation goes into every "
        "sum above it, each time multiplied by another number. If that number is zero, the unit "
        "has no influence on the loss by this road, and no gradient should come back along it; if it "
        "is large, much should come back. So what arrives at the unit is made of two things for "
        "each road: what the upper end was told, and how strongly the road carries. Look at the "
        "line of your code that goes from one layer to the layer below. Which of the two is in it? "
        "It also helps to use layers of different widths: then the shapes alone tell that an "
        "ingredient is missing, because m rows of n upper units have to become m rows of another "
        "number of lower units.",
    ),
    "forward-norms": Hint(
        "The norms follow the signal on its way up, not the gradient on its way down. Of which "
        "arrays should the norms be taken, and what shape does such an array have?",
        "There are two kinds of arrays for each layer. One kind is made on the way forward, has a "
        "row for each example, and says what the units answered. The other kind is made on the way "
        "back, says how the loss reacts to a small change, and has no row for each example, for "
        "the whole batch shares one matrix. The vanishing-gradient problem is a statement about "
        "one of these kinds only: with sigmoids the answers of the units stay around a half in all "
        "layers, and nothing at all can be seen in them. Print the shape of the array just before "
        "you take its norm. Does it change when you take only half of the examples? Should it? "
        "The function is also given the labels y; does your answer depend on them?",
    ),
    "layers-reversed": Hint(
        "The norms are right, but in the opposite order. Which layer does your loop visit first, "
        "and which one is to stand first in the answer?",
        "Backward visits the layers from the loss down to the input, so the gradients come into "
        "being in that order, and a dict remembers the order in which its keys were put in. The "
        "plot of this exercise reads from left to right as the network does: input on the left, "
        "output on the right. Take a net whose layers have different shapes and print, beside each "
        "norm, the name of the matrix it belongs to. For sigmoids there is a second test without "
        "any names: the gradient is smallest where it has come the longest way. At which end of "
        "your array is the smallest number, and at which end is the layer that is farthest from "
        "the loss?",
    ),
    "weight-norms": Hint(
        "The norms do not change when the labels y do. What is measured here, the weights or what "
        "the loss asks of them?",
        "Every matrix of the network has a partner of the same shape, made by backward. The matrix "
        "itself says where we stand; the partner says in which direction the loss rises, and how "
        "steeply. It is easy to reach for the wrong dict, because both have the same keys and the "
        "same shapes, and nothing will ever complain. Try this: call your function twice with the "
        "same parameters and inputs but with the labels exchanged, zeros for ones. The steepness "
        "cannot stay the same in every layer. Or multiply the number of layers by four: with "
        "sigmoids the first number ought to fall by many orders of magnitude. Does yours? If not, "
        "look at what you pass to the norm.",
    ),
    "wrong-norm": Hint(
        "Each layer has one number, off by a factor that depends on the size of the matrix or on "
        "its entries. For a "
        "gradient of (3, 4), what does your formula give?",
        "There are many ways to sum up a matrix in one number: the mean of its entries, the "
        "largest of them, the sum of their squares, the most it can stretch a vector, and others. "
        "The exercise names one, and the name is that of Frobenius. Work it out by hand for a row "
        "with the entries 3 and 4 and for a matrix of two rows with four entries, and then let "
        "your code do the same. If the row is right and the matrix is wrong, read in the "
        "documentation of the function you call what it does with two dimensions, and which "
        "arguments change that. If the answer has the wrong unit, for example becomes 100 times "
        "larger when every entry becomes ten times larger, then a last step is missing.",
    ),
    "sigmoid-slope-one": Hint(
        "The gradients are too large, and more so with every hidden sigmoid layer. What does a "
        "sigmoid do to a small change of z?",
        "Each activation function has a slope, and each slope is a function of its own. ReLU is "
        "the friendly one: its slope is nothing or everything, so a unit that is on passes the "
        "gradient on unchanged. The sigmoid is not like that. Draw it and put a ruler to the curve "
        "at z = 0, then at z = 4: even where it is steepest, it rises far more slowly than the "
        "diagonal, and further out it is nearly flat. What your code multiplies by in the sigmoid "
        "case should be what the ruler shows. Print the norms of ten sigmoid layers: if they "
        "do not fall towards the first layer, the problem this exercise is about has "
        "disappeared, and that is too good to be true.",
    ),
    "underflow-to-zero": Hint(
        "Where the right gradient is tiny but not zero, yours is zero or has only a few right "
        "digits. Which step of yours cannot hold a number such as 1e-26, or throws it away?",
        "A tiny number is not an inaccurate number. In double precision 1e-26 has as many good "
        "digits as 1 does, and it goes on like that down to about 1e-308. So nothing has to be "
        "done about small gradients; something has to be left undone. Search your code for four "
        "things: rounding to a number of decimals, replacing small values by zero or by a small "
        "constant, adding a small constant, and arrays of a shorter kind than float64 (they end at "
        "about 1e-38, and lose digits before). Ask of each one what it does to 1e-26. To see "
        "where the digits are lost, print the largest entry of the gradient at every layer of a "
        "deep net on the way back, and look for the first layer at which the steady fall stops.",
    ),
    "extra-slope": Hint(
        "There is one slope of the activation too many, or one at the wrong place or value. For "
        "each layer write down separately what arrives at a and what arrives at z: what lies "
        "between?",
        "Two gradients belong to each layer: one with respect to its activation a, and one with "
        "respect to its sum z. They differ by exactly one factor, which is taken at a certain "
        "number. The weights and biases of the layer need one of the two, the way down to the "
        "next layer starts from the same one, and mixing them up leaves a slope out or puts it in "
        "twice. The last layer is special: there the sigmoid and the logarithm of the loss have "
        "been differentiated together, and something has cancelled. Give your variables names "
        "that say which of the two they are, da or dz, and check each line that uses them. And ask "
        "of the slope function which of the two it expects, the sum or the activation.",
    ),
    "relu-mask-missing": Hint(
        "The gradients are right for sigmoid and tanh, and wrong for ReLU, as if every unit had "
        "been active. What passes back through a unit that was inactive on the way forward?",
        "A ReLU unit whose sum is negative answers zero, and it goes on answering zero if you "
        "change one of its weights a little. So the loss does not notice such a change at all, and "
        "you know what that means for the gradient of this weight, at least as far as this one "
        "example is concerned. Another example may switch the same unit on, so the decision has to "
        "be made for each example and each unit. If you do have a mask, print how many of its "
        "entries are true: a mask that is true everywhere does nothing. That happens when one asks "
        "a question about the activations whose answer is always yes, since after ReLU no "
        "number is negative any more.",
    ),
    "sum-not-mean": Hint(
        "Every gradient is m times too large, with m examples in the batch. The loss is a mean "
        "over the batch; what is its gradient?",
        "Write the loss of a batch of two examples in full: a sum of two terms with a factor in "
        "front. Now differentiate it, and look at what becomes of that factor. It makes the "
        "gradient independent of the size of the batch: a batch that holds the same example ten "
        "times should ask for the same step as a batch that holds it once. Try just that: repeat "
        "the rows of X and y ten times, and compare the gradients. If they grow with the number of "
        "rows, the factor has been lost. It has to come in exactly once on the way, and since all "
        "other gradients are made from the first one, there is a good place for it right "
        "at the start.",
    ),
    "fan-out": Hint(
        "Each matrix is a constant multiple of the right one, and the constant depends on its "
        "shape. What is the variance of your matrix, and how many numbers does one unit of that "
        "layer add up?",
        "Take a matrix with three rows and fifty columns, let your function scale it, and compute "
        "the variance of the result. Then write down the number that the formula of He et al. asks "
        "for, and compare. If they differ, look at three things. Which axis of the matrix counts "
        "the inputs of a unit: how many numbers does one unit multiply and add? Does each matrix "
        "use its own shape, or that of another layer? And what is the number above the "
        "line: half of the units are inactive with ReLU, while other well-known rules were made for "
        "other activations. Last, mind the difference between a variance and a standard deviation: "
        "if all numbers are made ten times larger, one of them grows tenfold and the other does "
        "not.",
    ),
    "sample-std": Hint(
        "The matrices are too small by a factor close to 1, and closer for larger matrices. By "
        "which number do you divide the sum of squared deviations?",
        "There are two standard deviations. One describes the numbers that are in front of us; the "
        "other estimates, from a sample, the spread of a larger population it was drawn from, and "
        "corrects for having had to estimate the mean as well. Their results differ little, and "
        "the less so the more numbers there are, so a mistake of this kind shows only in the third "
        "or fourth digit. The weights of a matrix are all the numbers there are: nothing is "
        "estimated here. Compute the deviation of the row (1, 3) by hand, where both entries are "
        "one away from the mean, and look whether your function agrees. If it says 1.41 instead, "
        "read about the argument that chooses between the two, and about its default in the "
        "library you use.",
    ),
    "keys-sorted": Hint(
        "The layers are out of order as soon as there are ten of them, or the keys come in "
        "another order. Which layer follows W1 in your loop?",
        "The keys of the parameters are strings, and strings are compared letter by letter, as in "
        "a dictionary of words. Numbers inside them mean nothing to such a comparison. Make a list "
        "of the keys for a net of twelve layers, sort it, and read it aloud: which key "
        "comes second? The order in which the keys happen to stand in the dict is no help "
        "either, because it is whatever the caller made it, and two dicts with the same content in "
        "a different order are equal. What you know for certain is how many layers there are, and "
        "how the name of a layer is made from its number. Ask yourself what you could loop over so "
        "that the order comes from the numbers themselves.",
    ),
    "argument-modified": Hint(
        "The values of an argument differ after the call from those before. Which line of yours "
        "writes into an array or a dict that belongs to the caller?",
        "NumPy arrays and dicts are handed over by reference: inside your function the name is "
        "yours, but the thing is still the caller's. Some lines make a new thing, and some change "
        "the old one in place: the operators that end in an equals sign, such as += and *=, the "
        "argument out=, an assignment to an index or a slice, and methods such as pop and update. "
        "If that happens to the weights, the inputs or the labels, the caller goes on working with "
        "other numbers without knowing it, and the next call gives another result. Save "
        "copies of all arguments before the call, call the function, and compare each array with "
        "its copy afterwards. Where they differ, think about which line could make a new array in "
        "place of changing the old one.",
    ),
    "state-between-calls": Hint(
        "A second call gives other results than the first, for the same arguments. What is left "
        "over from the first call, and where is it kept?",
        "A function should start from nothing but its arguments. Three things let an old call leak "
        "into a new one. A variable outside the function that is added to. A default argument such "
        "as an empty list or an empty dict: it is made once, when the function is defined, and not "
        "once for each call, so it remembers everything that was ever put into it. And an array "
        "in the cache that is changed in place, so that the same cache cannot be used again. Call "
        "your function twice in a row with equal arguments and compare; then do the same for "
        "backward with the very same cache. If the answers grow, or get longer, look for the "
        "container that was not new. Where should it be made, so that each call has its own?",
    ),
    "numeric-differentiation": Hint(
        "The gradients are found by trying small changes of the weights, one after the other. How "
        "many times does your code run the whole network for 5,000 weights?",
        "Measuring a slope by two nearby values of the loss is a very good check, and you should "
        "use it as one. As a method of training it fails for two reasons. It is slow: each weight "
        "costs two runs through the network, so thousands of weights cost thousands of runs, while "
        "backpropagation finds all slopes for about the price of two. And here it is not even "
        "right: the loss is a number around 1 with sixteen digits, so a change that is caused by a "
        "slope of 1e-26 disappears in it completely, and what comes out is zero or noise. The "
        "chain rule has no such trouble, because it multiplies slopes and never subtracts two "
        "numbers that are nearly equal. Which values from the way forward do you need for that?",
    ),
    "constant-answer": Hint(
        "The result is the same whatever the arguments are. Which of the arguments does the "
        "returned value really depend on?",
        "Sometimes a function is first written with a place holder, to have something of the right "
        "shape, and the place holder is still there at the end. Sometimes the real result is "
        "computed, but another variable is returned. Read your function from its last line "
        "upwards: which variable is returned, which lines give it its value, and from which "
        "arguments do these lines take theirs? If you come to a line that fills an array with a "
        "constant and nothing after it writes into that array, you have found the spot. Then try "
        "two inputs that must give different answers: change a weight, change an example, change a "
        "label. Write down which of these changes ought to be seen in the answer, and look whether "
        "it is.",
    ),
    "cache-in-global": Hint(
        "The gradients are those of the latest forward, not of the one whose cache was given. "
        "What happens when two forwards run before the first backward?",
        "In training one forward is usually followed by its own backward, so a variable outside "
        "the functions that holds the latest values seems to work. But it holds only one set of "
        "values. Run forward on one batch, then on another, and then ask for the gradients of the "
        "first batch: they have been overwritten. This is why forward returns a cache along with "
        "its result: whoever calls can keep as many of them as needed, and hand back the one that "
        "is meant. Compare the gradients in both orders, forward and backward in turn, and both "
        "forwards first. If they differ, find every name in backward that is neither an argument "
        "nor made inside it, and ask where its value ought to travel.",
    ),
}

START = "dz = (a[K] - y) / len(y)"
STEP = 'dz = dz @ params[f"W{k}"] * slope(z[k - 1])'
SLOPE = "* slope(z[k - 1])"
DW, DB = "] = dz.T @ a[k - 1]", "] = dz.sum(axis=0)"
LAYER = '@ params[f"W{k}"].T + params[f"b{k}"]'
NORM = 'np.linalg.norm(grads[f"W{k}"])'
LAYERS = "for k in range(1, len(params) // 2 + 1)"
HE = "value * np.sqrt(2 / fan_in)"

NUMERIC_BACKWARD = """
def backward(params, cache, y, activation):
    X, h = cache[1][0], 1e-5

    def loss():
        y_hat, _ = forward(params, X, activation)
        return -np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))

    params = {name: value.copy() for name, value in params.items()}
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    for name, value in params.items():
        for place in np.ndindex(value.shape):
            old = value[place]
            value[place] = old + h
            up = loss()
            value[place] = old - h
            grads[name][place] = (up - loss()) / (2 * h)
            value[place] = old
    return grads
"""


def wrong_backward(id: str, *swaps: dict[str, str], code: str = "") -> tuple[Mistake, ...]:
    """One mistake in backward for each swap; the norms are made from its gradients."""
    spoils = ("gradient_norms",)
    return tuple(Mistake(id, "backward", swap=swap, code=code, affects=spoils) for swap in swaps)


def wrong_norms(id: str, *swaps: dict[str, str]) -> tuple[Mistake, ...]:
    """One mistake in gradient_norms for each swap."""
    return tuple(Mistake(id, "gradient_norms", swap=swap) for swap in swaps)


def wrong_rescale(id: str, *swaps: dict[str, str]) -> tuple[Mistake, ...]:
    """One mistake in rescale for each swap."""
    return tuple(Mistake(id, "rescale", swap=swap) for swap in swaps)


def wrong_order(names: str) -> Mistake:
    """Forward through the layers in the order of these names."""
    weights = f'[name for name in {names} if name.startswith("W")]'
    return Mistake(
        "keys-sorted",
        "forward",
        swap={
            "    K = len(params) // 2\n": f"    W = {weights}\n    K = len(W)\n",
            LAYER: '@ params[W[k - 1]].T + params[W[k - 1].replace("W", "b")]',
        },
        affects=("backward", "gradient_norms"),
    )


MISTAKES = (
    *wrong_backward(
        "slope-applied-once",
        {STEP: f"{STEP} if k == K else dz @ params[f'W{{k}}']"},
        {STEP: f"{STEP} if k == 2 else dz @ params[f'W{{k}}']"},
    ),
    *wrong_backward(
        "weights-left-out",
        {STEP: f"dz = dz {SLOPE}"},
        {STEP: f"dz = dz.sum(axis=1, keepdims=True) {SLOPE}"},
    ),
    *wrong_norms(
        "forward-norms",
        {NORM: "np.linalg.norm(cache[1][k])"},
        {NORM: "np.linalg.norm(cache[1][k - 1])"},
        {NORM: "np.linalg.norm(cache[0][k])"},
    ),
    *wrong_norms("layers-reversed", {LAYERS: "for k in range(len(params) // 2, 0, -1)"}),
    *wrong_norms("weight-norms", {NORM: 'np.linalg.norm(params[f"W{k}"])'}),
    *wrong_norms(
        "wrong-norm",
        {NORM: 'np.mean(grads[f"W{k}"])'},
        {NORM: 'np.abs(grads[f"W{k}"]).mean()'},
        {NORM: 'np.abs(grads[f"W{k}"]).max()'},
        {NORM: 'np.abs(grads[f"W{k}"]).sum()'},
        {NORM: 'np.sum(grads[f"W{k}"] ** 2)'},
        {NORM: 'np.sqrt(np.mean(grads[f"W{k}"] ** 2))'},
        {NORM: 'np.linalg.norm(grads[f"W{k}"], 2)'},
    ),
    *wrong_backward(
        "sigmoid-slope-one",
        {"lambda z: sigmoid(z) * sigmoid(-z)": "lambda z: np.ones_like(z)"},
    ),
    *wrong_backward(
        "underflow-to-zero",
        {
            START: "dz = ((a[K] - y) / len(y)).astype(np.float32)",
            STEP: f"{STEP}\n            dz = dz.astype(np.float32)",
        },
        {
            "    z, a = cache\n": (
                "    z, a = ({k: v.astype(np.float32) for k, v in old.items()} for old in cache)\n"
                "    params = {name: v.astype(np.float32) for name, v in params.items()}\n"
                "    y = y.astype(np.float32)\n"
            ),
        },
        {DW: "] = np.round(dz.T @ a[k - 1], 10)", DB: "] = np.round(dz.sum(axis=0), 10)"},
        {STEP: f"{STEP}\n            dz[np.abs(dz) < 1e-12] = 0.0"},
    ),
    *wrong_norms(
        "underflow-to-zero",
        {NORM: f"round({NORM}, 12)"},
        {NORM: f"max({NORM}, 1e-12)"},
        {NORM: 'np.sqrt(np.sum(np.square(grads[f"W{k}"], dtype=np.float32)))'},
    ),
    *wrong_backward(
        "extra-slope",
        {START: "dz = (a[K] - y) * a[K] * (1 - a[K]) / len(y)"},
        {SLOPE: "* slope(z[k - 1]) ** 2"},
        {SLOPE: "* slope(a[k - 1])"},
        {
            START: f"da = {START}",
            DW: "] = da.T @ a[k - 1]",
            DB: "] = da.sum(axis=0)",
            STEP: f'da = dz @ params[f"W{{k}}"]\n            dz = da {SLOPE}',
        },
        {DW: "] = (dz * slope(z[k])).T @ a[k - 1]", DB: "] = (dz * slope(z[k])).sum(axis=0)"},
    ),
    *wrong_backward(
        "relu-mask-missing",
        {"lambda z: np.where(z >= 0, 1.0, 0.0)": "lambda z: np.ones_like(z)"},
    ),
    *wrong_backward("sum-not-mean", {START: "dz = a[K] - y"}),
    *wrong_rescale(
        "fan-out",
        {"fan_in = value.shape[1]": "fan_in = value.shape[0]"},
        {HE: "value * np.sqrt(1 / fan_in)"},
    ),
    *wrong_rescale("sample-std", {"value.std()": "value.std(ddof=1)"}),
    *wrong_norms(
        "keys-sorted",
        {NORM: "np.linalg.norm(grads[k])", LAYERS: 'for k in sorted(grads) if k.startswith("W")'},
        {NORM: "np.linalg.norm(grads[k])", LAYERS: 'for k in params if k.startswith("W")'},
    ),
    wrong_order("sorted(params)"),
    wrong_order("params"),
    Mistake(
        "argument-modified",
        "forward",
        swap={LAYER: '@ params.pop(f"W{k}").T + params[f"b{k}"]'},
        affects=("gradient_norms",),
    ),
    *wrong_backward("argument-modified", {START: "y -= a[K]\n    dz = -y / len(y)"}),
    *wrong_rescale(
        "argument-modified",
        {
            f"better[name] = {HE} / value.std()": (
                "value *= np.sqrt(2 / fan_in) / value.std()\n            better[name] = value"
            )
        },
        {"better[name] = np.zeros_like(value)": "value[:] = 0\n            better[name] = value"},
    ),
    Mistake(
        "state-between-calls",
        "backward",
        swap={START: "a[K] -= y\n    dz = a[K] / len(y)"},
    ),
    *wrong_backward(
        "state-between-calls",
        {
            "def backward(params, cache, y, activation)": (
                "def backward(params, cache, y, activation, grads={})"
            ),
            "    grads = {}\n": "",
            DW: '] = grads.get(f"W{k}", 0) + dz.T @ a[k - 1]',
            DB: '] = grads.get(f"b{k}", 0) + dz.sum(axis=0)',
        },
    ),
    *wrong_norms(
        "state-between-calls",
        {
            "def gradient_norms(params, X, y, activation)": (
                "def gradient_norms(params, X, y, activation, norms=[])"
            ),
            "return np.array([": "norms.extend([",
            f"{LAYERS}])": f"{LAYERS}])\n    return np.array(norms)",
        },
    ),
    *wrong_backward("numeric-differentiation", {}, code=NUMERIC_BACKWARD),
    Mistake(
        "constant-answer",
        "forward",
        swap={"return a[K], (z, a)": "return np.full(a[K].shape, 0.5), (z, a)"},
    ),
    *wrong_backward(
        "constant-answer",
        {"    return grads\n": "    return {k: np.zeros(W.shape) for k, W in params.items()}\n"},
    ),
    *wrong_norms("constant-answer", {NORM: "0.0"}),
    *wrong_rescale(
        "constant-answer", {f"{HE} / value.std()": "np.full(value.shape, np.sqrt(2 / fan_in))"}
    ),
    Mistake(
        "cache-in-global",
        "backward",
        swap={
            "return a[K], (z, a)": "global LAST\n    LAST = z, a\n    return a[K], None",
            "    z, a = cache\n": "    z, a = LAST\n",
        },
    ),
)

LOOKALIKES = (
    *wrong_backward("last-slope-missing", {STEP: f"{STEP} if k < K else dz @ params[f'W{{k}}']"}),
)
"""With two hidden layers one slope is left of it, as of `slope-applied-once`."""
