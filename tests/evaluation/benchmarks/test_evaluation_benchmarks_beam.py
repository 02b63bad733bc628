import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks import beam


@pytest.mark.parametrize("part", sorted(beam.PATTERNS))
def test_each_pattern_gives_its_detector_two_less_the_bias_of_one(part: int) -> None:
    pixels, weights = torch.tensor(beam.PATTERNS[part]), torch.tensor(beam.WEIGHTS[part])
    assert float((pixels * weights).sum()) == 2


def test_the_truth_of_a_part_by_hand() -> None:
    # part 8: pixels (.5 1 .5 / 0 1 1 / 0 1 1), weights (1 0 -1 / 1 2 0 / -1 0 0), their sizes add up to 6
    cell = beam.draw_concept(3, torch.Generator().manual_seed(0))
    truth = torch.tensor([[0.5 - 1 / 6, 0, -0.5 - 1 / 6], [-1 / 6, 2 - 2 / 6, 0], [-1 / 6, 0, 0]])
    torch.testing.assert_close(cell[1, 1, :3, :3], truth / 2)  # half of the concept, which has two parts
    torch.testing.assert_close(cell[1].sum(), torch.tensor(1.0))
    assert not cell[:, [0, 2]].any()


def test_the_truth_of_an_absence_by_hand() -> None:
    # nothing is there: each pixel counts by the size of its weight, (1 1 1 / 1 2 / 1) of 6 + 1
    truth = beam.find_absence(3, torch.zeros(3, 6, 6))
    expected = torch.tensor([[1, 0, 1], [1, 2, 0], [1, 0, 0]]) / 6 / 2
    torch.testing.assert_close(truth[1, :3, :3], expected)
    torch.testing.assert_close(truth.sum(), torch.tensor(1.0))


@pytest.mark.parametrize("concept", range(5))
def test_images_speak_of_the_cells_that_their_class_names(concept: int) -> None:
    data = beam.make_data(0, concept, each=2)
    labels = beam.list_classes(concept)
    assert data.target.tolist() == [label for label in labels for _ in range(2)]
    assert data.x.shape == data.truth.shape == (len(data.target), 3, 36, 36)
    # a pixel of each square of 2 x 2 at most, and truth only there
    squares = (data.x != 0).any(1).float()
    assert torch.nn.functional.avg_pool2d(squares, 2).max() == 0.25
    cells = torch.nn.functional.avg_pool2d((data.truth != 0).any(1).float(), 12) > 0
    named = {
        0: [(0, 0)],
        1: [(1, 0)],
        2: [(0, 1), (0, 2)],
        3: [(0, 1), (0, 2)],
        4: [(0, 0), (0, 1), (0, 2), (1, 0)],
    }
    for label, image in zip(data.target.tolist(), cells, strict=True):
        assert [tuple(cell) for cell in image.nonzero().tolist()] == named[label]


def test_ambiguous_classes_and_unknown_concepts_are_left_out() -> None:
    assert [len(beam.list_classes(concept)) for concept in range(5)] == [3, 5, 3, 5, 3]
    with pytest.raises(InputError, match=r"concept should be 0 to 4\. Found 5"):
        beam.make_data(0, 5)


def test_cells_are_joined_row_by_row() -> None:
    cells = torch.arange(9.0).view(9, 1, 1, 1).expand(9, 3, 2, 2)
    picture = beam.join_cells(cells)
    assert picture.shape == (3, 6, 6)
    assert picture[0, ::2, ::2].tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_a_map_of_the_wrong_sign_counts_by_its_size_alone() -> None:
    data = beam.make_data(1, 0, each=1)
    assert beam.score(-3 * data.truth, data) == {
        "cosine": pytest.approx(1.0),
        "signed cosine": pytest.approx(-1.0),
        "present": pytest.approx(-1.0),
    }
    data = beam.make_data(1, 1, each=1)
    half = data.truth * (data.target < 3)[:, None, None, None]
    assert beam.score(half, data)["present"] == pytest.approx(1.0)
    assert beam.score(half, data)["absent"] == 0
    with pytest.raises(InputError, match="should have the shape of the truth"):
        beam.score(data.truth[:, 0], data)
