// Owns the way between byte strings (one character a byte, as header values are kept) and the text of CEL's strings. Bytes
// that are no UTF-8 must survive it: each stands as a surrogate of its own, which no text has.
import { isUtf8 } from 'node:buffer';
import { toByteString } from '../../base/byte-string.ts';

const nonAscii = /[^\x00-\x7f]/;
const firstEscape = 0xdc00;

export function textOf(bytes: string): string {
  if (!nonAscii.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  return bytes.replace(sequences, (sequence) =>
    sequence.length === 1
      ? String.fromCharCode(firstEscape + sequence.charCodeAt(0))
      : Buffer.from(sequence, 'latin1').toString('utf8'),
  );
}

/** What is a character beyond ASCII (RFC 3629 section 4), and single bytes that are part of none. */
const sequences =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

export function bytesOf(text: string): string {
  if (!/[\udc80-\udcff]/.test(text)) return toByteString(text);
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[^\x00-\x7f]/g, (character) => {
    const code = character.length === 1 ? character.charCodeAt(0) - firstEscape : -1;
    return code >= 0x80 && code <= 0xff ? String.fromCharCode(code) : toByteString(character);
  });
}
