/**
 * Ids that no other request has: 32 hexadecimal digits, ready both as text and in HPACK's Huffman code, which every common
 * client uses. Of hexadecimal digits only those with codes of five bits are taken: eight of them are five octets, so that a
 * code is put together from prepared pieces. A proxy decodes what it decodes in life; the load costs next to nothing.
 */

/** Symbols by the bits of their code, in the order of the codes (RFC 7541 appendix B): those that texts here need. */
const symbols: readonly (readonly [bits: number, first: number, symbols: string])[] = [
  [5, 0x0, '012aceiost'],
  [6, 0x14, ' %-./3456789=A_bdfghlmnpru'],
  [7, 0x5c, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, 0xf8, '&*,;XZ'],
];

const codes = new Map<string, { readonly bits: number; readonly code: number }>();
for (const [bits, first, text] of symbols)
  [...text].forEach((symbol, i) => {
    codes.set(symbol, { bits, code: first + i });
  });

/** The Huffman code of a text, a character for each octet. `whole`: it must end with an octet, so that another may follow. */
export function huffman(text: string, whole = false): string {
  let out = '';
  let rest = 0;
  let bits = 0;
  for (const symbol of text) {
    const entry = codes.get(symbol);
    if (entry === undefined) throw new Error(`no code for ${JSON.stringify(symbol)}`);
    rest = (rest << entry.bits) | entry.code;
    bits += entry.bits;
    while (bits >= 8) {
      bits -= 8;
      out += String.fromCharCode((rest >> bits) & 0xff);
      rest &= (1 << bits) - 1;
    }
  }
  if (bits === 0) return out;
  if (whole) throw new Error(`${text} ends ${bits} bits behind an octet`);
  return out + String.fromCharCode(((rest << (8 - bits)) | (0xff >> bits)) & 0xff);
}

const PIECES = 4096;
const texts: string[] = [];
const encoded: string[] = [];
for (let i = 0; i < PIECES; i++) {
  let text = '';
  for (let digit = 0, rest = Math.imul(i, 0x9e37) & 0xffff; digit < 4; digit++, rest = Math.floor(rest / 6))
    text += '012ace'.charAt(rest % 6);
  // The other half counts, in base 6 with five digits, so that pieces differ.
  for (let digit = 0, rest = i; digit < 5; digit++, rest = Math.floor(rest / 6)) text += '012ace'.charAt(rest % 6);
  texts.push(text.slice(1));
  encoded.push(huffman(text.slice(1), true));
}

/** Octets of the Huffman code of an id. */
export const ID_CODE_LENGTH = 20;

export class Ids {
  text = '';
  code = '';
  #count: number;

  /** `seed`: where the count begins, below 2^24. */
  constructor(seed = 0) {
    this.#count = seed;
  }

  /** Sets `text` and `code`. */
  next(): void {
    const count = this.#count++;
    const a = Math.imul(count, 2_654_435_761) >>> 20;
    const b = Math.imul(count, 40_503) & (PIECES - 1);
    const c = (count >>> 12) & (PIECES - 1);
    const d = count & (PIECES - 1);
    this.text = `${texts[a]}${texts[b]}${texts[c]}${texts[d]}`;
    this.code = `${encoded[a]}${encoded[b]}${encoded[c]}${encoded[d]}`;
  }
}
