"""Mistakes students make in the n-gram model: each is the solution with the wrong line put in."""

from collections.abc import Mapping

from grader.testing import Hint, Mistake

HINTS = {
    "no-start": Hint(
        "For contexts with the id 0 in them, nothing seems to have been counted. What stands "
        "before the first word of a sentence?",
        "The first word of a sentence is predicted like every other word, from what stands before "
        "it. Nothing stands there, and this nothing is written down with an id of its own, so "
        "that every word has a context of the same width. If it is left out, or if the contexts "
        "at the beginning are simply made shorter, the model has no idea how sentences begin, and "
        "a word of a short sentence may not be counted at all. Write the sentence with the ids 5 "
        "and 7 on paper for n = 3, as the text of the exercise does. How many predictions are "
        "there, and which contexts do they have? Then print what your own code finds, for the "
        "training text and for the test text.",
    ),
    "no-end": Hint(
        "The ends of sentences are not counted among the predictions. How does the model know "
        "when to stop?",
        "A language model gives a probability to whole sentences, so it must also say where they "
        "stop. This is why the end has an id, which is put behind each sentence and is predicted "
        "from the words before it, as if it were a word. A text of 10 sentences with 50 words has "
        "60 predictions. Even an empty sentence has one. If the ends are missing in the training "
        "text, the model never expects one; if they are missing in the test text, the mean is "
        "taken over too few and too hard cases. Count the predictions that your code makes for "
        "a tiny text, first in training and then in testing, and compare.",
    ),
    "across-sentences": Hint(
        "The counts contain pairs of words that never stood in one sentence. Where does one "
        "sentence stop and the next one start?",
        "Two sentences that stand one after the other in the list need not have anything to do "
        "with each other: the list could be shuffled. So no window may begin in one of them and "
        "end in the next. If all sentences are first joined to one long list, such windows appear, "
        "also when marks are put between them: then the beginning of a sentence is predicted from "
        "an end, and this is not one of the predictions asked for. Test your code with two "
        "sentences of one word each, and with the same two in the other order. The counts must be "
        "equal. Print every window, and look for one that you cannot find in a single sentence.",
    ),
    "k-without-v": Hint(
        "For k > 0, the rows do not sum to 1. How much was added to the counts of one row in all?",
        "Smoothing puts a small extra count on every id that could come next. The numerator of one "
        "id grows by this extra count; the denominator must grow by as much as all "
        "numerators together, or the row is no longer a distribution. So the number of "
        "possible next ids has to appear there, and k too, with its real value, which can be a "
        "fraction such as 0.1. A quick test needs no reference at all: add up a row. Try it for a "
        "context that was never seen, with k = 0.5. Every id is then equally likely, and you know "
        "what each of them must get. What does your formula say?",
    ),
    "v-counts-start": Hint(
        "The number of ids that share the added counts is not the right one. Which ids can come "
        "next?",
        "There are V ids in all, but not all of them can follow something. One of them never "
        "does, as it only stands at the beginning; its column stays empty and it takes no part in "
        "the smoothing. All the others take part, and this includes the end of the sentence, and "
        "also words which the training text does not contain: giving them a chance is the very "
        "purpose of smoothing. So the number in your denominator must depend neither on which "
        "words happened to be seen, nor be off by one. Take V = 4 and a context that was "
        "never seen: write down the ids that could follow, and what each of them should get.",
    ),
    "joint-for-conditional": Hint(
        "The rows are too small, and do not sum to 1 even for k = 0. What is known when the next "
        "word is predicted?",
        "There are two questions that sound alike. How often do these words stand in the text, "
        "among all the windows of the text? And given that the first ones stand here already, how "
        "often does this one follow? A language model asks the second. The context is known, so "
        "only the cases with this context are compared with each other, and the rest of "
        "the text is of no interest. Think of a rare context that was followed by the same word "
        "each time: the model should be sure of it, however rare the context is. What does your "
        "code give there? And what must the sum over all the next words be?",
    ),
    "log-base": Hint(
        "The perplexity is a fixed power of the right value. Do the logarithm and the power "
        "belong together?",
        "Perplexity can be computed in any base, in bits or in nats, as long as the way back is "
        "the inverse of the way there. Taking a logarithm in one base and then raising another "
        "base to the result gives a number that looks reasonable and is not. There is a good test "
        "that needs no reference: a model that hesitates between 8 equally likely ids at each "
        "step must have perplexity 8, whatever the base. You can get such a model from an empty "
        "training text and large k. Which of your two functions, the one on the way "
        "there and the one on the way back, has to be changed so that this test is passed?",
    ),
    "per-sentence": Hint(
        "The mean of the logarithms is not taken over the predictions. How many predictions were "
        "made?",
        "Perplexity is about one prediction: how many equally likely choices the model has had, on "
        "average, each time an id was predicted. So the sum of the logarithms is divided by the "
        "number of ids that were predicted, over the whole text and ends of sentences included. "
        "If you divide by the number of sentences, long sentences look terrible. If you compute "
        "one value for each sentence and average those, a sentence with one word weighs as much "
        "as a sentence with fifty. Make a test text of one short and one long sentence, and "
        "count by hand what your denominator should be. What is yours?",
    ),
    "zero-log-zero": Hint(
        "A predicted id with probability 0 has been skipped, or gave NaN. How surprised is a "
        "model by something it held to be impossible?",
        "When smoothing is switched off, some words of the test text may have probability zero. "
        "The logarithm of zero is minus infinity, and the perplexity is then infinite. This is no "
        "accident that has to be repaired; it is the honest answer, and the reason for smoothing. "
        "If such cases are left out of the sum, or replaced by a zero, the model is praised for "
        "words that it knows nothing about: the fewer it can predict, the better it looks. The "
        "product of zero and the logarithm of zero does occur, in an entropy, but not here: each "
        "predicted id counts once. Look at how your code treats a zero.",
    ),
    "test-counted": Hint(
        "The perplexity is too good. Which text has the model seen before it was tested?",
        "A test text is there to find out how well the model does with sentences it has not "
        "seen. If they are among the counts, the model has been told the answers. Unknown words "
        "and unknown pairs then do not exist, the perplexity is lower than it should be, and with "
        "k = 0 it is never infinite. You can find out with two calls: train on a text, and test "
        "once on a sentence in which everything is new. Without smoothing the answer must be "
        "infinity. If it is not, follow the argument with the test sentences through your code, "
        "and look for the place where it meets the counting.",
    ),
    "context-reversed": Hint(
        "For n > 2, the ids of a context are compared in the opposite order. Which end of a "
        "context is the oldest?",
        "For n = 2 a context is a single id and no order can go wrong, so everything looks fine. "
        "With n = 3 it is a pair, and a pair can be read from both sides. The docstring says how "
        "the contexts are written: the oldest id first, as the words stand in the sentence. When "
        "you walk back from the predicted word and collect what you meet, you get the "
        "opposite. Make a text of the one sentence with the ids 2, 3, 4 and ask for what follows "
        "(2, 3) and what follows (3, 2), with k = 0. Only one of these two was ever seen. "
        "Which one does your code know?",
    ),
    "unseen-uniform": Hint(
        "With k = 0, the rows of contexts that were never seen are not what the docstring asks "
        "for. What has been counted there?",
        "Without smoothing, a context that does not occur in the training text leaves you with "
        "zero divided by zero. Mathematics does not say what that is, so the exercise has to, and "
        "its docstring does. NumPy makes a NaN of it, which then spreads through every mean "
        "it meets, and sharing the probability equally among all the ids is an "
        "invention: nothing was counted that would support it. Note that with k > 0 the case "
        "needs no special treatment, the formula works by itself. Ask your code for one such row "
        "with k = 0, read the docstring again, and decide before you divide.",
    ),
    "one-start-only": Hint(
        "For n > 2, contexts of 0s only are never seen. How wide is the context of the first word?",
        "Each prediction has a context of the same width, n - 1 ids, and so has that of the first "
        "word of a sentence. For n = 2 one mark of the beginning is enough. For n = 3 the "
        "first word needs two ids in front of it, and for n = 4 three; and for n = 1 "
        "none. With a single mark, the first word of every sentence, and with larger n also the "
        "ones after it, are not predicted at all: no window is wide enough to reach back from "
        "them. Take an empty sentence and n = 3. It still has one prediction. Write down its "
        "context, and then let your code print the one it finds.",
    ),
    "epsilon-in-log": Hint(
        "The perplexity is finite where a predicted id has probability 0. What has been added "
        "before the logarithm was taken?",
        "A small number inside the logarithm is a habit from neural networks, where it prevents "
        "infinities during training. Here infinity is a legal answer, and the docstring says "
        "when it is wanted: a model that has excluded something which then happens is infinitely "
        "surprised. With the small number in place the result depends on the number you "
        "happened to choose, and it is not a perplexity any more, because the probabilities do "
        "not sum to one. If you did it to get rid of a warning, there are other ways to silence a "
        "warning for one line. Smoothing is already part of the model and has its own parameter.",
    ),
    "product-underflow": Hint(
        "The perplexity of a long text is infinite, although no probability is 0. How small can a "
        "float become?",
        "A text of a thousand words, each with a probability around one tenth, has a probability "
        "with a thousand zeros after the point. The smallest positive float has about three "
        "hundred. So the product becomes exactly zero somewhere on the way, and whatever is done "
        "to it afterwards, a root or a logarithm, comes too late. Short texts do not show it, "
        "which makes it an unpleasant mistake. Try your function on the same sentence repeated "
        "once, ten times and a thousand times: the perplexity must stay the same. "
        "The formula of the exercise is the same number in mathematics, but is built so that "
        "no such product has to be formed. In which order does it do things?",
    ),
    "argument-modified": Hint(
        "An argument was changed by the call. Which line of yours writes into a list or an array "
        "of the caller's?",
        "What is handed to a function is not a copy. If you insert marks into a list, append to "
        "it, or write into an array, the caller's own sentences or contexts change, and everything "
        "that is computed from them later is wrong. It is often found only when the same text is "
        "used again, for a second model or as a test text. Call your function twice with the same "
        "arguments and print each of them after each call. Then look for `insert`, `append`, "
        "`extend`, `pop`, `sort`, for `+=` and the like, and for indices and slices on the left of "
        "an equals sign. Which expression makes something new and leaves the old one alone?",
    ),
    "state-between-calls": Hint(
        "The second call still knows the text of the first. Where are the counts kept?",
        "Each call brings its own training text, and its answer must follow from this text alone. "
        "Yours remembers an earlier one. The counts may live in a name at the top of the file, in "
        "an attribute, or in a default argument: Python makes a default like `counts={}` once, "
        "and all calls share it. Or something is stored to save time, under a key that does not "
        "say which text it belongs to. Train on one text, then on another one, and compare with "
        "what a fresh start of Python gives for the second. Then look for everything "
        "that is made outside the function, or only the first time it runs.",
    ),
    "constant-answer": Hint(
        "The answer is the same for every text. Where do the counts enter?",
        "An array of zeros, or a row in which each id is equally likely, has the right shape and "
        "says nothing about the training text. Perhaps it is a stand-in that was to be replaced, "
        "perhaps an array is made first and the counts are never written into it, because no "
        "context is ever found: a row of an array is not equal to a tuple or a string as a key of "
        "a dict, and a lookup with a default then fails in silence. Print the counts, and then "
        "look up one context by hand that you know to be there. Which type has the key that was "
        "stored, and which type has the one that you look up?",
    ),
}

