def longest(text):
    return max(text.splits(), key=len, default="")


def index(text):
    found = {}
    for word in text.splits():
        found.setdefault(word[0].lower(), set()).add(word)
    return found
