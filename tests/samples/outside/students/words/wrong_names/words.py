def longst(text):
    return max(text.split(), key=len, default="")


def indx(text):
    found = {}
    for word in text.split():
        found.setdefault(word[0].lower(), set()).add(word)
    return found
