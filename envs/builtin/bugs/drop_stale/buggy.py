def drop(sessions, now, age):
    removed = 0
    for name in sessions:
        if now - sessions[name] > age:
            del sessions[name]
            removed += 1
    return removed


def after(sessions, now, age):
    drop(sessions, now, age)
    return sorted(sessions)
