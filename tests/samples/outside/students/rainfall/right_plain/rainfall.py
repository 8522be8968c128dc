def read(path="rain.csv"):
    rows = []
    for line in open(path).read().split()[1:]:
        day, mm = line.split(",")
        rows.append((int(day), float(mm)))
    return rows


def wettest(path="rain.csv"):
    best = None
    for day, mm in read(path):
        if best is None or mm > best[1]:
            best = (day, mm)
    return best[0]
