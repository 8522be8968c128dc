"""Mistakes students make in computation_graph: each is the solution with the wrong line put in."""

from grader.testing import Hint, Mistake

HINTS = {
    "factor-two-lost": Hint(
        "The gradient of b is half the right one: the same number as that of d. Which node sits "
        "between b and e?",
        "Draw the graph on paper, one box for each of d, e and L, and put the name of the "
        "operation into each box. Now put a finger on L and walk back to b. Write down every box "
        "you pass, and next to it the slope of that one operation with respect to the arrow you "
        "came along. Your answer for b is the product of the numbers on this walk, so each box "
        "has to leave a factor in it. Compare the walk to a with the walk to b: they share some "
        "boxes, but one of the two walks is longer. What does the extra box do to a number that "
        "goes forward through it, and what must it then do to a slope that comes back?",
    ),
    "upstream-lost": Hint(
        "The gradient is the slope of one operation alone: it does not depend on the rest of the "
        "graph. What does the node above pass down?",
        "Each node knows only its own operation, so the slope you can read off there says how "
        "fast this node moves when its operand moves. That is not yet how fast the final output "
        "moves. The rest of the story is with the nodes above, and it arrives as one number: the "
        "gradient of the output with respect to this node, computed one step earlier in the "
        "backward pass. A quick test: change c from -2 to -4 and run again. The output now reacts "
        "twice as strongly to everything below c's product. Does your number react at all? If it "
        "stays the same, ask how the news about c could have reached it, and which operation "
        "combines the two.",
    ),
    "local-slope-only": Hint(
        "The gradient of a is always 1, whatever the inputs are. Is that the slope of e, or of L?",
        "When a grows by a little, e grows by the same little: that is what an addition does, and "
        "the number 1 says just that. But the question was about L, not about e. Take the numbers "
        "of the lecture, a = 3, b = 1, c = -2, and compute L once more with a = 3.1 in place of a "
        "= 3. By how much did L change, and in which direction? Divide by 0.1 and compare with "
        "what your function says. Then do it once more with another c. There is a step between e "
        "and L, it has a slope of its own, and at the moment that slope has no influence on what "
        "you return for a.",
    ),
    "forgot-doubling-in-e": Hint(
        "The gradient of c is off by exactly the value of b. Which stored value multiplies c?",
        "Look at the last node only: it is a product of two things, and one of them is c. For the "
        "slope with respect to c you need the other thing, as it was in the forward pass. You "
        "have worked that value out a second time, from a and b directly, and on the way "
        "something from the formula was lost. Nothing needs to be worked out a second time: every "
        "intermediate value was computed by the forward pass and lies in the cache under its own "
        "name. That is what the cache is for. Go through its five names and ask for each: is this "
        "what stands next to c in the last multiplication?",
    ),
    "doubled-by-value": Hint(
        "The gradient of b is off by a factor of exactly b, so it changes when b does. Does the "
        "slope of 2b depend on b?",
        "Separate two questions. The first: what is the value of the node d? That depends on b, "
        "of course. The second: if b grows by a little, by how much does d grow, for each unit of "
        "growth? Try it with numbers. Move b from 1 to 1.1 and see how far d moves; then move b "
        "from 7 to 7.1 and see how far d moves. Draw the function as a line, and ask whether it "
        "is steeper in some places than in others. The slope you use in the backward pass is the "
        "answer to the second question. What you have multiplied by at present is the answer to "
        "the first.",
    ),
    "path-slopes-added": Hint(
        "The gradient of b is the sum of the slopes along its path. How do slopes along one path "
        "combine?",
        "There is a single path from b to L, and it goes through several nodes. Think of what a "
        "small push at b does: the first node passes it on, made larger or smaller by its slope; "
        "the next one takes what it was given, not the push you started with, and changes it "
        "again. Try an extreme case: suppose some node on the path ignores its operand "
        "altogether, so its slope is zero. Nothing that you do to b can then reach L. What does "
        "your way of combining the slopes say in that case? (There is a place in this exercise "
        "where contributions are summed, but it is about several paths that meet, not about "
        "several steps of one path.)",
    ),
    "leaves-swapped": Hint(
        "The gradients of a and b have changed places. Can you trace each arrow from its input?",
        "The two numbers you computed are both good, they have only been given to the wrong "
        "names. Start at the leaf a and follow the arrow forward: which node does it enter, and "
        "what happens there? Then do the same for the leaf b, which enters the graph at a "
        "different node and has one more step to go before it reaches L. The leaf with the longer "
        "way has one slope more in its product. Now read the dictionary that you return, entry by "
        "entry, and say aloud which walk each entry belongs to. Names such as da and db for the "
        "variables, with nothing else ever stored in them, make this kind of slip easy to see.",
    ),
    "product-rule-self": Hint(
        "The gradient of c is the value of c itself. What do you get when you differentiate a "
        "product by its other factor?",
        "A product has two factors. Hold one of them still and move the other by a little: how "
        "far does the product go? Picture a rectangle. If you make it wider by one centimetre, "
        "the area that is added is a strip, and the length of that strip is one particular side. "
        "Which one? Try it with numbers before you trust a formula: 5 times 7, then 5.1 times 7; "
        "by how much did the product change for each unit of change in the first factor? Now look "
        "at the node L in the same way. It has two factors, c and e, and each of them gets a "
        "gradient from this node. Check for both which number you handed to whom.",
    ),
    "seeded-with-output": Hint(
        "Every gradient is too large or too small by one common factor: the value of the output. "
        "What is dL/dL?",
        "All your gradients have the right proportions to each other, so the slopes inside the "
        "graph are fine. Only the number with which the backward pass begins is not. That first "
        "number belongs to the output node itself, and it answers the question: if the output "
        "moves by a little, by how much does the output move? Notice that this question is about "
        "rates of change. How large the output happens to be today does not come into it, just as "
        "the slope of a hill does not depend on its height above the sea. Everything that flows "
        "back is a product that starts from this number, which is why one wrong start shows up "
        "everywhere.",
    ),
    "shared-node-overwritten": Hint(
        "A node that is used more than once receives one contribution only. How many paths lead "
        "from the output back to this node?",
        "Take the small graph y = x * x with x = 3 and nudge x to 3.1. The output moves because "
        "the left operand moved, and it moves again because the right operand moved: both are x. "
        "Each use is a road of its own from x to the output, and the output feels all of them at "
        "once. In your loop, print what is stored for x before and after each visit. You will see "
        "that a contribution arrives and that another one is then no longer there, or never gets "
        "in. Ask the same question for a node that stands as an operand in three different nodes, "
        "and for one that occurs twice inside a single node; both cases are tested.",
    ),
    "outer-slope-at-x": Hint(
        "The derivative is right for one function and wrong for two. Where is the outer slope "
        "taken?",
        "You have one factor for each function, which is the right number of factors. But a slope "
        "is not a fixed property of a function: the square is flat near zero and steep further "
        "out, so you must say at which place you read it off. Imagine the functions as machines "
        "in a row. The first machine is handed x. What is the second machine handed? It has never "
        "seen x. When you ask how sensitive it is, you ask about the place where it is working at "
        "this moment. Write the numbers that pass between the machines on paper for a short list "
        "of names, and put under each machine the number that goes into it. Compare with your "
        "call of the slope.",
    ),
    "links-added": Hint(
        "The derivative is a sum of slopes. Rates through gears: do they add or multiply?",
        "Think of three gear wheels in a row. The first turns twice for each turn of the handle, "
        "and the second turns three times for each turn of the first. How often does the second "
        "turn for one turn of the handle? Now the same with functions: a small change of x is "
        "stretched by the first function, and what comes out is stretched again by the next one. "
        "Test your function on a list where you know the answer without any rule: doubling three "
        "times in a row is the same as multiplying by eight. What do you return there? And look "
        "at the empty list, which leaves x as it is: its slope tells you which number to start "
        "from.",
    ),
    "inner-link-dropped": Hint(
        "The slope of the innermost function is missing from the derivative. Is every link in the "
        "chain present?",
        "The slope of the outer function says how fast the result changes when its own input "
        "changes. But nobody moves that input directly: you move x, and x has to pass through the "
        "functions further inside first, each of which makes the movement larger or smaller. Try "
        "the list of names that doubles first and then squares, at x = 3. Moving x by 0.01 moves "
        "what the square receives by how much? Now compare with a list that only squares, started "
        "from 6. The square does the same in both cases, and yet the answers differ. Count the "
        "names in the list, then count the factors in your product, also when the list has three "
        "names.",
    ),
    "last-link-dropped": Hint(
        "The slope of the outermost function is missing from the derivative. Count the functions, "
        "count the factors: are there as many?",
        "Write the list of names in a row, and under each name the slope that your loop "
        "multiplied in for it. Do this for lists of one, two, three and four names. For which "
        "lengths is there a name with nothing under it, and at which end of the list does it "
        "stand? A chain rule that was learned for two functions often stops too early when there "
        "are three: the rule does not speak of two functions, it repeats for as many as there "
        "are. If your loop runs over a shortened list, or stops one step before the end, ask what "
        "the remaining function does to a small change, and whether anything in your answer knows "
        "about it.",
    ),
    "order-ignored": Hint(
        "The nodes are visited in the order in which the graph lists them. Is a node complete "
        "before it is used?",
        "A dict of nodes is a description and not a list of instructions: the same graph may be "
        "written down in many orders, and all of them must give the same answer. Going forward, a "
        "node can be computed only when all of its operands are there. Going backward, a node may "
        "hand on its gradient only when everything that uses it has already paid in. Take a graph "
        "of four nodes in which one node is used by two others, write it down in three different "
        "orders, and follow by hand what your loop does each time. At which moment does some node "
        "pass on a number that is not complete? Who would have to be visited first?",
    ),
    "state-between-calls": Hint(
        "A second call gives another answer: something is left over from the first. What should a "
        "second run start from?",
        "Call your function twice in a row with exactly the same arguments and print both "
        "answers. The first one is right. So something is left over from the first call, and the "
        "second call finds it. Look for anything that lives longer than one call: a dict or a "
        "list at the top of the file, a default value in the line that begins with def (it is "
        "made once, when the function is defined, and not anew for each call), or a store of "
        "results that goes by name only, although the numbers behind the names have changed. Then "
        "ask for each of them: what should be in it when a new run begins, and which line makes "
        "sure of that?",
    ),
    "minus-sign-lost": Hint(
        "The gradient of the second operand of a subtraction has the right size and the wrong "
        "sign. What happens to L if this input grows?",
        "Take away the rest of the graph and look at one node only, y = p - q with p = 5 and q = "
        "2. Now make q a little larger, say 2.1. Does y go up or down? Do the same with p. The "
        "two operands of this operation do not behave alike, although they stand in the same "
        "tuple. Each operation in the table OPS comes with one slope for each of its operands, in "
        "the order of the operands. If you have changed that table, compare it with the original. "
        "If you treat some operations by hand, go through your cases one by one and nudge each "
        "operand in turn; a pocket calculator is enough to find the sign.",
    ),
    "quotient-slope": Hint(
        "The gradient of the second operand of a division has the wrong size or the wrong sign. "
        "What do you get when you differentiate 1/x alone?",
        "Take one node, y = p / q, hold p = 1 still and look at q alone. Draw the curve for "
        "positive q: does it rise or fall as q grows? That settles the sign. Now look at how "
        "steep it is: near q = 0.5 it falls fast, near q = 2 it is already rather flat. Nudge q "
        "from 2 to 2.01 and from 4 to 4.01 and compare the two changes of y: when q has become "
        "twice as large, by which factor has the slope shrunk? That settles the power. Then bring "
        "p back in: what does a numerator of 3 do to all these numbers? The table OPS as it was "
        "given to you has both right, so compare if you have edited it.",
    ),
    "argument-modified": Hint(
        "An argument is not the same after the call as before it. Whose object did you edit?",
        "In Python an assignment does not copy. If you write values = inputs, there is still only "
        "one dict, now with two names, and everything you put into one is in the other as well. "
        "The caller still holds that dict and may want to use it again, for instance to run the "
        "same graph a second time or with another output. Print each argument before the call and "
        "after it, and compare. Then look for lines that assign to an entry, or that call update, "
        "pop, append, remove, reverse or del on something that came in as an argument. For each "
        "of them, decide where your function should keep its own notes, and where that object is "
        "made.",
    ),
    "needs-extra-key": Hint(
        "The function asks the cache for a key that is not among a, b, c, d and e. Would it run "
        "on the cache of somebody else's forward?",
        "You may store more in the cache than the five listed values, and it does no harm. But "
        "backward must be able to do its work with those five alone, because it may be given a "
        "cache that was made by another forward, one that keeps to the list. This protects you: "
        "if there is a mistake in your forward, backward is judged on a correct cache and does "
        "not suffer for it. Find the key that your backward reads beyond the list. What do you "
        "need that number for? Often it is not needed at all, because a value that is on the list "
        "says the same; otherwise you can work it out from the listed ones, on the spot.",
    ),
    "numeric-differentiation": Hint(
        "The gradients are right, but each one costs new runs of the whole graph. How often must "
        "each node be visited in a backward pass?",
        "Nudging one input at a time and looking at what happens to the output is an excellent "
        "way to check gradients, and you should keep that code for checking. As a method it is "
        "too slow: with a thousand nodes you run the graph thousands of times. A network with a "
        "million weights could not be trained like that. The backward pass needs one walk through "
        "the graph, from the output to the inputs, and every node is visited once. When a node's "
        "turn comes, everything that will ever reach it has arrived, so it can serve all its "
        "operands at once. What has to be known about a node at that moment, and what does it "
        "pass on?",
    ),
    "constant-answer": Hint(
        "The answer is the same for all inputs. Which line makes it depend on the arguments?",
        "Whatever numbers go in, the same numbers come out. Sometimes this is a placeholder that "
        "was never filled in, such as a dict of zeros that is returned before anything is added "
        "to it. Sometimes it is the worked example of the lecture, copied as it stands: right for "
        "its own three inputs and for no others. Call your function with two quite different sets "
        "of inputs, print both answers, and then follow one input through the code: at which line "
        "is it used, and where does what you compute from it go? If a loop is meant to fill in "
        "the values, check whether it runs at all, and whether it fills the same object that you "
        "return.",
    ),
    "cache-in-global": Hint(
        "The gradients belong to the last call of forward, not to the cache that was given. Which "
        "cache was backward given?",
        "Call forward twice, with different numbers, and keep both caches. Then ask backward for "
        "the gradients of the first one. You get those of the second, because backward does not "
        "look at what it is handed: it looks at a variable outside, which the last call of "
        "forward has written over. In training this happens all the time: several examples go "
        "forward before the first one goes backward. It may even happen that backward is called "
        "with a cache when forward has never run in this session. Go through the body of backward "
        "and mark each value it uses. For each: does it come in through the argument?",
    ),
    "wrong-exception": Hint(
        "For an unknown name or a circle, the docstring promises a ValueError. What does your "
        "function do there, and when does it notice?",
        "There are three things that can be wrong with a request: an operand that nobody has "
        "defined, nodes that wait for one another in a circle, and an output that is neither a "
        "node nor an input. For each of them the docstring promises a ValueError, so that whoever "
        "calls your function can catch it. Try all three by hand. Do you see a KeyError, because "
        "a dict was asked for a name it does not have? A RecursionError, because the walk went "
        "round and round until Python stopped it? Or no error at all? A good moment to notice is "
        "before anything is computed. What must you remember about the nodes you are just "
        "visiting to see that you are back where you have been?",
    ),
}

