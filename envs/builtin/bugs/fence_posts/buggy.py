def posts(length, gap):
    places = []
    at = 0
    while at < length:
        places.append(at)
        at += gap
    if places[-1] != length:
        places.append(length)
    return places
