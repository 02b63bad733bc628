import torch

from lrprism.evaluation.benchmarks import beam_resnet


def test_blocks_repeat_the_class_and_the_last_have_no_truth() -> None:
    data = beam_resnet.make_data(0, 0)
    assert data.x.shape == data.truth.shape == (3, 3, 224, 224)
    assert not data.truth[..., 192:, :].any()
    assert not data.truth[..., :, 192:].any()
    assert not data.x[..., :33, :].any()
    assert data.x[..., 193:, :].any()
    # 25 blocks, in each the concept of sum 1
    torch.testing.assert_close(data.truth.sum((1, 2, 3)), torch.full((3,), 25.0))
    # the parts of a cell are three pixels wide, with one between them
    assert not data.x[..., 36, 33:40].any()


def test_the_network_has_the_layers_of_a_resnet_50_and_knows_its_class() -> None:
    model = beam_resnet.BeamResNet(3).eval()
    convolutions = [module for module in model.modules() if isinstance(module, torch.nn.Conv2d)]
    assert len(convolutions) == 53
    data = beam_resnet.make_data(1, 3)
    with torch.no_grad():
        output = model(data.x)
    assert output.shape == (5, 2048)
    assert output.argmax(1).tolist() == data.target.tolist()
    # the verdict of the centre of 7 x 7, in which every block was asked; nothing elsewhere
    assert (output[:, 5:].abs() < 1e-4).all()


def test_a_concept_that_is_not_there_is_not_seen() -> None:
    data, model = beam_resnet.make_data(1, 3), beam_resnet.BeamResNet(1).eval()
    with torch.no_grad():
        assert model(data.x[:1])[0, 0] < 1e-4


def test_a_mask_keeps_its_positions() -> None:
    kept = beam_resnet.Masked(5, [1, 3])(torch.ones(1, 1, 5, 5))[0, 0]
    assert kept.nonzero().tolist() == [[1, 1], [1, 3], [3, 1], [3, 3]]


def test_a_bottleneck_adds_its_shortcut() -> None:
    block = beam_resnet.Bottleneck(8, 2, 1, project=False).eval()
    torch.nn.init.zeros_(block.conv3.weight)
    torch.nn.init.zeros_(block.conv3.bias)
    x = torch.rand(1, 8, 3, 3)
    torch.testing.assert_close(block(x), x)
