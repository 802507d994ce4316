"""What the parser may not do, held by the kernel: take much, write, open, reach a network."""

from __future__ import annotations

import ctypes
import resource
import sys

from knowledge.parsing.terms import MEMORY, PROCESSOR_SECONDS

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_STREAMS = 3
_REFUSED = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "ctypes.",
)


def bound() -> None:
    """Bound memory, processor time and files. To be called first."""
    for which, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))


def close_off() -> None:
    """Let nothing be opened any more. To be called when all that is needed is imported.

    Files, sockets and processes need a descriptor, and there is none left. Where the kernel
    allows it, the process leaves the network as well.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux":
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)  # refused in most containers, and no matter
    sys.addaudithook(_refuse)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_STREAMS, _STREAMS))


def _refuse(event: str, _arguments: object) -> None:
    """Say no to Python code that tries nevertheless."""
    if event.startswith(_REFUSED):
        raise PermissionError(event)
