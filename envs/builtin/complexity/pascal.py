def row(number):
    line = [1]
    for _ in range(number):
        longer = [1]
        for place in range(1, len(line)):
            longer.append(line[place - 1] + line[place])
        longer.append(1)
        line = longer
    return line
