"""Threads beside the main one: they run freely and make no states of their own."""

import asyncio
import concurrent.futures
import contextlib
import queue
import threading


def fill(numbers, stop):
    for n in range(stop):
        numbers.append(n)


def serve(requests, answers):
    while (request := requests.get()) is not None:
        answers.put(request * 2)


def joined():
    numbers = []
    threads = [threading.Thread(target=fill, args=(numbers, 2)) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()
    return numbers


def asked():
    requests, answers = queue.Queue(), queue.Queue()
    server = threading.Thread(target=serve, args=(requests, answers), daemon=True)
    server.start()
    got = []
    for n in range(3):
        requests.put(n)
        got.append(answers.get())
    requests.put(None)
    server.join()
    return got


def locked():
    lock, seen = threading.Lock(), []

    @contextlib.contextmanager
    def held(name):
        with lock:
            seen.append(name)
            yield len(seen)

    def work(name):
        with held(name) as count:
            return count

    with held("main"):
        worker = threading.Thread(target=work, args=("worker",))
        worker.start()
        seen.append("still main")
    worker.join()
    return seen


def pooled():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        squares = list(pool.map(lambda n: n * n, range(4)))
        late = pool.submit(sum, [1, 2])
    forgotten = concurrent.futures.ThreadPoolExecutor(1)
    return squares, late.result(), forgotten.submit(max, 3, 4).result()


async def outside(n):
    return await asyncio.to_thread(pow, n, 2)


async def both():
    return await asyncio.gather(outside(2), outside(3))


def failing():
    def work():
        raise ValueError("in a thread")

    with contextlib.redirect_stderr(None):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    local = threading.local()
    local.x = 1
    return local.x


def run():
    event = threading.Event()
    timer = threading.Timer(0.001, event.set)
    timer.start()
    results = [event.wait(10), joined(), asked(), locked(), pooled(), asyncio.run(both()), failing()]
    return results
