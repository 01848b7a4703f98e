from collections import deque


def way(roads, start, goal):
    before = {start: None}
    waiting = deque([start])
    while waiting:
        town = waiting.popleft()
        if town == goal:
            path = []
            while town is not None:
                path.append(town)
                town = before[town]
            return path[::-1]
        for other in roads[town]:
            if other not in before:
                before[other] = town
                waiting.append(other)
    return None