SENTENCES = "for sentence in sentences:"
PADDED = "padded = [START] * (n - 1) + list(sentence) + [END]"
WINDOW = "tuple(padded[t - n + 1 : t])"
WINDOWS = "for t in range(n - 1, len(padded)):"
COUNTING = "for context, word in zip(*ngrams(sentences, n), strict=True):"
FOLLOWERS = "followers = defaultdict(Counter)"
COUNTED = "followers[context][word] += 1"
SMOOTHED = "smoothed = counts + k"
NO_START_COLUMN = "    smoothed[:, START] = 0\n"
TOTALS = "totals = counts.sum(axis=1, keepdims=True) + k * (vocabulary_size - 1)"
ROWS = "return smoothed / np.where(totals > 0, totals, 1)"
TEST = "contexts, words = ngrams(test_sentences, n)"
P = "p = probabilities(train_sentences, np.array(contexts, int), n, k, vocabulary_size)"
LOG_P = "log_p = np.log(p[range(len(words)), words])"
MEAN = "np.exp(-log_p.mean())"

JOINED = "[word for sentence in {} for word in sentence]"
ENDS_ONLY = "[word for sentence in {} for word in [*sentence, END]][:-1]"
STREAM = f"""stream = []
    {SENTENCES}
        stream += [START] * (n - 1) + list(sentence) + [END]
    for padded in [stream]:"""
