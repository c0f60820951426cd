// Owns comma-separated lists of tokens in field values (RFC 9110 section 5.6.1): Connection, Upgrade, Keep-Alive.
import { isDigit } from './characters.ts';

/** Whether the list has the token, in any case. */
export function hasToken(list: string, token: string): boolean {
  if (list.length < token.length) return false;
  if (list.length === token.length) return list.toLowerCase() === token;
  for (const part of list.toLowerCase().split(',')) {
    if (part.trim() === token) return true;
  }
  return false;
}

/** The list without those tokens; empty when nothing is left. */
export function withoutTokens(list: string, tokens: readonly string[]): string {
  const kept: string[] = [];
  for (const part of list.split(',')) {
    const trimmed = part.trim();
    if (trimmed !== '' && !tokens.includes(trimmed.toLowerCase())) kept.push(trimmed);
  }
  return kept.join(',');
}

/** Seconds of `timeout=N` in a Keep-Alive value; -1 without. */
export function keepAliveTimeout(value: string): number {
  for (const part of value.toLowerCase().split(',')) {
    const parameter = part.trim();
    if (!parameter.startsWith('timeout=')) continue;
    const digits = parameter.slice(8);
    if (digits.length === 0 || digits.length > 9) return -1;
    for (let i = 0; i < digits.length; i++) {
      if (!isDigit(digits.charCodeAt(i))) return -1;
    }
    return Number(digits);
  }
  return -1;
}
