"""resources: starts threads, that answer, loop and outlive the call"""
import _thread
import concurrent.futures
import threading
import time


def spin():
    while True:
        time.sleep(0.01)


def attack():
    found = []
    for _ in range(50):
        try:
            _thread.start_new_thread(spin, ())
            found.append("thread")
        except RuntimeError:
            pass
    try:
        threading.Thread(target=spin, daemon=True).start()
        concurrent.futures.ThreadPoolExecutor().submit(spin)
        found.append("pool")
    except RuntimeError:
        pass
    return found
