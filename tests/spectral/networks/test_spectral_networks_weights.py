from pathlib import Path

import pytest
import torch
from torch import nn

from lrprism.errors import DataError, ModelError, ResultsError
from lrprism.spectral.networks import Hyper3DNetLite, load_weights, save_weights


def test_weights_come_back_bit_for_bit(tmp_path: Path) -> None:
    model, other = Hyper3DNetLite(4, 3, 5), Hyper3DNetLite(4, 3, 5)
    path = save_weights(model, tmp_path / "new folder" / "weights.safetensors")
    load_weights(other, path)
    patch = torch.rand(2, 1, 4, 5, 5)
    assert torch.equal(model(patch), other(patch))
    assert [file.name for file in path.parent.iterdir()] == ["weights.safetensors"]


def test_buffers_and_tied_weights_survive(tmp_path: Path) -> None:
    def tied() -> nn.Sequential:
        first = nn.Linear(3, 3)
        model = nn.Sequential(first, nn.BatchNorm1d(3), nn.Linear(3, 3))
        model[2].weight = first.weight
        return model

    model, other = tied(), tied()
    model[1].running_mean += 2
    load_weights(other, save_weights(model, tmp_path / "weights.safetensors"))
    assert torch.equal(other[1].running_mean, model[1].running_mean)
    assert other[2].weight is other[0].weight


def test_channels_last_weights_can_be_saved(tmp_path: Path) -> None:
    model = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    other = nn.Conv2d(3, 4, 3)
    load_weights(other, save_weights(model, tmp_path / "weights.safetensors"))
    assert torch.equal(model.weight, other.weight)


def test_weights_for_another_number_of_bands_name_the_tensor_and_both_shapes(tmp_path: Path) -> None:
    path = save_weights(Hyper3DNetLite(6, 3), tmp_path / "weights.safetensors")
    other = Hyper3DNetLite(18, 3)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    message = r"Tensor block_1\.depthwise\.weight should have shape \(288, 1, 5, 5\).* Found \(96, 1, 5, 5\)"
    with pytest.raises(ModelError, match=message + r".* number of bands"):
        load_weights(other, path)
    assert all(torch.equal(before[name], value) for name, value in other.state_dict().items())


def test_missing_and_extra_tensors_are_named(tmp_path: Path) -> None:
    small, large = nn.Sequential(nn.Linear(2, 2)), nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    path = save_weights(small, tmp_path / "small.safetensors")
    with pytest.raises(
        ModelError, match=r"the model's 4 tensors\. Found that .* lacks 2, 1\.bias among them"
    ):
        load_weights(large, path)
    with pytest.raises(
        ModelError, match=r"adds 2, 1\.bias among them\. Load weights of the same architecture"
    ):
        load_weights(small, save_weights(large, tmp_path / "large.safetensors"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Found no file at .*nothing\.safetensors\. Check the path\."):
        load_weights(nn.Linear(2, 2), tmp_path / "nothing.safetensors")


@pytest.mark.parametrize("cut", [4, 60, -3])
def test_a_cut_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = save_weights(nn.Linear(2, 2), tmp_path / "weights.safetensors")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(
        DataError, match=r"whole safetensors file\. Found .*weights\.safetensors: .* copy it again"
    ):
        load_weights(nn.Linear(2, 2), path)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(2, 2)}, tmp_path / "weights.pt")
    with pytest.raises(DataError, match="whole safetensors file"):
        load_weights(nn.Linear(2, 2), tmp_path / "weights.pt")


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_weights(nn.Linear(2, 2), tmp_path / "weights.safetensors")
    before = path.read_bytes()

    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(
        ResultsError, match=r"a file that can be written\. Found .*No space left.* another path"
    ):
        save_weights(nn.Linear(2, 2), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["weights.safetensors"]
