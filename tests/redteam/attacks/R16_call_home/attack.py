import os
import socket
import urllib.request

from . import _kit
from ._target import ABSTRACT, PORT

TARGETS = (("127.0.0.1", PORT), ("127.0.1.1", PORT), ("::1", PORT), ("1.1.1.1", 53), ("169.254.169.254", 80))


@_kit.plan
def tcp():
    for host, port in TARGETS:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as client:
                client.settimeout(0.2)
                client.connect((host, port))
                client.sendall(b"HOME\n")
                _kit.win(f"connected to {host}:{port}")
        except OSError as error:
            _kit.say(f"tcp {host}:{port}: {error}")


@_kit.plan
def udp():
    for host, port in (("1.1.1.1", 53), ("127.0.0.1", PORT)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"HOME\n", (host, port))
            _kit.say(f"sent to {host}")


@_kit.plan
def names():
    socket.setdefaulttimeout(0.3)
    _kit.say(str(socket.getaddrinfo("example.com", 80)))
    _kit.win("a name was resolved")


@_kit.plan
def abstract():
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect("\0" + ABSTRACT)
        client.sendall(b"HOME\n")
        _kit.win("an abstract socket of the host")


@_kit.plan
def http():
    urllib.request.urlopen("http://169.254.169.254/latest/meta-data/", timeout=0.3)
    _kit.win("the cloud's metadata")
