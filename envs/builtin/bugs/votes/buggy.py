def winner(votes):
    counts = {}
    for vote in votes:
        counts[vote] = counts.get(vote, 0) + 1
    most = max(counts.values(), default=0)
    return max(counts, key=counts.get) if most else ''
