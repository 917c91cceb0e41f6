"""How far samples of FluidR3Mono_GM.sf3 are off their nominal pitch, where it is more than 5 cents.

Measured on each sample over the keys that use it: the amplitude-weighted median of the deviations of the first five
harmonics, median over the keys. Sample number in the bank -> cents sharp (flat where negative).
"""

CENTS_SHARP: dict[int, int] = {
    4: -24, 6: 15, 10: -8, 12: -8, 114: -6, 116: 5, 118: 11, 120: 11, 121: -7, 122: 7, 124: -20, 127: 8, 129:
    8, 133: -10, 161: 9, 163: 8, 165: 7, 167: 9, 168: -10, 169: 7, 171: 8, 173: 6, 175: 8, 177: 7, 179: 9,
    181: 8, 183: 6, 185: 9, 189: 14, 191: -6, 214: 16, 216: 7, 218: 13, 226: 11, 290: 5, 294: 9, 298: 9, 315:
    -21, 317: 35, 318: -11, 319: -7, 325: -11, 326: -21, 327: -14, 329: -18, 337: 13, 338: 6, 359: 8, 366:
    -15, 372: 5, 406: 6, 446: 16, 470: -23, 482: 6, 535: -6, 537: -11, 543: -10, 551: -13, 570: 7, 690: -21,
    691: -6, 692: -40, 695: -7, 698: -24, 699: -6, 702: 7, 703: -6, 704: -21, 727: 6, 785: -13, 831: 8, 832:
    -10,
}  # fmt: skip

FINGERPRINT = 0x830EA32C
"""CRC-32 of the table of samples (shdr) of the bank that this is true of."""
