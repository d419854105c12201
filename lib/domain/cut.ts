// Cutting text to what others take, between what people see as characters.

const segmenter = new Intl.Segmenter();

/** The longest beginning of at most `unitsMax` UTF-16 units that ends between two visible characters. */
export function cutText(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  let end = 0;
  for (const { index, segment } of segmenter.segment(text)) {
    if (index + segment.length > unitsMax) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
