def run(text):
    stack = []
    for word in text.split():
        if word.isdigit():
            stack.append(int(word))
        elif word == 'dup':
            stack.append(stack[-1])
        else:
            right = stack.pop()
            left = stack.pop()
            if word == '+':
                stack.append(left + right)
            elif word == '*':
                stack.append(left * right)
            else:
                stack.append(left - right)
    return stack
