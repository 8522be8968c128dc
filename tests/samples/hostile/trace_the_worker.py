"""judge: traces the worker's own functions and rewrites their locals"""
import ctypes
import sys


def tracer(frame, event, arg):
    if frame.f_code.co_name in ("_answer", "_send", "portable"):
        frame.f_locals["changed"] = []
        frame.f_locals["result"] = True
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return tracer


def attack():
    sys.settrace(tracer)
    sys.setprofile(tracer)
    frame = sys._getframe()
    while frame is not None:
        frame.f_trace = tracer
        frame = frame.f_back
