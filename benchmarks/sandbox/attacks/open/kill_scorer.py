# category: signals
# attack: end the process that scores
# kind: stdin
attempts("signal", lambda number: os.kill(INFO["scorer"], number) is None, [15, 9])
