"""Coroutines and async programs."""

import asyncio
import contextlib


async def double(n):
    await asyncio.sleep(0)
    return n * 2


class Stream:
    """An async iterator."""

    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.n == 0:
            raise StopAsyncIteration
        self.n -= 1
        await asyncio.sleep(0)
        return self.n


class Door:
    """An async context manager."""

    def __init__(self, log, forgiving=False):
        self.log = log
        self.forgiving = forgiving

    async def __aenter__(self):
        self.log.append("in")
        return self

    async def __aexit__(self, kind, error, trace):
        await asyncio.sleep(0)
        self.log.append("out" if kind is None else kind.__name__)
        return self.forgiving


@contextlib.asynccontextmanager
async def lent(log):
    log.append("lent")
    try:
        yield len(log)
    finally:
        log.append("returned")


async def numbers(stop):
    for n in range(stop):
        yield n
        await asyncio.sleep(0)


class Ready:
    """Awaitable by ``__await__``."""

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return "ready"


async def failing():
    await asyncio.sleep(0)
    raise ValueError("task")


async def producer(queue):
    for n in range(2):
        await queue.put(n)
    await queue.put(None)


async def consumer(queue):
    total = 0
    while (item := await queue.get()) is not None:
        total += item
    return total


async def cancelled(log):
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise


async def locked(lock, log, name):
    async with lock:
        log.append(name)
        await asyncio.sleep(0)


async def main():
    log = []
    results = await asyncio.gather(double(1), double(2))
    async for n in Stream(2):
        results.append(n)
    else:
        results.append("else")
    async with Door(log) as door, lent(log) as count:
        results.append((door is not None, count))
    async with Door(log, forgiving=True):
        raise KeyError("forgiven")
    results.append([n async for n in numbers(3) if n])
    results.append({n: await double(n) async for n in numbers(2)})
    results.append(await Ready())
    task = asyncio.create_task(failing())
    try:
        await task
    except ValueError as error:
        results.append(str(error))
    done = await asyncio.gather(failing(), double(5), return_exceptions=True)
    results.append(done)
    queue = asyncio.Queue(1)
    _, total = await asyncio.gather(producer(queue), consumer(queue))
    results.append(total)
    sleeper = asyncio.create_task(cancelled(log))
    await asyncio.sleep(0)
    sleeper.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sleeper
    lock = asyncio.Lock()
    await asyncio.gather(locked(lock, log, "a"), locked(lock, log, "b"))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(double(n)) for n in range(2)]
    results.append([t.result() for t in tasks])
    try:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(5)
    except TimeoutError:
        results.append("timeout")
    stream = numbers(9)
    results.append(await anext(stream))
    await stream.aclose()
    results.append(log)
    return results


def by_hand():
    coroutine = double(4)
    steps = 0
    try:
        while True:
            coroutine.send(None)
            steps += 1
    except StopIteration as stop:
        return steps, stop.value


def never_awaited_but_closed():
    coroutine = double(4)
    coroutine.close()
    other = double(5)
    try:
        other.throw(ValueError("before the start"))
    except ValueError as error:
        return str(error)


def run():
    never_awaited_but_closed()
    return [by_hand(), asyncio.run(main())]
