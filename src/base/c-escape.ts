// Owns the escapes of C strings, as logs and protobuf text write them.

const namedEscapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
};

/** absl::CEscape: names where C has them, octal for every other byte of UTF-8 that is not printable ASCII. */
export function cEscape(text: string): string {
  return text.replace(/[^\x20-\x7e]|["'\\]/gu, (character) => namedEscapes[character] ?? octal(character));
}

function octal(character: string): string {
  let text = '';
  for (const byte of Buffer.from(character)) text += `\\${byte.toString(8).padStart(3, '0')}`;
  return text;
}
