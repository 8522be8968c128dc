"""early: overflows the C stack"""
import sys


def attack():
    if GIVEN:
        sys.setrecursionlimit(10**9)
        deep = []
        for _ in range(200_000):
            deep = [deep]
        repr(deep)
