"""Operate on the objects of a program that runs in a worker: handles, and what crosses the pipe."""
