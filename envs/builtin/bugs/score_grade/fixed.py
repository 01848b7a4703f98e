def grade(points):
    if points >= 90:
        return 'excellent'
    if points >= 75:
        return 'good'
    if points >= 50:
        return 'passed'
    return 'failed'


def tally(all_points):
    counts = {}
    for points in all_points:
        name = grade(points)
        counts[name] = counts.get(name, 0) + 1
    return counts
