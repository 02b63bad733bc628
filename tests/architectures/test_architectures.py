"""Published networks, unmodified: nothing unknown, the same output, an account that adds up."""

import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pytest
import timm
import torch
import torchvision
import transformers
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

import expected_warnings
import lrprism as lp
from architectures import written_out
from lrprism import presets
from lrprism.spectral import networks as models

vision = torchvision.models
TOKENS = torch.tensor([[2, 15, 7, 64, 33, 3, 0, 0], [2, 8, 8, 21, 90, 41, 76, 3]])
SMALL = {
    "vocab_size": 99,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 32,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "num_labels": 3,
    "use_cache": False,
}


@dataclass(frozen=True, eq=False)
class Case:
    """A network and what it takes; images are random numbers of a shape."""

    make: Callable[[], nn.Module]
    inputs: tuple[int, ...] | Tensor
    output: str | None = None


def transformer(family: str, attention: str, **options: Any) -> Case:
    def make() -> nn.Module:
        settings = {**SMALL, "attn_implementation": attention, **options}
        config = getattr(transformers, f"{family}Config")(**settings)
        return getattr(transformers, f"{family}ForSequenceClassification")(config)

    return Case(make, TOKENS)


def published(name: str, **options: Any) -> Callable[[], nn.Module]:
    return lambda: getattr(vision, name)(num_classes=10, **options)


def of_timm(name: str, **options: Any) -> Callable[[], nn.Module]:
    return lambda: timm.create_model(name, num_classes=10, **options)


IMAGE = (2, 3, 64, 64)
RELU_NETS = {
    "VGG-11": Case(published("vgg11", init_weights=False), IMAGE),
    "VGG-11 with batch norm": Case(published("vgg11_bn", init_weights=False), IMAGE),
    "ResNet-18": Case(published("resnet18"), IMAGE),
    "ResNet-50": Case(published("resnet50"), IMAGE),
    "DenseNet-121": Case(published("densenet121"), IMAGE),
    "Inception v3": Case(published("inception_v3", aux_logits=False, init_weights=False), (2, 3, 80, 80)),
    "U-Net": Case(lambda: written_out.UNet(4, 5), (2, 4, 16, 16)),
    "HybridSN": Case(lambda: models.HybridSN(bands=16, classes=10, window=11), (2, 1, 16, 11, 11)),
    "SSRN": Case(lambda: models.SSRN(bands=40, classes=10, window=7), (2, 1, 40, 7, 7)),
    "Hyper3DNetLite": Case(lambda: models.Hyper3DNetLitePublished(6, 3, 17), (2, 1, 6, 17, 17)),
    "R3D-18": Case(lambda: vision.video.r3d_18(num_classes=10), (2, 3, 4, 32, 32)),
}
OTHER_IMAGE_NETS = {
    "MobileNetV3": Case(published("mobilenet_v3_small"), IMAGE),
    "EfficientNet-B0": Case(published("efficientnet_b0"), IMAGE),
    "EfficientNet-B0 of timm": Case(of_timm("efficientnet_b0"), IMAGE),
    "ConvNeXt": Case(published("convnext_tiny"), IMAGE),
    "ConvNeXt of timm": Case(of_timm("convnext_atto"), IMAGE),
    "ConvNeXt v2": Case(of_timm("convnextv2_atto"), IMAGE),
    "RegNet": Case(published("regnet_y_400mf"), IMAGE),
    "ViT": Case(lambda: vision.VisionTransformer(32, 8, 3, 4, 48, 96, num_classes=10), (2, 3, 32, 32)),
    "ViT of timm": Case(of_timm("vit_tiny_patch16_224", img_size=48, depth=3), (2, 3, 48, 48)),
    "Swin": Case(published("swin_t"), IMAGE),
    "Swin v2": Case(published("swin_v2_t"), IMAGE),
    "Swin of timm": Case(of_timm("swin_tiny_patch4_window7_224", img_size=56), (2, 3, 56, 56)),
    "DeepLab v3": Case(
        lambda: vision.segmentation.deeplabv3_mobilenet_v3_large(
            weights=None, weights_backbone=None, num_classes=5
        ),
        (2, 3, 48, 48),
        output="out",
    ),
}
TOKEN_NETS = {
    f"{name}, {attention}": transformer(family, attention, **options)
    for attention in ("sdpa", "eager")
    for name, family, options in [
        ("BERT", "Bert", {}),
        ("GPT-2", "GPT2", {}),
        ("Llama", "Llama", {"num_key_value_heads": 2}),
    ]
} | {
    "LSTM classifier": Case(lambda: written_out.SequenceClassifier(nn.LSTM, 3), TOKENS),
    "GRU classifier": Case(lambda: written_out.SequenceClassifier(nn.GRU, 3), TOKENS),
}
CASES = RELU_NETS | OTHER_IMAGE_NETS | TOKEN_NETS


