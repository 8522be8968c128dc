"""from numpy import *, star-arguments, and a cache with far more in it than is asked for.

Breaks the assumptions that `sum`, `max` and `abs` are Python's, that functions have the named
parameters of the stub, and that a cache holds arrays only.
"""

# ruff: noqa: F403, F405
from numpy import *

steps_taken = 0


def sigm(z):
    return (tanh(z / 2) + 1) / 2


def cell_forward(*args):
    global steps_taken
    steps_taken += 1
    params, x, h_prev, c_prev = args
    zf = dot(x, params["Wf"].T) + dot(h_prev, params["Uf"].T) + params["bf"]
    zi = dot(x, params["Wi"].T) + dot(h_prev, params["Ui"].T) + params["bi"]
    zg = dot(x, params["Wg"].T) + dot(h_prev, params["Ug"].T) + params["bg"]
    zo = dot(x, params["Wo"].T) + dot(h_prev, params["Uo"].T) + params["bo"]
    f, i, g, o = sigm(zf), sigm(zi), tanh(zg), sigm(zo)
    c = add(multiply(f, c_prev), multiply(i, g))
    h = multiply(o, tanh(c))
    cache = dict(x=x, h_prev=h_prev, c_prev=c_prev, f=f, i=i, g=g, o=o, c=c)
    cache.update(zf=zf, zi=zi, zg=zg, zo=zo, h=h, me=cell_forward, n=steps_taken, note="for later")
    return h, c, cache


def cell_backward(*args):
    params, cache, dh, dc = args
    f, i, g, o = cache["f"], cache["i"], cache["g"], cache["o"]
    tc = tanh(cache["c"])
    do = dh * tc
    dc_all = dc + dh * o * (1 - square(tc))
    df = dc_all * cache["c_prev"]
    di = dc_all * g
    dg = dc_all * i
    dzf = df * f * (1 - f)
    dzi = di * i * (1 - i)
    dzg = dg * (1 - square(g))
    dzo = do * o * (1 - o)
    grads = {}
    grads["Wf"], grads["Uf"] = dot(dzf.T, cache["x"]), dot(dzf.T, cache["h_prev"])
    grads["Wi"], grads["Ui"] = dot(dzi.T, cache["x"]), dot(dzi.T, cache["h_prev"])
    grads["Wg"], grads["Ug"] = dot(dzg.T, cache["x"]), dot(dzg.T, cache["h_prev"])
    grads["Wo"], grads["Uo"] = dot(dzo.T, cache["x"]), dot(dzo.T, cache["h_prev"])
    grads["bf"], grads["bi"] = sum(dzf, axis=0), sum(dzi, axis=0)
    grads["bg"], grads["bo"] = sum(dzg, axis=0), sum(dzo, axis=0)
    grads["x"] = dzf @ params["Wf"] + dzi @ params["Wi"] + dzg @ params["Wg"] + dzo @ params["Wo"]
    grads["h_prev"] = (
        dzf @ params["Uf"] + dzi @ params["Ui"] + dzg @ params["Ug"] + dzo @ params["Uo"]
    )
    grads["c_prev"] = dc_all * f
    return grads


def sequence_forward(*args, verbose=False):
    params, xs, h, c = args
    hs = zeros((xs.shape[0], h.shape[0], h.shape[1]))
    cache = {"steps": [], "last": None}
    for t in arange(xs.shape[0]):
        h, c, step = cell_forward(params, xs[t], h, c)
        hs[t, :, :] = h
        cache["steps"].append(step)
        cache["last"] = t
    return hs, cache


def sequence_backward(*args, verbose=False):
    params, cache, dhs = args
    grads = {name: zeros(shape(params[name])) for name in params}
    dh = zeros(dhs.shape[1:])
    dc = zeros(dhs.shape[1:])
    dxs = [None] * len(dhs)
    t = len(dhs) - 1
    while t >= 0:
        step = cell_backward(params, cache["steps"][t], dhs[t] + dh, dc)
        dxs[t] = step["x"]
        dh = step["h_prev"]
        dc = step["c_prev"]
        for name in params:
            grads[name] = grads[name] + step[name]
        t -= 1
    width = params["Wf"].shape[1]
    grads["xs"] = array(dxs).reshape((len(dhs), dhs.shape[1], width))
    grads["h0"] = dh
    grads["c0"] = dc
    return grads
