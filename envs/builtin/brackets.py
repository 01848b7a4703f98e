PAIRS = {')': '(', ']': '[', '}': '{'}


def balanced(text):
    stack = []
    for place, ch in enumerate(text):
        if ch in '([{':
            stack.append((ch, place))
        elif ch in PAIRS:
            if not stack or stack[-1][0] != PAIRS[ch]:
                return place
            stack.pop()
    return stack[-1][1] if stack else -1
