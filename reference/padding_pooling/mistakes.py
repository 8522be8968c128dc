"""Mistakes students make in padding_pooling: each is the solution with the wrong line put in."""

from grader.testing import Hint, Mistake

HINTS = {
    "mean-over-padding": Hint(
        "The mean counts padding: it is too small for the shorter texts, or includes what stands "
        "in the padding. By how many vectors do you divide, and which vectors have you added up?",
        "A mean needs two numbers that belong together: the sum of some vectors, and how many of "
        "them there are. Padding is not part of the text, so it may not enter either of them. It "
        "is tempting to think that zeros in the padding do no harm. They do none to the sum, but "
        "they do if they are counted; and nobody has promised that padding is zero. Take one text "
        "with the vectors 2 and 4, put it into a batch where it has to be padded to five "
        "positions, and compute the mean by hand. Then write 100 into the padding and do it again. "
        "The answer should be the same both times, and the same as for the text alone. Which of "
        "your two numbers has changed? Which argument tells you where the text ends?",
    ),
    "mean-by-original-length": Hint(
        "The lengths are larger than L for the texts that were cut. How many of the text's "
        "vectors are still in the batch for a mean to add up?",
        "The lengths go together with the batch: whoever receives both will use the lengths to "
        "decide which positions are real, and to divide sums by the number of vectors. Suppose a "
        "text had nine words and the batch has room for three. Six words are gone, and the batch "
        "knows nothing of them. If the length still says nine, a mean becomes three times too "
        "small, and a loop over the positions runs past the end. Print the lengths beside the "
        "shape of the batch for a list in which one text is longer than the length you ask for, "
        "one is shorter, and one fits exactly. What is the largest number that makes sense in "
        "each of the three cases? From which of the two, the original text or what you stored, "
        "should it be counted?",
    ),
    "batch-dependent": Hint(
        "The result for one text changes when other texts join the batch. Which number in your "
        "function is taken over all texts together?",
        "The texts of a batch are calculated together only to save time. What comes out for one of "
        "them must not depend on its neighbours, or a network would give another answer on the "
        "same sentence every time it is shuffled. So put one text into three batches: alone, "
        "beside a shorter one, and beside a longer one, and compare its results. If they "
        "differ, search for a maximum, a minimum or a mean that is taken over all the lengths: it "
        "is one number where each text has its own. In padding there is such a number, and there "
        "it is right in one case only: what is the width of the batch when the caller asks for a "
        "certain length, and all the texts happen to be shorter?",
    ),
    "max-over-padding": Hint(
        "The padding takes part in the maximum. Which positions took part in the contest?",
        "Only real words may win. Look at a text whose values are all negative in one dimension, "
        "say -7 and -9, with padding beside it. If the padding is zero, or is made zero, it is "
        "larger than both, and so it wins, although it is not a word at all. With values of both "
        "signs the mistake hides, because then some real value is usually larger than zero. There "
        "are two ways to keep padding out of the contest: do not let it come in, by looking at the "
        "real positions only, or let it come in with a value that can never win. If you choose the "
        "second, ask which value that is. Zero is a rather strong competitor. And what does your "
        "code do when the padding holds large numbers?",
    ),
    "zero-start": Hint(
        "The result is as if a zero took part where every real value is negative. With what does "
        "your search for the largest begin?",
        "Who looks for the largest of some numbers in one pass needs something to compare the first "
        "of them with. Zero is a natural thing to write, and for numbers that are counted or "
        "measured it often works. But a coordinate of a word vector may be negative in every word of "
        "a text, and then nothing ever beats the zero: the answer is a number that stands nowhere in "
        "the text, and on the way back no word is found that the gradient belongs to. The padding has "
        "nothing to do with it, it happens in a text that fills its row as well. Try a single text of "
        "two words, with -3 and -5. What could the search begin with, so that the first real word is "
        "always at least as good?",
    ),
    "not-cut": Hint(
        "The batch is as wide as the longest text, wider than the length that was asked for. What "
        "should happen to a text that has more vectors than there is room for?",
        "The width of a batch is a decision, and the texts have to follow it. When the caller names a "
        "length, every text is brought to it: the short ones are filled up, and the long ones are "
        "cut. The longest text decides only when no length is given. It is easy to write a line that "
        "takes the larger of the two numbers, because then nothing has to be cut and every copy "
        "fits; but a network that was built for a certain width cannot use such a batch. Ask "
        "for the length 2 with texts of one, two and five words, and print the shape of the batch. "
        "Which of its three numbers should depend on the texts, and which on the caller?",
    ),
    "tail-kept": Hint(
        "The right vectors stand at the wrong positions, or the last ones are kept where the "
        "first were asked for. Where does a text begin in the batch, and which end is cut?",
        "Two decisions have to be made in padding: on which side the zeros stand, and which part "
        "of a long text is given up. Both are a matter of convention, and libraries differ, so the "
        "only way is to read what is asked for here. Everything afterwards relies on it: the "
        "lengths are a number of positions counted from a certain end, and a mask made from them "
        "covers the wrong positions when the text has been moved. Write down, for a text with the "
        "vectors 5, 6, 7, the row you expect for a length of two and the row you expect for a "
        "length of five, and print what your function makes of them. Which index has the first "
        "vector of the text in each of the rows, and which one should it have?",
    ),
    "cut-one-off": Hint(
        "The border between text and padding is one position too early or too late. Which index "
        "has the last real vector of a text of length 3?",
        "Counting from zero and counting from one meet here. A text of three words has the "
        "positions 0, 1 and 2, so its length is also the first position that does not belong to "
        "it. Mistakes by one are made where a comparison includes its end or does not, where a "
        "slice stops before its second number, and where one is added or subtracted to be on the "
        "safe side. They show only at the border, so test there: texts whose length is one less "
        "than the width of the batch, equal to it, and one more, and texts of one word and of "
        "none. Put a large number into the first position of the padding and another into the last "
        "real position, and look which of them is seen by your function. Which of them should be?",
    ),
    "empty-nan": Hint(
        "The result for a text of length 0 is NaN or infinite. What do you get from nothing "
        "divided by nothing, or from the largest of no values?",
        "A text may be empty, for example when all its words were unknown. Then there is nothing "
        "to average and nothing to choose from, and mathematics gives no answer; the exercise "
        "fixes one by agreement, and says what it is. NumPy does not know this agreement: it "
        "warns, and writes something into the array that spreads through everything computed from "
        "it afterwards, so that one empty text spoils the weights of the whole network. Call your "
        "function with the lengths 2 and 0 and look at the second row. Find the step in which the "
        "strange value is born, and think about two ways out: to treat these rows on their own, or "
        "to choose a harmless value before the step so that it cannot happen. Then check the "
        "gradient for the same text.",
    ),
    "one-winner": Hint(
        "Every dimension takes its value from the same position. How many contests are there in a "
        "text of d dimensions?",
        "The maximum is taken in each dimension by itself: it asks in which word this one feature "
        "is strongest, and the answer may be another word for another feature. So the result is in "
        "general no vector that stands anywhere in the text, but is put together from several of "
        "them. Take the vectors (1, 8) and (9, 2). If your result is one of the two, then one "
        "position has won for both dimensions. Print the array of winning positions and look at "
        "its shape: for m texts of d dimensions, how many winners have to be named? Then look at "
        "the axis along which you search for the maximum, and at what is done with the "
        "other axes before. The gradient goes back by the same positions, so the same question "
        "must be asked there.",
    ),
    "ties-all-paid": Hint(
        "Where k positions tie for the maximum, k times as much goes out as came in. How much may "
        "leave through all the tied positions together?",
        "If two positions hold the same largest value, which is nothing rare with zeros or with "
        "repeated words, the maximum has a kink: it is not clear which of them to blame. Several "
        "answers are accepted here, but all have something in common. Think of the gradient as an "
        "amount of money that arrives for one dimension of one text. It may go to one of the "
        "winners or be divided among them, but it may not be printed anew for each. Add up your "
        "dbatch over the positions of a text, and compare with what came in. For texts without a "
        "tie the two agree; make a text in which three positions hold the same value, and "
        "compare again. What has to be done when the comparison with the maximum is true more than "
        "once?",
    ),
    "padding-gets-gradient": Hint(
        "The gradient is not zero at padding. If you change a number in the padding a little, "
        "what happens to the pooled vector?",
        "A gradient answers the question: how much does the result move if this number moves? The "
        "padding has no influence on what was pooled, whatever stands in it, so the question has "
        "an easy answer for it. Where a gradient does arrive there, something in the way back does "
        "not know how long the texts are. It may have been spread over all positions of the "
        "batch, or it may have been given to every position that holds the winning value, and a "
        "number in the padding can be equal to that by chance. Make a batch with a text of two "
        "words in four positions, and print the gradient. Which of the things that your "
        "forward function knew have to travel in the cache, so that the way back can tell the two "
        "kinds of position apart?",
    ),
    "wrong-axis": Hint(
        "The result is pooled over the wrong axis, or looked up along it. What does each of the "
        "three axes of a batch count, and which one is to disappear?",
        "A batch has the shape (m, L, d), and every axis has a meaning: texts, positions, and "
        "the features of a word vector. Pooling makes one vector of each text, so there must "
        "be as many results as texts, and each must be as long as a word vector. Write down the "
        "shape of the result and see which axis is missing: it is the one to sum over, or "
        "to take the largest along. When two of the numbers m, L and d are equal, an array of the "
        "wrong kind can have the right shape, and the mistake is hidden, so test with three "
        "different numbers. The same holds for the table of the embeddings: which of its two "
        "axes counts the words, and which one counts the features of a word?",
    ),
    "mask-by-value": Hint(
        "Padding is recognised by its zeros, but a real vector may hold zeros, or padding other "
        "numbers. How can you tell the end of a text without looking at any value?",
        "Padding with zeros looks as if one could recognise it afterwards: what is zero must be "
        "padding. But a real word may have the vector zero, for example an unknown one, and a "
        "single feature of a word is often exactly zero after a ReLU. Such a word is a part of the "
        "text, it counts in the mean, and it can win the maximum when the others are negative. On "
        "the other hand, padding need not be zero, once it has gone through a layer with a bias. "
        "So values cannot decide. Make a batch in which a real vector in the middle of a text is "
        "all zeros, and one in which the padding holds 100, and compare with a calculation by "
        "hand. Which argument of the function knows the truth about where each text ends?",
    ),
    "repeat-overwritten": Hint(
        "The gradient is too small in the rows of words that occur more than once. How many times "
        "does your code write into the row of such a word, and what happens to the earlier "
        "values?",
        "Every place at which a word stands has its own gradient, and all of them belong to the "
        "same row of the table. NumPy has a trap here: if an array of indices stands in square "
        "brackets on the left side, then the right side is computed first, all at once, and "
        "afterwards written. With an index that occurs twice, the second value is written over the "
        "first, and a plus in front of the equals sign does not help. It may help in part, when "
        "you go text by text or position by position: then only repetitions within one step are "
        "lost. Use ids with one word twice in the same text, one word in two texts at the same "
        "position, and gradients 1, 10, 100, 1000, so that you can read off the sum which of them "
        "have arrived. What would add up every one of them?",
    ),
    "mean-not-divided": Hint(
        "The gradient is n times too large in a text of n words. If one of n vectors grows by 1, "
        "by how much does their mean grow?",
        "Backward asks for the influence of each number on the result. Write the mean of three "
        "vectors as a sum in which each of them stands with the factor that belongs to it, and "
        "differentiate: the factor is all that remains, and it is the same for each of them. A "
        "long text has many vectors, so each of them has less to say. To check, add up the "
        "gradient over all positions of one text and compare it with what came in: moving all "
        "vectors by the same amount moves the mean by that amount, so the two must be equal. If "
        "the sum grows with the length of the text, something from the way forward has been "
        "forgotten. Where would backward learn it from?",
    ),
    "token-zero-as-padding": Hint(
        "The row of id 0 is zero, as if it were padding. What makes a position padding in this "
        "exercise, the id or the place?",
        "In many libraries an id is set aside for padding, very often the number zero, and its "
        "vector and gradient are kept at zero. Nothing of that kind has been agreed here. The ids "
        "are the numbers of the rows in the table, and they begin with zero because counting in "
        "Python does; the first word of the vocabulary is as real as the others. Which "
        "positions are padding is said by the lengths, and the lookup does not even receive them. "
        "It has just one duty: to fetch, for each id, the row with that number, and on the way "
        "back to collect in each row what has arrived. Try ids that are all zero and compare what "
        "you get with the first row of the table. Which line of yours treats that id in its own "
        "way, and is it needed?",
    ),
    "big-negative-mask": Hint(
        "The result is right only as long as the real values are above the number that you put "
        "into the padding. Is there a number that no real value can be below?",
        "To keep padding from winning you have given it a very small value. That works as long as "
        "the real values are larger, and for ordinary word vectors they are. But the function does "
        "not know what it will be given: a feature may have been scaled, or may be a logarithm of "
        "something tiny, and then the constant, which was meant to be out of the race, is the "
        "winner. Adding a large negative number to the padding has the same weakness from the "
        "other side, because what is there may be larger than the number. Test with real values "
        "around -1e12 and with padding around 1e12. Then think about a value that loses against "
        "every finite number, or about a way to compute the maximum in which the padding does not "
        "take part.",
    ),
    "largest-magnitude-wins": Hint(
        "A value far below zero wins where a positive one is in the same text. Which is larger, "
        "-5 or 2?",
        "The maximum is the value that stands farthest to the right on the number line, and a "
        "strongly negative number stands far to the left. Its magnitude, which forgets the sign, "
        "answers another question: which number is farthest from zero. The two agree as long as "
        "all values are positive, and so the mistake may not be noticed behind a ReLU. Take a text "
        "with the values -5 and 2 in one dimension, and look at what your function returns, and at "
        "the position to which backward sends the gradient. Then look for the step in which the "
        "sign gets lost: an absolute value, a square, or a norm, perhaps only in the line that "
        "finds the winning position, while the value itself is then taken with its sign. What is "
        "that step good for?",
    ),
    "vocabulary-from-ids": Hint(
        "There are too few rows when the last words of the vocabulary do not occur in the batch. "
        "How many rows does E have, and which argument says so?",
        "The gradient of a thing has the shape of that thing, always: otherwise it could not be "
        "subtracted from it in a training step. The table has one row for each word of the "
        "vocabulary, and a batch shows only a few of the words. So the ids of one batch cannot "
        "tell how large the table is; the largest of them only says how large it must be at "
        "least. A word that was not looked up has a gradient as well, because the loss does not "
        "depend on its vector at all in this batch. Call your function with the ids 0 and 1 and a "
        "vocabulary of five words and look at the shape. Which of the arguments have you not used? "
        "And what do you expect in the rows that nobody looked up?",
    ),
    "argument-modified": Hint(
        "The values of an argument differ after the call from those before. Which line of yours "
        "writes into an array that belongs to the caller?",
        "Arrays are handed over by reference: inside your function the name is yours, but the "
        "numbers are still the caller's. Setting the padding to zero, or to something that cannot "
        "win, before pooling is a good idea, but if it is done in the batch itself, the caller's "
        "batch is changed for good. The same goes for operators that end in an equals sign, such "
        "as += and /=, and for assignments to a slice or to a mask. An innocent line can do it "
        "too: a slice of an array is a view of the same numbers, and not a copy. Save copies of "
        "all arguments before the call, call the function, and compare each array with its copy. "
        "Where they differ, ask which line could make a new array in place of changing the old "
        "one.",
    ),
    "state-between-calls": Hint(
        "A second call gives other results than the first, for the same arguments. What is left "
        "over from the first call, and where is it kept?",
        "A function should start from nothing but its arguments. Three things let an old call leak "
        "into a new one. An array outside the function to which something is added. A default "
        "argument such as an empty list or a dict: it is made once, when the function is defined, "
        "and remembers everything that was ever put into it. And an array in the cache that is "
        "changed in place, so that the same cache gives something else the second time. Call your "
        "function twice with equal arguments and compare; for backward, do it with the very same "
        "cache. If the numbers double, something is collecting them that was not empty at the "
        "start of the second call. Where should that array be made, so that every call has "
        "one of its own, filled with zeros?",
    ),
    "numeric-differentiation": Hint(
        "The gradient is found by moving each number of the batch a little and pooling again. How "
        "many times does your code run the forward function for a batch of 5,000 numbers?",
        "Measuring a slope by two nearby values is a very good check of a gradient, and you should "
        "use it as one. As the gradient itself it is far too slow: every number of the batch costs "
        "two more runs of the whole forward function, while the rule behind it can be written "
        "down once and for all. Ask for a single number of the batch: does it have any influence "
        "on the result, on which entry of it, and how much? For the mean, the influence does not "
        "even depend on the values. For the maximum, it depends only on who has won, and forward "
        "knows that already. At a tie, measuring goes wrong as well, since moving up and moving "
        "down give different slopes there. What would forward have to put into the cache for you?",
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
        "two inputs that must give different answers: change a vector, change a length, change an "
        "id. Write down which of these changes ought to be seen in the answer, and look whether it "
        "is.",
    ),
    "cache-in-global": Hint(
        "The gradient belongs to the latest batch that was pooled, not to the one whose cache was "
        "given. What happens when two batches are pooled before the first backward?",
        "As long as every forward is followed by its own backward, a variable outside the "
        "functions that holds the latest values seems to work. But it holds only one set of them. "
        "A model that compares two texts pools both before it goes back through either, and then "
        "the values of the first have been overwritten: its gradient gets the lengths and the "
        "winners of the second, or does not even have the right shape. This is why forward returns "
        "a cache along with its result: whoever calls can keep as many of them as needed, and hand "
        "back the one that is meant. Pool two different batches, then ask for both gradients, and "
        "compare with what you get one after the other. Which names in your backward are neither "
        "arguments nor made inside it?",
    ),
    "wrong-exception": Hint(
        "For a list without sequences, an error of another kind than ValueError is raised, or "
        "none at all. Which line of yours is the first to notice that the list is empty, and what "
        "does it do?",
        "An empty list has no longest text and no first text, so the shape of the batch cannot be "
        "known. The exercise says which exception to raise then. It matters, because whoever "
        "calls the function may want to catch this one case and let every other error through; "
        "an IndexError from the depth of your function looks like a bug in it and not like a "
        "wrong argument, and an empty array lets the mistake travel on until it does harm "
        "somewhere else. Call your function with an empty list, both with a length and without "
        "one, and read the last line of each message. The two may differ, because different lines "
        "can be the first to fail. What would you write, and where, so that it does not depend on "
        "the luck of some later line?",
    ),
}

