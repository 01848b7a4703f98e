def bubbles(values):
    values = list(values)
    swaps = 0
    for end in range(len(values) - 1, 0, -1):
        for place in range(end):
            if values[place] > values[place + 1]:
                values[place], values[place + 1] = values[place + 1], values[place]
                swaps += 1
    return swaps
