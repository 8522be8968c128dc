"""input: constants that a compiler may try to work out"""
x = lambda: ((9**9**9), "a" * 10**11, (0,) * 10**10, 1 << 10**12, -(2**10**7))
y = 10**10**8