BY_SENTENCE = "np.split(log_p, np.flatnonzero(np.equal(words, END)) + 1)[:-1]"
SEEN = "len(set(ngrams(sentences, n)[1]))"
KEPT_BY_N = f"""known = vars(probabilities).setdefault("known", {{}})
    followers = known.get(n, defaultdict(Counter))
    {COUNTING}
        if n not in known:
            {COUNTED}
    known[n] = followers"""


def counts(id: str, swap: Mapping[str, str]) -> Mistake:
    """In the probabilities, from which the perplexity is computed."""
    return Mistake(id, "probabilities", swap=swap, affects=("perplexity",))


def probabilities(id: str, swap: Mapping[str, str]) -> Mistake:
    """In the probabilities of contexts that no test sentence asks for."""
    return Mistake(id, "probabilities", swap=swap)


def perplexity(id: str, swap: Mapping[str, str]) -> Mistake:
    """In the perplexity alone."""
    return Mistake(id, "perplexity", swap=swap)


def tested_where(condition: str) -> dict[str, str]:
    """Of the predictions of the test text, only those for which the condition holds."""
    pairs = "zip(*ngrams(test_sentences, n), strict=True)"
    kept = f"[(context, word) for context, word in {pairs} if {condition}]"
    return {TEST: f"contexts, words = map(list, zip(*{kept}, strict=True))"}


