def travelled(wishes):
    floor = way = 0
    for wish in wishes:
        way += abs(wish - floor)
    return way
