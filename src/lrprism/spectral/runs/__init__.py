"""Results on disk: run folders that are whole or not there, and the record that makes a run repeatable."""

from lrprism.spectral.runs.record import file_hash, read_json, read_run, versions, write_json
from lrprism.spectral.runs.run_folder import write_run
from lrprism.spectral.runs.unfinished import UnfinishedRun

__all__ = [
    "UnfinishedRun",
    "file_hash",
    "read_json",
    "read_run",
    "versions",
    "write_json",
    "write_run",
]
