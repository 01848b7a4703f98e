def together(row, wanted):
    run = 0
    for place, mark in enumerate(row):
        run = run + 1 if mark == '.' else 0
        if run == wanted:
            return place - wanted + 1
    return None