NUMERIC = """
def {name}(batch, lengths):
    real = real_positions(batch, lengths)
    top = np.where(real, batch, -np.inf).max(axis=1)
    mean = np.where(real, batch, 0.0).sum(axis=1) / np.maximum(lengths, 1)[:, None]
    pooled = np.where(lengths[:, None] > 0, {value}, 0.0)
    return pooled, (batch.copy(), lengths.copy())


def {name}_backward(dpooled, cache):
    batch, lengths = cache
    h = 1e-5
    dbatch = np.zeros(batch.shape)
    for place in np.ndindex(batch.shape):
        old = batch[place]
        batch[place] = old + h
        up = (dpooled * {name}(batch, lengths)[0]).sum()
        batch[place] = old - h
        down = (dpooled * {name}(batch, lengths)[0]).sum()
        dbatch[place] = (up - down) / (2 * h)
        batch[place] = old
    return dbatch
"""


WIDTH = "L = max(len(sequence) for sequence in sequences) if length is None else length"
LENGTHS = "lengths = np.array([min(len(sequence), L) for sequence in sequences])"
COPY = "row[:n] = sequence[:n]"
EMPTY = '    if not sequences:\n        raise ValueError("there are no sequences to pad")\n'
ADD = "np.add.at(dE, ids, dvectors)"
TABLE = "dE = np.zeros((V, dvectors.shape[-1]))"

