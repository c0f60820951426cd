// Owns the look at the first bytes of a connection: are they HTTP, and which version? Strict and lax where Envoy's parser is (the
// scenarios of the suite http-inspector).

export type HttpVersion = 'http/1.0' | 'http/1.1' | 'h2c';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const newline = 0x0a;
const space = 0x20;
const tab = 0x09;

/** RFC 9110 section 5.6.2. */
const tokenBytes = new Set(
  Buffer.from("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 'latin1'),
);
const validTarget = /^(?:[/*]|[A-Za-z]+:\/\/)[\x00-\x7f]*$/;
const ascii = /^[\x00-\x7f]+$/;
const versionText = /^HTTP\/(\d\.\d)$/;

/** One for each connection: what it has looked at it does not look at again. */
export class HttpDetector {
  #at = 0;
  #inMethod = true;

  /** `bytes`: all that has come. 'more': it may still be HTTP. */
  detect(bytes: Buffer): HttpVersion | 'more' | 'none' {
    const compared = Math.min(bytes.length, preface.length);
    if (preface.compare(bytes, 0, compared, 0, compared) === 0) return compared === preface.length ? 'h2c' : 'more';
    for (; this.#inMethod && this.#at < bytes.length; this.#at++) {
      const byte = bytes[this.#at] as number;
      if (tokenBytes.has(byte)) continue;
      if (this.#at === 0 || (byte !== space && byte !== tab)) return 'none';
      this.#inMethod = false;
    }
    const end = bytes.indexOf(newline, this.#at);
    this.#at = end < 0 ? bytes.length : end;
    return end < 0 ? 'more' : versionOf(bytes.toString('latin1', 0, end));
  }
}

function versionOf(line: string): HttpVersion | 'none' {
  const [, method, target = '', version = ''] = /^(\S+)[ \t]+([^ \t]*)(.*)$/s.exec(line.trimEnd()) ?? [];
  if (method === undefined || !(method === 'CONNECT' ? ascii : validTarget).test(target)) return 'none';
  const text = version.trim();
  // As Envoy: no version at all is that of HTTP/0.9, and all that is not 1.1 counts as 1.0.
  if (text === '') return 'http/1.0';
  const number = versionText.exec(text)?.[1];
  return number === undefined ? 'none' : number === '1.1' ? 'http/1.1' : 'http/1.0';
}
