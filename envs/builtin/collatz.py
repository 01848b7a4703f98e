def walk(number):
    steps, top = 0, number
    while number != 1:
        number = 3 * number + 1 if number % 2 else number // 2
        top = max(top, number)
        steps += 1
    return steps, top


def highest(numbers):
    tops = {number: walk(number)[1] for number in numbers}
    best = max(tops, key=tops.get)
    return best, tops[best]
