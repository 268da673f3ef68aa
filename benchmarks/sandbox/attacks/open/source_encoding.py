# category: harness
# attack: a program that declares a hostile encoding
# kind: stdin
# source: # coding: unicode_escape\nprint(1)\n
