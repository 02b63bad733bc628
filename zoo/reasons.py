"""Why a network is not clean, where what lrprism says of it is not enough."""

REASONS = {
    "diffusers/AutoencoderTiny": (
        "Rightly refused: forward rounds the code between its two halves to bytes, from which no gradient "
        "leads back. `model.encoder` and `model.decoder` can be explained each for itself."
    ),
    "x-transformers/decoder, soft-clamped logits": (
        "Rightly refused: the clamp is a function of TorchScript, and what runs in there cannot be seen."
    ),
    "transformers/inkling2_text": (
        "Rounding, as far as can be told: the account is open by 1.1e-5 of its largest sum, that of other "
        "inputs by 1e-7 to 9e-6. Its forward asks for float32 by name, so that float64 cannot decide."
    ),
    "transformers/glpn": (
        "Rightly warned: its depth is a sigmoid times the largest depth, and the map is that of the logit in "
        "front of the sigmoid."
    ),
    "transformers/vilt": "Rightly warned: forward draws which patches it looks at, in evaluation mode too.",
    "transformers/vit_mae": "Rightly warned: forward draws which patches it hides, in evaluation mode too.",
    "diffusers/AutoencoderVidTok": "Rightly warned: forward draws the code between its halves at random.",
    "x-transformers/encoder and decoder": (
        "Rightly warned: it returns its loss, which is written as softplus of the margin between the others "
        "and the right token."
    ),
}
