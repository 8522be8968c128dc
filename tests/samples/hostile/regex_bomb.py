"""resources: matches a pattern that takes longer than the world will last"""
import re


def answer(function, arguments):
    return re.fullmatch(r"(a+)+b", "a" * 64)


def attack():
    return None
