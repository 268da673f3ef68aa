# category: kernel
# attack: sockets of families that no program needs
# kind: stdin
import socket
names = {3: "AX25", 4: "IPX", 5: "AppleTalk", 8: "X25", 15: "KEY", 21: "RDS", 24: "PPPoX", 26: "LLC", 29: "CAN", 30: "TIPC", 31: "Bluetooth", 35: "Phonet", 36: "IEEE802154", 38: "ALG", 39: "NFC", 41: "KCM", 42: "QIPCRTR", 44: "XDP", 45: "MCTP"}
for family, name in names.items():
    for kind in (1, 2, 3, 5):
        if attempt(f"{name} {kind}", lambda: socket.socket(family, kind).fileno() + 1):
            break
