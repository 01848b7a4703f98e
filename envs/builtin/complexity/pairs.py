def near(points, reach):
    found = 0
    for first in range(len(points)):
        for second in range(len(points)):
            if first != second and abs(points[first] - points[second]) <= reach:
                found += 1
    return found // 2
