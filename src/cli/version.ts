// Owns what we say we are. Control planes and launchers gate on Envoy's version, so that is reported in Envoy's
// form; our own version is in package.json.
import { readFileSync } from 'node:fs';

/** The version of Envoy whose API and behaviour this is. */
export const ENVOY_API_VERSION = '1.40.0';

export interface BuildInfo {
  readonly version: string;
  /** 40 hexadecimal digits; zeros in a checkout. */
  readonly revision: string;
}

/** Filled in by scripts/build.ts. */
declare const REMORA_BUILD: BuildInfo | undefined;

export function buildInfo(): BuildInfo {
  if (typeof REMORA_BUILD !== 'undefined') return REMORA_BUILD;
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0';
  return { version, revision: '0'.repeat(40) };
}

/** Envoy's five parts: revision, version, state of the tree, kind of build, TLS library. */
export function reportedVersion(apiVersion: string): string {
  return `${buildInfo().revision}/${apiVersion}/Clean/RELEASE/OpenSSL`;
}

/** True for `1.40.0` and `1.40.0-dev`. */
export function isApiVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(text);
}

/** What `envoy --version` prints, blank lines and all: launchers match it with regular expressions. */
export function envoyVersionText(apiVersion: string): string {
  return `\nenvoy  version: ${reportedVersion(apiVersion)}\n\n`;
}
