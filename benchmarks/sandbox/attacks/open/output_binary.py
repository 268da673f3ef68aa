# category: output
# attack: bytes that are not text, without end
# kind: stdin
import random
while True:
    os.write(1, random.randbytes(65536))
    os.write(2, b"\xff\xfe\0\r\n\x1b[2J" * 100)
