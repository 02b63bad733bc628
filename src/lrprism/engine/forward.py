"""One forward pass of a model, ready for the backward passes through it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from lrprism.engine.comparison import CallsDifferError, Comparison
from lrprism.engine.ledger import Ledger
from lrprism.engine.mode import RelevanceMode
from lrprism.engine.modules import Modules
from lrprism.engine.passes import Arguments, LayerOutputs, Request, Trace
from lrprism.engine.plain import PlainCall
from lrprism.engine.randomness import notice_draws, restore_randomness
from lrprism.engine.rewrites import check_writes
from lrprism.engine.state import KeptState
from lrprism.engine.tokens import Tokens
from lrprism.errors import ModelError
from lrprism.ops import InputGoneError, Needs, OwnOps, tensors_in_result


def trace(
    model: nn.Module,
    inputs: Sequence[Tensor],
    arrange: Callable[[list[Tensor]], Arguments],
    ops: OwnOps | None = None,
    request: Request | None = None,
) -> Trace:
    """Run ``model`` once, ready for the ways back. Nothing of the model changes.

    Args:
        model: A model that ``unwrap`` returned.
        inputs: The tensors that receive relevance; integer ones hold token ids.
        arrange: Puts the inputs among the model's arguments and keyword arguments.
        ops: What to do at torch functions outside the dispatch table.
        request: What is asked of the pass.

    Raises:
        ModelError: If the output is not that of a plain call, where the two are compared.
    """
    request = request or Request()
    modules = Modules(model)
    plain = None
    if request.compare:
        state = KeptState(modules)
        with torch.inference_mode(False), _run_uncompiled():
            arguments = arrange([x.detach() for x in inputs])
            plain = PlainCall(model, arguments, request.choose, state)
    try:
        record = _run_with_reference(modules, inputs, arrange, ops or {}, request)
    except InputGoneError:  # by a batch norm that is no module
        needs = request.needs._replace(inputs=True)
        record = _run(modules, inputs, arrange, ops or {}, request._replace(needs=needs))
    if plain is None:
        return record
    try:
        with torch.inference_mode(False), _run_uncompiled():
            return record._replace(plain_outputs=plain.compare(record.output))
    except ModelError:
        record.settle()
        raise


def _run_with_reference(
    modules: Modules,
    inputs: Sequence[Tensor],
    arrange: Callable[[list[Tensor]], Arguments],
    ops: OwnOps,
    request: Request,
) -> Trace:
    """Run the model once, after a run on the reference where there is one.

    One reference for all samples runs as one sample, unless the model shows that it mixes their dimension
    with others: then it runs as often as there are samples.

    Raises:
        CallsDifferError: If the model takes other calls on the reference.
    """
    reference = request.reference
    if reference is None:
        return _run(modules, inputs, arrange, ops, request)
    whole = [r.expand_as(x) for r, x in zip(reference, inputs, strict=True)]
    samples = next((x.shape[0] for r, x in zip(reference, inputs, strict=True) if r.shape != x.shape), None)
    if samples is not None:
        try:
            return _run_both(modules, (inputs, reference), arrange, ops, request, samples)
        except (CallsDifferError, RuntimeError, IndexError, ValueError, AssertionError):
            pass  # a model of another number of samples; whatever else is wrong comes up again below
    return _run_both(modules, (inputs, whole), arrange, ops, request)


def _run_both(
    modules: Modules,
    inputs: tuple[Sequence[Tensor], Sequence[Tensor]],
    arrange: Callable[[list[Tensor]], Arguments],
    ops: OwnOps,
    request: Request,
    samples: int | None = None,
) -> Trace:
    """Run the model on the reference, then from the same state on the inputs, call beside call.

    Args:
        modules: The modules of the model.
        inputs: The inputs, and what each is compared with.
        arrange: Puts them among the model's arguments.
        ops: What to do at torch functions outside the dispatch table.
        request: What is asked of the pass.
        samples: For how many samples the one of the reference stands; None where there are as many.

    Raises:
        CallsDifferError: If the model takes other calls on the reference.
    """
    comparison = Comparison(samples)
    plain = request._replace(needs=Needs(), audit=False)
    state = KeptState(modules)
    state.arguments = arrange([x.detach() for x in inputs[1]])
    restore = state.remember(fully=True)
    try:
        of_reference = _run(modules, inputs[1], arrange, ops, plain, comparison, undo=restore)
    except Exception as error:
        error.add_note("This came up when the model ran on the reference.")
        raise
    restore()
    comparison.is_recording = False
    # one sample in the place of all may not fit the model, which then runs again
    undo = None if samples is None else restore
    try:
        record = _run(modules, inputs[0], arrange, ops, request, comparison, undo=undo)
    except Exception as error:
        if comparison.failure is None or error is comparison.failure:
            raise
        raise comparison.failure from error
    try:
        comparison.check_end()
    except CallsDifferError:
        (undo or record.settle)()
        raise
    return record._replace(reference=of_reference)


def _run(
    modules: Modules,
    inputs: Sequence[Tensor],
    arrange: Callable[[list[Tensor]], Arguments],
    ops: OwnOps,
    request: Request,
    comparison: Comparison | None = None,
    *,
    undo: Callable[[], None] | None = None,
) -> Trace:
    """Run the model once, keeping what the way back will need.

    If that fails, ``undo`` gives the model its state back; without it, the state is that of a failed call.
    """
    ledger = Ledger() if request.audit else None
    with torch.inference_mode(False), torch.enable_grad():  # whatever the caller has switched off
        leaves = tuple(_copy_input(x) for x in inputs)
        live = [x.view_as(x) for x in leaves]  # no leaf: the mode takes leaves for parameters
        tokens = Tokens(live)
        mode = RelevanceMode(modules, tokens, ops, request.all_needs, ledger, comparison)
        mode.admit(live)
        mode.state.arguments = arrange(live)
        settle = partial(mode.state.settle, mode.rewrites, mode.descent.known)
        with _run_uncompiled(), restore_randomness(leaves), _notice_draws(mode, request):
            output, layers = _call_model(mode, list(zip(live, inputs, strict=True)), request, undo or settle)
        if mode.noise.drawn:
            mode.noise.name_stored(mode.state.stored_tensors())
        output = mode.present(output)
        record = mode.calls, mode.tapes, mode.nodes, layers, mode.descent.unseen, mode.unseen, tokens.lookups
        of_user = mode.named, mode.functions.blocked
        noise = mode.noise.unknown
        return Trace(leaves, output, *record, request.nonnegative, ledger, noise, *of_user, settle=settle)


def _notice_draws(mode: RelevanceMode, request: Request) -> AbstractContextManager[Any]:
    """Notice random numbers that the model draws, where they may be kept or the outputs are compared."""
    keeping = mode.modules.keeping
    may_train = any(module.training for module in keeping)
    is_asked = may_train or (request.compare and keeping)
    return notice_draws(mode.noise.unknown, gives_back=may_train) if is_asked else nullcontext()


def _call_model(
    mode: RelevanceMode,
    inputs: list[tuple[Tensor, Tensor]],
    request: Request,
    settle: Callable[[], None],
) -> tuple[Any, LayerOutputs]:
    """Call the model under the mode; leave its state as it was if that fails.

    Args:
        mode: The mode, whose state holds the arguments.
        inputs: Each live input with the user's tensor that it stands for.
        request: What is asked of the pass.
        settle: Settles the state of the model.

    Returns:
        The chosen output, and the live outputs of the modules that the request names.
    """
    layers: LayerOutputs = {}

    def on_return(path: str, output: Any) -> None:
        with torch._C.DisableTorchFunction():  # no call of the model
            now = [mode.present(tensor) for tensor in tensors_in_result(output)]
        layers.setdefault(path, []).extend(tensor for tensor in now if tensor.requires_grad)

    modules, (args, kwargs) = mode.modules, mode.state.arguments
    give_back = mode.state.remember() if modules.keeping and not mode.needs.inputs else None
    if modules.keeping:
        mode.noise.begin()
    try:
        with mode, modules.returning(request.layers, on_return), mode.functions.logging():
            output = request.choose(modules.model(*args, **kwargs))
        if mode.rewrites:
            check_writes(mode.rewrites, inputs, args, kwargs)
    except BaseException as error:
        # a rule asked for an input that was freed: the model will be run again, from the same state
        if isinstance(error, InputGoneError) and give_back is not None:
            give_back()
        else:
            settle()
        raise
    finally:
        mode.state.restore_buffers()
    return output, layers


def _copy_input(x: Tensor) -> Tensor:
    """Return a tensor of our own with the values of an input; a leaf, if it can carry relevance."""
    x = x.clone() if x.is_inference() else x
    return x.detach().requires_grad_() if x.is_floating_point() else x


def _run_uncompiled() -> AbstractContextManager[Any]:
    """Run compiled parts of a model as they were written; nothing to do where nothing was compiled."""
    return torch.compiler.set_stance("force_eager") if "torch._dynamo" in sys.modules else nullcontext()


def constants(values: Any) -> Any:
    """Detach every tensor in nested tuples, lists and dicts."""
    if isinstance(values, Tensor):
        if values.is_inference():
            with torch.inference_mode(False):
                return values.clone()
        return values.detach() if values.requires_grad else values
    if type(values) in (tuple, list):
        return type(values)(constants(value) for value in values)
    return {key: constants(value) for key, value in values.items()} if type(values) is dict else values
