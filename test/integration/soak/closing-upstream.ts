// Owns an upstream that closes its kept-alive connections at random moments, but never within a response: as applications
// do when their idle timeout strikes just as the proxy sends the next request.
import { createServer, type Server, type Socket } from 'node:net';
import { headerOf, MessageReader } from './message-reader.ts';

/** How a connection may end after a response. */
export interface CloseCounts {
  /** The response said `Connection: close`. */
  announced: number;
  /** FIN right behind the response, without a word in it. */
  silent: number;
  /** FIN some milliseconds later, the connection being idle for all that this end has read. */
  lateFin: number;
  /** As before, but closed both ways: bytes of a request on their way are answered with a reset. */
  lateReset: number;
}

/** What the response to a request must be; both ends compute it. */
export function expectedBody(id: string, index: number): string {
  return `${id}|`.padEnd(id.length + 1 + ((index * 7919) % 3_000), '.');
}

/** The body that a POST carries, so that a body glued to another request's head shows. */
export function requestBody(id: string, index: number): string {
  return id.repeat(1 + ((index * 31) % 40));
}

export class ClosingUpstream {
  readonly closes: CloseCounts = { announced: 0, silent: 0, lateFin: 0, lateReset: 0 };
  /** Answers given to each request, by index: more than one means that a request was performed twice. */
  readonly answers: Uint8Array;
  /** Requests whose body was not their own. */
  readonly garbled: string[] = [];
  connections = 0;
  /** Requests that arrived behind a FIN: how often the race was met, leaving out those that a reset swallowed. */
  tooLate = 0;
  readonly #random: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(requests: number, random: () => number) {
    this.answers = new Uint8Array(requests);
    this.#random = random;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', 4096, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    let ended = false;
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      ended = true;
      socket.end();
      // The peer has seen FIN; one that never closes its half is cut off.
      setTimeout(() => socket.destroy(), 1_000).unref();
    };
    const reader = new MessageReader((head, body) => {
      // A request that comes after our FIN is nobody's: an application that has closed does not answer.
      if (ended) {
        this.tooLate++;
        return;
      }
      clearTimeout(timer);
      const fate = this.#random();
      socket.write(this.#answer(head, body, fate < 0.02), 'latin1');
      if (fate < 0.02) {
        this.closes.announced++;
        end();
      } else if (fate < 0.03) {
        this.closes.silent++;
        end();
      } else if (fate < 0.05) {
        timer = setTimeout(() => {
          if (fate < 0.04) {
            this.closes.lateFin++;
            end();
          } else {
            this.closes.lateReset++;
            ended = true;
            socket.destroy();
          }
        }, this.#random() * 4);
      }
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => reader.feed(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
  }

  #answer(head: string, body: Buffer, last: boolean): string {
    const id = headerOf(head, 'x-soak-id') ?? '';
    const index = Number(id.slice(id.indexOf('-') + 1));
    if (!head.includes(` /soak/${id} `)) this.garbled.push(`path and id differ: ${head}`);
    const sent = head.startsWith('POST ') ? requestBody(id, index) : '';
    if (body.toString('latin1') !== sent) this.garbled.push(`${id} came with a body not its own`);
    this.answers[index] = (this.answers[index] ?? 0) + 1;
    const text = expectedBody(id, index);
    const close = last ? 'connection: close\r\n' : '';
    return `HTTP/1.1 200 OK\r\nx-soak-id: ${id}\r\ncontent-length: ${text.length}\r\n${close}\r\n${text}`;
  }
}
