/**
 * Reads the serialised FileDescriptorProto out of a Go file made by protoc-gen-go, without a Go compiler.
 * The generator writes it in one of two forms: `const …_rawDesc = "" + "…" + "…"` (since 1.36.4) or `var …_rawDesc = []byte{0x0a, …}`.
 */

const simpleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  '"': 34,
};

/** The descriptor's bytes, or undefined when the file has none (plugins' files, hand-written Go). */
export function readDescriptorLiteral(goSource: string): Uint8Array | undefined {
  const start = /^(?:const|var) file_\w+_rawDesc = /m.exec(goSource);
  if (start === null) return undefined;
  const from = start.index + start[0].length;
  return goSource.startsWith('[]byte{', from) ? readByteSlice(goSource, from) : readStringSum(goSource, from);
}

function readByteSlice(source: string, from: number): Uint8Array {
  const end = source.indexOf('}', from);
  const numbers = source.slice(from, end).match(/0x[0-9a-f]{2}/g) ?? [];
  return Uint8Array.from(numbers, Number);
}

/** Reads `"…" +\n "…" + …`: the sum ends at the first literal with no `+` behind it. */
function readStringSum(source: string, from: number): Uint8Array {
  const parts: Buffer[] = [];
  let at = from;
  for (;;) {
    if (source[at] !== '"') throw new Error(`a string literal was expected at offset ${at}`);
    at = readString(source, at + 1, parts);
    const next = /[ \t]*\+\s*/y;
    next.lastIndex = at;
    if (!next.test(source)) return Buffer.concat(parts);
    at = next.lastIndex;
  }
}

/** Decodes an interpreted string literal (Go specification, "String literals") whose opening quote lies before `at`; returns the offset behind it. */
function readString(source: string, from: number, into: Buffer[]): number {
  let at = from;
  let plain = from;
  const flush = () => {
    if (plain < at) into.push(Buffer.from(source.slice(plain, at), 'utf8'));
  };
  for (;;) {
    const character = source[at];
    if (character === undefined || character === '\n') throw new Error('a string literal is not closed');
    if (character === '"') {
      flush();
      return at + 1;
    }
    if (character !== '\\') {
      at++;
      continue;
    }
    flush();
    const kind = source[at + 1] ?? '';
    const simple = simpleEscapes[kind];
    if (simple !== undefined) {
      into.push(Buffer.of(simple));
      at += 2;
    } else if (kind === 'x') {
      into.push(Buffer.of(Number.parseInt(source.slice(at + 2, at + 4), 16)));
      at += 4;
    } else if (kind === 'u' || kind === 'U') {
      const digits = kind === 'u' ? 4 : 8;
      const codePoint = Number.parseInt(source.slice(at + 2, at + 2 + digits), 16);
      into.push(Buffer.from(String.fromCodePoint(codePoint), 'utf8'));
      at += 2 + digits;
    } else {
      into.push(Buffer.of(Number.parseInt(source.slice(at + 1, at + 4), 8)));
      at += 4;
    }
    plain = at;
  }
}
