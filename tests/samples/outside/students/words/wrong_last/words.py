def longest(text):
    return sorted(text.split(), key=len)[-1]


def index(text):
    return {word[0]: {word} for word in text.split()}
