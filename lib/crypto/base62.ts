// Base62: letters and digits only, safe in links, headers and double-click selection.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The number written in base62, left-padded with "0" and cut to its last `length` characters. */
export function toBase62(value: bigint, length: number): string {
  let rest = value;
  let text = "";
  while (text.length < length) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}

/** Bytes as base62 of `length` characters. Give 8 bits more than `length` characters hold, for an even spread. */
export function bytesToBase62(bytes: Uint8Array, length: number): string {
  return toBase62(BigInt(`0x${Buffer.from(bytes).toString("hex")}`), length);
}
