"""early: calls sys.exit(0) when it is called"""
import sys


def attack():
    if GIVEN:
        sys.exit(0)
