def triangles(sticks):
    count = 0
    for a in sticks:
        for b in sticks:
            for c in sticks:
                count += a < b < c < a + b
    return count
