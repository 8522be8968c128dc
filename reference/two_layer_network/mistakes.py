"""Mistakes students make in two_layer_network: each is the solution with the wrong line put in."""

from grader.testing import Hint, Mistake

HINTS = {
    "sum-not-mean": Hint(
        "The loss or its gradient is m times too large, m being the size of the batch. The loss is a mean over "
        "the batch: where do its value and its gradient take that into account?",
        "Run the same example through your code twice: once alone, and once in a batch that holds "
        "ten copies of it. The mean loss of the copies equals the loss of the one, and copying an "
        "example tells the network nothing new, so the gradients of the weights should not change "
        "either. Yours grow tenfold. Somewhere on the way from the loss to the weights a number "
        "that depends on the size of the batch is left out. Write the loss of a batch of two "
        "examples on paper, with its first line, the one that says what is done with the two "
        "losses. Then differentiate that line too, not only the part inside. Whatever stands in "
        "front there belongs to every gradient downstream, from z2 on, once.",
    ),
    "divided-by-features": Hint(
        "The result is off by the ratio of the number of examples and the number of features. "
        "Which axis counts examples?",
        "A batch X has two axes, and both have a length. One of them says how many examples there "
        "are, the other how many numbers describe one example. Your mean is taken over the wrong "
        "one of the two. This is easy to miss, as with a square batch nothing looks different: "
        "try your code on three examples with five features and then on five examples with three "
        "features, and print the divisor each time. Ask which of the two numbers the loss is a "
        "mean over. Notice, too, that backward receives another array whose first axis counts "
        "examples and whose second axis has length one, so there is more than one place to read "
        "the number from, and some places are safer than others.",
    ),
    "averaged-twice": Hint(
        "The gradients of W1 and b1, or of W2 and b2, are too small by the size of the batch, "
        "while z2 is right. How often has the average been taken?",
        "There is one mean in this network, at its very end, where the losses of the examples "
        "become one number. Going backward it is the first thing you meet, and from then on it is "
        "inside every array that you compute from the one before. Follow your code line by line "
        "from the top and mark with a pencil each place where you divide by the number of "
        "examples or call a mean. Then take any one gradient, walk from it back up to the loss, "
        "and count the marks you pass on that road. Every gradient should pass the same number of "
        "marks. A single example hides this mistake completely, so compare a batch of one with a "
        "batch made of two copies of that example: what should change?",
    ),
    "sign-flipped": Hint(
        "Every gradient is right but for its sign. Which way lowers the loss?",
        "A gradient points to where the loss grows, and the update then steps the other way. Take "
        "one example with label 1 for which the network says 0.5. To lower the loss its answer "
        "should grow, so its logit should grow too: a larger logit means a smaller loss. What "
        "sign must the slope of the loss with respect to that logit then have? Compare with the "
        "sign your code gives for these numbers. Then do the same for label 0. If your training "
        "seems to work all the same, look at your update: two wrong signs can cancel there, and "
        "the network learns although each of the two functions is wrong when it is looked at "
        "alone, as it is here.",
    ),
    "relu-mask-missing": Hint(
        "The gradient at z1 is not zero where z1 < 0. What passes back through a unit that is "
        "inactive?",
        "Choose an example and a hidden unit whose z1 is well below zero, and change this z1 a "
        "little, up or down. What happens to a1, and so to everything that comes after it? That "
        "tells you what the gradient at this entry has to be. Now print your gradient there. The "
        "forward pass has a bend in it, and backward needs to know on which side of the bend each "
        "unit stood for each example. If you do use a mask, print it: does it hold any zeros at "
        "all? A condition that looks sensible may be true for every number the array can hold, "
        "for instance when the array has been through the ReLU before you ask for the sign of "
        "its entries.",
    ),
    "relu-mask-inverted": Hint(
        "The gradient at z1 arrives where the unit was inactive, and not where it was active. "
        "Which units were active?",
        "Set up one hidden unit with z1 = 3 and another with z1 = -3, and write down what ReLU "
        "makes of each. Nudge both by a small amount: one output moves along with its input, the "
        "other does not move at all. A unit that does not move the output cannot change "
        "the loss. Now print the slopes that your code gives for 3 and for -3 and compare them "
        "with what you just saw. If the two are exchanged, look at the direction of your "
        "comparison, or at the order of the two values you choose between: it is easy to write "
        "the condition for being switched off where the condition for being switched on was "
        "meant, or the other way round.",
    ),
    "relu-value-as-slope": Hint(
        "The gradient at z1 is multiplied by the size of the activation. The value, or the slope?",
        "Draw the graph of ReLU and put your finger on the curve above z = 5. How high is the "
        "curve there? And how steep is it? These are two different numbers, and backward wants "
        "one of them. Then move your finger to z = 10 and ask both questions again: one answer "
        "changes, the other does not. In your code, the gradient that reaches a hidden unit is "
        "multiplied by a number that grows with the unit's activation, so units that fire "
        "strongly get far too much of it and weak ones too little. The zeros do come out right, "
        "which is why the mistake is hard to see; compare units that are on, with different "
        "activations, for the same example.",
    ),
    "mask-from-z2": Hint(
        "The gradient at z1 is switched on and off by the signs of another array. Whose sign "
        "decides?",
        "A hidden unit is on or off for each example because of its own input, the number that "
        "went into its ReLU. The mask that decides what flows back must come from that very "
        "number. So it needs one entry for each example and each hidden unit, and its pattern of "
        "zeros must be that of the zeros of a1. Print the shape and the entries of the array whose "
        "sign you test. Does it have one column per hidden unit? Broadcasting will stretch an "
        "array with a single column without a word, and an array that has the right shape can "
        "still be the wrong one. Then choose a unit that is off for one example, and check what your "
        "code lets through there.",
    ),
    "sigmoid-slope-half": Hint(
        "One of the factors of the sigmoid's slope is lost. Do both factors of the slope of the "
        "sigmoid appear in your code?",
        "Far to the right the sigmoid is flat, and far to the left it is flat as well, so its "
        "slope has to go to zero at both ends, and to be the same at z and at -z. Test your slope "
        "at -5, at 0 and at 5. Does it vanish at both ends? Is it symmetric? Does it give one "
        "quarter in the middle? If it dies out on one side only, one of two factors is missing. "
        "If the mistake is in backward, write the slope of the loss with respect to the "
        "prediction as one fraction, put the slope of the sigmoid next to it, and cross out what "
        "stands both above and below the line. Something was crossed out that has no partner.",
    ),
    "sigmoid-slope-again": Hint(
        "Every entry of z2's gradient is multiplied by the slope of the sigmoid. Has this already "
        "cancelled?",
        "There are two roads to the gradient at z2. On the long one you first write the slope of "
        "the loss with respect to the prediction, which is a fraction, and then multiply by the "
        "slope of the sigmoid. On the short one you use the formula that comes out when these two "
        "are multiplied and simplified. Your code starts on the short road and then takes a piece "
        "of the long one as well. A way to notice: take a prediction that is sure and wrong, such "
        "as 0.999 with label 0. Nobody needs to change their mind more than this network does. Is "
        "your gradient there large, or is it nearly zero? Which of the two would help it learn?",
    ),
    "sigmoid-slope-at-output": Hint(
        "The slope of the sigmoid is taken at the wrong quantity. At which quantity is the slope "
        "taken?",
        "The slope of the sigmoid can be written in terms of its input z, or in terms of its "
        "output a, and both forms are common in books. They are different formulas, and each must "
        "be fed with its own quantity. Look at the argument that reaches your function: has it "
        "been through the sigmoid already, and does your formula expect that it has? A quick test "
        "is z = 0, in the middle, where the curve is steepest and the slope is one quarter; "
        "another is z = 10, where the curve is practically flat. If your function gives zero at "
        "the first, or something large or negative at the second, then input and output have been "
        "mixed up somewhere.",
    ),
    "updated-w2": Hint(
        "The first layer learns from a W2 that was not yet there in the forward pass. Which "
        "weights made this prediction?",
        "The gradients of one tuple all belong to one moment: the moment of its forward pass. The "
        "question they answer is how the loss would have been different, had each of the weights "
        "been a little different then. In your loop some of the weights have already moved when "
        "the gradients of the others are computed, so the first layer gets its gradient through "
        "a second layer that had nothing to do with this prediction. The difference is small when the "
        "learning rate is small, and training still goes downhill, which is why it goes "
        "unnoticed. Print the weights of the second layer at two places in your loop: as used by "
        "forward, and as used to pass the gradient back.",
    ),
    "weights-transposed": Hint(
        "Rows and columns of W1 or W2 are exchanged, in the gradient or on the way forward. Row "
        "i, column j belongs to which pair?",
        "A weight connects one unit below to one unit above, and its place in the matrix says "
        "which two: the deck fixes whether the row is the unit above or the one below. Its "
        "gradient has to stand at the same place as the weight. With layers of different sizes a "
        "mix-up shows in the shape, so try four features with three hidden units and print the "
        "shape of each gradient beside that of its weights. With a square layer nothing looks "
        "odd, and only the numbers are wrong. Choose one weight, work out its gradient for one "
        "example by hand, from what enters below and the gradient from above, and see where in "
        "your matrix that number ended up.",
    ),
    "bias-not-summed": Hint(
        "The gradients of the biases hold what one example says, or one row for each example. One "
        "bias served how many examples?",
        "A bias has no example of its own: the same number was added in every row of the batch, "
        "and broadcasting did it without a word. If you nudge that bias, the prediction of every "
        "example moves, and so does every term of the loss. Its gradient has to collect all of "
        "these effects. Look at the shape of what you return: is it exactly the shape of the "
        "bias, and did every example have its say in it? With a batch of one, right and wrong "
        "cannot be told apart, so test with two examples with different labels. Change the second "
        "example only, and watch whether the gradients of the biases change.",
    ),
    "bias-averaged-again": Hint(
        "The gradients of b1 and b2 are too small by the size of the batch, while those of W1 and "
        "W2 are right. How often has the average been taken?",
        "A bias is just a weight whose input is always one. So think of an extra feature that is "
        "one in every example, compute the gradient of its weight with the line you use for the "
        "other weights, and compare the result with your gradient of the bias. The two should be "
        "equal, yet yours is smaller, and the ratio is the number of examples. Your weights are "
        "right, so the mean of the loss is already inside the array from which both of them are "
        "computed. Look at what the matrix product does with the axis of the examples for the "
        "weights, and at what your line for the biases does with that same axis.",
    ),
    "products-mixed": Hint(
        "One product is of the wrong kind, as the shape or an exception shows. Should it be "
        "elementwise, or a matrix product?",
        "NumPy has two products, and each has its place here. One multiplies entries that stand "
        "in the same position and leaves the shape as it is. The other multiplies rows with "
        "columns and adds up along an axis that both share, so that this axis disappears. Write "
        "the shapes of both factors above each product in your code, and the shape that the "
        "result must have. Is there an axis that should disappear, such as the one that counts "
        "examples, or the hidden units? Or should each entry meet just its own partner? Where two "
        "sizes happen to be equal, or one of them is one, NumPy takes either product and does not "
        "complain, so test with sizes that are all different.",
    ),
    "naive-log": Hint(
        "The loss is infinite or NaN where the true loss is finite. What is the log of a number "
        "rounded to 0, or of one too large for a float?",
        "Take the logit 800 with label 0. The network is sure, and wrong, and the true loss is "
        "about 800: large, but an ordinary number. Now follow your code for this one case and "
        "print each intermediate value. The probability of the label is a positive number so tiny "
        "that no float can hold it, its inverse one so huge, and what becomes of either in the "
        "computer is the end of the story for the logarithm that comes next. The harm is done by "
        "the rounding in between. So do the algebra on paper first: put the sigmoid inside the "
        "logarithm and simplify, until no tiny or huge number has to be stored on the way. Then "
        "check both labels, at both large positive and large negative logits.",
    ),
    "clipped-log": Hint(
        "The loss stops growing at some value, though the logits go on growing. Does the loss "
        "stop growing where it should not?",
        "Feed your function a single wrong example with the logits 10, 20, 40, 100 and 800 in "
        "turn, and plot the loss against the logit. The true curve soon becomes a straight line "
        "and rises forever: the more sure the wrong answer, the larger the loss. Yours follows it "
        "for a while and then turns flat. Some bound or some small constant in your code has "
        "taken over there, and from that point on you compute a different loss, one that no "
        "longer minds how wrong the network is. Such constants are there to save a logarithm "
        "from a zero. Better is never to make that zero: start from the logit itself and rewrite "
        "the formula before you compute anything.",
    ),
    "broadcast-y": Hint(
        "Labels of shape (m,) meet predictions of shape (m, 1). What shape is the difference?",
        "Print the shape of the predictions, that of the labels, and that of their difference, "
        "for a batch of three. NumPy lines up shapes from the right and stretches any axis of "
        "length one. So a column and a flat array do not meet entry by entry: they make a table, "
        "in which every prediction is compared with the label of every example. The mean of such "
        "a table is a number like any other, and nothing raises an exception until some later "
        "shape does not fit. Labels arrive as a column here. Look for a place in your code that "
        "flattens one of the two arrays, or that takes a column out by its index, and keep both "
        "in the shape they came in.",
    ),
    "argument-modified": Hint(
        "An array that was given has changed during the call. Whose array did you edit?",
        "Assigning to a name and writing into an array are two different things in Python. When "
        "your function receives an array, it receives the caller's own array and not a copy, and "
        "so does a dict that you filled with it. Augmented assignments, assignments to an index "
        "or through a mask, methods that work in place, and functions with an out argument all "
        "write into the array itself, and the caller finds it changed. Copying a dict copies the "
        "references only; the arrays in it remain shared. Copy every argument before a call, "
        "compare afterwards, and look for the line that did it. The same slip often does harm at "
        "home, too: backward may need the very values that were overwritten.",
    ),
    "update-uphill": Hint(
        "Each parameter moves exactly the right distance in the wrong direction. Which way lowers "
        "the loss?",
        "Try it with a single parameter. Let the loss be the square of w, with w at 3. The slope "
        "there is 6, so it is positive: the loss grows when w grows. Where should w go, if the "
        "loss is to become smaller, and where does your update send it? Then do the same with w "
        "at -3. If you see the loss rise from epoch to epoch during training, this is the first "
        "thing to check. There is one trap: if backward has the wrong sign as well, the two "
        "mistakes cancel and training looks fine. Each function is tested here on its own, with "
        "gradients that are right, so make sure that each is right for itself.",
    ),
    "batch-for-tuples": Hint(
        "One step was taken per epoch, not one for each tuple. How many steps does the slide take "
        "per epoch?",
        "There are two common ways of going through the training data. In one, all the examples "
        "go forward together, their gradients are averaged, and the weights move once. In the "
        "other, one example goes forward and backward and the weights move at once, so that the "
        "next example already meets the new weights. Both are called gradient descent, and both "
        "lower the loss, but after one epoch they are in different places. Read the loop on the "
        "slide again: what stands inside it? Count how often your update runs in one epoch over "
        "five examples. Mind the shapes, too: when you take one example out of a batch, both of "
        "its axes should still be there.",
    ),
    "loss-after-step": Hint(
        "Each loss is that of weights that have already learned from the tuple. When is the loss "
        "read?",
        "Think of an exam and a lesson. If you first teach the answer and only then ask the "
        "question, the mark looks better than it should. In the same way, a loss that is read "
        "after the update is the loss of a network that has just been corrected on this very "
        "example. The docstring says which of the two moments counts. Your weights are right in "
        "the end, since when the loss is read does not change them. Choose a training set of a "
        "single tuple and a single epoch: the one loss you report should be the loss of the "
        "parameters you were given, before anything has moved. Compute that number by hand and "
        "compare it with yours.",
    ),
    "state-between-calls": Hint(
        "The same arguments give one answer the first time and another the second time. What "
        "should a second run start from?",
        "Call the function twice in a row with equal arguments and compare the two answers. They "
        "should be equal, yet the second one still holds something of the first. Something lives "
        "longer than a call does: a variable outside the function, an attribute, or a default "
        "value in the line with def, which Python makes once, when the function is defined, and "
        "then shares between all calls. In a notebook the same can happen when a cell that sets "
        "the starting values is not run again. Find what is filled during the call, and ask where "
        "it is created. It should be born inside the function, empty, each time the function is "
        "called.",
    ),
    "needs-extra-key": Hint(
        "The function asks the cache for a key that is not among those listed. Would it work with "
        "another right forward?",
        "The cache is an agreement between forward and backward, and the docstring lists what is "
        "in it. You may put more into it, but backward must do with what is listed, since it may "
        "be handed a cache that a different, equally right forward has made. Here it stops, as a "
        "key is not there. Look at the name of the key that your code asks for, and then at what "
        "the listed arrays, the parameters and the labels can tell you: the size of the batch, "
        "the shape of a layer, or a slope that you computed on the way forward and kept. All of "
        "these can be worked out again from what you surely have.",
    ),
    "numeric-differentiation": Hint(
        "The values are right, but the time grows with the number of weights. How many forward "
        "passes does one gradient cost?",
        "Nudging a weight, running the network again and looking at what the loss does is an "
        "honest way to find a slope, and an excellent way to test one. But it costs a forward "
        "pass or two for each single weight, and a network has thousands or millions of them. "
        "Backpropagation finds all the slopes in one pass, for about the price of one forward "
        "pass, because the gradient that arrives at one layer serves every weight below it. That "
        "is the point of this exercise. Keep what you have as a check. Then walk through the "
        "graph from the loss back, one node at a time, and at each one multiply what arrives by "
        "the local slope.",
    ),
    "constant-answer": Hint(
        "The answer is the same whatever the arguments are. Which of the arguments does it use?",
        "Change the input and see whether the output changes. It does not: the function returns "
        "zeros, or some other fixed value, or hands back what it was given. Perhaps the body is a "
        "placeholder that was meant to be filled in later, or a result is computed and then "
        "another variable is returned, or an early return stands before the real work. Perhaps a "
        "loop runs over nothing. Put a print before each return, and start with the smallest case "
        "that you can work out on paper, such as the network with two inputs at the top of the "
        "file. Compute the one number that should come out, and then make your function give "
        "that number.",
    ),
    "cache-in-global": Hint(
        "The gradients are those of the last forward, not of the cache that was given. Whose "
        "forward does this cache belong to?",
        "Run forward on a first batch and keep its cache, then run forward on a second batch, and "
        "now call backward with the first cache. The gradients should be about the first batch. "
        "Yours are about the second, or there is an exception when no forward has been run "
        "before. The reason is that backward does not look at its argument but at something that "
        "forward left behind outside both functions, where there is room for one forward only. "
        "The cache is handed from one function to the other for just this reason: two may be "
        "alive at once, and whoever calls decides which is meant. Search backward for each name "
        "that is neither an argument nor made inside it.",
    ),
}

