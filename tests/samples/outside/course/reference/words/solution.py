"""Words of a text

Work with a text and its words.
"""


def longest(text):
    """Return the longest word; of several, the first. Return an empty text if there is no word."""
    # BEGIN SOLUTION
    return max(text.split(), key=len, default="")
    # END SOLUTION


def index(text):
    """Return a dict from each first letter, in lower case, to the set of words that begin with it."""
    # BEGIN SOLUTION
    found = {}
    for word in text.split():
        found.setdefault(word[0].lower(), set()).add(word)
    return found
    # END SOLUTION
