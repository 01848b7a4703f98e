def sink(heap, node, size):
    while 2 * node + 1 < size:
        child = 2 * node + 1
        if child + 1 < size and heap[child + 1] > heap[child]:
            child += 1
        heap[node], heap[child] = heap[child], heap[node]
        node = child


def ordered(values):
    heap = sorted(values, reverse=True)
    for size in range(len(heap) - 1, 0, -1):
        heap[0], heap[size] = heap[size], heap[0]
        sink(heap, 0, size)
    return heap
