def played(songs, minutes):
    out, place = [], 0
    while songs and minutes > songs[place % len(songs)][1]:
        name, length = songs[place % len(songs)]
        out.append(name)
        minutes -= length
        place += 1
    return out
