def press(lights, places):
    lights = list(lights)
    for place in places:
        for near in (place - 1, place, place + 1):
            if 0 <= near < len(lights):
                lights[near] ^= 1
    return lights


def presses_needed(lights):
    best = None
    for code in range(2 ** len(lights)):
        places = [k for k in range(len(lights)) if code >> k & 1]
        if not any(press(lights, places)) and (best is None or len(places) < len(best)):
            best = places
    return best