COUNT = "np.maximum(lengths, 1)"
MEAN = "(weight * batch).sum(axis=1)"
MASKED = "np.where(real, batch, -np.inf)"
HAS_WORDS = "lengths[:, None] > 0"
MAGNITUDE = "np.where(real, np.abs(batch), -1.0).argmax(axis=1)"
TEXTS = "np.arange(len(batch))"
NEVER = (-1e9, -1e6, -1e4, -1e3, -999.0, -100.0)


def in_one(function: str, id: str, *swaps: dict[str, str]) -> tuple[Mistake, ...]:
    """One mistake in this function for each swap; no other function is concerned."""
    return tuple(Mistake(id, function, swap=swap) for swap in swaps)


def wrong_padding(id: str, *swaps: dict[str, str]) -> tuple[Mistake, ...]:
    """One mistake in pad_or_truncate for each swap."""
    return in_one("pad_or_truncate", id, *swaps)


def wrong_mean(id: str, *values: str) -> tuple[Mistake, ...]:
    """Forms of mean_pool that return these values beside the right cache."""
    swaps = ({f"return {MEAN}, weight": f"return {value}, weight"} for value in values)
    return in_one("mean_pool", id, *swaps)


def wrong_mean_backward(id: str, *weights: str) -> tuple[Mistake, ...]:
    """Forms of mean_pool_backward that go back with these weights."""
    swaps = ({f"return {MEAN}, weight": f"return {MEAN}, {weight}"} for weight in weights)
    return in_one("mean_pool_backward", id, *swaps)


