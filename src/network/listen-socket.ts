// Owns a listening socket: TCP (IPv4, IPv6, dual) or Unix (path or abstract), bound before the listener is announced.

import { chmodSync, unlinkSync } from 'node:fs';
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { type Address, ipAddress } from '../base/address.ts';
import { type NativeCalls, nativeCalls } from '../base/ffi.ts';
import { logger } from '../base/logger.ts';
import { DescriptorWatch, descriptorLimit } from './descriptors.ts';
import { descriptorOf } from './stream-binding.ts';

const log = logger('conn_handler');

/** For setsockopt. */
export interface SocketOption {
  readonly level: number;
  readonly name: number;
  readonly value: Buffer;
}

export interface ListenSocketOptions {
  readonly address: Address;
  /** Length of the kernel's accept queue. */
  readonly backlog: number;
  /** SO_REUSEPORT: several processes or workers listen on the same port. */
  readonly reusePort: boolean;
  /** `::` also takes IPv4 (ipv4_compat). */
  readonly ipv4Compat: boolean;
  readonly noDelay: boolean;
  /** Takes connections to any address (TPROXY). */
  readonly transparent?: boolean;
  /** Set once it listens, before anything is accepted. */
  readonly socketOptions?: readonly SocketOption[];
}

export interface ListenSocket {
  /** As bound: port 0 has become a number. */
  readonly address: Address;
  /** Stops accepting; connections live on. */
  close(): Promise<void>;
}

/** Resolves when bound. Rejects with the system's error, in words that name the address. */
export async function listen(options: ListenSocketOptions, onAccept: (socket: Socket) => void): Promise<ListenSocket> {
  const { socketOptions = [] } = options;
  const native = socketOptions.length === 0 ? null : await nativeCalls();
  const accept = (socket: Socket): void => {
    const descriptor = descriptorOf(socket);
    if (descriptor > manyDescriptors) tellDescriptors(descriptor, options.address);
    onAccept(socket);
  };
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: options.noDelay }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(explainBind(error, options.address))));
    server.listen(listenArguments(options), () => {
      server.removeAllListeners('error');
      server.on('error', (error: NodeJS.ErrnoException) => tellAcceptError(error, options.address));
      const refused = native && refusedOption(native, server, socketOptions);
      if (refused) {
        server.close();
        const what = `level ${refused.level}, name ${refused.name}`;
        reject(new Error(`cannot bind '${options.address.text}': the system refuses the socket option (${what})`));
        return;
      }
      if (options.address.kind === 'pipe' && options.address.mode !== 0 && !options.address.path.startsWith('@')) {
        try {
          chmodSync(options.address.path, options.address.mode);
        } catch (error) {
          server.close();
          reject(new Error(`cannot set the mode of '${options.address.path}': ${(error as Error).message}`));
          return;
        }
      }
      const bound: ListenSocket = {
        address: boundAddress(server, options.address),
        close: () => new Promise((done) => server.close(() => done())),
      };
      if (options.transparent !== true || options.address.kind !== 'ip') return resolve(bound);
      becomeTransparent(server, options.address.family).then(
        () => resolve(bound),
        (error: Error) => {
          server.close();
          reject(new Error(`cannot listen on '${options.address.text}': ${error.message}`));
        },
      );
    });
  });
}

/** Loaded when a listener asks for it. */
async function becomeTransparent(server: Server, family: 4 | 6): Promise<void> {
  const { makeTransparent } = await import('./transparent.ts');
  await makeTransparent(server, family);
}

/** The first that the kernel does not take. */
function refusedOption(native: NativeCalls, server: Server, wanted: readonly SocketOption[]): SocketOption | undefined {
  const descriptor = descriptorOf(server);
  return wanted.find(({ level, name, value }) => !native.setSocketOption(descriptor, level, name, value));
}

/** Below this nothing needs to be looked up: not even a limit of 64 is near. */
const manyDescriptors = 40;
let descriptors: DescriptorWatch | null = null;

function tellDescriptors(descriptor: number, address: Address): void {
  // The limit stays: Node raises it when it starts.
  descriptors ??= new DescriptorWatch(descriptorLimit());
  descriptors.onAccepted(descriptor, address.text, performance.now());
}

let lastAcceptError = Number.NEGATIVE_INFINITY;

/** An accept that fails (EMFILE) is not the listener's end, but a user must learn of it: once a minute. */
function tellAcceptError(error: NodeJS.ErrnoException, address: Address): void {
  const now = performance.now();
  if (now - lastAcceptError < 60_000) return;
  lastAcceptError = now;
  const hint = error.code === 'EMFILE' ? ': the limit of open files is reached (ulimit -n)' : '';
  log.warning(`cannot accept connections on '${address.text}': ${error.message}${hint}`);
}

function listenArguments(options: ListenSocketOptions): ListenOptions {
  const { address, backlog } = options;
  if (address.kind === 'internal') throw new Error('internal listeners have no socket');
  if (address.kind === 'pipe') {
    if (address.path.startsWith('@')) return { path: `\0${address.path.slice(1)}`, backlog };
    removeStaleSocket(address.path);
    return { path: address.path, backlog };
  }
  return {
    host: address.address,
    port: address.port,
    backlog,
    ipv6Only: address.family === 6 && !options.ipv4Compat,
    ...(options.reusePort ? { reusePort: true } : {}),
    exclusive: true,
  };
}

/** A process that was killed leaves its socket file; Envoy removes it as well. */
function removeStaleSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // None there, or not ours to remove: bind tells.
  }
}

function boundAddress(server: Server, wanted: Address): Address {
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? ipAddress(bound.address, bound.port) : wanted;
}

export function explainBind(error: NodeJS.ErrnoException, address: Address): string {
  const reason =
    error.code === 'EADDRINUSE'
      ? 'the address is in use: another process listens there'
      : error.code === 'EACCES'
        ? 'permission denied: ports below 1024 need root or CAP_NET_BIND_SERVICE'
        : error.code === 'EADDRNOTAVAIL'
          ? 'no interface of this machine has that address'
          : error.message;
  return `cannot bind '${address.text}': ${reason}`;
}
