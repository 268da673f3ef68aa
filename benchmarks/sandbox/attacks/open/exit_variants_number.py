# category: harness
# attack: an exit code beyond all numbers
# kind: stdin
sys.exit(2**70)
