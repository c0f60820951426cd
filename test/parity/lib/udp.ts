// Owns the UDP side of the harness: named client sockets that send datagrams to the proxy and keep what comes back, and the
// upstream that records datagrams by the socket they came from and answers by the scenario's rules (without rules it echoes).
import { createSocket, type Socket } from 'node:dgram';
import type { UpstreamRule } from './scenario.ts';
import type { Signals } from './signals.ts';

/** A placeholder of that beginning gets an upstream for datagrams. */
export const UDP_UPSTREAM = 'UDP_UPSTREAM';

/** What the proxy's sockets may send is more than loopback's default queue holds when several large datagrams come at once. */
const QUEUE_BYTES = 4 * 1024 * 1024;

async function bind(host: string, port: number): Promise<Socket> {
  const type = host.includes(':') ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: QUEUE_BYTES, sendBufferSize: QUEUE_BYTES });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address: host, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  // What the system tells of a port that nobody has: the scenario sees it in the proxy's statistics.
  socket.on('error', () => undefined);
  return socket;
}

export class UdpClient {
  readonly name: string;
  readonly received: string[] = [];
  readonly localPort: number;
  readonly #socket: Socket;
  readonly #to: { port: number; host: string };
  readonly #signals: Signals;

  private constructor(name: string, socket: Socket, to: { port: number; host: string }, signals: Signals) {
    this.name = name;
    this.#socket = socket;
    this.#to = to;
    this.#signals = signals;
    this.localPort = socket.address().port;
    socket.on('message', (datagram) => {
      this.received.push(datagram.toString('latin1'));
      signals.changed();
    });
  }

  static async open(name: string, to: { port: number; host: string }, signals: Signals): Promise<UdpClient> {
    return new UdpClient(name, await bind(to.host, 0), to, signals);
  }

  send(data: string): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.send(Buffer.from(data, 'latin1'), this.#to.port, this.#to.host, () => resolve());
    });
  }

  has(datagrams: number, limitMs: number): Promise<boolean> {
    return this.#signals.within(limitMs, () => this.received.length >= datagrams);
  }

  leave(): void {
    this.#socket.close();
  }
}

/** What came from one socket of the proxy, which is one session. */
interface UdpSession {
  readonly port: number;
  readonly datagrams: string[];
}

export class UdpUpstream {
  readonly name: string;
  sessions: UdpSession[] = [];
  #socket: Socket | null = null;
  #signals: Signals;
  /** Null: it echoes. */
  #rules: { rule: UpstreamRule; left: number }[] | null = null;

  constructor(name: string, signals: Signals) {
    this.name = name;
    this.#signals = signals;
  }

  async listen(port: number, host: string): Promise<void> {
    this.#socket = await bind(host, port);
    this.#socket.on('message', (datagram, from) =>
      this.#onDatagram(datagram.toString('latin1'), from.port, from.address),
    );
  }

  /** Starts a scenario: its rules hold from here, and what was recorded before is forgotten. */
  begin(rules: readonly UpstreamRule[] | undefined, signals: Signals): void {
    this.#signals = signals;
    this.sessions = [];
    this.#rules = rules?.map((rule) => ({ rule, left: rule.times ?? Number.POSITIVE_INFINITY })) ?? null;
  }

  get datagrams(): number {
    return this.sessions.reduce((sum, session) => sum + session.datagrams.length, 0);
  }

  #onDatagram(text: string, port: number, address: string): void {
    let session = this.sessions.find((one) => one.port === port);
    if (session === undefined) {
      session = { port, datagrams: [] };
      this.sessions.push(session);
    }
    session.datagrams.push(text);
    for (const answer of this.#answers(text)) this.#socket?.send(Buffer.from(answer, 'latin1'), port, address);
    this.#signals.changed();
  }

  #answers(text: string): string[] {
    if (this.#rules === null) return [text];
    const fits = this.#rules.find(({ rule, left }) => left > 0 && (rule.path === undefined || rule.path === text));
    if (fits === undefined) return [];
    fits.left--;
    return fits.rule.reply.flatMap((action) => (typeof action === 'string' ? [action] : []));
  }

  close(): void {
    this.#socket?.close();
  }
}
