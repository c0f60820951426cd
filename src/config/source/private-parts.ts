/** Owns what no code frame may show, since frames go to logs: private keys, as PEM or in base64. */

/** To its end line, or to the end of a file that was cut off. */
const privateKey = /(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(?=-----END|$)/gs;
/** Inline bytes: long, and no path, no digest in hexadecimal. */
const base64 = /[A-Za-z0-9+/]{40,}={0,2}/g;

/** The same text with stars in the place of private parts: lines and columns stay. */
export function hidePrivateParts(text: string): string {
  return text
    .replace(privateKey, (_, begin: string, key: string) => begin + key.replace(/[^\n]/g, '*'))
    .replace(base64, (run) => (isMixed(run) ? '*'.repeat(run.length) : run));
}

function isMixed(run: string): boolean {
  return /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run);
}