_LOOP = """\
    for name in names:
        function, slope = FUNCTIONS[name]
        derivative *= slope(value)
"""

_SOME_LINKS = """\
    for place, name in enumerate(names):
        function, slope = FUNCTIONS[name]
        if {which}:
            derivative *= slope(value)
"""

_AS_LISTED = """
def evaluate(graph, inputs):
    values = dict(inputs)
    for name, (op, operands) in graph.items():
        for each in operands:
            if isinstance(each, str) and each not in values:
                raise ValueError(f"unknown operand {each!r}")
        function, _ = OPS[op]
        values[name] = function(*(values.get(each, each) for each in operands))
    return values
"""

_AS_REACHED = """
def differentiate(graph, inputs, output):
    order = in_order(graph, inputs, [output])
    values = evaluate({name: graph[name] for name in order}, inputs)
    gradients = dict.fromkeys([*graph, *inputs], 0.0)
    gradients[output] = 1.0
    queue, seen = [output], {output}
    for name in queue:
        if name in inputs:
            continue
        op, operands = graph[name]
        _, partials = OPS[op]
        slopes = partials(*(values.get(each, each) for each in operands))
        for operand, slope in zip(operands, slopes):
            if operand in gradients:
                gradients[operand] += gradients[name] * slope
                if operand not in seen:
                    seen.add(operand)
                    queue.append(operand)
    return gradients
"""