_LOSS = "return float(-np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)))"
_LOGITS = """    wrongness = np.where(y == 1, -z, z)
    return float(np.mean(np.logaddexp(0.0, wrongness)))
"""
_DZ2 = "dz2 = (a2 - y) / m"
_DW2 = "dW2 = dz2.T @ a1"
_DB2 = "db2 = dz2.sum(axis=0)"
_DZ1 = "dz1 = da1 * relu_derivative(z1)"
_DW1 = "dW1 = dz1.T @ X"
_DB1 = "db1 = dz1.sum(axis=0)"
_GRADS = '{"z2": dz2, "W2": dW2, "b2": db2, "a1": da1, "z1": dz1, "W1": dW1, "b1": db1}'
_READ = """            losses[epoch] += loss_from_logits(cache["z2"], target) / len(X)
"""
_STEP = """            params = update(params, backward(params, cache, target), learning_rate)
"""

_CLIPPED = (
    "    p = np.clip(sigmoid(z), {0}, 1 - {0})\n"
    "    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))\n"
)
_STABILISED = (
    "    p = sigmoid(z)\n"
    "    return float(-np.mean(y * np.log(p + {0}) + (1 - y) * np.log(1 - p + {0})))\n"
)
_PICKED = (
    "    p = sigmoid(z)\n"
    "    picked = np.where(y == 1, p, 1 - p)\n"
    "    return float(-np.mean(np.log({0})))\n"
)
_BOUNDED = (
    "    wrongness = np.clip(np.where(y == 1, -z, z), -{0}, {0})\n"
    "    return float(np.mean(np.logaddexp(0.0, wrongness)))\n"
)

