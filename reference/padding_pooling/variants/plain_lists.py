"""Plain Python: nested lists in, nested lists out, one loop for each axis.

A grader that calls .shape on a result, or that is impatient with loops, fails this.
"""


def pad_or_truncate(sequences, length=None):
    if len(sequences) == 0:
        raise ValueError("need at least one sequence")
    if length is None:
        length = 0
        for sequence in sequences:
            if len(sequence) > length:
                length = len(sequence)
    d = sequences[0].shape[1]
    batch, lengths = [], []
    for sequence in sequences:
        row = []
        for t in range(length):
            if t < len(sequence):
                row.append([float(v) for v in sequence[t]])
            else:
                row.append([0.0] * d)
        batch.append(row)
        lengths.append(min(length, len(sequence)))
    return batch, lengths


def mean_pool(batch, lengths):
    m, L, d = batch.shape
    pooled = []
    for i in range(m):
        n = int(lengths[i])
        row = []
        for j in range(d):
            total = 0.0
            for t in range(n):
                total += float(batch[i][t][j])
            row.append(total / n if n > 0 else 0.0)
        pooled.append(row)
    return pooled, (L, [int(n) for n in lengths])


def mean_pool_backward(dpooled, cache):
    L, lengths = cache
    dbatch = []
    for i in range(len(lengths)):
        text = []
        for t in range(L):
            if t < lengths[i]:
                text.append([float(v) / lengths[i] for v in dpooled[i]])
            else:
                text.append([0.0 for v in dpooled[i]])
        dbatch.append(text)
    return dbatch


def max_pool(batch, lengths):
    m, L, d = batch.shape
    pooled, winners = [], []
    for i in range(m):
        row, where = [], []
        for j in range(d):
            best, best_t = 0.0, None
            for t in range(int(lengths[i])):
                value = float(batch[i][t][j])
                if best_t is None or value > best:
                    best, best_t = value, t
            row.append(best)
            where.append(best_t)
        pooled.append(row)
        winners.append(where)
    return pooled, [L, winners]


def max_pool_backward(dpooled, cache):
    L, winners = cache
    dbatch = []
    for i, where in enumerate(winners):
        text = [[0.0] * len(where) for t in range(L)]
        for j, t in enumerate(where):
            if t is not None:
                text[t][j] = float(dpooled[i][j])
        dbatch.append(text)
    return dbatch


def embed(E, ids):
    rows = E.tolist()
    return [[list(rows[word]) for word in text] for text in ids]


def embed_backward(ids, dvectors, V):
    dE = [[0.0] * dvectors.shape[2] for v in range(V)]
    for text, vectors in zip(ids.tolist(), dvectors.tolist()):
        for word, vector in zip(text, vectors):
            for j, dv in enumerate(vector):
                dE[word][j] += dv
    return dE
