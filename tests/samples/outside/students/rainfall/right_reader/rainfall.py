from csv import reader
from pathlib import Path

assert Path("rain.csv").is_file()  # it is there when the file is imported


def read(path="rain.csv"):
    with open(path) as file:
        rows = list(reader(file))
    return [(int(day), float(mm)) for day, mm in rows[1:]]


def wettest(path="rain.csv"):
    days, rain = zip(*read(path))
    return days[rain.index(max(rain))]
