import pytest

from lrprism.errors import InputError
from lrprism.spectral.training import TrainingConfig


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"epochs": 0}, r"epochs should be a whole number of at least 1\. Found 0\. Raise it\."),
        ({"batch_size": 1.5}, r"batch_size should be a whole number of at least 1\. Found 1\.5"),
        ({"seed": -1}, r"seed should be a whole number of at least 0\. Found -1"),
        ({"patience": 0}, r"patience should be a whole number of at least 1\. Found 0"),
        (
            {"learning_rate": 0},
            r"learning_rate should be a finite number, above 0\. Found 0\. Try its default",
        ),
        ({"learning_rate": float("nan")}, r"learning_rate should be a finite number, above 0\. Found nan"),
        ({"weight_decay": -1}, r"weight_decay should be a finite number, 0 or more\. Found -1"),
        (
            {"best_by": "luck"},
            r"best_by should be 'score' or 'loss'\. Found 'luck'\. Choose one of them\.",
        ),
        (
            {"precision": "64-true"},
            r"precision should be '32-true', 'bf16-mixed' or '16-mixed'\. Found '64-true'\. Choose",
        ),
        ({"optimizer": "sgd"}, r"optimizer should be 'adamw' or 'adadelta'\. Found 'sgd'\. Choose one of"),
    ],
)
def test_settings_out_of_range_are_refused(setting: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TrainingConfig(**setting)  # type: ignore[arg-type]
