// Owns the check by a real connection: who is captured arrives at the proxy's port, although it called another. It needs
// no rights and no iptables, so it can run as the proxy's user where rules were written by somebody else (a CNI plugin).
import { createServer, type Server, Socket } from 'node:net';
import { InterceptionError } from './commands.ts';
import type { InterceptionOptions } from './options.ts';

export interface ProbeOptions {
  readonly port: number;
  readonly timeoutMs: number;
  /** This host's address, as others see it. */
  readonly address: string;
}

export interface ProbePlan {
  readonly listenPort: number;
  readonly host: string;
  readonly port: number;
  readonly words: string;
}

/** For documentation (RFC 5737, RFC 3849): nobody answers there. */
const NOBODY_V4 = '192.0.2.1';
const NOBODY_V6 = '2001:db8::1';

/**
 * Which connection shows the capture: the proxy's user is only captured when it calls its own host (inbound); all others
 * when they call the outside. Null when nothing is captured that could be tried.
 */
export function probePlan(
  options: InterceptionOptions,
  { port, address }: ProbeOptions,
  uid: number,
): ProbePlan | null {
  if (options.proxyUids.includes(String(uid))) {
    if (address === '') return null;
    const words = `a connection of the proxy's user to ${address} did not come to port ${options.inboundCapturePort}`;
    return { listenPort: options.inboundCapturePort, host: address, port, words };
  }
  const host = outboundAddress(options, address);
  if (host === null) return null;
  const words = `a connection to ${host} did not come to port ${options.proxyPort}`;
  return { listenPort: options.proxyPort, host, port, words };
}

function outboundAddress({ outboundRanges }: InterceptionOptions, address: string): string | null {
  if (outboundRanges === '*') return address.includes(':') ? NOBODY_V6 : NOBODY_V4;
  const [prefix] = address.includes(':') ? outboundRanges.v6 : outboundRanges.v4;
  return prefix?.split('/')[0] ?? null;
}

/** Throws `InterceptionError` when the connection is not captured. */
export async function probe(plan: ProbePlan, timeoutMs: number): Promise<void> {
  const server = createServer();
  const socket = new Socket();
  let timer: NodeJS.Timeout | undefined;
  try {
    await listen(server, plan.listenPort);
    await new Promise<void>((resolve, reject) => {
      const missed = (why: string): void => reject(new InterceptionError(`not captured: ${plan.words} (${why})`));
      timer = setTimeout(() => missed(`nothing came in ${timeoutMs} ms`), timeoutMs);
      server.on('connection', (captured) => {
        captured.destroy();
        resolve();
      });
      socket.on('error', (error) => missed(error.message));
      socket.connect(plan.port, plan.host);
    });
  } finally {
    clearTimeout(timer);
    socket.destroy();
    server.close();
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      const running = error.code === 'EADDRINUSE';
      const why = running ? 'in use: the check must run before the proxy starts' : `not to be had: ${error.message}`;
      reject(new InterceptionError(`the check needs port ${port}, which is ${why}`));
    });
    server.listen(port, resolve);
  });
}
