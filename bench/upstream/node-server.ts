/**
 * The upstream where nginx is not installed: raw sockets, no HTTP library, one write for each chunk of requests.
 * It trusts its only client, the proxy under test, and reads no more of HTTP than it needs: where a head ends, whether a body
 * of known length or in chunks follows, and the path. Usage: node node-server.ts PORT
 */
import { createServer, type Socket } from 'node:net';
import { MEGABYTE } from '../wire/calls.ts';
import { SMALL_BODY } from './index.ts';

const head = (length: number): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\ncontent-length: ${length}\r\nx-served-id: `;
const smallHead = head(SMALL_BODY.length);
const largeHead = head(MEGABYTE);
const large = Buffer.alloc(MEGABYTE, 'remora ');
const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNKS_END = Buffer.from('0\r\n\r\n');
let served = 0;

class Connection {
  readonly socket: Socket;
  /** Bytes not yet consumed. */
  rest: Buffer = Buffer.alloc(0);
  /** Bytes of request body still to come; -1 while reading chunks. */
  body = 0;
  path = '';
  /** Field that goes into the answer to a call of the HTTP/2 jobs. */
  echo = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('error', () => socket.destroy());
  }

  read(chunk: Buffer): void {
    let data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let out = '';
    for (;;) {
      if (this.body > 0) {
        const taken = Math.min(this.body, data.length);
        this.body -= taken;
        data = data.subarray(taken);
        if (this.body > 0) break;
        out += this.answer();
      } else if (this.body < 0) {
        const end = data.indexOf(CHUNKS_END);
        if (end < 0) {
          // Keep what may be the beginning of the last chunk.
          data = data.subarray(Math.max(0, data.length - CHUNKS_END.length));
          break;
        }
        data = data.subarray(end + CHUNKS_END.length);
        this.body = 0;
        out += this.answer();
      } else {
        const end = data.indexOf(HEAD_END);
        if (end < 0) break;
        const text = data.toString('latin1', 0, end);
        data = data.subarray(end + HEAD_END.length);
        this.path = text.slice(text.indexOf(' ') + 1, text.indexOf(' ', text.indexOf(' ') + 1));
        this.echo = this.path.startsWith('/api/') ? (/\r\nx-correlation-id:[^\r]*/i.exec(text)?.[0] ?? '') : '';
        const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
        this.body = /\r\ntransfer-encoding:/i.test(text) ? -1 : Number(length ?? 0);
        if (this.body === 0) out += this.answer();
      }
    }
    this.rest = data.length === 0 ? data : Buffer.from(data);
    if (out !== '') this.socket.write(out, 'latin1');
  }

  /** The text of the response; a large body is written at once, as no other request is in flight on this connection. */
  answer(): string {
    served++;
    if (!this.path.startsWith('/large')) return `${smallHead}${served}${this.echo}\r\n\r\n${SMALL_BODY}`;
    this.socket.write(`${largeHead}${served}\r\n\r\n`, 'latin1');
    this.socket.write(large);
    return '';
  }
}

createServer((socket) => new Connection(socket)).listen(Number(process.argv[2]), '127.0.0.1', 4096);
