def cup(teams):
    """Each team is entered in turn and plays its way down to the first place."""
    games = 0
    for team in range(teams):
        place = team + 1
        while place > 1:
            games += place % 2
            place //= 2
    return games
