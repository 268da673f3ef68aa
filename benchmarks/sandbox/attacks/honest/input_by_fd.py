# category: honest
# program: open(0) and os.read(0)
# kind: stdin
# stdin: hello
# expect: HELLO
text = open(0).read()
print(text.strip().upper())