# Which contribution is the last depends on the order, and there is more than one that is right.
_BY_QUEUE = """
def another_order(graph, order):
    left = {name: set(graph[name][1]) & set(order) for name in graph if name in order}
    queue = [name for name, waiting in left.items() if not waiting]
    for done in queue:
        for name, waiting in left.items():
            if done in waiting:
                waiting.remove(done)
                if not waiting:
                    queue.append(name)
    return queue
"""

_BY_RECURSION = """
def another_order(graph, order):
    found = {}

    def visit(name):
        for each in graph[name][1]:
            if each in order and each not in found:
                visit(each)
        found[name] = None

    for name in order[-1:]:
        visit(name)
    return list(found)
"""

_BY_PASSES = """
def another_order(graph, order):
    left, found = [name for name in graph if name in order], []
    while left:
        for name in list(left):
            if not set(left) & set(graph[name][1]):
                left.remove(name)
                found.append(name)
    return found
"""

_TOTALS = """
TOTALS = dict.fromkeys("abcde", 0.0)


def backward(cache):
    dc, de = cache["e"], cache["c"]
    for name, gradient in {"a": de, "b": 2 * de, "c": dc, "d": de, "e": de}.items():
        TOTALS[name] += gradient
    return dict(TOTALS)
"""

_REMEMBERED = """
KNOWN = {}


def evaluate(graph, inputs):
    KNOWN.update(inputs)
    for name in in_order(graph, inputs, graph):
        if name not in KNOWN:
            op, operands = graph[name]
            function, _ = OPS[op]
            KNOWN[name] = function(*(KNOWN.get(each, each) for each in operands))
    return {name: KNOWN[name] for name in [*inputs, *graph]}
"""