def averaging(model: nn.Module) -> nn.Module:
    """The model, whose batch norms will take the statistics of what they see as they are."""
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.momentum = None
    return model


@lru_cache(maxsize=1)  # tests of one network follow each other
def drawn(case: Case, *, bias: bool = True) -> tuple[nn.Module, Tensor]:
    """A network with random weights, and batch norms that have seen some images; and an input."""
    torch.manual_seed(0)
    model = case.make()
    if isinstance(case.inputs, Tensor):
        x = case.inputs
    else:
        x = torch.rand(case.inputs)
        with torch.no_grad():
            averaging(model).train()(torch.rand(8, *case.inputs[1:]))
    for module in model.modules():
        if isinstance(module, _BatchNorm) and not bias:
            module.running_mean.zero_()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data = torch.randn_like(parameter) / 10 if bias else torch.zeros_like(parameter)
        elif not parameter.any():  # classifiers that start from zero
            parameter.data = torch.randn_like(parameter) / 10
    return model.eval(), x


def seed(output: Tensor) -> Tensor:
    """The logit of the predicted class: of each sample; averaged over the pixels, where there are some."""
    starts = torch.zeros_like(output).scatter_(1, output.argmax(1, keepdim=True), 1.0)
    return starts / output[0, 0].numel()


def outputs(model: nn.Module, x: Tensor, case: Case) -> Tensor:
    with torch.no_grad():
        found = model(x)
    return found[case.output or "logits"] if isinstance(found, dict) else found


def check_account(case: Case, composite: Any) -> None:
    model, x = drawn(case)
    explanation = lp.LRP(model, composite, strict=True).explain(x, seed, output=case.output, audit=True)
    torch.testing.assert_close(explanation.output, outputs(model, x, case), rtol=1e-4, atol=1e-5)
    assert isinstance(explanation.relevance, Tensor)
    assert explanation.relevance.shape == x.shape
    assert explanation.relevance.isfinite().all()
    assert explanation.relevance.any()
    audit = explanation.audit
    assert audit is not None
    assert not audit.unseen
    assert not any(row.to_unknown for row in audit)
    assert audit.explained == pytest.approx(float((explanation.output * seed(explanation.output)).sum()))
    # float32 rounds what is in flight, which gates of both signs can make much more than what is explained
    in_flight = max(abs(row.relevance_out) for row in audit)
    assert abs(audit.unaccounted) <= max(1e-5 * abs(audit.explained), 1e-6 * in_flight)


@pytest.mark.parametrize("composite", [presets.EpsilonGamma(), presets.EpsilonPlusFlat()], ids=repr)
@pytest.mark.parametrize("name", CASES)
@expected_warnings.LITTLE_ARRIVES
@expected_warnings.NO_CONVOLUTION
def test_the_account_of_every_architecture_adds_up(name: str, composite: Any) -> None:
    check_account(CASES[name], composite)


def reference_of(x: Tensor) -> Any:
    """A reference that all samples share: their mean, or a sentence of one word between its ends."""
    return x.mean(0, keepdim=True) if x.is_floating_point() else lp.reference.blank(5, keep=[0, 2, 3])


@pytest.mark.parametrize("name", CASES)
def test_all_of_a_difference_arrives_at_the_input_of_every_architecture(name: str) -> None:
    model, x = drawn(CASES[name])
    # float32 rounds the difference of two outputs that are nearly the same
    model, x = deepcopy(model).double(), x.double() if x.is_floating_point() else x
    explanation = lp.LRP(model, presets.Epsilon(0)).explain(
        x, seed, output=CASES[name].output, reference=reference_of(x), audit=True
    )
    audit, relevance = explanation.audit, explanation.relevance
    assert isinstance(relevance, Tensor)
    assert audit is not None
    assert not audit.unseen
    change = (explanation.change * seed(explanation.output)).flatten(1).sum(1)
    size = float(change.abs().sum())
    torch.testing.assert_close(relevance.flatten(1).sum(1), change, rtol=0, atol=1e-6 * size)
    assert audit.explained == pytest.approx(float(change.sum()))
    # nothing stays on the way, but what Llama's norms round as they convert to float32
    assert sum(abs(row.lost) for row in audit) <= 1e-6 * size
    assert abs(audit.unaccounted) <= 1e-6 * size


