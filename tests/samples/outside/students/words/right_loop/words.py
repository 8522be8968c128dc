def longest(text):
    best = ""
    for word in text.split():
        if len(word) > len(best):
            best = word
    return best


def index(text):
    found = {}
    for word in text.split():
        key = word[0].lower()
        if key not in found:
            found[key] = set()
        found[key].add(word)
    return found
