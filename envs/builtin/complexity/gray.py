def gray(bits):
    codes = ['']
    for _ in range(bits):
        longer = []
        for code in codes:
            longer.append('0' + code)
        for code in reversed(codes):
            longer.append('1' + code)
        codes = longer
    return len(codes)
