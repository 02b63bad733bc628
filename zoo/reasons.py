"""Why a network is not clean, where what lrprism says of it is not enough."""

REASONS = {
    "diffusers/AutoencoderTiny": (
        "Rightly refused: forward rounds the code between its two halves to bytes, from which no gradient "
        "leads back. `model.encoder` and `model.decoder` can be explained each for itself."
    ),
    "x-transformers/decoder, soft-clamped logits": (
        "Rightly refused: the clamp is a function of TorchScript, and what runs in there cannot be seen."
    ),
}
