def dedupe(values):
    i = 0
    while i < len(values):
        if values[i] in values[:i]:
            del values[i]
        else:
            i += 1


def clip(array, low, high):
    for i in range(len(array)):
        array[i] = min(max(array[i], low), high)


def merge(counts, more):
    for key in more:
        if key in counts:
            counts[key] += more[key]
        else:
            counts[key] = more[key]
