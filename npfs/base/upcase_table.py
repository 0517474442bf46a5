#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes upcase_table.h: the upper-case mapping of 16-bit units, as the kernel compares names.

The source is the simple upper-case mapping of the Unicode data that comes with Python. Taken
over are mappings within the basic plane that can be undone: the lower case of the result is
the unit itself. That leaves out the compatibility letters which Windows keeps apart, and with
them every letter outside ASCII that would turn into an ASCII one: dotless i (0131), long s
(017F), micro sign (00B5), title-case digraphs (01C5), symbol forms of Greek letters (03D0).
One exception joins them: final sigma (03C2) is upper-cased like any sigma.

Usage: upcase_table.py > upcase_table.h
"""

import unicodedata

BLOCK = 64


def simple_upper(char):
    """The one-character upper case of char; char itself when there is none."""
    upper = char.upper()
    if len(upper) > 1:
        upper = char.title()
    return upper if len(upper) == 1 else char


def delta(unit):
    """What to add to unit, modulo 65536."""
    if 0xD800 <= unit <= 0xDFFF:
        return 0
    upper = ord(simple_upper(chr(unit)))
    if upper > 0xFFFF:
        return 0
    if unit != 0x03C2 and chr(upper).lower() != chr(unit):
        return 0
    return (upper - unit) & 0xFFFF


def rows(values, form, per_row):
    for i in range(0, len(values), per_row):
        print("\t" + " ".join(form % v + "," for v in values[i : i + per_row]))


def main():
    blocks, index = [], []
    for start in range(0, 0x10000, BLOCK):
        block = [delta(u) for u in range(start, start + BLOCK)]
        if block not in blocks:
            blocks.append(block)
        index.append(blocks.index(block))
    print("/* SPDX-License-Identifier: MIT */")
    print("/*")
    print(" * Upper-case mapping of 16-bit units. Written by upcase_table.py from Unicode")
    print(f" * {unicodedata.unidata_version}; change that script, not this file.")
    print(" *")
    print(" * A unit u maps to u + upcase_delta[upcase_index[u / 64]][u % 64], modulo 65536.")
    print(" */")
    print("#pragma once\n\n#include <stdint.h>\n\n/* clang-format off */")
    print(f"static const uint8_t upcase_index[{len(index)}] = {{")
    rows(index, "%2d", 16)
    print("};\n")
    print(f"static const uint16_t upcase_delta[{len(blocks)}][{BLOCK}] = {{")
    for block in blocks:
        print("\t{")
        rows(block, "0x%04x", 8)
        print("\t},")
    print("};\n/* clang-format on */")


main()
