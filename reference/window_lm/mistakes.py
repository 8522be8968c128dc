"""Mistakes students make in window_lm: each is the solution with the wrong line put in."""

from grader.testing import Hint, Mistake

HINTS = {
    "last-window-dropped": Hint(
        "There is one row too few, and the text's last word is never predicted. How many windows "
        "of n words fit into T words?",
        "Take a very short text and a pencil. Write down four words, and cut them into windows of "
        "three by hand: slide a frame of three over the text, one word at a time, until its right "
        "edge touches the last word. Count how often the frame came to rest. Now put T = 4 and n = "
        "3 into the number of windows in your code, and compare. Do it once more with a text of "
        "exactly three words, where the frame fits only once. Counting posts and counting the "
        "gaps between them are different things; most programs that are wrong by one have "
        "counted the other thing.",
    ),
    "first-window-dropped": Hint(
        "There is one row too few, and the first word that has a full context is never predicted. "
        "Where does the first window begin?",
        "Take a very short text and a pencil. Write down four words, and cut them into windows of "
        "three by hand, the first of them flush with the left end of the text. Its first n - 1 "
        "words are a context and the next word is its target; nothing has to stand before it. "
        "Now print your contexts and targets for the same text. Your last row is the right one, "
        "but your first row begins a word too late. Programs count from 0 or from 1, and a range "
        "names the place where it starts but not the place where it stops: ask of each number in "
        "yours which place in the text it means, for the very first round of the loop. A text of "
        "exactly three words should give one window.",
    ),
    "target-in-context": Hint(
        "The shapes are right, but the last word of each context is its target. Would the model "
        "still have anything to predict?",
        "A language model must guess a word that it has not been shown. Print the contexts and "
        "targets of a tiny text whose words are all different, say 10, 11, 12, 13, 14 with n = 3, "
        "side by side. In each row ask two questions. Does the context hold the target already? "
        "And is the target the word that comes next in the text after the context's last word? "
        "If the answer is in the question, training will look wonderful: the loss falls fast, "
        "because copying is easy. The model will then have learned to copy and nothing about the "
        "language. Look at where each of your two slices of a window begins and where it ends.",
    ),
    "context-too-wide": Hint(
        "The contexts have n columns where the docstring asks for one fewer. How many words of a "
        "window of n are known before the last is predicted?",
        "The letter n counts the words of the whole window: those the model sees and the one it "
        "must predict. A bigram model has n = 2 and looks at a single word; a trigram model has "
        "n = 3 and looks at two. Check your contexts for n = 2 first, where the right width is "
        "easiest to see. Then look at W1 in the table of parameters: its number of columns says "
        "how many embeddings are laid end to end, and your contexts must bring exactly that many "
        "words. If the widths disagree, the product in forward cannot be formed at all, so this "
        "mistake usually shows itself again in perplexity and in training.",
    ),
    "slots-reversed": Hint(
        "Every word of the context is there, but the newest stands where the oldest belongs. In "
        "which order does the deck write a context?",
        "Each slot of the context has its own columns of W1: a word two places back has another "
        "effect than the same word one place back. So the order in which the embeddings are laid "
        "end to end is part of the model, and it must be the same going forward, going back, in "
        "training and in generating. Try a context of two different words and look at e: whose "
        "embedding comes first, the word that was said first or the one said last? Then follow "
        "the gradient the other way and see to which slot the first d numbers of it are handed. "
        "With n = 2 there is one slot only, and you will not see any difference.",
    ),
    "stride-n": Hint(
        "There are too few rows, each beginning several words after the last. How far does the "
        "window move before it is read again?",
        "There are two ways to cut up a text. One is like slicing bread: each piece begins where "
        "the one before it ended, and no word is in two pieces. The other is like reading through "
        "a slit in a card that you push along by one word: neighbouring views overlap almost "
        "wholly. Ask which of the two lets every word of the text be predicted once, apart from "
        "the first few that lack a full context. Write the positions of the targets of your "
        "windows for a text of seven words with n = 3, and check which words are never predicted. "
        "Then look for the number that decides how far apart two windows start.",
    ),
    "softmax-axis": Hint(
        "A sum or a maximum is not taken over each row. Over which axis does one example's "
        "distribution run?",
        "Print the sums of your probabilities, once over the rows and once over the columns, for "
        "a batch with a different number of examples than words. Exactly one of the two should be "
        "a list of ones. Each example asks a question of its own, and the words compete for the "
        "answer to it; examples never compete with one another. So what happens to one row must "
        "not change when another row joins the batch: try a batch of one, then add a second row, "
        "and watch the first. In NumPy a sum without an axis adds everything up. A sum over one "
        "axis loses that axis unless you ask to keep it, and may then line up with the wrong one.",
    ),
    "no-max-shift": Hint(
        "For large logits, the result holds NaN or infinity where it should be finite. How large "
        "are the numbers that you exponentiate?",
        "A float64 holds numbers up to about 1e308. The exponential of 710 is already beyond that "
        "and becomes infinite, and infinity divided by infinity is not a number. The exponential "
        "of -750 is rounded to 0, and the logarithm of 0 is minus infinity. Try a row of logits "
        "such as 1000, 1001, 1002 and compare with 0, 1, 2: in theory the two have the same "
        "probabilities. Why? The reason is also the way out. Then try a batch of two rows, one "
        "with logits around 5000 and one around -5000, and look at both. What protects one row "
        "need not protect another; ask whose largest number you are looking at.",
    ),
    "naive-log": Hint(
        "For large logits, the loss is infinite where the right number is merely large. What is "
        "the log of a probability that was rounded to 0?",
        "Suppose the target's logit lies 2000 below the winner's. Its probability is then the "
        "exponential of -2000: a positive number in theory, and exactly 0 in the machine. Taking "
        "a logarithm afterwards cannot bring back what rounding threw away. And yet the "
        "right loss is an ordinary number of about 2000, which a float holds with ease. So the "
        "trouble is not in the result but in the road that leads to it. Write the logarithm of "
        "the softmax on paper, as the logarithm of a quotient, and simplify before you compute: "
        "one of the two exponentials need never be computed. Then see that the other cannot "
        "overflow either.",
    ),
    "clipped-log": Hint(
        "For large logits, the loss stops growing at some value, while the right loss grows on. "
        "Is there a floor under your probabilities?",
        "A small number added inside the logarithm, or a clip of the probabilities, is a common "
        "way to avoid the logarithm of 0. It has a price. Let the target's logit sink further and "
        "further below the winner's, 10, 100, 1000 lower, and print the loss each time: it should "
        "grow in step, and yours stays on a plateau. On that plateau a hopeless model looks no "
        "worse than a bad one, and the loss no longer belongs to the gradient that you compute. "
        "There is a way to the same number in which no probability is ever rounded to 0, and then "
        "nothing needs protecting. Start from the logits, not from the probabilities.",
    ),
    "log-base": Hint(
        "The result is off by a constant factor, or in the exponent. In which unit is the loss "
        "measured, and does your perplexity undo that same logarithm?",
        "Cross-entropy can be told in bits or in nats; the two differ by a fixed factor, as miles "
        "and kilometres do. The exercise wants nats, so the natural logarithm is meant. "
        "Perplexity goes the way back: it undoes the logarithm, and must use the same base in "
        "which the logarithm was taken. A model that gives each of seven words the same "
        "probability has perplexity 7 in any unit, if both steps agree; use it to find out which "
        "of your two steps is out of line. First print the loss of that model alone and compare "
        "it with the logarithm of 7 in the two bases. Then look at the perplexity.",
    ),
    "sum-not-mean": Hint(
        "The loss or its gradients are too large by the factor m, the size of the batch. The loss "
        "is a mean; is what you computed one?",
        "Make a batch of one example and look at the loss and the gradients. Then put the same "
        "example into the batch twice. A mean does not care: the loss and every gradient must "
        "stay as they were. A sum doubles. This is the quickest test there is, and it tells you "
        "at once which of your functions forgot the size of the batch. Keep in mind that the "
        "gradient must belong to the loss that the docstring describes, not only point in the "
        "same direction: with the wrong length, the same learning rate takes steps many times "
        "too long, and larger batches take longer ones still. Decide on one place in the code "
        "where the averaging is done.",
    ),
    "sign-flipped": Hint(
        "The loss or its gradients have the right size and the opposite sign. Which way does the "
        "loss move if the target's logit grows?",
        "Think of one example. If the logit of its target grows, the model becomes surer of the "
        "right word, so the loss must fall: the slope of the loss at that logit is negative. At "
        "every other logit it is positive. Look at the signs of your own numbers with that in "
        "mind. For the loss itself: a probability is at most 1, so its logarithm is at most 0, "
        "and a loss should be a number that shrinks towards 0 from above as the model improves. "
        "A sign that is turned round survives every later step without changing any size, so all "
        "the arrays that follow have it too; look for the place where it came in first.",
    ),
    "one-hot-missing": Hint(
        "The targets make no difference to the gradients. Where does backward use the word that "
        "really came next?",
        "Call backward twice with the same cache and different targets. The two answers should "
        "differ, since the loss does. If they hardly do, the gradient at the logits only knows "
        "what the model believes, and not what was true. Then add up one example's gradient over "
        "the vocabulary. Raising all logits by the same amount changes no probability and so no "
        "loss; what must that sum therefore be? Yours is not. The gradient of softmax and "
        "cross-entropy together has two parts: what the model gave to each word, and what the "
        "text says. Go back to the formula above the function and find the term for the second.",
    ),
    "diagonal-only": Hint(
        "Only the target's logit gets a gradient, the other V - 1 get 0. Can the probability of "
        "one word rise without the others giving way?",
        "The probabilities of a row add up to 1. If the logit of some other word grows, that word "
        "takes probability away from all the rest, the target among them. So the loss does depend "
        "on the logits of words that were not said, and their gradients are not 0. Try it with "
        "numbers: nudge one logit that is not the target's, compute the cross-entropy before and "
        "after, and divide the difference by the nudge. Then compare with your gradient at that "
        "place. The derivative of a softmax is a whole matrix, each output against each input. "
        "Its diagonal alone describes words that have nothing to do with each other.",
    ),
    "softmax-slope-again": Hint(
        "The gradients are too small, most of all where the model is sure. Has the slope of the "
        "softmax already been taken into account?",
        "The softmax has a slope, and the logarithm in the loss has one; multiplied together, "
        "most of both cancels, and a very short expression is left for the gradient at the "
        "logits. That expression is the whole of it: it stands on the far side of the softmax "
        "already. Multiplying by another slope on top of it counts one link of the chain twice. "
        "You can see the harm in an example that the model gets utterly wrong: the true gradient "
        "there is as large as it can be, since there is most to learn, while yours is nearly 0. "
        "Check one logit by a small nudge and the change of the cross-entropy.",
    ),
    "reshape-mixed": Hint(
        "The shape is right, but numbers of different words or examples have changed places. In "
        "which order does reshape read the axes?",
        "A reshape never moves a number: it reads the array from front to back, the last axis "
        "fastest, and pours the stream into the new shape. So before it, the axes must stand in "
        "the order in which you want to read them: first the example, then the slot, and within a "
        "slot the d numbers of one embedding side by side. Test with embeddings you can read: let "
        "word 4 be (40, 41) and word 7 be (70, 71), take two contexts, and print e row by row. "
        "Each row should speak of one context only. On the way back the same holds in reverse: "
        "the shape that you unfold to must be the one that you folded from.",
    ),
    "repeat-overwritten": Hint(
        "In the rows of words that occur several times, the gradient of E lacks contributions. "
        "What happens to the first gradient when the second one arrives at the same row?",
        "One row of E serves a word wherever it stands: in several contexts of the batch, in "
        "several slots, even twice in one context. Each of these places sends back a gradient of "
        "its own, and by the chain rule they all add up. NumPy has a trap here. If an index "
        "occurs twice in `a[index] += v`, the additions do not follow each other: both read the "
        "old value, and the last one written wins. Try it with a = zeros of length 3 and the "
        "index 1, 1, 1. Then make sure that repeats are collected in every direction: between "
        "examples, between slots, and within one context. NumPy has a function for the purpose; "
        "a plain loop will do too.",
    ),
    "one-slot-only": Hint(
        "Only one slot of the context counts: the other words change nothing, or get no gradient. "
        "How many words does each context hold?",
        "A context of n - 1 words has n - 1 pieces in e, one for each, and the hidden layer reads "
        "them all. On the way back each piece has its own gradient, which belongs to the row of "
        "the word that stood in that slot. Try a context of two different words and look at which "
        "rows of dE are not 0: both words should appear. Then exchange one word for another, "
        "first in the oldest slot and then in the newest, and see whether the probabilities "
        "change both times. If n is 2 there is one slot only and everything looks right, so test "
        "with n = 3 or 4.",
    ),
    "divided-by-tokens": Hint(
        "The result is divided by a number of words, not of windows. How many things were added "
        "up?",
        "Several counts live close together here: the tokens of a text, its windows, the words of "
        "all contexts together, the times that a word occurs. Only one of them is the number of "
        "losses that were added up. Each window makes one prediction and has one loss; the first "
        "words of a text are never predicted, and a context of three words is still one question. "
        "For the gradient of an embedding: it is the slope of the mean loss, so a word that "
        "occurs often has more influence, and nothing is averaged over its occurrences. Find your "
        "division, print the number that you divide by, and compare it with the number of "
        "predictions.",
    ),
    "divided-by-vocabulary": Hint(
        "The result is too small by the factor V, or off by m / V. Over how many numbers does the "
        "mean run: over the examples, or over the words as well?",
        "An array of shape (m, V) has V numbers for every example, but each example has one loss "
        "only: the surprise at its own target. If you multiply by a one-hot array and then take "
        "the mean of everything, you have divided by all the zeros too. The gradient follows: it "
        "is the slope of a mean over examples. Test it by adding words to the vocabulary that are "
        "next to impossible, with logits of -1000. They change no probability that matters, so "
        "the loss and the gradients of the other words must not change either. If yours shrink, "
        "look at which axis of the array you took the length of, or which axes `mean` ran over.",
    ),
    "tanh-slope-twice": Hint(
        "The gradient at z1 is multiplied by a wrong slope of tanh. At which quantity do you take "
        "the slope of tanh, and how often?",
        "The slope of tanh can be written in two ways: from what goes in, or from what comes out. "
        "The short formula with a square is meant for what comes out. Putting the input into that "
        "formula, or taking the tanh of something that has been through tanh already, gives "
        "another number. And each link of the chain counts once: the gradient passes through the "
        "hidden layer's bend a single time. Take one number, z = 0.8, and compute the slope from "
        "a small difference of tanh on either side. Compare with what your line gives for the "
        "same z. Then see in which array of the cache each of the quantities is kept.",
    ),
    "tanh-missing": Hint(
        "The hidden layer is passed, forward or backward, as if it had no activation. Where is "
        "the layer not a straight line, and what do forward and backward do there?",
        "Between the two matrices stands a function that bends: without it, the two layers could "
        "be multiplied into one and the network could learn no more than a single layer can. "
        "Forward, the network has two quantities at the hidden layer, one before the bend and one "
        "after, and the next matrix reads the latter. Backward, the gradient crosses the same "
        "place in the other direction and is multiplied by the slope found there, which is 1 only "
        "where the input is 0. Print both hidden arrays of one example: if they are equal, the "
        "bend is missing going forward. If they differ, compare the gradients on the two sides of "
        "it in the same way.",
    ),
    "sigmoid-slope-for-tanh": Hint(
        "The slope used at z1 has the form of another function's. Whose slope is it that you took?",
        "Two functions of this course look alike: both are S-shaped, both have slopes that can be "
        "computed from their outputs. But one runs from 0 to 1 and the other from -1 to 1, and "
        "their slopes differ. Look at an output of 0: for one of the functions that is the middle, "
        "where it is steepest, for the other a far end, where it is flat. And what about a "
        "negative output? A slope of a rising function can never be negative. Try some negative "
        "a1 in your line and see what sign you get. Then compute the slope at z = 0.8 by a small "
        "difference of the function that forward really uses, and compare.",
    ),
    "bias-not-summed": Hint(
        "The gradient of a bias holds one example's share. One bias served how many examples?",
        "The same bias was added to every row of the batch. If it moves a little, all m examples "
        "feel it, so by the chain rule each of them sends something back, and what arrives at the "
        "bias is all of it together. A weight matrix gets this for free, because the matrix "
        "product adds over the examples; for a bias you must say so. Test with a batch of two "
        "different examples: compute the gradient of the bias for each alone, then for both "
        "together, and ask how the three numbers should be related, given that the loss is a "
        "mean. With a batch of one you will see no difference, so do not test with that.",
    ),
    "bias-averaged-again": Hint(
        "The gradients of b1 and b2 are too small by the factor m, while those of W1 and W2 are "
        "right. How often has the average been taken?",
        "The loss is a mean over the batch, so somewhere in backward a division by m has to "
        "happen, once. Follow it down: if it is done at the very top, at the logits, every array "
        "computed from there carries it already, and no later line may divide again. The weights "
        "are right in your answer, so they show how it should be. Compare the two lines, the one "
        "for W2 and the one for b2: which operation does the matrix product perform over the "
        "examples, and which do you perform? A test: put each example into the batch twice. No "
        "gradient should change.",
    ),
    "weights-transposed": Hint(
        "The gradient of W1 or W2 has its rows and columns exchanged. Row i, column j of a weight "
        "matrix belongs to which pair of units?",
        "A gradient has exactly the shape of its variable, because each entry "
        "says how the loss changes when that entry moves. In the deck's shape a row of W1 belongs "
        "to one hidden unit, and a column to one entry of e. So the entry in row i and column j "
        "gathers, over all examples, what came back to unit i times what went in at place j. When "
        "the layer happens to be square, shapes cannot warn you, so always test with layers of "
        "different widths first. Then compute one entry that is off the diagonal by hand for a "
        "batch of one, and look where it landed in your matrix.",
    ),
    "generate-keeps-context": Hint(
        "The same word comes again and again, or every word is predicted from the first context. "
        "What does the model read before its second word?",
        "Generating is a loop in which the model listens to itself. After the first word has been "
        "chosen, the text is one word longer, and the question for the second word is a new one: "
        "what comes after the last n - 1 words of the text as it stands now? So the window has to "
        "move on by a word in every round, with the new word entering at one end and the oldest "
        "leaving at the other. Print the context that you hand to forward in each round. If you "
        "see the same numbers every time, the model is asked the same question every time, and "
        "of course gives the same answer.",
    ),
    "generate-includes-context": Hint(
        "The list begins with the words that were given. Which words did the model say itself, "
        "and how many was it asked for?",
        "The caller knows the context already, and asks for what comes after it. Read the last "
        "lines of the docstring again: what does the list hold, and how long is it? Try length 0, "
        "where there is nothing to say, and length 1, where there is exactly one word. It is "
        "quite sensible to keep the context and the new words in one list while you work, since "
        "the next question is always about the end of it. But then, when you hand over the "
        "result, think about which part of the list is yours to return, and make sure that the "
        "loop still makes as many new words as were ordered.",
    ),
    "tie-to-larger": Hint(
        "Where two words are equally probable, the wrong one is taken. Which of several equal "
        "maxima does your code find?",
        "Ties are rare with trained weights but they do happen, and a program should do the same "
        "thing every time. The docstring says which word wins. Build a tie to see what your code "
        "does: with W2 all zeros the logits are just b2, so give two words the same largest bias "
        "and ask for one word. Sorting, searching from the end, and comparing with `>=` in a loop "
        "all tend to find the last of several equal numbers; other ways find the first. The "
        "documentation of the NumPy function that you use says which. Mind also that the same "
        "sum, computed in two orders, may differ by rounding.",
    ),
    "short-batch-dropped": Hint(
        "The results are right when the batches divide the windows evenly, and wrong when a few "
        "windows are left over. Which windows are never visited?",
        "Suppose there are 11 windows and the batch size is 4. Write down the windows that each "
        "of your batches holds, by number. Is every window from the first to the last in exactly "
        "one of them? The docstring says what becomes of the remainder. Try also a batch size "
        "that is larger than the number of all windows: there should still be one step in each "
        "epoch. Look at the place where the loop over batches ends. Slicing an array past its end "
        "is no error in Python: you simply get what is there. The last batch may therefore need "
        "no special treatment at all.",
    ),
    "short-batch-shrunk": Hint(
        "The last step of an epoch is too small when the batches do not divide the windows "
        "evenly. Over how many windows is its mean taken?",
        "The last batch may be shorter than the others. Its loss is the mean over the windows "
        "that it really has, and so is its gradient; the docstring says so. If the sum over three "
        "windows is divided by the batch size of eight, this step becomes too timid, as if the "
        "missing five windows had been predicted perfectly. Try five windows with a batch size of "
        "four, for one epoch, and look at the two steps one by one: the second batch holds one "
        "window, and must give the same step as that window alone with a batch size of one. Find "
        "the division, and ask what number stands below it in the last round.",
    ),
    "mean-of-batch-means": Hint(
        "The losses are right only when the batches divide the windows evenly; the parameters are "
        "always right. Does a window in a short batch count as much as any other?",
        "If a class of thirty has an average of 80 and a class of two an average of 50, then the "
        "average over all pupils is not 65. The same happens here when the last batch is short: "
        "its few windows get as much say as a whole batch of others. The docstring asks for the "
        "mean over all windows. Think of every window as having one loss, write them in a row, and "
        "take the mean of that row. How can you get at that number from the mean of each batch "
        "and its size? Check with five windows and a batch size of two, with the numbers in the "
        "text above the function.",
    ),
    "loss-after-step": Hint(
        "The parameters are right, but the losses were taken at other parameters. At which moment "
        "is each window's loss read: with which parameters?",
        "During an epoch the parameters change after every batch, so the loss of a window depends "
        "on when you look. There are at least four possibilities: with the parameters that the "
        "epoch began with, with those just before the step of the window's own batch, with those "
        "just after it, or with those at the end of the epoch. The docstring names one of them. It "
        "is also the cheapest: the forward pass that you need for the gradient has everything the "
        "loss is made of. Take one epoch with two batches and write down, for each of the two, "
        "which parameters your loss was computed with. The first batch of the first epoch must "
        "see the parameters that were given.",
    ),
    "update-uphill": Hint(
        "The parameters move in the opposite direction, and the losses grow. Which way does the "
        "gradient point?",
        "The gradient points in the direction in which the loss grows fastest. Training wants the "
        "loss to become smaller. Look at the list of losses over some epochs with a small "
        "learning rate: it should fall almost all the time. If it rises steadily, either the step "
        "or the gradient has the wrong sign. To find out which, test the gradient first: nudge a "
        "single entry of b2 upwards by a hundredth, and see whether the cross-entropy grows; the "
        "sign of that change is the sign that the gradient must have. If it has, your gradient is "
        "fine and it is the step that needs a second look.",
    ),
    "argument-modified": Hint(
        "An array that was given has changed. Whose array do you edit in place?",
        "An array passed to a function is not a copy: it is the caller's own. Operations such as "
        "`-=`, `*=`, assigning to `a[...]`, or filling with zeros change it for everybody who "
        "holds it. So the caller finds the logits shifted, the parameters trained or erased, the "
        "context replaced, and the next computation with them is silently wrong. A second name "
        "does not help: `b = a` makes no new array. Check by copying the argument before the call "
        "and comparing after it. Then look for each in-place operation in your function, and ask "
        "of the array on its left: did I make this one myself, or did it come in from outside, "
        "perhaps inside a dict?",
    ),
    "state-between-calls": Hint(
        "The second call gives another answer than the first, for equal arguments. What should a "
        "new call start from?",
        "A function here is like one in mathematics: equal arguments, equal results, however "
        "often and in whatever order it is called. Something in your module remembers. Usual "
        "suspects are an array or list made once at the top of the file and added to in every "
        "call; a list or dict as a default value in a `def` line, which is made when the function "
        "is defined and not when it is called; gradients that are added up but never set back; "
        "and random numbers. Call your function twice in a row with the same arguments and print both results. "
        "Then go through the function and ask for each array: in which line was it born, and how "
        "often does that line run?",
    ),
    "needs-extra-key": Hint(
        "The function stops with a KeyError, or needs something that only your forward leaves "
        "behind. Which keys of the cache are promised?",
        "The docstring lists the keys that a cache certainly has. You may put more into yours, to "
        "look at or to save time, but backward must not depend on them: the cache that it gets "
        "may have been made by another forward, which knows nothing of your extras. This is to "
        "your advantage, since a mistake in your forward then does not cost the marks of "
        "backward. Go through backward and underline each thing that you read from the cache. "
        "For anything that is not in the promised list, ask whether it can be computed again "
        "from what is: one line is usually enough, with a function that you have written "
        "already.",
    ),
    "numeric-differentiation": Hint(
        "The values are right, but every single weight costs a whole forward pass. How often does "
        "backpropagation visit each layer?",
        "Nudging each weight in turn and watching the loss is an honest way to a gradient, and "
        "the best way to check one. But it needs a forward pass or two for each weight, and a "
        "small language model has thousands, a real one many millions. Backpropagation gets all "
        "gradients from a single walk back through the network, in about the time of two forward "
        "passes, because what has been computed for one layer is handed down and used again by "
        "the next. Keep what you wrote as a test. Then write backward as a chain of array "
        "operations, one for each line of forward, in reverse order, and let the test tell you "
        "at which line the two part.",
    ),
    "constant-answer": Hint(
        "The answer is the same whatever the arguments are. Which of the arguments does your "
        "function really use?",
        "A function that returns zeros, or the same number for every input, may have the right "
        "shape and even be right by accident on one example. Perhaps it is a placeholder that was "
        "left in, an early `return`, or a result that is computed and then not returned. Put in "
        "two inputs that should give different answers, and print both. If they are equal, follow "
        "one of the arguments through the code, line by line, and see where it stops having any "
        "effect. A variable that is assigned and never read again is a good sign that you are "
        "near; most editors show such names in grey.",
    ),
    "cache-in-global": Hint(
        "The gradients belong to the last forward that was run, not to the cache that was given. "
        "Where does backward get its arrays from?",
        "Two forward passes can be alive at the same time: one for a training batch, one for a "
        "held-out text, and only then the backward of the first. If forward leaves its arrays in "
        "a variable of the module and backward picks them up there, the second pass has "
        "overwritten the first, and the gradients are those of the wrong batch. That is what the "
        "cache is for: it is handed over from forward to its own backward, and so always belongs "
        "to it. Search backward for names that are neither arguments nor defined inside the "
        "function, and search the file for the word `global`. Then test by running two forwards "
        "on different contexts before any backward.",
    ),
}

