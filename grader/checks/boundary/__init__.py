"""Work with objects of a program in a worker: handles, and values that cross the pipe."""
