from dataclasses import fields
from typing import get_args

from lrprism.spectral.io.sample_format import OPTION_WORDS, SampleFormat, SampleOption, SampleOptions


def test_every_option_has_its_word() -> None:
    # the one that is no wish of the user: the workbench says so of new samples
    names = {field.name for field in fields(SampleOptions)} - {"may_be_unlabelled"}
    assert names == set(OPTION_WORDS) == set(get_args(SampleOption))
    assert all(getattr(SampleOptions(), name) is None for name in names)


def test_the_name_carries_the_endings() -> None:
    assert str(SampleFormat("table", lambda _: True, lambda *_: None, files=".csv")) == "table (.csv)"  # type: ignore[arg-type,return-value]
