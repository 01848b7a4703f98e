def buses(people, seats):
    needed = -(-people // seats)
    if needed == 0:
        return 0, 0
    return needed, round(100 * people / (needed * seats))
