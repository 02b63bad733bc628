"""The command ``lrprism``, also as ``python -m lrprism``."""

import re
import sys
from typing import Final

_EXTRAS: Final = ("spectral", "geo", "spectra")


def main() -> None:
    """Run the command line; where a package of an extra is missing, say how to install it.

    Raises:
        ModuleNotFoundError: If a package is missing that no extra brings.
    """
    try:
        from lrprism.spectral.cli import main as run_commands  # late: it needs the extra `spectral`

        run_commands()
    # a command imports its libraries when it is called
    except ModuleNotFoundError as error:
        extra = find_extra(str(error.name))
        # a bug, or a network of the user's own
        if extra is None:
            raise
        print(
            f"error: the command lrprism should find the packages of its extra '{extra}'. Found no "
            f"{error.name}. Install them: pip install 'lrprism[{extra}]', or pip install '.[{extra}]' in a "
            "copy of the sources.",
            file=sys.stderr,
        )
        sys.exit(2)


def find_extra(module: str) -> str | None:
    """Return the extra of the command line that brings a module; None if none does.

    Args:
        module: The name of the module, such as ``"lazy_loader"``.
    """
    from importlib.metadata import requires  # late: it takes longer than all that --version needs

    package = module.partition(".")[0].lower().replace("_", "-")
    # a requirement reads dask[array]>=2024.8; extra == 'spectral'
    pattern = re.compile(r"""([\w.-]+).*;.*extra == ['"]([\w-]+)['"]""")
    matches = [match for match in map(pattern.match, requires("lrprism") or ()) if match]
    extras = {match[2] for match in matches if match[1].lower().replace("_", "-") == package}
    return next((extra for extra in _EXTRAS if extra in extras), None)


if __name__ == "__main__":
    main()
