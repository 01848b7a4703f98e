def mean_gap(marks):
    marks = sorted(marks)
    if not marks:
        return 0.0
    gaps = [after - before for before, after in zip(marks, marks[1:])]
    return sum(gaps) / len(gaps)