MISTAKES = (
    counts("no-start", {PADDED: "padded = list(sentence) + [END]"}),
    probabilities(
        "no-start",
        {
            PADDED: "padded = list(sentence) + [END]",
            WINDOWS: "for t in range(len(padded)):",
            WINDOW: "tuple(padded[max(t - n + 1, 0) : t])",
            P: P.replace("np.array(contexts, int)", "contexts"),
        },
    ),
    perplexity("no-start", tested_where("START not in context")),
    counts("no-end", {PADDED: PADDED.removesuffix(" + [END]")}),
    counts("no-end", {COUNTED: f"if word != END:\n            {COUNTED}"}),
    perplexity("no-end", tested_where("word != END")),
    *(
        counts("across-sentences", {SENTENCES: f"for sentence in [{joined.format('sentences')}]:"})
        for joined in (JOINED, ENDS_ONLY)
    ),
    *(
        counts("across-sentences", {"zip(*ngrams(sentences, n)": f"zip(*ngrams([{text}], n)"})
        for text in (JOINED.format("sentences"), ENDS_ONLY.format("sentences"))
    ),
    *(
        perplexity("across-sentences", {"ngrams(test_sentences, n)": f"ngrams([{text}], n)"})
        for text in (JOINED.format("test_sentences"), ENDS_ONLY.format("test_sentences"))
    ),
    counts("across-sentences", {f"{SENTENCES}\n        {PADDED}": STREAM}),
    *(
        counts("k-without-v", {TOTALS: f"totals = counts.sum(axis=1, keepdims=True){extra}"})
        for extra in ("", " + k", " + (vocabulary_size - 1)", " + vocabulary_size")
    ),
    *(
        counts("v-counts-start", {"k * (vocabulary_size - 1)": f"k * {number}"})
        for number in ("vocabulary_size", "(vocabulary_size - 2)", SEEN, f"({SEEN} - 1)")
    ),
    counts(
        "v-counts-start",
        {NO_START_COLUMN: "", "k * (vocabulary_size - 1)": "k * vocabulary_size"},
    ),
    probabilities("v-counts-start", {NO_START_COLUMN: ""}),
    counts(
        "v-counts-start",
        {
            SMOOTHED: "smoothed = counts + k * np.isin(np.arange(vocabulary_size), "
            "ngrams(sentences, n)[1])",
            "k * (vocabulary_size - 1)": f"k * {SEEN}",
        },
    ),
    *(
        counts(
            "joint-for-conditional",
            {
                TOTALS: "totals = np.full((len(contexts), 1), "
                f"len(ngrams(sentences, n)[1]) + k * (vocabulary_size - 1){power})"
            },
        )
        for power in ("", " ** n")
    ),
    *(perplexity("log-base", {"np.log(p": f"{log}(p"}) for log in ("np.log2", "np.log10")),
    *(perplexity("log-base", {MEAN: f"{base} ** -log_p.mean()"}) for base in (2, 10)),
    *(
        perplexity("per-sentence", {MEAN: mean})
        for mean in (
            "np.exp(-log_p.sum() / len(test_sentences))",
            "np.exp(-log_p.sum() / sum(map(len, test_sentences)))",
            f"np.mean([np.exp(-part.mean()) for part in {BY_SENTENCE}])",
            f"np.exp(-np.mean([part.mean() for part in {BY_SENTENCE}]))",
        )
    ),
    *(
        perplexity("zero-log-zero", {MEAN: mean})
        for mean in (
            "np.exp(-log_p[log_p > -np.inf].mean())",
            "np.exp(-np.where(log_p > -np.inf, log_p, 0).mean())",
            "np.exp(-np.dot(log_p > -np.inf, log_p) / len(log_p))",
        )
    ),
    *(
        perplexity("test-counted", {P: P.replace("train_sentences", text)})
        for text in ("train_sentences + test_sentences", "test_sentences")
    ),
    counts("context-reversed", {COUNTED: "followers[context[::-1]][word] += 1"}),
    probabilities("context-reversed", {WINDOW: f"{WINDOW}[::-1]"}),
    perplexity("context-reversed", {P: P.replace("contexts", "[c[::-1] for c in contexts]")}),
    counts("unseen-uniform", {ROWS: "return smoothed / totals"}),
    *(
        probabilities(
            "unseen-uniform", {ROWS: f"smoothed[totals[:, 0] == 0{columns}] = 1\n    {rows}"}
        )
        for columns, rows in (
            (", 1:", "return smoothed / np.where(totals > 0, totals, vocabulary_size - 1)"),
            ("", "return smoothed / np.where(totals > 0, totals, vocabulary_size)"),
        )
    ),
    *(
        counts("one-start-only", {PADDED: PADDED.replace("[START] * (n - 1)", starts)})
        for starts in ("[START]", "[START] * min(n - 1, 1)")
    ),
    perplexity("one-start-only", tested_where("context.count(START) < 2")),
    *(
        perplexity("epsilon-in-log", {LOG_P: f"{LOG_P[:-1]} + {epsilon})"})
        for epsilon in (1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20, 1e-300)
    ),
    *(
        perplexity("product-underflow", {MEAN: mean})
        for mean in (
            "np.prod(np.exp(log_p)) ** (-1 / len(log_p))",
            "np.exp(-np.log(np.prod(np.exp(log_p))) / len(log_p))",
        )
    ),
    counts(
        "argument-modified",
        {
            PADDED: "sentence[:0] = [START] * (n - 1)\n"
            "        sentence.append(END)\n"
            "        padded = sentence"
        },
    ),
    perplexity(
        "argument-modified",
        {
            TEST: "for sentence in test_sentences:\n"
            "        sentence.append(END)\n"
            "    contexts, words = ngrams([sentence[:-1] for sentence in test_sentences], n)"
        },
    ),
    counts(
        "state-between-calls",
        {FOLLOWERS: f'followers = vars(probabilities).setdefault("kept", {FOLLOWERS[12:]})'},
    ),
    counts("state-between-calls", {f"{FOLLOWERS}\n    {COUNTING}\n        {COUNTED}": KEPT_BY_N}),
    perplexity(
        "state-between-calls",
        {P: P.replace("train_sentences", 'vars(perplexity).setdefault("kept", train_sentences)')},
    ),
    counts("constant-answer", {ROWS: "return np.zeros_like(smoothed)"}),
    counts("constant-answer", {ROWS: "return np.full_like(smoothed, 1 / (vocabulary_size - 1))"}),
    *(
        perplexity("constant-answer", {MEAN: constant})
        for constant in ("0", "1", "vocabulary_size", "vocabulary_size - 1")
    ),
)