_NUDGED = """
def differentiate(graph, inputs, output):
    order = in_order(graph, inputs, [output])
    needed = {name: graph[name] for name in order}
    values = evaluate(needed, inputs)
    gradients = dict.fromkeys([*graph, *inputs], 0.0)
    for name, value in values.items():
        rest = {each: node for each, node in needed.items() if each != name}
        up = evaluate(rest, {**inputs, name: value + 1e-5})[output]
        down = evaluate(rest, {**inputs, name: value - 1e-5})[output]
        gradients[name] = (up - down) / 2e-5
    return gradients
"""

_LAST_FORWARD = """
LAST = {}


def forward(a, b, c):
    d = 2 * b
    e = a + d
    LAST.update(a=a, b=b, c=c, d=d, e=e)
    return c * e, dict(LAST)


def backward(cache):
    dc, de = LAST["e"], LAST["c"]
    return {"a": de, "b": 2 * de, "c": dc, "d": de, "e": de}
"""

_ROUND_AND_ROUND = """
def in_order(graph, inputs, targets):
    order = {}

    def visit(name):
        if name in inputs or name in order:
            return
        if name not in graph:
            raise ValueError(f"unknown: {name!r}")
        for each in graph[name][1]:
            if isinstance(each, str):
                visit(each)
        order[name] = None

    for target in targets:
        visit(target)
    return list(order)
"""

