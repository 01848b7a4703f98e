def invite(name, guests=[]):
    place = 0
    while place < len(guests) and guests[place] < name:
        place += 1
    guests.insert(place, name)
    return guests


def party(groups):
    return [invite(group) for group in groups]
