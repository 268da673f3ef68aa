# category: output
# attack: one line of many megabytes in one call
# kind: stdin
text = "\U0001f600" * 20_000_000
try:
    print(text)
except BaseException as error:
    print(type(error))
