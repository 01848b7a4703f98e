def reach(answers, tries):
    calls = 0
    for server, works in answers:
        for number in range(tries):
            calls += 1
            if number < len(works) and works[number]:
                return server, calls
    return None
