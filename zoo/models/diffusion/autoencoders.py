"""Autoencoders of diffusers."""

from typing import Any

from zoo.models.diffusion.case import FILM, PICTURE, Case


def _autoencoder(shape: tuple[int, ...], **settings: Any) -> Case:
    return Case({"sample": shape}, {"in_channels": 3, "out_channels": 3, "latent_channels": 4, **settings})


_PLAIN_BLOCKS = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}

AUTOENCODERS = {
    "AutoencoderKL": _autoencoder(PICTURE, block_out_channels=(8, 16), **_PLAIN_BLOCKS),
    "AsymmetricAutoencoderKL": _autoencoder(
        PICTURE,
        down_block_out_channels=(8, 16),
        up_block_out_channels=(8, 16),
        layers_per_down_block=1,
        layers_per_up_block=1,
        **_PLAIN_BLOCKS,
    ),
    "AutoencoderDC": _autoencoder(
        (2, 3, 32, 32),
        attention_head_dim=8,
        encoder_block_types=("ResBlock", "EfficientViTBlock"),
        decoder_block_types=("ResBlock", "EfficientViTBlock"),
        encoder_block_out_channels=(8, 16),
        decoder_block_out_channels=(8, 16),
        encoder_layers_per_block=(1, 1),
        decoder_layers_per_block=(1, 1),
        encoder_qkv_multiscales=((), (5,)),
        decoder_qkv_multiscales=((), (5,)),
        out_channels=None,
    ),
    "AutoencoderKLCogVideoX": _autoencoder(
        FILM,
        down_block_types=("CogVideoXDownBlock3D",) * 2,
        up_block_types=("CogVideoXUpBlock3D",) * 2,
        block_out_channels=(8, 16),
        temporal_compression_ratio=2,
    ),
    "AutoencoderKLCosmos": _autoencoder(
        (1, 3, 9, 32, 32),
        encoder_block_out_channels=(8, 16),
        decode_block_out_channels=(8, 16),
        attention_resolutions=(8,),
        resolution=32,
        num_layers=1,
        patch_size=2,
        spatial_compression_ratio=4,
        temporal_compression_ratio=4,
    ),
    "AutoencoderKLFlux2": _autoencoder(
        PICTURE, block_out_channels=(8, 16), patch_size=(2, 2), **_PLAIN_BLOCKS
    ),
    "AutoencoderKLHunyuanVideo": _autoencoder(
        FILM,
        down_block_types=("HunyuanVideoDownBlock3D",) * 4,
        up_block_types=("HunyuanVideoUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
    ),
    "AutoencoderKLHunyuanImage": _autoencoder(
        PICTURE, block_out_channels=(32, 32), spatial_compression_ratio=2, sample_size=16
    ),
    "AutoencoderKLKVAE": _autoencoder(
        PICTURE,
        channels=32,
        num_enc_blocks=1,
        num_dec_blocks=1,
        z_channels=4,
        ch_mult=(1, 1),
        sample_size=16,
    ),
    "AutoencoderKLLTXVideo": _autoencoder(
        (1, 3, 9, 32, 32),
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        patch_size=4,
    ),
    "AutoencoderKLMagvit": _autoencoder(
        FILM,
        down_block_types=["SpatialDownBlock3D", "SpatialTemporalDownBlock3D"],
        up_block_types=["SpatialUpBlock3D", "SpatialTemporalUpBlock3D"],
        block_out_channels=[8, 16],
    ),
    "AutoencoderKLMochi": _autoencoder(
        (1, 3, 7, 16, 16),
        in_channels=15,
        encoder_block_out_channels=(32, 32, 32, 32),
        decoder_block_out_channels=(32, 32, 32, 32),
        layers_per_block=(1, 1, 1, 1, 1),
        add_attention_block=(False, True, True, True, True),
        latent_channels=4,
        latents_mean=(0.0,) * 4,
        latents_std=(1.0,) * 4,
    ),
    "AutoencoderKLQwenImage": _autoencoder(
        FILM, base_dim=8, z_dim=4, dim_mult=[1, 2], num_res_blocks=1, temperal_downsample=[True]
    ),
    "AutoencoderKLTemporalDecoder": _autoencoder(
        PICTURE, block_out_channels=(32, 32), down_block_types=("DownEncoderBlock2D",) * 2
    ),
    "AutoencoderKLWan": _autoencoder(
        FILM,
        patch_size=None,
        base_dim=8,
        z_dim=4,
        dim_mult=[1, 2],
        num_res_blocks=1,
        temperal_downsample=[True],
    ),
    "AutoencoderOobleck": _autoencoder(
        (2, 2, 64),
        encoder_hidden_size=8,
        downsampling_ratios=[2, 4],
        channel_multiples=[1, 2],
        decoder_channels=8,
        decoder_input_channels=4,
    ),
    "AutoencoderTiny": _autoencoder(
        PICTURE,
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
    ),
    "AutoencoderVidTok": _autoencoder((1, 3, 5, 32, 32), ch=32, ch_mult=[1, 1], num_res_blocks=1),
    "VQModel": _autoencoder(
        PICTURE, block_out_channels=(8, 16), num_vq_embeddings=12, latent_channels=3, **_PLAIN_BLOCKS
    ),
}
