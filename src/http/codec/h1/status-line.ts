// Owns the status line, in (RFC 9112 section 4) and out.
import { reasonPhrase } from '../../headers/status.ts';
import { isDigit } from './characters.ts';
import { parseVersion } from './request-line.ts';

export class StatusLine {
  status = 0;
  /** Where the reason phrase begins. */
  phraseStart = 0;
  /** The connection goes on unless the peer says otherwise: HTTP/1.1, and as in Envoy no other version, be it higher. */
  persistent = true;

  /** Reads `text[0, end)`; false when malformed. Exactly three digits: what Envoy makes of two or four, nobody means. */
  read(text: string, end: number): boolean {
    const version = parseVersion(text, 0, Math.min(end, 8));
    if (version === -1) return false;
    this.persistent = version === 11;
    let at = 8;
    while (at < end && text.charCodeAt(at) === 0x20) at++;
    if (at === 8 || at + 3 > end) return false;
    let status = 0;
    for (let i = at; i < at + 3; i++) {
      const c = text.charCodeAt(i);
      if (!isDigit(c)) return false;
      status = status * 10 + c - 0x30;
    }
    if (status < 100 || (at + 3 < end && text.charCodeAt(at + 3) !== 0x20)) return false;
    this.status = status;
    this.phraseStart = Math.min(at + 4, end);
    return true;
  }
}

const lines: (string | undefined)[] = new Array<string | undefined>(1000).fill(undefined);

/** `HTTP/1.1 200 OK` with its CRLF. `phrase`: the upstream's own, where that is kept. */
export function statusLine(status: number, http10: boolean, phrase = ''): string {
  if (phrase !== '') return `HTTP/1.${http10 ? '0' : '1'} ${status} ${phrase}\r\n`;
  if (http10) return `HTTP/1.0 ${status} ${reasonPhrase(status)}\r\n`;
  const known = lines[status];
  if (known !== undefined) return known;
  const line = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
  if (status >= 0 && status < 1000) lines[status] = line;
  return line;
}
