def standing(games):
    points = {}
    for home, goals, guest, others in games:
        points.setdefault(home, 0)
        points.setdefault(guest, 0)
        if goals == others:
            points[home] += 1
            points[guest] += 1
        else:
            points[home if goals > others else guest] += 3
    return sorted(points.items(), key=lambda row: (-row[1], row[0]))


def winner(games):
    table = standing(games)
    return table[0][0] if table else None
