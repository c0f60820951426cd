// Owns the words for errors of the transport: Envoy prints the system's, and the code alone would tell a user little.
import { getSystemErrorName } from 'node:util';

/** `connected`: the connection had been established. */
export function describeError(error: NodeJS.ErrnoException, connected: boolean): string {
  const words = systemErrors[error.code ?? ''] ?? error.message;
  return connected ? words : `delayed connect error: ${words}`;
}

const systemErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connection timed out',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EPIPE: 'Broken pipe',
};

/** For a write that libuv refused with `status`. */
export function writeError(status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' });
}
