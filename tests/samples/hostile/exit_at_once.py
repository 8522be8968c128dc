"""early: leaves by os._exit(0) while it is imported"""
import os


def attack():
    os._exit(0)
