"""A sample of the zoo, of the libraries that are at hand: each network is as clean as docs/zoo.md says."""

from functools import cache

import pytest

from zoo.checks import check, composites_for
from zoo.models import entries_of
from zoo.models.entry import Entry

SAMPLE = {
    "transformers": """
        albert bamba bart beit big_bird bloom canine clip convbert deberta-v2 deepseek_v3 dinov2 distilbert
        encoder-decoder falcon_mamba fnet gemma2 mixtral mobilenet_v2 reformer segformer t5 wav2vec2 xlnet
    """,
    "timm": """
        efficientvim_m1 efficientvit_b0 ghostnet_050 inception_next_atto mobilevit_xxs pvt_v2_b0 shvit_s1
        starnet_s050 test_byobnet test_mambaout test_nfnet test_vit_relpos
    """,
    "torchvision": "lraspp_mobilenet_v3_large mnasnet0_5 shufflenet_v2_x0_5 squeezenet1_1",
}
KEYS = [f"{library}/{name}" for library, names in SAMPLE.items() for name in names.split()]


@cache
def entries(library: str) -> dict[str, Entry]:
    return {entry.key: entry for entry in entries_of(library)}


@pytest.mark.parametrize("key", KEYS)
def test_a_network_of_the_zoo_is_clean(key: str) -> None:
    entry = entries(key.partition("/")[0])[key]
    for name, composite in composites_for(entry, entry.draw()).items():
        answer = check(entry, composite)
        assert answer.outcome == "clean", f"{name}: {answer.reason}"
