import json
from pathlib import Path

import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral.training import Devices
from lrprism.spectral.workbench import ExplanationSettings, explain_into
from lrprism.spectral.workbench.composites import COMPOSITES, DEFAULT_RULE, find_composite, find_rule
from small_runs import SILENT

CPU = Devices("cpu")


@pytest.mark.parametrize("rule", COMPOSITES)
def test_the_account_closes_under_every_rule(trained: Path, tmp_path: Path, rule: str) -> None:
    settings = ExplanationSettings(devices=CPU, rule=rule, figures="none", per_class=1)
    explain_into(tmp_path, trained, settings, SILENT)
    summary = json.loads((tmp_path / "run.json").read_text())["explanation"]["conservation"]
    dataset = xr.open_zarr(tmp_path / "relevance.zarr").load()
    assert summary["at_input"] == pytest.approx(
        dataset["relevance"].sum(("band", "y", "x")).mean().item(), rel=1e-4
    )
    assert abs(summary["unaccounted"]) < 1e-5 * abs(summary["explained"])


def test_names_are_those_of_the_presets_in_words() -> None:
    assert find_composite("epsilon-alpha2-beta1-flat") == lp.presets.EpsilonAlpha2Beta1Flat()
    assert find_composite("attn-lrp") == lp.presets.AttnLRP()
    assert find_composite("cp-lrp") == lp.presets.CPLRP()
    assert find_composite("lrp-0") == lp.presets.Epsilon(0)
    assert find_composite("epsilon-gamma-1") == lp.presets.EpsilonGamma(gamma=1.0)
    assert find_composite(DEFAULT_RULE) == COMPOSITES[ExplanationSettings.rule]
    assert find_rule("EpsilonGamma_1") == "epsilon-gamma-1"


def test_an_unknown_rule_is_refused_with_all_names() -> None:
    with pytest.raises(lp.InputError, match=f"rule should be one of {', '.join(COMPOSITES)}. Found 'magic'"):
        find_composite("magic")


@pytest.mark.parametrize("spelling", ["attn-lrp", "attnlrp", "AttnLRP", "attn_lrp"])
def test_the_name_of_a_preset_may_be_spelled_as_in_python(spelling: str) -> None:
    assert find_composite(spelling) == lp.presets.AttnLRP()
