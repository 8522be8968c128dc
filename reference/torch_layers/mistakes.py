"""Mistakes students make in torch_layers: each is the solution with the wrong line put in."""

from grader.testing import Hint, Mistake

HINTS = {
    "autograd-in-backward": Hint(
        "Here the derivative is to be written by hand, as a formula. What is it, in terms of what "
        "forward has kept?",
        "A torch.autograd.Function is how PyTorch is taught an operation that it does not know. "
        "Inside its backward you are the one who knows the derivative: what arrives is the upstream "
        "gradient, what leaves is that gradient times the local slope. If backward asks autograd "
        "again, the values are right and nothing is taught: the library differentiates its own "
        "operations and yours is only a wrapper. Take three numbers, one negative, one 0 and one "
        "positive, write down by hand which slope each of them has, and multiply it with an "
        "upstream gradient of 5. Then write that as one line that uses no call of autograd.",
    ),
    "relu-mask-missing": Hint(
        "The gradient of ReLU is not 0 where z is negative. What passes back through a unit that "
        "is inactive?",
        "A unit whose input is negative gives 0, and it still gives 0 if the input is moved by "
        "a little. So the loss does not feel that input at all, and its gradient is 0. Take "
        "z = (-2, 3) and an upstream gradient of (5, 5), move each of the two inputs by a "
        "thousandth, and see what it does to the outputs. Then compare with what your backward "
        "hands on for each. If you keep the output of forward and test it against 0, think about "
        "which values the output of a ReLU can have at all, and whether your test ever comes out "
        "false.",
    ),
    "relu-slope-at-zero": Hint(
        "The gradient of ReLU is right everywhere but where z is exactly 0. Which slope does the "
        "deck give there?",
        "At 0 the curve has a corner, and mathematics does not choose a slope for us: every number "
        "between that of the left side and that of the right side would do. A convention has to "
        "choose, and conventions differ. PyTorch's own `torch.relu` has chosen one, and the deck "
        "the other; this exercise follows the deck, whose definition stands above the class. An "
        "input that is exactly 0 is not as rare as it seems: a row of padding times any weights, "
        "plus biases that start at 0, gives one. Look at the comparison in your backward, and ask "
        "on which side it puts the case of equality.",
    ),
    "relu-mask-inverted": Hint(
        "The gradient of ReLU arrives where z is negative, and is 0 where z is positive. Which "
        "units were active?",
        "Read your mask aloud: true for which inputs? Then recall what ReLU does with them. Inputs "
        "that pass forward unchanged have a slope of 1, those that are cut off have a slope of 0, "
        "and the gradient takes the same road back that the value took forward. Try z = (-2, 3) "
        "with an upstream gradient of (5, 7), print what backward returns, and ask for each of "
        "the two numbers whether moving that input would have changed the output. A mask that "
        "marks what should be *erased* and a mask that marks what should be *kept* look alike in "
        "the code; decide which one yours is, and use it accordingly.",
    ),
    "relu-value-as-slope": Hint(
        "The gradient of ReLU is too large by a factor that is the activation itself. Do you "
        "multiply by the value of the function, or by its slope?",
        "The chain rule multiplies what arrives from above by the local slope: by how much the "
        "output moves when the input moves by one. The output itself is another thing. Take an "
        "input of 3 and move it to 3.1: how far does the output of ReLU move, and what is the "
        "ratio of the two moves? Do the same for an input of 30. The ratio did not depend on how "
        "large the input was, but your factor does. In deep networks this mistake makes gradients "
        "of large activations explode. Look at what is multiplied with grad_output in your "
        "backward, and say in words what each of the two factors is.",
    ),
    "upstream-lost": Hint(
        "The gradient is the same whatever comes after the function. What does the node above "
        "pass down?",
        "Your function is one link of a chain. PyTorch calls its backward with the slope of the "
        "final loss with respect to your output, and wants back the slope of the same final loss "
        "with respect to your input. If someone uses three times your output, everything that you "
        "hand back must be three times as large. Test just that: compute the gradient once of the "
        "output and once of 3 times the output. If nothing changes, an argument of backward is not "
        "used. It is easily overlooked at the end of a network, because when the loss is the last "
        "node, what comes down is exactly 1, and leaving it out does no harm there.",
    ),
    "cache-in-global": Hint(
        "The gradients belong to the last forward that was run, not to their own. Where does "
        "backward get its tensors from?",
        "The class is not an object of its own for each call: there is one class for the whole "
        "program, and a network may call your function in several layers before any backward "
        "runs. Whatever forward leaves on the class, or in a variable of the module, is "
        "overwritten by the next call, and all the backwards then see the last one's values. "
        "PyTorch passes something to both methods that is made fresh for every call and is meant "
        "for exactly this. Test it: apply your function to two different tensors, and only then "
        "ask for the gradient of the first. It must be what it would have been without the "
        "second.",
    ),
    "argument-modified": Hint(
        "A tensor that you were given has changed. Whose tensor do you edit in place?",
        "In PyTorch a trailing underscore, as in `clamp_`, an assignment to `z[...]`, and "
        "operators such as `*=` change a tensor in place, for everybody who holds it. The input "
        "of your function belongs to the caller, and so does the gradient that arrives in "
        "backward: the same tensor may be on its way to another branch of the graph, which then "
        "gets your edited version. Some library functions edit too, if an option asks them to; "
        "read what each option does to the tensor you hand in. Copy the arguments before a call "
        "and compare them afterwards. Then look for a way that builds a new tensor, or make a "
        "clone first.",
    ),
    "sum-not-mean": Hint(
        "The loss or its gradient is too large by the factor m, the size of the batch. The loss "
        "is a mean over the batch: where do its value and its gradient take that into account?",
        "Make a batch of one example and look at the loss and its gradient. Then put the same "
        "example into the batch twice. A mean does not care: the loss must stay as it was, and "
        "each of the two equal rows must get half of the gradient, so that together they weigh "
        "what the one did. The two methods of your function must agree on this. PyTorch believes "
        "whatever backward returns and never compares it with forward; a gradient that belongs "
        "to another loss raises no error, it only makes the steps of training too long, and for "
        "larger batches longer still. `torch.autograd.gradcheck` would notice.",
    ),
    "averaged-twice": Hint(
        "The gradient is too small by the factor m, the size of the batch. How often has the "
        "average been taken?",
        "The loss is a mean over the batch, so there is one division by its size. Count the "
        "divisions in your backward, and look for hidden ones too: a `mean` is a division, and "
        "what arrives from above has been divided already if somebody further up took a mean of "
        "their own, but that is their business and not yours. Put the same example into the batch "
        "twice: each of the two equal rows must get half of the gradient that the one row had. If "
        "it is a quarter, you have divided twice. With a batch of one you will not see anything, "
        "so do not test with that.",
    ),
    "sign-flipped": Hint(
        "The result has the right size and the opposite sign. Which way does the loss move when "
        "the logit of an example with label 1 grows?",
        "Think of one example with label 1. If its logit grows, the network becomes surer of the "
        "right answer, so the loss must fall: the slope is negative. For a label of 0 it is the "
        "other way round. Check the signs of your numbers with that in mind. The loss itself is "
        "never negative: a probability is at most 1 and its logarithm at most 0, so somewhere a "
        "minus sign has to turn it round. An optimiser that is given gradients of the wrong sign "
        "climbs instead of descending, and the loss grows with every step; the list of losses "
        "over a few steps is a quick way to see it.",
    ),
    "naive-log": Hint(
        "At large logits, the loss is infinite or NaN where it should be finite. What is the log "
        "of a number rounded to 0?",
        "At a logit of 40 the sigmoid is so close to 1 that a float64 holds it as exactly 1, and "
        "one minus it is exactly 0. The logarithm of that is minus infinity, and 0 times infinity "
        "is not a number. Yet the loss there is an ordinary number: 40 if the label is 0, and "
        "nearly nothing if it is 1. What is lost is lost in rounding the probability, so the way "
        "out is not to go through the probability at all. Put the definition of the sigmoid into "
        "the loss on paper and simplify until only z and y are left. Then ask of each exponential "
        "whether it can overflow, and for which sign of z.",
    ),
    "clipped-log": Hint(
        "At large logits, the loss stops growing at some value. Does the loss stop growing where "
        "it should not?",
        "Let an example with label 0 have a logit of 10, then 100, then 800, and print the loss "
        "each time. It should grow in step with the logit; yours reaches a plateau. Something "
        "keeps the probability, or its logarithm, away from its end: a clip, a small number added "
        "inside the logarithm, or a library function that does one of the two silently. Read in "
        "the documentation of `binary_cross_entropy` what it does with logarithms that are too "
        "small. There is a way from the logits to the loss that never needs protection, because "
        "no probability is rounded on the way. Start from z, not from the sigmoid of z.",
    ),
    "exp-overflow": Hint(
        "At large logits, the result is infinite or NaN where it should be finite. Which number "
        "do you exponentiate, and how large may it become?",
        "The exponential of 710 is more than a float64 can hold; it becomes infinity. Infinity "
        "divided by infinity is not a number, and the logarithm of infinity is infinity. So a "
        "formula that is right on paper may fail in the machine, for one sign of z only. Most "
        "such formulas have a twin that is equal in theory and fails for the other sign: multiply "
        "above and below by the same exponential, or take the largest term out of the logarithm. "
        "If the exponent can never be positive, nothing can overflow. Try your lines with logits "
        "of 800 and -800 on their own, one operation at a time, and see where the first infinity "
        "appears.",
    ),
    "sigmoid-slope-again": Hint(
        "The gradient is too small, most of all where the network is sure. Has this slope already "
        "cancelled?",
        "The sigmoid has a slope, and the logarithm in the loss has one too. Multiplied together, "
        "nearly everything cancels, and a very short expression is left, the one above the class. "
        "It stands on the far side of the sigmoid already, so there is no further link of the "
        "chain to multiply by. You can see the harm in an example that the network gets utterly "
        "wrong, say a logit of 8 with label 0: there is most to learn there and the slope of the "
        "loss is nearly as steep as it can be, while yours is close to 0. Check with a small "
        "nudge of z and the change of the loss.",
    ),
    "sigmoid-slope-half": Hint(
        "The gradient is too large, most of all where the network is sure and wrong. Write both "
        "factors of the sigmoid's slope: do both appear?",
        "If you go the long way, through the slope of the loss at the probability and then the "
        "slope of the sigmoid, each of the two has two factors that involve the probability. "
        "Written out in full they cancel in pairs. If one factor is forgotten, a division by a "
        "number close to 0 is left over, and the gradient explodes just where the network is most "
        "wrong. Take one example, z = 2 with label 0, and compute the slope by a nudge of z; the "
        "slope of this loss can never be larger than 1 for one example. Then simplify your "
        "expression on paper before you write it as code.",
    ),
    "labels-missing": Hint(
        "The labels make no difference to the gradient. Where does backward use y?",
        "Ask for the gradient twice, with the same logits and opposite labels. The loss pulls in "
        "opposite directions then: up for a label of 1, down for a label of 0. So the two "
        "gradients must have opposite signs. If yours are equal, backward only knows what the "
        "network believes, and not what was true. Look at what forward saves for backward, and at "
        "which of the saved tensors is used there. The gradient at the logit is a difference of "
        "two things, and only one of them is in your line. A network that is trained with it "
        "learns to say the same thing to everybody.",
    ),
    "one-gradient-short": Hint(
        "PyTorch refuses what backward returns. How many inputs did forward have, and how many "
        "gradients come back?",
        "The rule of a `torch.autograd.Function` is simple: backward returns one thing for every "
        "argument that forward got after the context, in the same order. That holds also for an "
        "argument that needs no gradient, such as labels or an option; there is a value in Python "
        "that says 'nothing here'. The error message of PyTorch names both numbers, the gradients "
        "expected and the gradients returned; read it once more with that in mind. If it speaks "
        "of a shape instead, compare the shape of each gradient with that of its input: they "
        "must be equal.",
    ),
    "broadcast-y": Hint(
        "A table of m by m numbers arises on the way. What shape is the difference of a column "
        "and a row?",
        "If a tensor of shape (m, 1) meets one of shape (m,), neither NumPy nor PyTorch "
        "complains: the column is repeated across, the row is repeated down, and every example is "
        "compared with every label. A mean over that table is a number, and looks like a loss. "
        "Even a gradient of that shape may be accepted, because PyTorch adds up what it believes "
        "was broadcast. Print the shapes of both operands of each line, with m = 3, before you "
        "combine them. The exercise hands you both tensors in the same shape, so ask which of "
        "your lines has changed one of them, and whether it needed to.",
    ),
    "relu-not-used": Hint(
        "The gradients are right unless a z1 is exactly 0. Which ReLU does the module use, and "
        "which slope does that one have at 0?",
        "There are two functions of the name in reach: the one that you wrote, and the one that "
        "comes with PyTorch. Their values are equal everywhere, and so are their slopes, but for "
        "one point. That point does occur: an example of zeros and biases that start at 0 give a "
        "pre-activation of exactly 0 in every hidden unit. With one convention all those units "
        "pass the gradient on and with the other none of them does, so the whole gradient of the "
        "first layer may appear or vanish for that example. The docstring of the module says "
        "which of the two functions is meant.",
    ),
    "relu-missing": Hint(
        "The logits are a straight line of the inputs. Where does the hidden layer bend?",
        "Two matrix products in a row are one matrix product: without something that bends between "
        "them, the hidden layer adds nothing, and the network can only separate classes with a "
        "straight line. Test it: the logits of x, of 2x and of 3x, for one example x, should in "
        "general not lie at equal distances from each other. If they always do, nothing bends. "
        "Print the hidden layer of a few examples as well. About half of its numbers should be 0 "
        "when the weights are random; if you see negative ones, something has been left out "
        "between the first product and the second.",
    ),
    "relu-at-output": Hint(
        "The logits are never negative. Is the output layer followed by the same function as the "
        "hidden one?",
        "A logit is a number on the whole line: far below 0 means a sure no, far above 0 a sure "
        "yes. If it is cut off at 0, the sigmoid that comes later can never fall below one half, "
        "so the network cannot say no. Worse, whenever the cut is active no gradient passes it, "
        "and the example teaches nothing. Look at the formulas once more and see after which "
        "layer the ReLU stands, and what the docstring says that the module returns. Then give "
        "the network a very negative b2 and look at the result: it should simply move down with "
        "it.",
    ),
    "sigmoid-twice": Hint(
        "All outputs lie between 0 and 1. Who applies the sigmoid, the module or the loss?",
        "The loss of this exercise takes logits and applies the sigmoid itself, because only then "
        "can it be stable. If the module applies one as well, the sigmoid is taken twice: what the "
        "loss sees is then never below 0 nor above 1, and even the surest network cannot get its "
        "loss anywhere near 0. Training does not fail with an error; it just stays bad, which is "
        "hard to notice. Read in the docstring what forward should return, and look at which "
        "letter of the formula that is. If you want probabilities for yourself, apply the sigmoid "
        "outside of the module.",
    ),
    "weights-transposed": Hint(
        "A weight matrix is used, or made, with rows and columns exchanged. Row i, column j "
        "belongs to which pair of units?",
        "In the deck's shape a row of a weight matrix belongs to one unit of the layer, and a "
        "column to one of its inputs. For a single example the product is written with the matrix "
        "on the left. For a batch, whose first axis counts examples, the matrix stands on the "
        "right and has to be turned to fit. If a layer is square, everything fits either way and "
        "only the numbers are wrong, so test with different widths, such as three inputs and "
        "five hidden units. The values of the parameters are handed to your module in the shapes "
        "of the docstring: compare those with `named_parameters()` first, and then look at how "
        "forward multiplies.",
    ),
    "parameters-not-registered": Hint(
        "Some of the promised names are missing from named_parameters(). How does a module learn "
        "that a tensor is one of its parameters?",
        "A module lists only what it recognises. An ordinary tensor that is assigned to an "
        "attribute is just an attribute, even if it requires a gradient; a Python list or dict of "
        "parameters is not looked into either. An optimiser that is given `module.parameters()` "
        "never hears of such a tensor, and it keeps its first value for ever: no error, and half "
        "a network that does not learn. PyTorch has a class for tensors that are to be trained, "
        "and wrapping a tensor in it before the assignment is enough. Print the names and shapes "
        "that your module lists, and compare them with the docstring, letter by letter.",
    ),
    "bias-missing": Hint(
        "A bias has no effect on the output and gets no gradient. Where does forward add it?",
        "Set a bias to a large number and look at the output: it should move. If it does not, the "
        "bias exists but is never used, and autograd says so in its own way: a parameter that "
        "took no part in the computation has no gradient at all, not even zeros. A layer without "
        "its bias can only bend and cut at the origin, so the network loses much of its freedom, "
        "although it may still learn something. Compare each of your lines with the formula above "
        "the class, symbol by symbol. Every layer has two letters with the same number, and both "
        "must appear.",
    ),
    "bias-shape": Hint(
        "The shape of a bias is not the one of the docstring. How many axes does a bias have?",
        "A bias has one number for each unit of its layer, and one axis is enough for that. Added "
        "to a batch it is stretched over the examples by itself, because a missing first axis is "
        "treated as one of length 1. Some books write biases as columns or rows with two axes, to "
        "make them fit their own products; the results are the same, but the shapes are not, and "
        "values given in one shape cannot be copied into the other. Print the names and shapes of "
        "your parameters and compare them with the list in the docstring. Mind the difference "
        "between (5,), (1, 5) and (5, 1).",
    ),
    "graph-detached": Hint(
        "Some parameters get no gradient, or the output has no graph. Which step of forward does "
        "autograd not see?",
        "Autograd can only walk back over steps that it has recorded. `.detach()`, `.data`, "
        "`torch.no_grad()`, a way through NumPy or Python numbers, and building a new tensor from "
        "the values of an old one all cut the record at that place: the numbers go on, the road "
        "back does not. Everything below the cut gets no gradient and never learns, while what is "
        "above it may train as usual, so that the loss even falls a little. Find out which "
        "parameters have no gradient, and which have. The cut lies between the two groups, in "
        "the line where the value of the first is turned into that of the second.",
    ),
    "slots-reversed": Hint(
        "The logits are those of the context read from the wrong end. Which word's embedding "
        "comes first in e?",
        "Each slot of the context has its own columns of W1: a word two places back has another "
        "effect than the same word one place back. The order is a convention, but both sides must "
        "keep to it, and the values of W1 that your module is judged with were made for the "
        "deck's order. Take a context of two different words and print e: is the first part of it "
        "the embedding of the word that was said first, or last? Then look for what turns the "
        "words round: a flip, a loop that counts down, or a concatenation that puts new things in "
        "front. With n = 2 there is one slot, and nothing to see.",
    ),
    "context-too-wide": Hint(
        "W1 has d columns more than it should. How many words of a window of n does the model "
        "look at?",
        "The letter n counts the words of the whole window, those the model sees and the one that "
        "it must predict. A bigram model has n = 2 and looks at a single word. So how many "
        "embeddings are laid end to end, and how long is the result? Compare with the shape of "
        "`contexts` in the docstring of forward, and with that of W1 in the docstring of the "
        "class. With n = 3 and d = 2, the width of e is written out in the text above. If the "
        "width is wrong in `__init__`, the product in forward fails, since e and W1 no longer "
        "fit.",
    ),
    "one-slot-only": Hint(
        "Only one slot of the context counts, or only one sends a gradient back. How many words "
        "does each context hold?",
        "A context of n - 1 words has n - 1 pieces in e, one for each, side by side. Exchange the "
        "oldest word of a context for another and look at the logits; then do the same with the "
        "newest. Both must change something. Then look at the gradient of E: the rows of all the "
        "words in the context should be different from 0, not only the row of one of them. "
        "Indexing E with the whole array of contexts gives all embeddings at once, with an axis "
        "for the slot; what remains is to lay the slots of each example end to end, and to let "
        "autograd see all of it.",
    ),
    "reshape-mixed": Hint(
        "The array e has the right shape, but its numbers stand in the wrong places. In which "
        "order does reshape read the axes?",
        "A reshape never moves a number: it reads the tensor from front to back, the last axis "
        "fastest, and pours the stream into the new shape. So before it, the axes must stand in "
        "the order in which you want to read them: first the example, then the slot, then the d "
        "numbers of an embedding side by side. Test with embeddings that you can read: let word 4 "
        "be (40, 41) and word 6 be (60, 61), take two different contexts, and print e row by row. "
        "Each row should speak of one context only, and each embedding should stand together. "
        "With a single example, or a single slot, some orders cannot be told apart.",
    ),
    "embeddings-averaged": Hint(
        "W1 has d columns only. Are the embeddings of a context put end to end, or averaged into "
        "one?",
        "A mean or a sum of embeddings forgets the order of the words: 'dog bites man' and 'man "
        "bites dog' become the same context. That is a reasonable model for deciding what a text "
        "is about, and you met it in exercise 5, but it is not this one. Here every slot keeps a "
        "place of its own in e, and so has its own columns in W1. Exchange two words of a context "
        "with each other: the logits should change. Then compare the width of e, and the shape of "
        "W1, with the docstring for n = 4 and d = 3.",
    ),
    "softmax-twice": Hint(
        "The output holds probabilities or their logarithms. Who applies the softmax, the module "
        "or the loss?",
        "PyTorch's `cross_entropy` takes logits and applies the softmax itself. If the module has "
        "applied one already, it is taken twice: the numbers that the loss sees all lie close "
        "together, so the resulting distribution is almost flat, the loss cannot get near 0, and "
        "training crawls without any error. If you return logarithms of probabilities the loss "
        "happens to be right, but what you return is not what the docstring promises. Look at "
        "which letter of the formula it asks for. Print one row of the output: logits may have "
        "any sign and any sum.",
    ),
    "tanh-missing": Hint(
        "The logits are those of a hidden layer with the wrong activation, or with none. Which "
        "function stands between z1 and a1?",
        "Between the two matrices stands a function that bends; without one, the two layers could "
        "be multiplied into a single one. This model uses another function than the two-layer "
        "network does: look at the range of its outputs in the formula. They lie between -1 and "
        "1, negative inputs give negative outputs, and 0 gives 0. Print the hidden layer of a few "
        "contexts: numbers beyond 1, or no negative numbers at all, tell you that some other "
        "function was applied, or none. If you copied the class of the other network to begin "
        "with, this is a line that has to change.",
    ),
    "token-zero-as-padding": Hint(
        "The gradient of E is always 0 in the row of word 0, and right in all others. Is id 0 a "
        "word like any other here?",
        "In some programs one id is kept for padding, and its embedding is neither trained nor "
        "counted; often it is id 0. In this model there is no padding: every context is full, and "
        "every id from 0 to V - 1 is an ordinary word. PyTorch's embedding has an option that "
        "singles out one row in exactly this way, and the forward pass does not show it, because "
        "the values are looked up as usual. Only the gradient is missing. Take a context that "
        "holds word 0, ask for the gradient of E, and look at its first row. Then go through the "
        "options that you pass.",
    ),
    "divided-by-tokens": Hint(
        "The gradient of E is too small in the rows of words that occur several times. How many "
        "things were added up, and is there anything to divide by?",
        "One row of E serves a word wherever it stands. Each of these places sends back a gradient "
        "of its own and, by the chain rule, they add up: that is what it means that a word "
        "occurs often and so has more influence. If a row is divided by the number of its "
        "occurrences, it gets the mean and not the sum. Autograd adds by itself when you index a "
        "parameter, so somebody must have asked for the division: look for an option of the "
        "embedding function that speaks of frequency. Test with a context that holds the same "
        "word in every slot.",
    ),
    "state-between-calls": Hint(
        "The second call gives another answer than the first, for equal arguments. What should a "
        "new call start from?",
        "Equal arguments must give equal results, however often and in whatever order your code is "
        "called. Something here remembers: a list that is added to in every call, a tensor that "
        "is looked up once and kept although parameters or inputs have changed since, a running "
        "mean, random numbers as in dropout. Call your class twice with different inputs, then once "
        "more with the first input, and compare the first result with the third. Then go through "
        "the code, and ask of each tensor in which line it is born and how often that line runs. "
        "Keeping things in `ctx` is "
        "fine: it is made anew for every call and dies with it.",
    ),
    "constant-answer": Hint(
        "The answer is the same whatever the arguments are. Which of the arguments does your code "
        "really use?",
        "A function that returns zeros, or the same numbers for every input, may have the right "
        "shape and even be right by accident on one example. Perhaps it is a placeholder that was "
        "left in, an early `return`, or a result that is computed and then not returned. Put in "
        "two inputs that should give different answers and print both, with the gradients. If "
        "they are equal, follow one of the arguments through the code, line by line, and see "
        "where it stops having any effect. A variable that is assigned and never read again is a "
        "good sign that you are near.",
    ),
}

