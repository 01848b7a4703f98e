def mean_gap(marks):
    marks = sorted(marks)
    if len(marks) < 2:
        return 0.0
    gaps = [after - before for before, after in zip(marks, marks[1:])]
    return sum(gaps) / len(gaps)
