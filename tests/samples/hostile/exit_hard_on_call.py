"""early: leaves by os._exit(0) when it is called"""
import os


def answer(function, arguments):
    os._exit(0)


def attack():
    return None
