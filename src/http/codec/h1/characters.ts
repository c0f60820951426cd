// Owns the character classes of HTTP/1 as tables by octet. What they accept is what Envoy accepts, RFC 9110 and 9112
// where Envoy is more lenient.

function table(accept: (octet: number) => boolean): Uint8Array {
  const out = new Uint8Array(256);
  for (let octet = 0; octet < 256; octet++) out[octet] = accept(octet) ? 1 : 0;
  return out;
}

/** Field values and start lines: tab, space, visible and octets above 0x7f (RFC 9110 section 5.5). */
export const valueOctet = table((c) => c === 0x09 || (c >= 0x20 && c !== 0x7f));

/** An authority as Envoy checks it: unreserved, sub-delims, `%`, `:`, `@`, brackets. */
export const authorityOctet = table(
  (c) => isAlphanumeric(c) || "-._~!$&'()*+,;=%:@[]".includes(String.fromCharCode(c)),
);

/** The host of an absolute-form or authority-form target, brackets apart. */
export const hostOctet = table((c) => isAlphanumeric(c) || c === 0x2d || c === 0x2e);

/** Userinfo of an absolute-form target (RFC 3986 section 3.2.1). */
export const userinfoOctet = table((c) => isAlphanumeric(c) || "-._~!$&'()*+,;=%:".includes(String.fromCharCode(c)));

/** Value of a hexadecimal digit, 255 for all others. */
export const hexValue = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) {
  const digit = i.toString(16);
  hexValue[digit.charCodeAt(0)] = i;
  hexValue[digit.toUpperCase().charCodeAt(0)] = i;
}

function isAlphanumeric(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
}

export function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

/** Whether every character of `text` is of the class. */
export function allOf(text: string, octets: Uint8Array, start = 0, end = text.length): boolean {
  for (let i = start; i < end; i++) {
    if (octets[text.charCodeAt(i)] !== 1) return false;
  }
  return true;
}
