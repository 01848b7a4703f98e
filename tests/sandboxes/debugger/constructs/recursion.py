"""Recursion up to the limit, by functions, methods, generators and decorated functions."""

import functools, sys, traceback
def endless(n):
    return endless(n + 1)
def counted():
    try:
        return counted() + 1
    except RecursionError:
        return 0
def a(n):
    return b(n)
def b(n):
    try:
        return a(n + 1)
    except RecursionError as e:
        return n, str(e), len(traceback.extract_tb(e.__traceback__))
class Node:
    def __getattr__(self, name):
        return self.missing
    def __repr__(self):
        return f"Node({self!r})"
    def __eq__(self, other):
        return self == other
@functools.lru_cache
def cached(n):
    return cached(n + 1)
def gen(n):
    yield from gen(n + 1)
def attempt(f):
    try:
        return f()
    except RecursionError as e:
        return type(e).__name__
def finally_deep(n):
    try:
        finally_deep(n + 1)
    finally:
        n = 0
def run():
    sys.setrecursionlimit(60)
    results = [sys.getrecursionlimit(), attempt(lambda: endless(0)), counted(), b(0)[1][:32]]
    results += [attempt(lambda: Node().x), attempt(lambda: repr(Node())), attempt(lambda: Node() == 1)]
    results += [attempt(lambda: cached(0)), attempt(lambda: list(gen(0))), attempt(lambda: finally_deep(0))]
    results += [attempt(lambda: sorted([1, 2], key=endless))]
    sys.setrecursionlimit(60)
    results += [counted()]
    return results
