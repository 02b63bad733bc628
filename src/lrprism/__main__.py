"""Run the command line as ``python -m lrprism``."""

from lrprism.spectral.cli import main

if __name__ == "__main__":
    main()
