def lonely(numbers):
    for place, number in enumerate(numbers):
        for other_place, other in enumerate(numbers):
            if place != other_place and other != 0 and number % other == 0:
                break
        else:
            return number
    return None
