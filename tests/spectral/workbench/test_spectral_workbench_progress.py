from io import StringIO

from rich.console import Console

from lrprism.spectral.workbench.progress import Reporter


def test_steps_and_bars_say_what_was_done() -> None:
    for terminal in (False, True):
        text = StringIO()
        reporter = Reporter(console=Console(file=text, force_terminal=terminal, width=200))
        with reporter.step("reading leaves"):
            pass
        assert list(reporter.track([1, 2], "explaining 2 patches")) == [1, 2]
        assert "reading leaves: done in 0.0 s" in text.getvalue()
        assert "explaining 2 patches: done in 0.0 s" in text.getvalue()


def test_quiet_says_nothing() -> None:
    text = StringIO()
    reporter = Reporter(shows_progress=False, console=Console(file=text, force_terminal=True))
    with reporter.step("reading"):
        assert list(reporter.track([1], "explaining")) == [1]
    assert text.getvalue() == ""


def test_a_log_is_told_what_begins_and_a_terminal_has_a_bar() -> None:
    for terminal in (False, True):
        text = StringIO()
        Reporter(console=Console(file=text, force_terminal=terminal)).tell("training 7 of 25: all, seed 1")
        assert text.getvalue() == ("" if terminal else "training 7 of 25: all, seed 1\n")


def test_stages_are_told_to_a_log() -> None:
    text = StringIO()
    with Reporter(console=Console(file=text, width=200)).stages("judging 2 rules") as tell:
        tell("removing regions by epsilon, 1 of 2")
    first, last = text.getvalue().splitlines()
    assert first == "judging 2 rules: removing regions by epsilon, 1 of 2"
    assert last.startswith("judging 2 rules: done in ")