def wrong_max(id: str, *values: str) -> tuple[Mistake, ...]:
    """Forms of max_pool that return these values beside the right cache."""
    return in_one("max_pool", id, *({"return pooled, share": f"return {v}, share"} for v in values))


def wrong_max_backward(id: str, *shares: str) -> tuple[Mistake, ...]:
    """Forms of max_pool_backward that go back by these shares."""
    swaps = ({"return pooled, share": f"return pooled, {share}"} for share in shares)
    return in_one("max_pool_backward", id, *swaps)


def or_zero(values: str) -> str:
    """The values, but zero for a text without words."""
    return f"np.where({HAS_WORDS}, {values}, 0.0)"


def only(positions: str) -> str:
    """All of the gradient to one position, for positions (m, d) or (m, 1)."""
    return f"(np.arange(batch.shape[1])[:, None] == {positions}[:, None, :])"


MISTAKES = (
    *wrong_mean(
        "mean-over-padding",
        "batch.mean(axis=1)",
        "(real * batch).mean(axis=1)",
        f"batch.sum(axis=1) / {COUNT}[:, None]",
    ),
    *wrong_mean_backward("mean-over-padding", "real / batch.shape[1]"),
    *wrong_padding(
        "mean-by-original-length",
        {
            "return batch, lengths": (
                "return batch, np.array([len(sequence) for sequence in sequences])"
            )
        },
    ),
    *wrong_padding(
        "batch-dependent",
        {WIDTH: "L = min(max(map(len, sequences)), length or max(map(len, sequences)))"},
    ),
    *wrong_mean(
        "batch-dependent",
        "(real * batch).sum(axis=1) / max(lengths.max(), 1)",
        "(real * batch).sum(axis=1) / max(lengths.mean(), 1)",
        "batch[:, : max(lengths.min(), 1)].mean(axis=1)",
        "batch[:, : max(lengths.max(), 1)].mean(axis=1)",
    ),
    *wrong_mean_backward("batch-dependent", "real / max(lengths.max(), 1)"),
    *wrong_max(
        "batch-dependent",
        "batch[:, : max(lengths.min(), 1)].max(axis=1)",
        "batch[:, : max(lengths.max(), 1)].max(axis=1)",
    ),
    *wrong_max("max-over-padding", "batch.max(axis=1)", "(real * batch).max(axis=1)"),
    *wrong_max_backward(
        "max-over-padding",
        only("batch.argmax(axis=1)"),
        only("(real * batch).argmax(axis=1)"),
        only("batch.argmax(axis=1)") + " & real",
    ),
    *wrong_max("zero-start", or_zero(f"np.maximum({MASKED}.max(axis=1), 0.0)")),
    *wrong_max_backward(
        "zero-start",
        "share * (batch > 0)",
        "share * (batch >= 0)",
        only(f"({MASKED}.argmax(axis=1) * ({MASKED}.max(axis=1) > 0))") + " & real",
    ),
    *wrong_padding(
        "tail-kept",
        {COPY: "row[:n] = sequence[len(sequence) - n :]"},
        {COPY: "row[L - n :] = sequence[:n]"},
        {COPY: "row[L - n :] = sequence[len(sequence) - n :]"},
    ),
    *wrong_padding("not-cut", {WIDTH: "L = max(length or 0, *map(len, sequences))"}),
    *wrong_padding(
        "cut-one-off",
        {WIDTH: f"{WIDTH} + 1"},
        {WIDTH: f"{WIDTH}\n    L = L + 1"},
        {WIDTH: f"{WIDTH}\n    L = L - 1"},
        {LENGTHS: "lengths = np.array([min(len(sequence), L - 1) for sequence in sequences])"},
    ),
    *wrong_mean(
        "cut-one-off",
        f"(real_positions(batch, lengths + 1) * batch).sum(axis=1) / {COUNT}[:, None]",
        "(real_positions(batch, lengths + 1) * batch).sum(axis=1)"
        " / real_positions(batch, lengths + 1).sum(axis=1)",
        f"(real_positions(batch, lengths - 1) * batch).sum(axis=1) / {COUNT}[:, None]",
        "(real_positions(batch, lengths - 1) * batch).sum(axis=1)"
        " / np.maximum(lengths - 1, 1)[:, None]",
    ),
    *wrong_mean_backward(
        "cut-one-off",
        f"real_positions(batch, lengths + 1) / {COUNT}[:, None, None]",
        f"real_positions(batch, lengths - 1) / {COUNT}[:, None, None]",
    ),
    *wrong_max(
        "cut-one-off",
        "np.where(real_positions(batch, lengths + 1), batch, -np.inf).max(axis=1)",
        "np.where(lengths[:, None] > 1,"
        " np.where(real_positions(batch, lengths - 1), batch, -np.inf).max(axis=1), 0.0)",
    ),
    *wrong_max_backward(
        "cut-one-off",
        only("np.where(real_positions(batch, lengths + 1), batch, -np.inf).argmax(axis=1)"),
        only("np.where(real_positions(batch, lengths - 1), batch, -np.inf).argmax(axis=1)")
        + " & real",
    ),
    *wrong_mean("empty-nan", "(real * batch).sum(axis=1) / lengths[:, None]"),
    *wrong_mean_backward("empty-nan", "real / lengths[:, None, None]"),
    *wrong_max("empty-nan", "top[:, 0, :]", f"np.where({HAS_WORDS}, top[:, 0, :], np.nan)"),
    *wrong_max_backward("empty-nan", "winner / winner.sum(axis=1, keepdims=True)"),
    *wrong_max(
        "one-winner",
        or_zero(f"batch[{TEXTS}, {MASKED}.sum(axis=2).argmax(axis=1)]"),
        or_zero(f"batch[{TEXTS}, {MASKED}.max(axis=2).argmax(axis=1)]"),
        or_zero(f"batch[{TEXTS}, {MASKED}[:, :, 0].argmax(axis=1)]"),
    ),
    *wrong_max_backward(
        "one-winner",
        only(f"{MASKED}.sum(axis=2).argmax(axis=1)[:, None]") + " & real",
        only(f"{MASKED}.max(axis=2).argmax(axis=1)[:, None]") + " & real",
        only(f"{MASKED}[:, :, 0].argmax(axis=1)[:, None]") + " & real",
    ),
    *wrong_max_backward("ties-all-paid", "winner"),
    *wrong_mean_backward(
        "padding-gets-gradient",
        f"np.ones(real.shape) / {COUNT}[:, None, None]",
        "np.ones(real.shape) / batch.shape[1]",
    ),
    *wrong_max_backward(
        "padding-gets-gradient",
        "(batch == top) / np.maximum((batch == top).sum(axis=1, keepdims=True), 1)",
        only(f"{MASKED}.argmax(axis=1)"),
    ),
    *wrong_mean(
        "wrong-axis",
        "batch.mean(axis=0)",
        "batch.mean(axis=2)",
        "(weight * batch).sum(axis=0)",
        "(weight * batch).sum(axis=2)",
        "np.where(real, batch, 0.0).mean(axis=2)",
    ),
    *wrong_max(
        "wrong-axis",
        "batch.max(axis=0)",
        "batch.max(axis=2)",
        f"{MASKED}.max(axis=0)",
        f"{MASKED}.max(axis=2)",
    ),
    *in_one(
        "embed",
        "wrong-axis",
        {"return E[ids]": "return E.T[ids]"},
        {"return E[ids]": "return E[:, ids]"},
    ),
    *in_one(
        "embed_backward",
        "wrong-axis",
        {TABLE: "dE = np.zeros((dvectors.shape[-1], V))", ADD: "np.add.at(dE.T, ids, dvectors)"},
    ),
    *wrong_mean(
        "mask-by-value",
        "batch.sum(axis=1) / np.maximum((batch != 0).sum(axis=1), 1)",
        "batch.sum(axis=1) / np.maximum(batch.any(axis=2).sum(axis=1), 1)[:, None]",
        "(real * batch).sum(axis=1) / np.maximum((real & (batch != 0)).sum(axis=1), 1)",
    ),
    *wrong_mean_backward(
        "mask-by-value",
        "(batch != 0) / np.maximum((batch != 0).sum(axis=1, keepdims=True), 1)",
        "batch.any(axis=2)[:, :, None]"
        " / np.maximum(batch.any(axis=2).sum(axis=1), 1)[:, None, None]",
    ),
    *wrong_max(
        "mask-by-value",
        or_zero("np.where(batch != 0, batch, -np.inf).max(axis=1)"),
        or_zero("np.where(batch.any(axis=2)[:, :, None], batch, -np.inf).max(axis=1)"),
        or_zero("np.where(real & (batch != 0), batch, -np.inf).max(axis=1)"),
    ),
    *wrong_max_backward(
        "mask-by-value",
        "share * (batch != 0)",
        only("np.where(batch != 0, batch, -np.inf).argmax(axis=1)"),
    ),
    *in_one(
        "embed_backward",
        "repeat-overwritten",
        {ADD: "dE[ids] = dvectors"},
        {ADD: "for w, dx in zip(ids.T, np.swapaxes(dvectors, 0, 1)):\n        dE[w] = dx"},
        {ADD: "for w, dx in zip(ids.T, np.swapaxes(dvectors, 0, 1)):\n        dE[w] += dx"},
        {ADD: "for w, dx in zip(ids, dvectors):\n        dE[w] += dx"},
    ),
    *wrong_mean_backward("mean-not-divided", "real"),
    *in_one(
        "embed",
        "token-zero-as-padding",
        {"return E[ids]": "return E[ids] * (ids != 0)[:, :, None]"},
    ),
    *in_one(
        "embed_backward",
        "token-zero-as-padding",
        {ADD: f"{ADD}\n    dE[0] = 0.0"},
    ),
    *wrong_max(
        "big-negative-mask",
        *(or_zero(f"np.where(real, batch, {low}).max(axis=1)") for low in NEVER),
        or_zero("(batch - 1e9 * ~real).max(axis=1)"),
    ),
    *wrong_max_backward(
        "big-negative-mask",
        *(
            only(f"np.where(real, batch, {low}).argmax(axis=1)") + back
            for low in NEVER
            for back in ("", " & real")
        ),
        only("(batch - 1e9 * ~real).argmax(axis=1)"),
        only("(batch - 1e9 * ~real).argmax(axis=1)") + " & real",
    ),
    *wrong_max(
        "largest-magnitude-wins",
        or_zero(f"np.take_along_axis(batch, {MAGNITUDE}[:, None], axis=1)[:, 0]"),
        "np.where(real, np.abs(batch), 0.0).max(axis=1)",
    ),
    *wrong_max_backward("largest-magnitude-wins", only(MAGNITUDE) + " & real"),
    *in_one(
        "embed_backward",
        "vocabulary-from-ids",
        {TABLE: "dE = np.zeros((ids.max() + 1, dvectors.shape[-1]))"},
    ),
    *wrong_padding(
        "argument-modified",
        {LENGTHS: f"sequences[:] = [sequence[:L] for sequence in sequences]\n    {LENGTHS}"},
    ),
    *in_one(
        "mean_pool",
        "argument-modified",
        {f"return {MEAN}, weight": "batch *= weight\n    return batch.sum(axis=1), weight"},
        {f"return {MEAN}, weight": f"batch[~real[:, :, 0]] = 0.0\n    return {MEAN}, weight"},
    ),
    *in_one(
        "mean_pool_backward",
        "argument-modified",
        {
            f"return {MEAN}, weight": f"return {MEAN}, (real, lengths.copy())",
            "weight = cache\n    return weight * dpooled[:, None, :]": (
                f"real, lengths = cache\n    dpooled /= {COUNT}[:, None]\n"
                "    return real * dpooled[:, None, :]"
            ),
        },
    ),
    *in_one(
        "max_pool",
        "argument-modified",
        {"return pooled, share": "batch[~real[:, :, 0]] = -np.inf\n    return pooled, share"},
    ),
    *in_one(
        "max_pool_backward",
        "argument-modified",
        {"share = cache\n": ("share = cache\n    dpooled[~share.any(axis=(1, 2))] = 0.0\n")},
    ),
    *wrong_padding(
        "state-between-calls",
        {
            "def pad_or_truncate(sequences, length=None)": (
                "def pad_or_truncate(sequences, length=None, lengths=[])"
            ),
            LENGTHS: "lengths.extend([min(len(sequence), L) for sequence in sequences])",
            "lengths, strict=True)": "lengths)",
            "return batch, lengths": "return batch, np.array(lengths)",
        },
    ),
    *in_one(
        "max_pool_backward",
        "state-between-calls",
        {
            "share = cache\n    return share * dpooled[:, None, :]": (
                "share = cache\n    share *= dpooled[:, None, :]\n    return share"
            )
        },
    ),
    *in_one(
        "embed_backward",
        "state-between-calls",
        {
            "def embed_backward(ids, dvectors, V)": "def embed_backward(ids, dvectors, V, old={})",
            TABLE: "shape = (V, dvectors.shape[-1])\n"
            "    dE = old.setdefault(shape, np.zeros(shape))",
        },
    ),
    Mistake(
        "numeric-differentiation",
        "mean_pool_backward",
        code=NUMERIC.format(name="mean_pool", value="mean"),
    ),
    Mistake(
        "numeric-differentiation",
        "max_pool_backward",
        code=NUMERIC.format(name="max_pool", value="top"),
    ),
    *wrong_padding("constant-answer", {COPY: "row[:n] = 0.0"}),
    *wrong_mean("constant-answer", "np.zeros((batch.shape[0], batch.shape[2]))"),
    *wrong_mean_backward("constant-answer", "np.zeros(real.shape)"),
    *wrong_max("constant-answer", "np.zeros((batch.shape[0], batch.shape[2]))"),
    *wrong_max_backward("constant-answer", "np.zeros(share.shape)"),
    *in_one(
        "embed",
        "constant-answer",
        {"return E[ids]": "return np.zeros((*ids.shape, E.shape[1]))"},
    ),
    *in_one("embed_backward", "constant-answer", {ADD: "dE[ids] = 0.0"}),
    *in_one(
        "mean_pool_backward",
        "cache-in-global",
        {
            f"return {MEAN}, weight": f"global LAST\n    LAST = weight\n    return {MEAN}, None",
            "weight = cache": "weight = LAST",
        },
    ),
    *in_one(
        "max_pool_backward",
        "cache-in-global",
        {
            "return pooled, share": "global LAST\n    LAST = share\n    return pooled, None",
            "share = cache": "share = LAST",
        },
    ),
    *wrong_padding(
        "wrong-exception",
        {EMPTY: ""},
        {EMPTY: "    d = sequences[0].shape[1]\n"},
        {EMPTY: '    assert sequences, "there are no sequences to pad"\n'},
        {
            EMPTY: "    if not sequences:\n"
            "        return np.zeros((0, length or 0, 0)), np.zeros(0, dtype=int)\n"
        },
    ),
)

LOOKALIKES = (
    *wrong_mean("divided-by-one-more", "(real * batch).sum(axis=1) / (lengths + 1)[:, None]"),
)
"""Where the padding and the real vector beside it are zeros, `cut-one-off` answers so too."""
