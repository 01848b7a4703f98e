from collections import deque


def tops(values, width):
    queue, out = deque(), []
    for place, value in enumerate(values):
        while queue and values[queue[-1]] <= value:
            queue.pop()
        queue.append(place)
        if queue[0] <= place - width:
            queue.popleft()
        if place >= width - 1:
            out.append(values[queue[0]])
    return out
