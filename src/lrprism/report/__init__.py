"""Results on disk: run folders that are whole or not there, and what makes a run repeatable."""

from lrprism.report.record import array_hash, file_hash, read_run, versions, write_json
from lrprism.report.run_folder import writing_run

__all__ = ["array_hash", "file_hash", "read_run", "versions", "write_json", "writing_run"]