@pytest.mark.parametrize("name", ["ResNet-18", "Swin of timm", "ViT", "BERT, sdpa", "GPT-2, eager"])
def test_one_reference_for_all_is_as_good_as_one_for_each(name: str) -> None:
    model, x = drawn(CASES[name])
    model, x = deepcopy(model).double(), x.double() if x.is_floating_point() else x
    one = x.mean(0, keepdim=True) if x.is_floating_point() else torch.tensor([[2, 9, 9, 9, 9, 3, 0, 0]])
    explainer = lp.LRP(model, presets.EpsilonPlus())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lp.RelevanceWarning)  # small differences, beside which eps is large
        maps = [explainer.explain(x, seed, reference=r).relevance for r in (one, one.expand_as(x).clone())]
    torch.testing.assert_close(*maps, rtol=1e-7, atol=1e-9 * float(maps[0].abs().max()))


@pytest.mark.parametrize("composite", [presets.AttnLRP(), presets.CPLRP()], ids=repr)
@pytest.mark.parametrize("name", ["ViT", "ViT of timm", "Swin", "Swin v2", "ConvNeXt", *TOKEN_NETS])
@expected_warnings.LITTLE_ARRIVES
def test_the_account_of_transformers_adds_up_under_their_own_presets(name: str, composite: Any) -> None:
    check_account(CASES[name], composite)


@pytest.mark.parametrize("name", RELU_NETS)
def test_lrp_0_conserves_on_relu_nets_without_biases(name: str) -> None:
    model, x = drawn(RELU_NETS[name], bias=False)
    explanation = lp.LRP(model, presets.Epsilon(0), strict=True).explain(x, seed, audit=True)
    explanation.check(1e-4)
    assert isinstance(explanation.relevance, Tensor)
    explained = (explanation.output * seed(explanation.output)).flatten(1).sum(1)
    torch.testing.assert_close(explanation.relevance.flatten(1).sum(1), explained, rtol=1e-4, atol=0)


@pytest.mark.parametrize("family", ["BERT", "GPT-2", "Llama"])
def test_both_ways_to_compute_attention_give_one_map(family: str) -> None:
    maps = []
    for attention in ("sdpa", "eager"):
        model, x = drawn(TOKEN_NETS[f"{family}, {attention}"])
        maps.append(lp.explain(model, x, composite=presets.AttnLRP()).relevance)
    torch.testing.assert_close(*maps, rtol=1e-4, atol=1e-6)


def test_padding_that_is_masked_gets_no_relevance() -> None:
    model, tokens = drawn(TOKEN_NETS["BERT, sdpa"])
    inputs = {"input_ids": tokens, "attention_mask": (tokens != 0).long()}
    found = lp.LRP(model, strict=True).explain(inputs).relevance
    assert isinstance(found, dict)
    relevance = found["input_ids"]
    assert not relevance[tokens == 0].any()
    assert relevance[tokens != 0].all()
    alone = lp.explain(model, tokens[:1, :6]).relevance
    torch.testing.assert_close(relevance[:1, :6], alone, rtol=1e-4, atol=1e-6)


# torch.export itself still asks in a way that torch calls deprecated
@pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning")
@pytest.mark.parametrize("decomposed", [False, True])
@pytest.mark.parametrize("name", ["ResNet-18", "MobileNetV3", "ViT", "BERT, sdpa", "Llama, sdpa"])
def test_an_exported_program_gives_the_map_of_its_model(name: str, *, decomposed: bool) -> None:
    model, x = drawn(CASES[name])
    model, x = deepcopy(model).double(), x.double() if x.is_floating_point() else x
    program = torch.export.export(model, (x,), strict=False)
    program = program.run_decompositions() if decomposed else program
    composite = presets.Epsilon(0)  # a stabiliser would act on the steps of an op that is taken apart
    expected = lp.explain(model, x, composite=composite).relevance
    found = lp.LRP(program.module(), composite, strict=True).explain(x).relevance
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-10 * float(expected.abs().max()))
