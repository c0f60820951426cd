// A name server on UDP for tests: answers what it is told and remembers what it was asked.
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

export interface DnsRecord {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  /** Seconds. */
  readonly ttl?: number;
  /** 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. Default 0. */
  readonly rcode?: number;
  /** Never answers. */
  readonly silent?: boolean;
}

const types: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };

export class DnsServer {
  /** By name in lower case, without the final dot. Others get NXDOMAIN. */
  readonly records = new Map<string, DnsRecord>();
  /** `A name`, `AAAA name`, in order. */
  readonly queries: string[] = [];
  port = 0;
  readonly #socket: Socket = createSocket('udp4');

  static async listen(port = 0): Promise<DnsServer> {
    const server = new DnsServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.#socket.bind(port, '127.0.0.1', resolve);
    await promise;
    server.port = server.#socket.address().port;
    server.#socket.on('message', (query, peer) => {
      const answer = server.#answer(query);
      if (answer !== null) server.#socket.send(answer, peer.port, peer.address);
    });
    return server;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer | null {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length !== 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = types[query.readUInt16BE(at + 1)];
    const question = query.subarray(12, at + 5);
    const name = labels.join('.').toLowerCase();
    this.queries.push(`${type ?? 'other'} ${name}`);
    const record = this.records.get(name) ?? { rcode: 3 };
    if (record.silent) return null;
    const addresses = (type === 'A' ? record.a : type === 'AAAA' ? record.aaaa : undefined) ?? [];
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (record.rcode ?? 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    const answers = addresses.map((address) => resourceRecord(address, record.ttl ?? 30));
    return Buffer.concat([header, question, ...answers]);
  }
}

function resourceRecord(address: string, ttl: number): Buffer {
  const data = isIPv6(address) ? ipv6Bytes(address) : Buffer.from(address.split('.').map(Number));
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(data.length === 4 ? 1 : 28, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(ttl, 6);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([record, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const middle = address.includes('::') ? new Array<string>(8 - left.length - right.length).fill('0') : [];
  const bytes = Buffer.alloc(16);
  [...left, ...middle, ...right].forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  });
  return bytes;
}
