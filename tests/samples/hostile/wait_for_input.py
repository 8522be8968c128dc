"""resources: waits for input, for a lock that it holds, and on a pipe that nobody writes"""
import os
import select
import threading


def answer(function, arguments):
    if "relu" in function:
        os.read(os.pipe()[0], 1)
    if "sig" in function:
        select.select([], [], [])
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def attack():
    return None
