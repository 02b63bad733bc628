"""U-Nets and control nets of diffusers."""

from typing import Any

import torch

from zoo.models.diffusion.case import IDS, IMAGE, PLACES, TOKENS, VIDEO, WIDTH, Case


def _unet(shape: tuple[int, ...], *, others: Any = (), **settings: Any) -> Case:
    return Case({"sample": shape}, {"block_out_channels": (16, 32), **settings}, dict(others))


def _mirror(*names: str) -> dict[str, Any]:
    """Return the blocks of a U-Net that goes up as it went down; ``{}`` stands for ``Down`` or ``Up``."""
    return {
        "down_block_types": tuple(name.format("Down") for name in names),
        "up_block_types": tuple(name.format("Up") for name in reversed(names)),
    }


_CONDITION_2D = _mirror("CrossAttn{}Block2D", "{}Block2D")
_CONDITION_3D = _mirror("CrossAttn{}Block3D", "{}Block3D")
_HEADS_OF_8 = {"attention_head_dim": 8, "num_attention_heads": None}

UNETS = {
    "UNet1DModel": _unet(
        (2, 2, 32),
        block_out_channels=(32, 32, 32),
        in_channels=2,
        out_channels=2,
        sample_size=32,
        extra_in_channels=64,
    ),
    "UNet2DModel": _unet(IMAGE, **_mirror("{}Block2D", "Attn{}Block2D"), attention_head_dim=8),
    "UNet2DConditionModel": _unet(IMAGE, **_CONDITION_2D, **_HEADS_OF_8),
    "UNet3DConditionModel": _unet(VIDEO, **_CONDITION_3D, **_HEADS_OF_8),
    "UNetMotionModel": Case(
        {"sample": VIDEO, "encoder_hidden_states": (2 * 3, PLACES, WIDTH)},
        {**_mirror("CrossAttn{}BlockMotion", "{}BlockMotion"), "block_out_channels": (16, 32)},
    ),
    "UNetSpatioTemporalConditionModel": _unet(
        (2, 3, 8, 8, 8),
        in_channels=8,
        **_mirror("CrossAttn{}BlockSpatioTemporal", "{}BlockSpatioTemporal"),
        block_out_channels=(32, 64),
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=24,
        num_frames=3,
        num_attention_heads=(2, 2),
        others={"added_time_ids": torch.tensor([[1.0, 2.0, 3.0]] * 2)},
    ),
    "Kandinsky3UNet": _unet(
        IMAGE,
        layers_per_block=2,
        groups=4,
        attention_head_dim=8,
        encoder_hid_dim=WIDTH,
        time_embedding_dim=16,
        others={"encoder_attention_mask": torch.ones(2, PLACES)},
    ),
    "DreamLiteUNetModel": _unet(
        IMAGE,
        down_block_types=("DreamLiteCrossAttnNoSelfAttnDownBlock2D", "DreamLiteCrossAttnDownBlock2D"),
        up_block_types=("DreamLiteCrossAttnUpBlock2D", "DreamLiteUpBlock2D"),
        **_HEADS_OF_8,
    ),
    "I2VGenXLUNet": Case(
        {"sample": VIDEO, "image_latents": VIDEO, "image_embeddings": (2, WIDTH)},
        {**_CONDITION_3D, **_HEADS_OF_8, "block_out_channels": (16, 32)},
        {"fps": torch.tensor([8, 8])},
    ),
    "StableCascadeUNet": Case(
        {"sample": (2, 4, 8, 8), "clip_text_pooled": (2, 1, WIDTH)},
        {
            "block_out_channels": (16, 32),
            "num_attention_heads": (2, 2),
            "down_num_layers_per_block": (1, 1),
            "up_num_layers_per_block": (1, 1),
            "conditioning_dim": 16,
            "clip_text_pooled_in_channels": WIDTH,
            "timestep_ratio_embedding_dim": 8,
            "patch_size": 1,
        },
        {"timestep_ratio": torch.tensor([0.2, 0.7])},
    ),
    "UVit2DModel": Case(
        {"encoder_hidden_states": (2, PLACES, WIDTH), "pooled_text_emb": (2, WIDTH)},
        {
            "cond_embed_dim": WIDTH,
            "encoder_hidden_size": WIDTH,
            "micro_cond_encode_dim": 8,
            "micro_cond_embed_dim": 40,
            "vocab_size": 20,
            "codebook_size": 16,
            "in_channels": WIDTH,
            "block_out_channels": WIDTH,
            "num_res_blocks": 1,
            "block_num_heads": 2,
            "num_hidden_layers": 1,
        },
        {
            "input_ids": torch.arange(2 * 64).reshape(2, 8, 8) % 20,
            "micro_conds": torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]] * 2),
        },
    ),
    "ControlNetModel": Case(
        {"sample": IMAGE, "controlnet_cond": (2, 3, 64, 64)},
        {
            "down_block_types": _CONDITION_2D["down_block_types"],
            "block_out_channels": (16, 32),
            "conditioning_embedding_out_channels": (8, 8, 8, 8),
            "num_attention_heads": None,
        },
    ),
    "FluxControlNetModel": Case({"hidden_states": TOKENS, "controlnet_cond": TOKENS}, {"patch_size": 1}, IDS),
    "SD3ControlNetModel": Case({"hidden_states": IMAGE, "controlnet_cond": IMAGE}),
    "SanaControlNetModel": Case({"hidden_states": IMAGE, "controlnet_cond": IMAGE}, {"patch_size": 1}),
}
