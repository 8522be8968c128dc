"""early: reads address 0"""
import ctypes


def answer(function, arguments):
    ctypes.string_at(0)


def attack():
    return None
