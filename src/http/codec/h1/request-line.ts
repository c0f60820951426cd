// Owns the request line (RFC 9112 section 3): method, target, version.
import type { CodecError, Http1Settings } from '../api.ts';
import { isDigit } from './characters.ts';
import { H1Error } from './errors.ts';
import { isKnownMethod, isToken } from './methods.ts';

const SP = 0x20;

export class RequestLine {
  method = '';
  target = '';
  /** Major times ten plus minor; 0 when the line has none. */
  version = 0;

  /** Reads `text[0, end)`, whose characters the scanner has checked for controls. */
  read(text: string, end: number, settings: Http1Settings): CodecError | null {
    let at: number;
    if (text.startsWith('GET ')) {
      this.method = 'GET';
      at = 4;
    } else if (text.startsWith('POST ')) {
      this.method = 'POST';
      at = 5;
    } else {
      at = text.indexOf(' ');
      // `METHOD` alone is no request line; one target less is HTTP/0.9.
      if (at <= 0 || at >= end) return H1Error.requestLine;
      this.method = text.slice(0, at);
      if (!isKnownMethod(this.method) && !(settings.allowCustomMethods && isToken(this.method))) return H1Error.method;
      at++;
    }
    // Envoy takes several spaces for one (RFC 9112 section 3 allows it); tabs, which it takes too, are refused.
    while (at < end && text.charCodeAt(at) === SP) at++;
    let targetEnd: number;
    if (text.startsWith(' HTTP/1.1', end - 9) && end - 9 > at) {
      this.version = 11;
      targetEnd = end - 9;
    } else {
      let lineEnd = end;
      while (lineEnd > at && text.charCodeAt(lineEnd - 1) === SP) lineEnd--;
      if (lineEnd === at) return H1Error.requestLine;
      const space = text.lastIndexOf(' ', lineEnd - 1);
      if (space < at) {
        this.version = 0;
        targetEnd = lineEnd;
      } else {
        this.version = parseVersion(text, space + 1, lineEnd);
        if (this.version === -1) return H1Error.version;
        targetEnd = space;
      }
    }
    while (targetEnd > at && text.charCodeAt(targetEnd - 1) === SP) targetEnd--;
    for (let i = at; i < targetEnd; i++) {
      const c = text.charCodeAt(i);
      if (c <= SP || c > 0x7e) return H1Error.target;
    }
    if (targetEnd === at) return H1Error.requestLine;
    this.target = text.slice(at, targetEnd);
    return null;
  }
}

/** `HTTP/` DIGIT `.` DIGIT as major * 10 + minor; -1 for anything else. */
export function parseVersion(text: string, start: number, end: number): number {
  if (end - start !== 8 || !text.startsWith('HTTP/', start)) return -1;
  const major = text.charCodeAt(start + 5);
  const minor = text.charCodeAt(start + 7);
  if (!isDigit(major) || !isDigit(minor) || text.charCodeAt(start + 6) !== 0x2e) return -1;
  return (major - 0x30) * 10 + minor - 0x30;
}