_FRESH = "gradients = dict.fromkeys([*graph, *inputs], 0.0)"

_RETURNED = '    return {"a": da, "b": db, "c": dc, "d": dd, "e": de}\n'

MISTAKES = (
    # forward and backward
    Mistake("factor-two-lost", "backward", swap={"db = 2 * dd": "db = dd"}),
    Mistake("upstream-lost", "backward", swap={"db = 2 * dd": "db = 2.0"}),
    Mistake("local-slope-only", "backward", swap={"da = de": "da = 1.0"}),
    Mistake("local-slope-only", "backward", swap={"da = de": "da = 1.0", "dd = de": "dd = 1.0"}),
    Mistake(
        "forgot-doubling-in-e",
        "backward",
        swap={'dc = dL * cache["e"]': 'dc = dL * (cache["a"] + cache["b"])'},
    ),
    Mistake("doubled-by-value", "backward", swap={"db = 2 * dd": 'db = 2 * cache["b"] * dd'}),
    Mistake("path-slopes-added", "backward", swap={"db = 2 * dd": "db = 2 + dd"}),
    Mistake("leaves-swapped", "backward", swap={'"a": da, "b": db': '"a": db, "b": da'}),
    Mistake("product-rule-self", "backward", swap={'dc = dL * cache["e"]': 'dc = dL * cache["c"]'}),
    Mistake(
        "product-rule-self",
        "backward",
        swap={
            'dc = dL * cache["e"]': 'dc = dL * cache["c"]',
            'de = dL * cache["c"]': 'de = dL * cache["e"]',
        },
    ),
    Mistake("seeded-with-output", "backward", swap={"dL = 1.0": 'dL = cache["c"] * cache["e"]'}),
    Mistake("state-between-calls", "backward", code=_TOTALS),
    Mistake(
        "argument-modified",
        "backward",
        swap={
            _RETURNED: '    cache.update({"a": da, "b": db, "c": dc, "d": dd, "e": de})\n'
            "    return cache\n"
        },
    ),
    Mistake(
        "needs-extra-key",
        "backward",
        swap={
            '"d": d, "e": e}': '"d": d, "e": e, "L": L}',
            'dc = dL * cache["e"]': 'dc = dL * cache["L"] / cache["c"]',
        },
    ),
    Mistake("cache-in-global", "backward", code=_LAST_FORWARD),
    Mistake("constant-answer", "forward", swap={"L = c * e\n": "L = -10.0\n"}),
    Mistake(
        "constant-answer", "backward", swap={_RETURNED: '    return dict.fromkeys("abcde", 0.0)\n'}
    ),
    Mistake(
        "constant-answer",
        "backward",
        swap={
            _RETURNED: '    return {"a": -2.0, "b": -4.0, "c": 5.0, "d": -2.0, "e": -2.0}\n',
        },
    ),
    # compose
    Mistake("outer-slope-at-x", "compose", swap={"*= slope(value)": "*= slope(x)"}),
    Mistake(
        "links-added",
        "compose",
        swap={"derivative = x, 1.0": "derivative = x, 0.0", "*= slope(value)": "+= slope(value)"},
    ),
    Mistake("links-added", "compose", swap={"*= slope(value)": "+= slope(value)"}),
    Mistake(
        "links-added",
        "compose",
        swap={
            "derivative = x, 1.0": "derivative = x, 0.0 if names else 1.0",
            "*= slope(value)": "+= slope(value)",
        },
    ),
    Mistake("inner-link-dropped", "compose", swap={_LOOP: _SOME_LINKS.format(which="place > 0")}),
    Mistake("inner-link-dropped", "compose", swap={"*= slope(value)": "= slope(value)"}),
    Mistake(
        "last-link-dropped",
        "compose",
        swap={_LOOP: _SOME_LINKS.format(which="place < len(names) - 1")},
    ),
    Mistake("last-link-dropped", "compose", swap={_LOOP: _SOME_LINKS.format(which="place < 2")}),
    Mistake(
        "argument-modified",
        "compose",
        swap={"for name in names:": "while names:\n        name = names.pop(0)"},
    ),
    Mistake("constant-answer", "compose", swap={"        derivative *= slope(value)\n": ""}),
    # evaluate
    Mistake("order-ignored", "evaluate", code=_AS_LISTED),
    Mistake("state-between-calls", "evaluate", code=_REMEMBERED, affects=("differentiate",)),
    Mistake(
        "argument-modified",
        "evaluate",
        swap={"values = dict(inputs)": "values = inputs"},
        affects=("differentiate",),
    ),
    Mistake(
        "constant-answer",
        "evaluate",
        swap={
            "values = dict(inputs)\n": "values = dict.fromkeys([*inputs, *graph], 0.0)\n",
            "= function(*(values.get(each, each) for each in operands))": "= 0.0",
        },
        affects=("differentiate",),
    ),
    Mistake(
        "wrong-exception",
        "evaluate",
        swap={'ValueError(f"{name!r} is neither a node nor an input")': "KeyError(name)"},
        affects=("differentiate",),
    ),
    Mistake("wrong-exception", "evaluate", code=_ROUND_AND_ROUND, affects=("differentiate",)),
    # differentiate
    Mistake("upstream-lost", "differentiate", swap={"+= gradients[name] * slope": "+= slope"}),
    Mistake(
        "seeded-with-output",
        "differentiate",
        swap={"gradients[output] = 1.0": "gradients[output] = values[output]"},
    ),
    Mistake(
        "shared-node-overwritten",
        "differentiate",
        swap={"+= gradients[name] * slope": "= gradients[name] * slope"},
    ),
    *(
        Mistake(
            "shared-node-overwritten",
            "differentiate",
            swap={
                "in reversed(order):": "in reversed(another_order(graph, order)):",
                "+= gradients[name] * slope": "= gradients[name] * slope",
            },
            code=another_order,
        )
        for another_order in (_BY_QUEUE, _BY_RECURSION, _BY_PASSES)
    ),
    Mistake(
        "shared-node-overwritten",
        "differentiate",
        swap={"if operand in gradients:": "if gradients.get(operand) == 0.0:"},
    ),
    Mistake(
        "shared-node-overwritten",
        "differentiate",
        swap={"in zip(operands, slopes, strict=True):": "in dict(zip(operands, slopes)).items():"},
    ),
    Mistake(
        "order-ignored",
        "differentiate",
        swap={"in reversed(order):": "in reversed([each for each in graph if each in values]):"},
    ),
    Mistake(
        "order-ignored",
        "differentiate",
        swap={"in reversed(order):": "in [each for each in graph if each in values]:"},
    ),
    Mistake("order-ignored", "differentiate", code=_AS_REACHED),
    Mistake(
        "state-between-calls",
        "differentiate",
        swap={
            "graph, inputs, output):": "graph, inputs, output, gradients={}):",
            _FRESH: "for each in [*graph, *inputs]:\n        gradients.setdefault(each, 0.0)",
            "return gradients\n": "return dict(gradients)\n",
        },
    ),
    Mistake("minus-sign-lost", "differentiate", swap={"(1.0, -1.0)": "(1.0, 1.0)"}),
    Mistake("quotient-slope", "differentiate", swap={"-x / (y * y)": "-x / y"}),
    Mistake("quotient-slope", "differentiate", swap={"-x / (y * y)": "x / (y * y)"}),
    Mistake(
        "argument-modified",
        "differentiate",
        swap={
            "    values = evaluate({name: graph": "    inputs |= evaluate({name: graph",
            _FRESH: "values = inputs\n    " + _FRESH,
        },
    ),
    Mistake("numeric-differentiation", "differentiate", code=_NUDGED),
    Mistake(
        "constant-answer",
        "differentiate",
        swap={"+= gradients[name] * slope": "+= 0.0"},
    ),
    Mistake(
        "wrong-exception",
        "differentiate",
        swap={
            "order = in_order": "_ = {**graph, **inputs}[output]\n    order = in_order",
        },
    ),
    Mistake(
        "wrong-exception",
        "differentiate",
        swap={
            "inputs, [output])": "inputs, [output] if output in graph else [])",
        },
    ),
)
