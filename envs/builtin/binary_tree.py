class Node:
    def __init__(self, value):
        self.value = value
        self.left = self.right = None


def put(node, value):
    if node is None:
        return Node(value)
    if value < node.value:
        node.left = put(node.left, value)
    else:
        node.right = put(node.right, value)
    return node


def grown(values):
    root = None
    for value in values:
        root = put(root, value)
    return root


def visit(node):
    if node is not None:
        yield from visit(node.left)
        yield node.value
        yield from visit(node.right)


def ordered(values):
    return list(visit(grown(values)))


def height(values):
    def deep(node):
        return 0 if node is None else 1 + max(deep(node.left), deep(node.right))

    return deep(grown(values))