SAVE_Z = "ctx.save_for_backward(z)"
LOAD_Z = "(z,) = ctx.saved_tensors"
CUT = "return z.clamp(min=0)"
MASKED = "return grad_output * (z >= 0)"

SAVE_BOTH = "ctx.save_for_backward(z, y)"
LOAD_BOTH = "z, y = ctx.saved_tensors"
LOG = "log_one_plus_exp = z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))"
LOSS = "torch.mean(log_one_plus_exp - y * z)"
SLOPE = "grad_output * (torch.sigmoid(z) - y) / len(y)"

HIDDEN = "z1 = X @ self.W1.T + self.b1"
ACTIVE = "a1 = ReLU.apply(z1)"
LOGIT = "return a1 @ self.W2.T + self.b2"
MAKE_W1 = "nn.Parameter(torch.randn(n_h, n_x, dtype=torch.float64) * (2 / n_x) ** 0.5)"
BIASES = """        self.b1 = nn.Parameter(torch.zeros(n_h, dtype=torch.float64))
        self.W2 = nn.Parameter(torch.randn(1, n_h, dtype=torch.float64) / n_h**0.5)
"""

LOOK_UP = "self.E[contexts].reshape(len(contexts), -1)"
TANH = "a1 = torch.tanh(e @ self.W1.T + self.b1)"
LOGITS = "z2 = a1 @ self.W2.T + self.b2"
MAKE_E = "nn.Parameter(torch.randn(V, d, dtype=torch.float64))"

