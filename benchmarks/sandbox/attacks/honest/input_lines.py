# category: honest
# program: input() until its end
# kind: stdin
# stdin: 3
# more: 1 2 3
# more: 4 5 6
# expect: 21 EOF
n = int(input())
total = 0
while True:
    try:
        total += sum(map(int, input().split()))
    except EOFError:
        break
print(total, "EOF")
