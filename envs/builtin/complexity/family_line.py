class Tree:
    def __init__(self, size):
        self.size = size

    def parent(self, node):
        return (node - 1) // 2

    def line(self, node):
        found = [node]
        while node > 0:
            node = self.parent(node)
            found.append(node)
        return found


def youngest(size):
    return Tree(size).line(size - 1)