EMBED = "nn.functional.embedding(contexts, self.E, {}).flatten(1)"

MISTAKES = (
    Mistake(
        "autograd-in-backward",
        "ReLU",
        swap={
            MASKED: """with torch.enable_grad():
            again = z.detach().requires_grad_()
            kept = torch.where(again >= 0, again, 0)
            return torch.autograd.grad(kept, again, grad_output)[0]"""
        },
    ),
    Mistake(
        "relu-mask-missing",
        "ReLU",
        swap={MASKED: "return grad_output"},
        affects=("TwoLayer",),
    ),
    Mistake(
        "relu-slope-at-zero",
        "ReLU",
        swap={MASKED: "return grad_output * (z > 0)"},
        affects=("TwoLayer",),
    ),
    Mistake(
        "relu-mask-inverted",
        "ReLU",
        swap={MASKED: "return grad_output * (z < 0)"},
        affects=("TwoLayer",),
    ),
    Mistake(
        "relu-value-as-slope",
        "ReLU",
        swap={MASKED: "return grad_output * z.clamp(min=0)"},
        affects=("TwoLayer",),
    ),
    Mistake(
        "upstream-lost",
        "ReLU",
        swap={MASKED: "return (z >= 0).to(z.dtype)"},
        affects=("TwoLayer",),
    ),
    Mistake(
        "upstream-lost",
        "SigmoidBCE",
        swap={SLOPE: "(torch.sigmoid(z) - y) / len(y)"},
    ),
    Mistake(
        "cache-in-global",
        "ReLU",
        swap={SAVE_Z: "ReLU.z = z", LOAD_Z: "z = ReLU.z"},
    ),
    Mistake(
        "cache-in-global",
        "SigmoidBCE",
        swap={SAVE_BOTH: "SigmoidBCE.saved = z, y", LOAD_BOTH: "z, y = SigmoidBCE.saved"},
    ),
    Mistake(
        "argument-modified",
        "ReLU",
        swap={
            SAVE_Z: "ctx.save_for_backward(z.clone())",
            CUT: "z[z < 0] = 0\n        return z.clone()",
        },
    ),
    Mistake(
        "argument-modified",
        "ReLU",
        swap={MASKED: "grad_output[z < 0] = 0\n        return grad_output"},
    ),
    Mistake(
        "argument-modified",
        "WindowLM",
        swap={LOOK_UP: EMBED.format("max_norm=1.0")},
    ),
    Mistake(
        "constant-answer",
        "ReLU",
        swap={MASKED: "return torch.zeros_like(grad_output)"},
        affects=("TwoLayer",),
    ),
    Mistake(
        "sum-not-mean",
        "SigmoidBCE",
        swap={SLOPE: SLOPE.removesuffix(" / len(y)")},
    ),
    Mistake(
        "sum-not-mean",
        "SigmoidBCE",
        swap={LOSS: LOSS.replace("mean", "sum")},
    ),
    Mistake(
        "sum-not-mean",
        "SigmoidBCE",
        swap={LOSS: LOSS.replace("mean", "sum"), SLOPE: SLOPE.removesuffix(" / len(y)")},
    ),
    Mistake(
        "averaged-twice",
        "SigmoidBCE",
        swap={SLOPE: f"{SLOPE} / len(y)"},
    ),
    Mistake(
        "sign-flipped",
        "SigmoidBCE",
        swap={SLOPE: f"-{SLOPE}"},
    ),
    Mistake(
        "sign-flipped",
        "SigmoidBCE",
        swap={LOSS: f"-{LOSS}"},
    ),
    Mistake(
        "naive-log",
        "SigmoidBCE",
        swap={
            LOG: "y_hat = torch.sigmoid(z)",
            LOSS: "-torch.mean(y * torch.log(y_hat) + (1 - y) * torch.log(1 - y_hat))",
        },
    ),
    Mistake(
        "clipped-log",
        "SigmoidBCE",
        swap={
            LOG: "y_hat = torch.sigmoid(z).clamp(1e-7, 1 - 1e-7)",
            LOSS: "-torch.mean(y * torch.log(y_hat) + (1 - y) * torch.log(1 - y_hat))",
        },
    ),
    Mistake(
        "clipped-log",
        "SigmoidBCE",
        swap={
            LOG: "y_hat = torch.sigmoid(z)",
            LOSS: "-torch.mean(y * torch.log(y_hat + 1e-12) + (1 - y) * torch.log(1 - y_hat + "
            "1e-12))",
        },
    ),
    Mistake(
        "clipped-log",
        "SigmoidBCE",
        swap={
            LOG: "y_hat = torch.sigmoid(z)",
            LOSS: "nn.functional.binary_cross_entropy(y_hat, y)",
        },
    ),
    Mistake(
        "exp-overflow",
        "SigmoidBCE",
        swap={LOG: "log_one_plus_exp = torch.log1p(torch.exp(z))"},
    ),
    Mistake(
        "exp-overflow",
        "SigmoidBCE",
        swap={"torch.sigmoid(z) - y": "torch.exp(z) / (1 + torch.exp(z)) - y"},
    ),
    Mistake(
        "sigmoid-slope-again",
        "SigmoidBCE",
        swap={SLOPE: f"{SLOPE} * torch.sigmoid(z) * (1 - torch.sigmoid(z))"},
    ),
    Mistake(
        "sigmoid-slope-half",
        "SigmoidBCE",
        swap={SLOPE: f"{SLOPE} / (1 - torch.sigmoid(z))"},
    ),
    Mistake(
        "labels-missing",
        "SigmoidBCE",
        swap={"(torch.sigmoid(z) - y)": "torch.sigmoid(z)"},
    ),
    Mistake("one-gradient-short", "SigmoidBCE", swap={f"{SLOPE}, None": SLOPE}),
    Mistake(
        "broadcast-y",
        "SigmoidBCE",
        swap={LOSS: LOSS.replace("y * z", "y.squeeze(1) * z")},
    ),
    Mistake(
        "broadcast-y",
        "SigmoidBCE",
        swap={"(torch.sigmoid(z) - y)": "(torch.sigmoid(z) - y.squeeze(1))"},
    ),
    Mistake(
        "state-between-calls",
        "SigmoidBCE",
        swap={
            f"return {LOSS}": f"SEEN.append({LOSS})\n        return sum(SEEN) / len(SEEN)",
        },
        code="SEEN = []\n",
    ),
    Mistake(
        "constant-answer",
        "SigmoidBCE",
        swap={SLOPE: "torch.zeros_like(z)"},
    ),
    Mistake(
        "relu-not-used",
        "TwoLayer",
        swap={ACTIVE: "a1 = torch.relu(z1)"},
    ),
    Mistake(
        "relu-missing",
        "TwoLayer",
        swap={ACTIVE: "a1 = z1"},
    ),
    Mistake(
        "relu-at-output",
        "TwoLayer",
        swap={LOGIT: "return ReLU.apply(a1 @ self.W2.T + self.b2)"},
    ),
    Mistake(
        "sigmoid-twice",
        "TwoLayer",
        swap={LOGIT: "return torch.sigmoid(a1 @ self.W2.T + self.b2)"},
    ),
    Mistake(
        "weights-transposed",
        "TwoLayer",
        swap={HIDDEN: "z1 = X @ self.W1 + self.b1"},
    ),
    Mistake(
        "weights-transposed",
        "TwoLayer",
        swap={
            "torch.randn(n_h, n_x, dtype": "torch.randn(n_x, n_h, dtype",
            HIDDEN: "z1 = X @ self.W1 + self.b1",
        },
    ),
    Mistake(
        "parameters-not-registered",
        "TwoLayer",
        swap={MAKE_W1: "torch.randn(n_h, n_x, dtype=torch.float64, requires_grad=True)"},
    ),
    Mistake(
        "parameters-not-registered",
        "TwoLayer",
        swap={
            BIASES: BIASES.replace(
                "nn.Parameter(torch.zeros(n_h, dtype=torch.float64))",
                "torch.zeros(n_h, dtype=torch.float64, requires_grad=True)",
            )
        },
    ),
    Mistake(
        "bias-missing",
        "TwoLayer",
        swap={HIDDEN: "z1 = X @ self.W1.T"},
    ),
    Mistake(
        "bias-missing",
        "TwoLayer",
        swap={LOGIT: "return a1 @ self.W2.T"},
    ),
    Mistake(
        "bias-shape",
        "TwoLayer",
        swap={BIASES: BIASES.replace("zeros(n_h", "zeros(1, n_h")},
    ),
    Mistake("graph-detached", "TwoLayer", swap={ACTIVE: "a1 = ReLU.apply(z1).detach()"}),
    Mistake("graph-detached", "TwoLayer", swap={HIDDEN: "z1 = X @ self.W1.data.T + self.b1"}),
    Mistake(
        "graph-detached", "TwoLayer", swap={LOGIT: "return (a1 @ self.W2.T + self.b2).detach()"}
    ),
    Mistake(
        "constant-answer",
        "TwoLayer",
        swap={LOGIT: "return 0 * (a1 @ self.W2.T + self.b2)"},
    ),
    Mistake(
        "slots-reversed",
        "WindowLM",
        swap={"self.E[contexts]": "self.E[contexts.flip(1)]"},
    ),
    Mistake(
        "context-too-wide",
        "WindowLM",
        swap={"width = (n - 1) * d": "width = n * d"},
    ),
    Mistake(
        "one-slot-only",
        "WindowLM",
        swap={LOOK_UP: "self.E[contexts[:, -1]].repeat(1, contexts.shape[1])"},
    ),
    Mistake(
        "one-slot-only",
        "WindowLM",
        swap={
            LOOK_UP: "torch.cat([self.E[contexts[:, :-1]].detach(), self.E[contexts[:, -1:]]], 1)\n"
            "        e = e.reshape(len(contexts), -1)"
        },
    ),
    Mistake(
        "reshape-mixed",
        "WindowLM",
        swap={"self.E[contexts]": "self.E[contexts.T]"},
    ),
    Mistake(
        "reshape-mixed",
        "WindowLM",
        swap={"self.E[contexts]": "self.E[contexts].transpose(1, 2)"},
    ),
    Mistake(
        "embeddings-averaged",
        "WindowLM",
        swap={"width = (n - 1) * d": "width = d", LOOK_UP: "self.E[contexts].mean(dim=1)"},
    ),
    Mistake(
        "softmax-twice",
        "WindowLM",
        swap={"return z2\n": "return torch.softmax(z2, dim=1)\n"},
    ),
    Mistake(
        "softmax-twice",
        "WindowLM",
        swap={"return z2\n": "return torch.log_softmax(z2, dim=1)\n"},
    ),
    Mistake(
        "tanh-missing",
        "WindowLM",
        swap={TANH: "a1 = e @ self.W1.T + self.b1"},
    ),
    Mistake(
        "tanh-missing",
        "WindowLM",
        swap={TANH: TANH.replace("torch.tanh", "ReLU.apply")},
    ),
    Mistake(
        "tanh-missing",
        "WindowLM",
        swap={TANH: TANH.replace("tanh", "sigmoid")},
    ),
    Mistake(
        "bias-missing",
        "WindowLM",
        swap={TANH: "a1 = torch.tanh(e @ self.W1.T)"},
    ),
    Mistake(
        "bias-missing",
        "WindowLM",
        swap={LOGITS: "z2 = a1 @ self.W2.T"},
    ),
    Mistake(
        "weights-transposed",
        "WindowLM",
        swap={TANH: TANH.replace("W1.T", "W1")},
    ),
    Mistake(
        "parameters-not-registered",
        "WindowLM",
        swap={MAKE_E: "torch.randn(V, d, dtype=torch.float64, requires_grad=True)"},
    ),
    Mistake("graph-detached", "WindowLM", swap={"self.E[contexts]": "self.E.data[contexts]"}),
    Mistake("graph-detached", "WindowLM", swap={LOGITS: f"a1 = a1.detach()\n        {LOGITS}"}),
    Mistake(
        "token-zero-as-padding",
        "WindowLM",
        swap={LOOK_UP: EMBED.format("padding_idx=0")},
    ),
    Mistake(
        "divided-by-tokens",
        "WindowLM",
        swap={LOOK_UP: EMBED.format("scale_grad_by_freq=True")},
    ),
    Mistake(
        "state-between-calls",
        "WindowLM",
        swap={LOOK_UP: f"LOOKED_UP.setdefault(contexts.shape, {LOOK_UP})"},
        code="LOOKED_UP = {}\n",
    ),
    Mistake(
        "constant-answer",
        "WindowLM",
        swap={"return z2\n": "return 0 * z2\n"},
    ),
)
