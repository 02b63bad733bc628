"""Configurations of transformers are made small in every direction."""

import transformers

from zoo.models.shrinking import small_config


def test_every_number_is_small() -> None:
    config = small_config(transformers.BertConfig(), {"hidden_size": 64})
    assert (config.num_hidden_layers, config.num_attention_heads, config.hidden_size) == (2, 4, 64)
    assert (config.intermediate_size, config.vocab_size, config.num_labels) == (48, 99, 3)


def test_inner_configurations_are_made_small_too() -> None:
    config = small_config(transformers.CLIPConfig(), {})
    assert config.text_config.num_hidden_layers == config.vision_config.num_hidden_layers == 2
    assert config.text_config.hidden_size == 32


def test_a_decoder_goes_on_looking_at_its_encoder() -> None:
    config = small_config(transformers.EncoderDecoderConfig(), {})
    assert config.decoder.add_cross_attention
    assert not config.encoder.add_cross_attention
    assert config.decoder.num_hidden_layers == 2
