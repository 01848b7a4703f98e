from collections import deque


def turns(names, needs, limit):
    waiting = deque(zip(names, needs))
    log = []
    clock = 0
    while waiting:
        name, need = waiting.popleft()
        used = min(need, limit)
        clock += used
        if need > used:
            waiting.append((name, need - used))
        else:
            log.append(f'{name}@{clock}')
    return ' '.join(log)
