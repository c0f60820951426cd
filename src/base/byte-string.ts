/** Owns the conversion of text from configuration to what header values and expressions see: bytes. */

/** Text (UTF-16) as header values carry it (a character per byte of UTF-8). */
export function toByteString(text: string): string {
  return nonAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** The text (UTF-16) whose UTF-8 a byte string is; what is none becomes replacement characters. */
export function fromByteString(bytes: string): string {
  return nonAscii.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}
const nonAscii = /[^\x00-\x7f]/;

interface Latin1Buffer {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number, length: number): number;
}

/** Bytes as a string of one character each: what `toString('latin1')` calls once it has looked the encoding up. */
export function latin1(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Latin1Buffer).latin1Slice(start, end);
}

/** The other way: `text` becomes the first bytes of `bytes`, which must be as long. */
export function putLatin1(bytes: Buffer, text: string): void {
  (bytes as unknown as Latin1Buffer).latin1Write(text, 0, text.length);
}
