"""Deterministic weights and inputs for any network (numpy only).

The same numbers as the rule.py of the first folder are used: only MT19937,
+, -, *, / and sqrt, so the bits are the same everywhere.  The value of a tensor
depends on (salt, canonical name, shape) and on a small `spec` that is stored
with each case:

  exponents   {module name: k}: every tensor directly under that module (weight,
              bias) is multiplied by 2**k (exact); chosen once so that
              activations stay of order one
  balance     [module name]: in the weight of this layer the odd inputs get
              minus the even ones, so that a constant map gives zero
  transposed  [module name]: the weight is (in, out, ...) of a transposed
              convolution (stride 2 assumed in the fan-in)
  keep        [tensor name]: buffers that the module computes itself (index
              tables, grids, windows); they are not filled
  plain       {tensor name: number}: tensors with one constant value

Module and tensor names in `spec` are those of the key list of the case.
"""
import zlib

import numpy as np

from tests.golden import rule

PREFIXES = ("module.", "backbone.", "keypoint_head.", "head.")


def canonical(name):
    """Name without the container prefixes, each taken off at most once."""
    for p in PREFIXES:
        if name.startswith(p):
            name = name[len(p):]
    return name


def _value(salt, name, shape, module_names, transposed):
    """name is canonical; module_names: canonical names of all tensors."""
    leaf = name.rsplit(".", 1)[-1]
    nd = len(shape)
    if leaf == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    if leaf == "running_mean":
        return rule._between(salt, name, shape, -0.1, 0.1)
    if leaf == "running_var":
        return rule._between(salt, name, shape, 0.8, 1.2)
    if leaf.endswith("bias") or leaf == "beta":
        bn = name[:-4] + "running_mean" in module_names
        lim = 0.1 if bn else 0.05
        return rule._between(salt, name, shape, -lim, lim)
    if nd <= 1 or leaf == "gamma":                   # norm weights, scales
        return rule._between(salt, name, shape, 0.8, 1.2)
    if leaf.endswith("weight"):
        if transposed:
            fan_in = float(shape[0]) * float(np.prod(shape[2:])) / 2.0 ** (nd - 2)
        else:
            fan_in = float(np.prod(shape[1:]))
        gain = 2.0 if nd >= 3 else 1.0               # convolutions, linear layers
        return rule._bell(salt, name, shape, np.sqrt(gain / fan_in))
    return rule._bell(salt, name, shape, 0.5)        # embeddings, tokens


def fill(keys, salt="", spec=None):
    """[[name, shape], ...] -> {name: array}, in the same order, without spec['keep']."""
    spec = spec or {}
    keep = set(spec.get("keep", ()))
    names = [k for k, _ in keys if k not in keep]
    canon = {k: canonical(k) for k in names}
    if len(set(canon.values())) != len(names):       # names that meet without prefix
        canon = {k: k for k in names}
    every = set(canon.values())
    exps = spec.get("exponents", {})
    out = {}
    for name, shape in keys:
        if name in keep:
            continue
        module = name.rpartition(".")[0]
        shape = tuple(int(s) for s in shape)
        if name in spec.get("plain", {}):
            out[name] = np.full(shape, spec["plain"][name], np.float32)
            continue
        v = _value(salt, canon[name], shape, every, module in spec.get("transposed", ()))
        if module in spec.get("balance", ()) and v.ndim >= 2:
            v[:, 1::2] = -v[:, 0:2 * (v.shape[1] // 2):2]
        leaf = name.rsplit(".", 1)[-1]
        if module in exps and not leaf.startswith(("running_", "num_batches")):
            v = v * np.float32(2.0 ** exps[module])
        out[name] = v
    return out


def weights_crc32(weights):
    """CRC-32 over all filled tensors in sorted order of name as given."""
    crc = 0
    for name in sorted(weights):
        crc = zlib.crc32(name.encode("utf-8"), crc)
        crc = zlib.crc32(np.ascontiguousarray(weights[name]).tobytes(), crc)
    return crc & 0xFFFFFFFF


def image_input(batch, height, width, seed=20240):
    """rule.fixed_input for any size: made for the next multiples of 32, then cut."""
    h, w = -(-height // 32) * 32, -(-width // 32) * 32
    return np.ascontiguousarray(rule.fixed_input(batch, h, w, seed)[:, :, :height, :width])


def pose_input(batch, frames, joints, dims=2, seed=20240):
    """float32 (batch, frames, joints, dims), about -1 .. 1: slow walks of the joints."""
    out = np.empty((batch, frames, joints, dims), np.float32)
    for b in range(batch):
        rs = np.random.RandomState(seed + b)
        n = frames // 16 + 2
        grid = rs.random_sample((n, joints, dims)) * 1.6 - 0.8
        noise = rs.random_sample((frames, joints, dims)) * 0.04 - 0.02
        t = np.arange(frames)
        k, f = t // 16, ((t % 16) / 16.0)[:, None, None]
        out[b] = (grid[k] * (1 - f) + grid[k + 1] * f + noise).astype(np.float32)
    return out


def input_crc32(*arrays):
    crc = 0
    for x in arrays:
        crc = zlib.crc32(np.ascontiguousarray(x).tobytes(), crc)
    return crc & 0xFFFFFFFF