_NUMERIC_BACKWARD = """
def backward(params, cache, y):
    known = {**params, **cache}

    def loss_at(name, value):
        v = {**known, name: value}
        z1 = value if name == "z1" else v["X"] @ v["W1"].T + v["b1"]
        a1 = value if name == "a1" else relu(z1)
        z2 = value if name == "z2" else a1 @ v["W2"].T + v["b2"]
        return loss_from_logits(z2, y)

    h = 1e-5
    grads = {}
    for name in ("z2", "W2", "b2", "a1", "z1", "W1", "b1"):
        grads[name] = np.zeros_like(known[name])
        for place in np.ndindex(known[name].shape):
            nudge = np.zeros_like(known[name])
            nudge[place] = h
            rise = loss_at(name, known[name] + nudge) - loss_at(name, known[name] - nudge)
            grads[name][place] = rise / (2 * h)
    return grads
"""

_LOSSES_AS_DEFAULT = """
def train(params, X, y, learning_rate, epochs, losses=[]):
    for epoch in range(epochs):
        total = 0.0
        for i in range(len(X)):
            y_hat, cache = forward(params, X[i : i + 1])
            total += loss(y_hat, y[i : i + 1])
            params = update(params, backward(params, cache, y[i : i + 1]), learning_rate)
        losses.append(total / len(X))
    return params, losses
"""