NUMERIC_DIFFERENTIATION = """
def backward(params, cache, targets):
    contexts, h = cache["contexts"], 1e-5
    params = {key: value.copy() for key, value in params.items()}

    def loss():
        return cross_entropy(forward(params, contexts)[1]["z2"], targets)

    grads = {key: np.zeros_like(value) for key, value in params.items()}
    for key, value in params.items():
        for index in np.ndindex(*value.shape):
            middle = value[index]
            value[index] = middle + h
            above = loss()
            value[index] = middle - h
            below = loss()
            value[index] = middle
            grads[key][index] = (above - below) / (2 * h)
    return grads
"""

ROLLED_IN_PLACE = """
def generate(params, context, length):
    words = []
    for _ in range(length):
        probabilities, _ = forward(params, context[None, :])
        words.append(int(probabilities[0].argmax()))
        context[:-1] = context[1:].copy()
        context[-1] = words[-1]
    return words
"""

POWERS = "np.exp(logits - logits.max(axis=1, keepdims=True))"
LOWERED = "lowered = logits - logits.max(axis=1, keepdims=True)"
LOSS = "float(np.mean(log_sums - lowered[np.arange(len(targets)), targets]))"
LOG_SUMS = "log_sums = np.log(np.exp(lowered).sum(axis=1))"
PICKED = "softmax(logits)[np.arange(len(targets)), targets]"
LOOK_UP = 'params["E"][contexts].reshape(len(contexts), -1)'
ONE_HOT = "    dz2[np.arange(m), targets] -= 1\n"
AVERAGE = "    dz2 /= m\n"
SCATTER = "    np.add.at(dE, contexts, de.reshape(*contexts.shape, -1))\n"
PIECES = "    pieces = de.reshape(*contexts.shape, -1)\n"
READ_LOSS = """            loss = cross_entropy(cache["z2"], targets[batch])
            losses[epoch] += loss * len(targets[batch])
"""
EPOCH = "    for epoch in range(epochs):\n"
STEP = "            params = {key: params[key] - learning_rate * grads[key] for key in params}\n"
COPY = "    params = {key: value.copy() for key, value in params.items()}\n"
STARTS = "range(0, len(targets), batch_size)"

