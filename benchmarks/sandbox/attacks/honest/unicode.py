# category: honest
# program: text beyond ASCII, in both directions
# kind: stdin
# stdin: Grüße 你好 🙂
# expect: GRÜSSE 你好 🙂 10
text = input()
print(text.upper(), len(text))
