def travelled(wishes):
    floor = way = 0
    for wish in wishes:
        way += abs(wish - floor)
        floor = wish
    return way
