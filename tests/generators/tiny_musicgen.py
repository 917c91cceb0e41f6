"""MusicGen in miniature: the real classes and files, random weights, sound that nobody would call music."""

from __future__ import annotations

from pathlib import Path

import torch

WORDS = ("jazz", "rock", "upbeat", "piano", "drums", "bass", "BPM", "and", ",")
RATE, CODES = 8_000, 32


def write(folder: Path, melody: bool = False) -> Path:
    """A model folder as `save_pretrained` writes it."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        EncodecConfig,
        EncodecFeatureExtractor,
        EncodecModel,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        MusicgenMelodyConfig,
        MusicgenMelodyDecoderConfig,
        MusicgenMelodyFeatureExtractor,
        MusicgenMelodyForConditionalGeneration,
        MusicgenMelodyProcessor,
        MusicgenProcessor,
        PreTrainedTokenizerFast,
        T5Config,
    )

    torch.manual_seed(0)
    vocabulary = {word: number for number, word in enumerate(("<pad>", "</s>", "<unk>", *WORDS))}
    tokens = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokens, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    text = T5Config(vocab_size=len(vocabulary), d_model=16, d_ff=32, d_kv=8, num_layers=1, num_heads=2)
    audio = EncodecConfig(
        sampling_rate=RATE, num_filters=4, upsampling_ratios=[8, 5, 4], hidden_size=16, codebook_size=CODES,
        codebook_dim=16, num_lstm_layers=1, target_bandwidths=[1.0], use_causal_conv=False,
    )  # fmt: skip
    sizes = {
        "vocab_size": CODES, "hidden_size": 16, "num_hidden_layers": 2, "ffn_dim": 32, "num_attention_heads": 2,
        "num_codebooks": EncodecModel(audio).quantizer.num_quantizers, "pad_token_id": CODES, "bos_token_id": CODES,
    }  # fmt: skip
    if melody:
        config = MusicgenMelodyConfig(
            text_encoder=text.to_dict(), audio_encoder=audio.to_dict(),
            decoder=MusicgenMelodyDecoderConfig(**sizes).to_dict(), num_chroma=12, chroma_length=20,
        )  # fmt: skip
        model = MusicgenMelodyForConditionalGeneration(config)
        extractor = MusicgenMelodyFeatureExtractor(
            sampling_rate=RATE, hop_length=512, chunk_length=3, n_fft=2048, num_chroma=12
        )
        processor = MusicgenMelodyProcessor(extractor, tokenizer)
    else:
        config = MusicgenConfig(
            text_encoder=text.to_dict(), audio_encoder=audio.to_dict(),
            decoder=MusicgenDecoderConfig(**sizes).to_dict(),
        )  # fmt: skip
        model = MusicgenForConditionalGeneration(config)
        processor = MusicgenProcessor(EncodecFeatureExtractor(sampling_rate=RATE), tokenizer)
    for layer in model.audio_encoder.quantizer.layers:
        layer.codebook.embed.normal_()  # zeros otherwise: every token would sound alike
    for weights in model.decoder.parameters():
        weights.data *= 8
    model.generation_config.decoder_start_token_id = CODES
    model.generation_config.pad_token_id = model.generation_config.bos_token_id = CODES
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
