def ride(seats, stops):
    aboard, left_behind = 0, []
    for number, (waiting, leaving) in enumerate(stops):
        aboard -= min(leaving, aboard)
        enter = min(waiting, seats - aboard)
        aboard += enter
        if enter < waiting:
            left_behind.append((number, waiting - enter))
    return aboard, left_behind
