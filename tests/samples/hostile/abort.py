"""early: aborts, as a C assertion does"""
import os


def answer(function, arguments):
    os.abort()


def attack():
    return None