WINDOWS = ("perplexity", "train")
NETWORK = ("perplexity", "train", "generate")

MISTAKES = (
    Mistake(
        "last-window-dropped",
        "make_windows",
        swap={"len(tokens) - n + 1, 0": "len(tokens) - n, 0"},
        affects=WINDOWS,
    ),
    Mistake(
        "first-window-dropped",
        "make_windows",
        swap={"np.arange(count)[:, None]": "np.arange(1, count)[:, None]"},
        affects=WINDOWS,
    ),
    Mistake(
        "target-in-context",
        "make_windows",
        swap={"tokens[positions[:, :-1]]": "tokens[positions[:, 1:]]"},
        affects=WINDOWS,
    ),
    Mistake(
        "target-in-context",
        "make_windows",
        swap={"tokens[positions[:, -1]]": "tokens[positions[:, -2]]"},
        affects=WINDOWS,
    ),
    Mistake(
        "context-too-wide",
        "make_windows",
        swap={"tokens[positions[:, :-1]]": "tokens[positions]"},
        affects=WINDOWS,
    ),
    Mistake(
        "context-too-wide",
        "make_windows",
        swap={"len(tokens) - n + 1, 0": "len(tokens) - n, 0", "np.arange(n)": "np.arange(n + 1)"},
        affects=WINDOWS,
    ),
    Mistake(
        "slots-reversed",
        "make_windows",
        swap={"positions[:, :-1]": "positions[:, -2::-1]"},
        affects=WINDOWS,
    ),
    Mistake(
        "slots-reversed",
        "forward",
        swap={'params["E"][contexts]': 'params["E"][contexts[:, ::-1]]'},
        affects=NETWORK,
    ),
    Mistake(
        "slots-reversed",
        "backward",
        swap={SCATTER: PIECES + "    np.add.at(dE, contexts, pieces[:, ::-1])\n"},
        affects=("train",),
    ),
    Mistake(
        "slots-reversed",
        "generate",
        swap={"words[len(words) - len(context) :]": "words[: -len(context) - 1 : -1]"},
    ),
    Mistake(
        "stride-n",
        "make_windows",
        swap={"np.arange(count)[:, None]": "np.arange(0, count, n)[:, None]"},
        affects=WINDOWS,
    ),
    Mistake(
        "stride-n",
        "make_windows",
        swap={"np.arange(count)[:, None]": "np.arange(0, count, n - 1)[:, None]"},
        affects=WINDOWS,
    ),
    Mistake(
        "softmax-axis",
        "softmax",
        swap={
            POWERS: "np.exp(logits - logits.max(axis=0))",
            "powers.sum(axis=1, keepdims=True)": "powers.sum(axis=0)",
        },
        affects=("forward", "backward", "train", "generate"),
    ),
    Mistake(
        "softmax-axis",
        "softmax",
        swap={"powers.sum(axis=1, keepdims=True)": "powers.sum(axis=0)"},
        affects=("forward", "backward", "train", "generate"),
    ),
    Mistake(
        "softmax-axis",
        "softmax",
        swap={POWERS: "np.exp(logits - logits.max(axis=0))"},
        affects=("forward", "backward", "train", "generate"),
    ),
    Mistake(
        "softmax-axis",
        "softmax",
        swap={
            POWERS: "np.exp(logits - logits.max())",
            "powers.sum(axis=1, keepdims=True)": "powers.sum()",
        },
        affects=("forward", "backward", "train"),
    ),
    Mistake(
        "softmax-axis",
        "cross_entropy",
        swap={LOWERED: "lowered = logits - logits.max()", LOG_SUMS: LOG_SUMS.replace("axis=1", "")},
        affects=WINDOWS,
    ),
    Mistake(
        "softmax-axis",
        "cross_entropy",
        swap={
            LOWERED: "lowered = logits - logits.max(axis=0)",
            LOG_SUMS: "log_sums = np.log(np.exp(lowered).sum(axis=0))[targets]",
        },
        affects=WINDOWS,
    ),
    Mistake("no-max-shift", "softmax", swap={POWERS: "np.exp(logits)"}),
    Mistake("no-max-shift", "softmax", swap={POWERS: "np.exp(logits - logits.max())"}),
    Mistake("no-max-shift", "cross_entropy", swap={LOWERED: "lowered = logits"}),
    Mistake("no-max-shift", "cross_entropy", swap={LOWERED: "lowered = logits - logits.max()"}),
    Mistake("naive-log", "cross_entropy", swap={LOSS: f"float(-np.mean(np.log({PICKED})))"}),
    Mistake(
        "clipped-log",
        "cross_entropy",
        swap={LOSS: f"float(-np.mean(np.log(np.clip({PICKED}, 1e-7, 1))))"},
    ),
    Mistake(
        "clipped-log", "cross_entropy", swap={LOSS: f"float(-np.mean(np.log({PICKED} + 1e-12)))"}
    ),
    Mistake("log-base", "cross_entropy", swap={LOSS: f"{LOSS} / np.log(2)"}, affects=WINDOWS),
    Mistake("log-base", "perplexity", swap={"np.exp(cross_entropy(": "np.exp2(cross_entropy("}),
    Mistake(
        "sum-not-mean",
        "cross_entropy",
        swap={LOSS: LOSS.replace("mean", "sum")},
        affects=WINDOWS,
    ),
    Mistake("sum-not-mean", "backward", swap={AVERAGE: ""}, affects=("train",)),
    Mistake("sign-flipped", "cross_entropy", swap={LOSS: f"-{LOSS}"}, affects=WINDOWS),
    Mistake("sign-flipped", "backward", swap={AVERAGE: "    dz2 /= -m\n"}, affects=("train",)),
    Mistake("one-hot-missing", "backward", swap={ONE_HOT: ""}, affects=("train",)),
    Mistake(
        "diagonal-only",
        "backward",
        swap={ONE_HOT: ONE_HOT + "    dz2[dz2 > 0] = 0\n"},
        affects=("train",),
    ),
    Mistake(
        "softmax-slope-again",
        "backward",
        swap={ONE_HOT: "    slope = dz2 * (1 - dz2)\n" + ONE_HOT + "    dz2 *= slope\n"},
        affects=("train",),
    ),
    Mistake(
        "reshape-mixed",
        "forward",
        swap={LOOK_UP: 'params["E"][contexts.T].reshape(len(contexts), -1)'},
        affects=WINDOWS,
    ),
    Mistake(
        "reshape-mixed",
        "forward",
        swap={LOOK_UP: 'params["E"][contexts].transpose(0, 2, 1).reshape(len(contexts), -1)'},
        affects=NETWORK,
    ),
    Mistake(
        "reshape-mixed",
        "backward",
        swap={SCATTER: "    np.add.at(dE, contexts.T, de.reshape(*contexts.T.shape, -1))\n"},
        affects=("train",),
    ),
    Mistake(
        "reshape-mixed",
        "backward",
        swap={
            SCATTER: "    pieces = de.reshape(m, -1, contexts.shape[1])\n"
            "    np.add.at(dE, contexts, pieces.transpose(0, 2, 1))\n"
        },
        affects=("train",),
    ),
    Mistake(
        "repeat-overwritten",
        "backward",
        swap={SCATTER: "    dE[contexts] += de.reshape(*contexts.shape, -1)\n"},
        affects=("train",),
    ),
    Mistake(
        "repeat-overwritten",
        "backward",
        swap={
            SCATTER: PIECES + "    for slot in range(contexts.shape[1]):\n"
            "        dE[contexts[:, slot]] += pieces[:, slot]\n"
        },
        affects=("train",),
    ),
    Mistake(
        "repeat-overwritten",
        "backward",
        swap={
            SCATTER: PIECES + "    for context, piece in zip(contexts, pieces):\n"
            "        dE[context] += piece\n"
        },
        affects=("train",),
    ),
    Mistake(
        "repeat-overwritten",
        "backward",
        swap={
            SCATTER: PIECES + "    for slot in range(contexts.shape[1]):\n"
            "        dE[contexts[:, slot]] = pieces[:, slot]\n"
        },
        affects=("train",),
    ),
    Mistake(
        "one-slot-only",
        "forward",
        swap={LOOK_UP: 'np.tile(params["E"][contexts[:, -1]], contexts.shape[1])'},
        affects=NETWORK,
    ),
    Mistake(
        "one-slot-only",
        "backward",
        swap={SCATTER: PIECES + "    np.add.at(dE, contexts[:, -1], pieces[:, -1])\n"},
        affects=("train",),
    ),
    Mistake(
        "one-slot-only",
        "backward",
        swap={SCATTER: PIECES + "    np.add.at(dE, contexts[:, 0], pieces[:, 0])\n"},
        affects=("train",),
    ),
    Mistake(
        "divided-by-tokens",
        "backward",
        swap={AVERAGE: "    dz2 /= contexts.size\n"},
        affects=("train",),
    ),
    Mistake(
        "divided-by-tokens",
        "backward",
        swap={
            SCATTER: SCATTER
            + "    counts = np.bincount(contexts.ravel(), minlength=len(dE))[:, None]\n"
            "    dE /= np.maximum(counts, 1)\n"
        },
        affects=("train",),
    ),
    Mistake(
        "divided-by-tokens",
        "backward",
        swap={SCATTER: SCATTER + "    dE /= contexts.shape[1]\n"},
        affects=("train",),
    ),
    Mistake(
        "divided-by-tokens",
        "perplexity",
        swap={
            'np.exp(cross_entropy(cache["z2"], targets))': "np.exp("
            'cross_entropy(cache["z2"], targets) * len(targets) / len(tokens))'
        },
    ),
    Mistake(
        "divided-by-tokens",
        "train",
        swap={"losses / len(targets)": "losses / len(tokens)"},
    ),
    Mistake(
        "divided-by-vocabulary",
        "cross_entropy",
        swap={LOSS: f"{LOSS} / logits.shape[1]"},
        affects=WINDOWS,
    ),
    Mistake(
        "divided-by-vocabulary",
        "cross_entropy",
        swap={LOSS: f"{LOSS.replace('mean', 'sum')} / logits.shape[1]"},
        affects=WINDOWS,
    ),
    Mistake(
        "divided-by-vocabulary",
        "backward",
        swap={AVERAGE: "    dz2 /= dz2.size\n"},
        affects=("train",),
    ),
    Mistake(
        "divided-by-vocabulary",
        "backward",
        swap={AVERAGE: "    dz2 /= dz2.shape[1]\n"},
        affects=("train",),
    ),
    Mistake(
        "tanh-slope-twice",
        "backward",
        swap={"(1 - a1**2)": "(1 - a1**2) ** 2"},
        affects=("train",),
    ),
    Mistake(
        "tanh-slope-twice",
        "backward",
        swap={"(1 - a1**2)": "(1 - np.tanh(a1) ** 2)"},
        affects=("train",),
    ),
    Mistake(
        "tanh-slope-twice",
        "backward",
        swap={"(1 - a1**2)": '(1 - cache["z1"] ** 2)'},
        affects=("train",),
    ),
    Mistake("tanh-missing", "forward", swap={"a1 = np.tanh(z1)": "a1 = z1"}, affects=NETWORK),
    Mistake("tanh-missing", "backward", swap={"da1 * (1 - a1**2)": "da1"}, affects=("train",)),
    Mistake(
        "sigmoid-slope-for-tanh",
        "backward",
        swap={"(1 - a1**2)": "a1 * (1 - a1)"},
        affects=("train",),
    ),
    Mistake(
        "bias-not-summed",
        "backward",
        swap={"dz1.sum(axis=0)": "dz1[0]", "dz2.sum(axis=0)": "dz2[0]"},
        affects=("train",),
    ),
    *(
        Mistake(
            "bias-not-summed",
            "backward",
            swap={f"{dz}.sum(axis=0)": f"{dz}[0]"},
            affects=("train",),
        )
        for dz in ("dz1", "dz2")
    ),
    Mistake(
        "bias-averaged-again",
        "backward",
        swap={"dz1.sum(axis=0)": "dz1.mean(axis=0)", "dz2.sum(axis=0)": "dz2.mean(axis=0)"},
        affects=("train",),
    ),
    *(
        Mistake(
            "bias-averaged-again",
            "backward",
            swap={f"{dz}.sum(axis=0)": f"{dz}.mean(axis=0)"},
            affects=("train",),
        )
        for dz in ("dz1", "dz2")
    ),
    Mistake(
        "weights-transposed",
        "backward",
        swap={"dz1.T @ e": "e.T @ dz1", "dz2.T @ a1": "a1.T @ dz2"},
        affects=("train",),
    ),
    Mistake(
        "generate-keeps-context",
        "generate",
        swap={"words[len(words) - len(context) :]": "words[: len(context)]"},
    ),
    Mistake(
        "generate-includes-context",
        "generate",
        swap={"return words[len(context) :]": "return words"},
    ),
    Mistake(
        "generate-includes-context",
        "generate",
        swap={"return words[len(context) :]": "return words[:length]"},
    ),
    Mistake(
        "tie-to-larger",
        "generate",
        swap={"probabilities[0].argmax()": "probabilities[0].argsort(kind='stable')[-1]"},
    ),
    Mistake(
        "short-batch-dropped",
        "train",
        swap={STARTS: "range(0, len(targets) - batch_size + 1, batch_size)"},
    ),
    Mistake(
        "short-batch-dropped",
        "train",
        swap={
            STARTS: "range(0, len(targets) - batch_size + 1, batch_size)",
            "losses / len(targets)": "losses / (len(targets) // batch_size * batch_size)",
        },
    ),
    Mistake(
        "short-batch-dropped",
        "train",
        swap={STARTS: "range(0, max(len(targets) - batch_size + 1, 1), batch_size)"},
    ),
    Mistake(
        "short-batch-shrunk",
        "train",
        swap={
            STEP: "            rate = learning_rate * len(targets[batch]) / batch_size\n"
            + STEP.replace("learning_rate", "rate")
        },
    ),
    Mistake(
        "mean-of-batch-means",
        "train",
        swap={
            "losses[epoch] += loss * len(targets[batch])": "losses[epoch] += loss",
            "losses / len(targets)": f"losses / len({STARTS})",
        },
    ),
    Mistake(
        "loss-after-step",
        "train",
        swap={
            READ_LOSS: "",
            STEP: STEP + "            _, cache = forward(params, contexts[batch])\n" + READ_LOSS,
        },
    ),
    Mistake(
        "loss-after-step",
        "train",
        swap={
            READ_LOSS: "",
            STEP: STEP + "        _, cache = forward(params, contexts)\n"
            '        losses[epoch] = cross_entropy(cache["z2"], targets) * len(targets)\n',
        },
    ),
    Mistake(
        "loss-after-step",
        "train",
        swap={
            READ_LOSS: "",
            EPOCH: EPOCH + "        _, cache = forward(params, contexts)\n"
            '        losses[epoch] = cross_entropy(cache["z2"], targets) * len(targets)\n',
        },
    ),
    Mistake(
        "update-uphill",
        "train",
        swap={"params[key] - learning_rate": "params[key] + learning_rate"},
    ),
    Mistake(
        "argument-modified",
        "softmax",
        swap={
            f"powers = {POWERS}": "logits -= logits.max(axis=1, keepdims=True)\n"
            "    powers = np.exp(logits)"
        },
        affects=("backward",),
    ),
    Mistake(
        "argument-modified",
        "cross_entropy",
        swap={LOWERED: "lowered = logits\n    lowered -= logits.max(axis=1, keepdims=True)"},
    ),
    Mistake(
        "argument-modified",
        "backward",
        swap={'dE = np.zeros_like(params["E"])': 'dE = params["E"]\n    dE *= 0'},
        affects=("train",),
    ),
    Mistake(
        "argument-modified",
        "train",
        swap={
            COPY: "",
            STEP: "            for key in params:\n"
            "                params[key] -= learning_rate * grads[key]\n",
        },
    ),
    Mistake("argument-modified", "generate", code=ROLLED_IN_PLACE),
    Mistake(
        "state-between-calls",
        "backward",
        swap={
            'dE = np.zeros_like(params["E"])': 'dE = GRADS.setdefault(params["E"].shape, '
            'np.zeros_like(params["E"]))'
        },
        code="GRADS = {}\n",
        affects=("train",),
    ),
    Mistake(
        "state-between-calls",
        "train",
        swap={
            "def train(params, tokens, n, learning_rate, epochs, batch_size):": "def train("
            "params, tokens, n, learning_rate, epochs, batch_size, history=[]):",
            "return params, losses / len(targets)": "history.extend(losses / len(targets))\n"
            "    return params, np.array(history)",
        },
    ),
    Mistake(
        "needs-extra-key",
        "backward",
        swap={
            "return softmax(z2), {": 'return softmax(z2), {"y_hat": softmax(z2), ',
            'dz2 = softmax(cache["z2"])': 'dz2 = cache["y_hat"].copy()',
        },
    ),
    Mistake(
        "numeric-differentiation",
        "backward",
        code=NUMERIC_DIFFERENTIATION,
        affects=("train",),
    ),
    Mistake(
        "constant-answer",
        "softmax",
        swap={"return powers / powers.sum(axis=1, keepdims=True)": "return 0 * powers"},
        affects=("forward", "backward", "train", "generate"),
    ),
    Mistake("constant-answer", "cross_entropy", swap={LOSS: "0.0"}, affects=WINDOWS),
    Mistake(
        "constant-answer",
        "backward",
        swap={
            'return {"E": dE, "W1": dW1, "b1": db1, "W2": dW2, "b2": db2}': "return {"
            "key: np.zeros_like(value) for key, value in params.items()}"
        },
        affects=("train",),
    ),
    Mistake(
        "constant-answer",
        "perplexity",
        swap={'np.exp(cross_entropy(cache["z2"], targets))': 'len(params["E"])'},
    ),
    Mistake("constant-answer", "train", swap={READ_LOSS: "", STEP: ""}),
    Mistake(
        "constant-answer",
        "generate",
        swap={"return words[len(context) :]": "return [0] * length"},
    ),
    Mistake(
        "cache-in-global",
        "backward",
        swap={
            "    return softmax(z2), {": "    LAST.update(contexts=contexts, e=e, a1=a1, z2=z2)\n"
            "    return softmax(z2), {",
            'contexts, e, a1 = cache["contexts"], cache["e"], cache["a1"]': "cache = LAST\n"
            '    contexts, e, a1 = cache["contexts"], cache["e"], cache["a1"]',
        },
        code="LAST = {}\n",
    ),
)