_WHOLE_BATCH = """
def train(params, X, y, learning_rate, epochs):
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        y_hat, cache = forward(params, X)
        losses[epoch] = loss(y_hat, y)
        params = update(params, backward(params, cache, y), learning_rate)
    return params, losses
"""

MISTAKES = (
    # sum-not-mean
    Mistake("sum-not-mean", "loss", {_LOSS: _LOSS.replace("mean", "sum")}),
    Mistake(
        "sum-not-mean",
        "loss_from_logits",
        {"float(np.mean(np.logaddexp": "float(np.sum(np.logaddexp"},
    ),
    Mistake("sum-not-mean", "backward", {_DZ2: "dz2 = a2 - y"}),
    Mistake(
        "sum-not-mean",
        "backward",
        {
            _DZ2: "dz2 = a2 - y",
            _DW2: "dW2 = dz2.T @ a1 / m",
            _DB2: "db2 = dz2.mean(axis=0)",
            _DW1: "dW1 = dz1.T @ X / m",
            _DB1: "db1 = dz1.mean(axis=0)",
        },
    ),
    # and in one place only, where the others divide
    *(
        Mistake("sum-not-mean", "backward", {line: f"{line} * m"})
        for line in (_DW2, _DB2, _DW1, _DB1)
    ),
    # divided-by-features
    Mistake(
        "divided-by-features", "backward", {"m = len(y)": "m = X.shape[1]"}, affects=("train",)
    ),
    # averaged-twice
    Mistake(
        "averaged-twice",
        "backward",
        {_DW1: "dW1 = dz1.T @ X / m", _DB1: "db1 = dz1.sum(axis=0) / m"},
    ),
    Mistake("averaged-twice", "backward", {_DZ1: "dz1 = da1 * relu_derivative(z1) / m"}),
    Mistake(
        "averaged-twice",
        "backward",
        {_DW2: "dW2 = dz2.T @ a1 / m", _DW1: "dW1 = dz1.T @ X / m"},
    ),
    Mistake(
        "averaged-twice",
        "backward",
        {
            _DW2: "dW2 = dz2.T @ a1 / m",
            _DB2: "db2 = dz2.sum(axis=0) / m",
            _DW1: "dW1 = dz1.T @ X / m",
            _DB1: "db1 = dz1.sum(axis=0) / m",
        },
    ),
    # sign-flipped
    Mistake("sign-flipped", "backward", {_DZ2: "dz2 = (y - a2) / m"}, affects=("train",)),
    # relu-mask-missing: the last two are the same bug, a mask that is true everywhere
    Mistake(
        "relu-mask-missing",
        "relu_derivative",
        {"return np.where(z >= 0, 1.0, 0.0)": "return np.ones_like(z)"},
        affects=("backward", "train"),
    ),
    Mistake("relu-mask-missing", "backward", {_DZ1: "dz1 = da1"}, affects=("train",)),
    Mistake("relu-mask-missing", "backward", {_DZ1: "dz1 = da1 * (a1 >= 0)"}, affects=("train",)),
    # relu-mask-inverted
    Mistake(
        "relu-mask-inverted",
        "relu_derivative",
        {"np.where(z >= 0, 1.0, 0.0)": "np.where(z < 0, 1.0, 0.0)"},
        affects=("backward", "train"),
    ),
    Mistake("relu-mask-inverted", "backward", {_DZ1: "dz1 = da1 * (z1 < 0)"}, affects=("train",)),
    # relu-value-as-slope
    Mistake(
        "relu-value-as-slope",
        "relu_derivative",
        {"return np.where(z >= 0, 1.0, 0.0)": "return relu(z)"},
        affects=("backward", "train"),
    ),
    Mistake("relu-value-as-slope", "backward", {_DZ1: "dz1 = da1 * a1"}, affects=("train",)),
    # mask-from-z2
    Mistake(
        "mask-from-z2",
        "backward",
        {_DZ1: 'dz1 = da1 * relu_derivative(cache["z2"])'},
        affects=("train",),
    ),
    Mistake(
        "mask-from-z2", "backward", {_DZ1: "dz1 = da1 * relu_derivative(da1)"}, affects=("train",)
    ),
    # sigmoid-slope-half
    Mistake(
        "sigmoid-slope-half",
        "sigmoid_derivative",
        {"return sigmoid(z) * sigmoid(-z)": "return sigmoid(z)"},
    ),
    Mistake(
        "sigmoid-slope-half",
        "sigmoid_derivative",
        {"return sigmoid(z) * sigmoid(-z)": "return 1 - sigmoid(z)"},
    ),
    Mistake(
        "sigmoid-slope-half", "backward", {_DZ2: "dz2 = (a2 - y) / a2 / m"}, affects=("train",)
    ),
    Mistake(
        "sigmoid-slope-half",
        "backward",
        {_DZ2: "dz2 = (a2 - y) / (1 - a2) / m"},
        affects=("train",),
    ),
    # sigmoid-slope-again
    Mistake(
        "sigmoid-slope-again",
        "backward",
        {_DZ2: "dz2 = (a2 - y) * a2 * (1 - a2) / m"},
        affects=("train",),
    ),
    # sigmoid-slope-at-output
    Mistake(
        "sigmoid-slope-at-output",
        "sigmoid_derivative",
        {"return sigmoid(z) * sigmoid(-z)": "return z * (1 - z)"},
    ),
    Mistake(
        "sigmoid-slope-at-output",
        "sigmoid_derivative",
        {"return sigmoid(z) * sigmoid(-z)": "a = sigmoid(z)\n    return sigmoid(a) * sigmoid(-a)"},
    ),
    Mistake(
        "sigmoid-slope-at-output",
        "backward",
        {_DZ2: "dz2 = (a2 - y) / (a2 * (1 - a2)) * sigmoid_derivative(a2) / m"},
        affects=("train",),
    ),
    # updated-w2
    Mistake(
        "updated-w2",
        "train",
        {
            _STEP: """            grads = backward(params, cache, target)
            stepped = update(params, grads, learning_rate)
            grads = backward({**params, "W2": stepped["W2"]}, cache, target)
            params = update(params, grads, learning_rate)
"""
        },
    ),
    # weights-transposed
    Mistake(
        "weights-transposed",
        "forward",
        {'X @ params["W1"].T': 'X @ params["W1"]'},
        affects=("train",),
    ),
    Mistake("weights-transposed", "backward", {_DW1: "dW1 = X.T @ dz1"}, affects=("train",)),
    Mistake("weights-transposed", "backward", {_DW2: "dW2 = a1.T @ dz2"}, affects=("train",)),
    # bias-not-summed
    Mistake("bias-not-summed", "backward", {_DB2: "db2 = dz2[0]", _DB1: "db1 = dz1[0]"}),
    Mistake("bias-not-summed", "backward", {_DB2: "db2 = dz2[-1]", _DB1: "db1 = dz1[-1]"}),
    *(
        Mistake("bias-not-summed", "backward", {line: line.replace(".sum(axis=0)", row)})
        for line in (_DB2, _DB1)
        for row in ("[0]", "[-1]")
    ),
    Mistake(
        "bias-not-summed", "backward", {_DB2: "db2 = dz2", _DB1: "db1 = dz1"}, affects=("train",)
    ),
    # bias-averaged-again
    Mistake(
        "bias-averaged-again",
        "backward",
        {_DB2: "db2 = dz2.mean(axis=0)", _DB1: "db1 = dz1.mean(axis=0)"},
    ),
    *(
        Mistake("bias-averaged-again", "backward", {line: line.replace("sum", "mean")})
        for line in (_DB2, _DB1)
    ),
    # products-mixed: in a square case the shapes of the last two are right
    Mistake(
        "products-mixed",
        "forward",
        {'a1 @ params["W2"].T': 'a1 * params["W2"]'},
        affects=("train",),
    ),
    Mistake("products-mixed", "backward", {_DW2: "dW2 = dz2 * a1"}),
    Mistake(
        "products-mixed", "backward", {_DZ1: "dz1 = da1 @ relu_derivative(z1)"}, affects=("train",)
    ),
    Mistake("products-mixed", "backward", {_DW1: "dW1 = dz1.T * X"}),
    # naive-log
    Mistake("naive-log", "loss_from_logits", {_LOGITS: "    return loss(sigmoid(z), y)\n"}),
    Mistake(
        "naive-log",
        "loss_from_logits",
        {"np.logaddexp(0.0, wrongness)": "-np.log(sigmoid(-wrongness))"},
    ),
    Mistake("naive-log", "loss_from_logits", {_LOGITS: _PICKED.format("picked")}),
    # the same too large to hold, where the probability would be too small
    Mistake(
        "naive-log",
        "loss_from_logits",
        {"np.logaddexp(0.0, wrongness)": "np.log(1 + np.exp(wrongness))"},
    ),
    Mistake(
        "naive-log",
        "loss_from_logits",
        {_LOGITS: "    return float(np.mean(np.log(1 + np.exp(z)) - y * z))\n"},
    ),
    # clipped-log: each constant has a plateau of its own
    *(
        Mistake("clipped-log", "loss_from_logits", {_LOGITS: form.format(constant)})
        for form in (_CLIPPED, _STABILISED, _PICKED.format("np.maximum(picked, {0})"))
        for constant in ("1e-7", "1e-8", "1e-9", "1e-10", "1e-12", "1e-15")
    ),
    *(
        Mistake("clipped-log", "loss_from_logits", {_LOGITS: _BOUNDED.format(bound)})
        for bound in ("30", "50", "100", "500", "700")
    ),
    # broadcast-y
    Mistake("broadcast-y", "loss", {_LOSS: f"y = y.ravel()\n    {_LOSS}"}),
    Mistake(
        "broadcast-y",
        "loss",
        {_LOSS: f"y = y.ravel()\n    {_LOSS.replace('mean', 'sum')[:-1]} / len(y))"},
    ),
    Mistake("broadcast-y", "loss_from_logits", {"np.where(y == 1": "np.where(y.ravel() == 1"}),
    Mistake("broadcast-y", "backward", {_DZ2: "dz2 = (a2 - y.ravel()) / m"}),
    Mistake("broadcast-y", "backward", {_DZ2: "dz2 = (a2.ravel() - y) / m"}),
    # argument-modified
    Mistake(
        "argument-modified",
        "relu",
        {"return np.maximum(z, 0.0)": "z[z < 0] = 0.0\n    return z"},
        affects=("train",),
    ),
    Mistake(
        "argument-modified",
        "backward",
        {_DZ1: "z1[z1 >= 0] = 1.0\n    z1[z1 < 0] = 0.0\n    dz1 = da1 * z1"},
    ),
    Mistake(
        "argument-modified",
        "update",
        {
            "    return {key: params[key] - learning_rate * grads[key] for key in params}": """
    for key in params:
        params[key] -= learning_rate * grads[key]
    return params"""
        },
        affects=("train",),
    ),
    Mistake(
        "argument-modified",
        "train",
        {
            _STEP: """            grads = backward(params, cache, target)
            for key in params:
                params[key] -= learning_rate * grads[key]
"""
        },
    ),
    # update-uphill
    Mistake(
        "update-uphill",
        "update",
        {"params[key] - learning_rate": "params[key] + learning_rate"},
        affects=("train",),
    ),
    # batch-for-tuples
    Mistake("batch-for-tuples", "train", code=_WHOLE_BATCH),
    # loss-after-step: after each tuple's, or at the end of the epoch
    Mistake(
        "loss-after-step",
        "train",
        {
            _READ: "",
            _STEP: _STEP
            + """            y_hat, _ = forward(params, x)
            losses[epoch] += loss(y_hat, target) / len(X)
""",
        },
    ),
    Mistake(
        "loss-after-step",
        "train",
        {_READ: "", _STEP: _STEP + "        losses[epoch] = loss(forward(params, X)[0], y)\n"},
    ),
    # state-between-calls
    Mistake(
        "state-between-calls",
        "backward",
        {
            f"    return {_GRADS}": f"""    grads = {_GRADS}
    for key in params:
        SUMS[key] = SUMS.get(key, 0.0) + grads[key]
    return {{**grads, **SUMS}}""",
            "EXAMPLE_X = ": "SUMS = {}\nEXAMPLE_X = ",
        },
        affects=("train",),
    ),
    Mistake("state-between-calls", "train", code=_LOSSES_AS_DEFAULT),
    # needs-extra-key
    Mistake(
        "needs-extra-key",
        "backward",
        {'"a2": a2}': '"a2": a2, "m": len(X)}', "m = len(y)": 'm = cache["m"]'},
    ),
    # numeric-differentiation
    Mistake("numeric-differentiation", "backward", code=_NUMERIC_BACKWARD),
    # constant-answer
    Mistake(
        "constant-answer",
        "forward",
        {"    a2 = sigmoid(z2)": "    a2 = np.full_like(z2, 0.5)"},
        affects=("train",),
    ),
    Mistake("constant-answer", "loss", {_LOSS: "return 0.0"}),
    Mistake(
        "constant-answer", "loss_from_logits", {_LOGITS: "    return 0.0\n"}, affects=("train",)
    ),
    Mistake(
        "constant-answer",
        "backward",
        {
            f"    return {_GRADS}": f"""    grads = {_GRADS}
    return {{key: np.zeros_like(grads[key]) for key in grads}}"""
        },
        affects=("train",),
    ),
    Mistake("constant-answer", "train", {_STEP: ""}),
    # cache-in-global
    Mistake(
        "cache-in-global",
        "backward",
        {
            "EXAMPLE_X = ": "LAST = {}\nEXAMPLE_X = ",
            "    return a2, {": "    LAST.update(X=X, z1=z1, a1=a1, a2=a2)\n    return a2, {",
            '    X, z1, a1, a2 = cache["X"], cache["z1"], cache["a1"], cache["a2"]\n': (
                '    X, z1, a1, a2 = LAST["X"], LAST["z1"], LAST["a1"], LAST["a2"]\n'
            ),
        },
    ),
)
