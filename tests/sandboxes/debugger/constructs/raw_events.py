"""Every construct whose raw line events differ between CPython versions."""
import asyncio, contextlib, dataclasses, enum
class C(enum.Enum):
    RED = 1
@dataclasses.dataclass
class P:
    x: int = 0
    def m(self): return [self.x for _ in range(2)]
class S:
    __slots__ = ("a",)
    def __init__(self): self.a = 1
class L(list): pass
class M(type):
    def __hash__(cls): print("META"); return 1
    def __eq__(cls, o): print("METAEQ"); return True
class W(metaclass=M):
    def __repr__(self): print("REPR"); return "w"
async def co(n):
    await asyncio.sleep(0)
    return n
async def amain():
    r = await asyncio.gather(co(1), co(2))
    async for q in ag():
        r.append(q)
    return r
async def ag():
    yield 1
    yield 2
@contextlib.contextmanager
def cm():
    try:
        yield 5
    finally:
        print("bye")
def gen():
    got = yield 1
    try:
        yield got
    except ValueError as e:
        yield "caught"
def rec(n):
    if n == 0: raise KeyError("z")
    try:
        return rec(n - 1)
    finally:
        n += 1
def reraise():
    try:
        {}[1]
    except KeyError:
        raise
def closed():
    g = gen()
    next(g)
    g.send(4)
    x = g.throw(ValueError("v"))
    g.close()
    h = gen(); next(h); del h
    return x
def matcher(v):
    match v:
        case {"a": [x, *rest]} if x > 1:
            return x
        case str() | int():
            return "prim"
        case _:
            pass
    return None
def everything(a):
    c, p, s, l, w = C.RED, P(3), S(), L([1]), W()
    ys = p.m()
    del ys
    with cm() as k:
        z = k
    try:
        rec(2)
    except (KeyError, ValueError) as e:
        err = e
    try: reraise()
    except KeyError: pass
    t = closed()
    u = [matcher(q) for q in ({"a": [2, 3]}, "s", 3.5)]
    fn = lambda q: matcher(q)
    v = fn(1), {matcher(q): 1 for q in "ab"}, set(matcher(q) for q in (1,))
    r = asyncio.run(amain())
    while a: a -= 1
    for i in range(2): bb = [j for j in range(i)]
    class Inner:
        k = [x for x in range(2)]
        def z(self): return 1
    i = Inner().z()
    assert a, f"no {a}"
    return sorted([3, 1], key=lambda q:
        -q)
def run():
    try:
        everything(3)
    except AssertionError as error:
        return str(error)
