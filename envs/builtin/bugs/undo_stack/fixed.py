class Editor:
    def __init__(self):
        self.text = ''
        self.past = []

    def edit(self, text):
        self.past.append(self.text)
        self.text = text

    def undo(self):
        if self.past:
            self.text = self.past.pop()


def run(commands):
    editor = Editor()
    for command in commands:
        if command == 'undo':
            editor.undo()
        elif command == '-':
            editor.edit(editor.text[:-1])
        else:
            editor.edit(editor.text + command[1:])
    return editor.text
