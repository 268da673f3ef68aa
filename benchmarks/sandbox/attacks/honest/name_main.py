# category: honest
# program: the guard of a main program
# kind: stdin
# stdin: 5
# expect: 25
def main():
    print(int(input()) ** 2)
if __name__ == "__main__":
    main()
