"""Tables in Markdown, and the rows that say where a page was measured. Used by docs/parity.md too."""

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

Row = tuple[str, str]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a bar within a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def setting(command: str, threads: str, libraries: Sequence[str]) -> list[Row]:
    """Return what a reader needs to measure again: command, machine and versions.

    Args:
        command: The command that writes the page.
        threads: How many threads it used, in words.
        libraries: Names of the distributions whose versions matter; those not installed are left out.
    """
    return [
        ("command", f"`{command}`"),
        ("processor", f"{processor()}, {os.cpu_count()} cores, {threads} used"),
        ("system", system()),
        ("Python", platform.python_version()),
        *((name, number) for name in libraries if (number := version_of(name))),
    ]


def system() -> str:
    """Return the name of the operating system, with its release where it states one."""
    name = platform.system()
    if name == "Linux":
        return platform.freedesktop_os_release().get("PRETTY_NAME", name)
    return name


def processor() -> str:
    """Return the name of the processor."""
    # platform.processor() is empty on most Linux systems
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def version_of(library: str) -> str:
    """Return the version of a distribution; empty if it is not installed."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
