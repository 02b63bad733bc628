"""The kinds of op."""

from lrprism.ops import TABLE, Kind


def test_ops_with_weights_are_convolutions_and_linear_layers() -> None:
    assert {kind for kind in Kind if kind.is_affine} == {Kind.CONVOLUTION, Kind.LINEAR}


def test_members_are_hashed_as_the_objects_that_they_are() -> None:
    assert all(hash(kind) == object.__hash__(kind) for kind in Kind)
    assert len({*Kind}) == len(Kind)


def test_every_kind_of_the_table_has_a_word_of_its_own() -> None:
    assert {op.kind for op in TABLE.values()} <= set(Kind)
    assert len({kind.value for kind in Kind}) == len(Kind)
