// Owns the forms of a request target (RFC 9112 section 3.2): origin, absolute, authority and asterisk.
import { isIPv6 } from 'node:net';
import type { RequestHeaders } from '../../headers/header-map.ts';
import type { CodecError, Http1Settings } from '../api.ts';
import { allOf, authorityOctet, hostOctet, isDigit, userinfoOctet } from './characters.ts';
import { H1Error } from './errors.ts';

const SLASH = 0x2f;

/** Fills path, and for absolute and authority form also scheme and authority, which then win over Host. */
export function readTarget(target: string, headers: RequestHeaders, settings: Http1Settings): CodecError | null {
  if (headers.method === 'CONNECT') return readAuthorityForm(target, headers);
  if (target.charCodeAt(0) === SLASH) {
    headers.path = target;
    return null;
  }
  if (target.charCodeAt(0) === 0x2a) {
    // As Envoy: who does not look into targets (allow_absolute_url: false) leaves it to the connection manager.
    if (target !== '*' || (headers.method !== 'OPTIONS' && settings.allowAbsoluteUrl)) return H1Error.invalidUrl;
    headers.path = target;
    return null;
  }
  return readAbsoluteForm(target, headers, settings);
}

function readAuthorityForm(target: string, headers: RequestHeaders): CodecError | null {
  if (target.includes('#')) return H1Error.target;
  const port = portStart(target);
  if (port === -1 || !isHost(target.slice(0, port - 1)) || !isPort(target, port)) return H1Error.invalidUrl;
  headers.authority = target;
  return null;
}

function readAbsoluteForm(target: string, headers: RequestHeaders, settings: Http1Settings): CodecError | null {
  const schemeEnd = target.indexOf('://');
  if (schemeEnd <= 0 || !isScheme(target, schemeEnd)) return H1Error.target;
  const start = schemeEnd + 3;
  let end = start;
  while (end < target.length && target.charCodeAt(end) !== SLASH && target.charCodeAt(end) !== 0x3f) end++;
  if (!allOf(target, authorityOctet, start, end)) return H1Error.target;
  const at = target.indexOf('@', start);
  if (at !== -1 && at < end && target.indexOf('@', at + 1) !== -1 && target.indexOf('@', at + 1) < end) {
    return H1Error.target;
  }
  const scheme = target.slice(0, schemeEnd).toLowerCase();
  if (!settings.allowAbsoluteUrl) {
    headers.path = target;
    return null;
  }
  if (scheme !== 'http' && scheme !== 'https') return H1Error.invalidScheme;
  // User information ends here (RFC 9110 section 4.2.4): it must not reach an upstream.
  const hostStart = at !== -1 && at < end ? at + 1 : start;
  if (hostStart !== start && !allOf(target, userinfoOctet, start, at)) return H1Error.invalidUrl;
  const authority = target.slice(hostStart, end);
  const port = portStart(authority);
  if (port === -1 ? !isHost(authority) : !isHost(authority.slice(0, port - 1)) || !isPort(authority, port)) {
    return H1Error.invalidUrl;
  }
  if (settings.refuseHttpsTarget && scheme === 'https') return H1Error.httpsOnPlaintext;
  headers.scheme = scheme;
  headers.authority = authority;
  headers.path = end === target.length ? '/' : target.slice(end);
  return null;
}

function isScheme(target: string, end: number): boolean {
  for (let i = 0; i < end; i++) {
    const c = target.charCodeAt(i) | 0x20;
    const letter = c >= 0x61 && c <= 0x7a;
    const raw = target.charCodeAt(i);
    if (!letter && (i === 0 || !(isDigit(raw) || raw === 0x2b || raw === 0x2d || raw === 0x2e))) return false;
  }
  return true;
}

/** Index behind the colon of the port; -1 without one. */
function portStart(authority: string): number {
  const colon = authority.lastIndexOf(':');
  return colon === -1 || authority.indexOf(']', colon) !== -1 ? -1 : colon + 1;
}

function isHost(host: string): boolean {
  if (host.length === 0) return false;
  if (host.charCodeAt(0) === 0x5b) {
    return host.endsWith(']') && !host.includes('%') && isIPv6(host.slice(1, -1));
  }
  return allOf(host, hostOctet);
}

function isPort(authority: string, start: number): boolean {
  if (start === authority.length) return false;
  let port = 0;
  for (let i = start; i < authority.length; i++) {
    const c = authority.charCodeAt(i);
    if (!isDigit(c)) return false;
    port = port * 10 + c - 0x30;
    if (port > 65535) return false;
  }
  return true;
}
