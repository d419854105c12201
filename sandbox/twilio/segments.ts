// How many segments a text takes: GSM 03.38 where every character has a place in it, UCS-2 otherwise.

const basic = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);

/** Two septets each: an escape and a character. */
const extension = new Set("\f^{}\\[~]|€");

/** Room in a text that fits one segment, and in each segment of a longer one (the rest is its header). */
const gsm = { single: 160, each: 153 };
const ucs2 = { single: 70, each: 67 };

/** Number of segments; at least 1. */
export function countSegments(body: string): number {
  const characters = [...body];
  const isGsm = characters.every((character) => basic.has(character) || extension.has(character));
  return isGsm
    ? pack(characters, (character) => (extension.has(character) ? 2 : 1), gsm)
    : // Characters outside the basic plane are surrogate pairs: two units.
      pack(characters, (character) => character.length, ucs2);
}

/** A character of two units is never split over two segments. */
function pack(characters: string[], sizeOf: (character: string) => number, room: typeof gsm): number {
  const total = characters.reduce((sum, character) => sum + sizeOf(character), 0);
  if (total <= room.single) {
    return 1;
  }
  let segments = 1;
  let used = 0;
  for (const character of characters) {
    const size = sizeOf(character);
    if (used + size > room.each) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return segments;
}
