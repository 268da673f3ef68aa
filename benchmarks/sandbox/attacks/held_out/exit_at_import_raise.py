# category: harness
# attack: SystemExit at the top of the program
# kind: assert
# test: assert attack({info}) == "{token}"
import sys
sys.exit(0)
