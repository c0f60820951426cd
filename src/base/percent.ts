// Owns undoing percent-encoding (RFC 3986 section 2.1), byte by byte.

/** `%41` becomes `A`; what is no such triple stays as it stands. Byte strings, one character for each byte. */
export function percentDecode(text: string): string {
  let at = text.indexOf('%');
  if (at === -1) return text;
  let out = '';
  let from = 0;
  for (; at !== -1; at = text.indexOf('%', at + 1)) {
    const high = hexDigit(text.charCodeAt(at + 1));
    const low = hexDigit(text.charCodeAt(at + 2));
    if (high < 0 || low < 0) continue;
    out += text.slice(from, at) + String.fromCharCode(high * 16 + low);
    from = at + 3;
    at += 2;
  }
  return out + text.slice(from);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
