// Reading a body: counted while it comes, since nothing before us limits it.

export class BodyTooLargeError extends Error {}
export class BodyEncodingError extends Error {}

/**
 * The raw bytes of a request, at most `limitBytes`.
 *
 * @throws BodyTooLargeError  announced or counted to be larger
 */
export async function readBody(request: Request, limitBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > limitBytes) throw new BodyTooLargeError();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limitBytes) throw new BodyTooLargeError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/**
 * Bytes as UTF-8 text.
 *
 * @throws BodyEncodingError  not well-formed UTF-8, or led by a byte order mark
 */
export function decodeUtf8(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BodyEncodingError();
  }
  if (text.startsWith("\uFEFF")) throw new BodyEncodingError();
  return text;
}
