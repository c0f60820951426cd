// Requests sent one behind the other, in random pieces, answered at random times: all arrive in order and whole, every
// response leaves in order, and reading is on again in the end.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ResponseHeaders } from '../../src/http/headers/header-map.ts';
import { ServerFixture } from '../unit/http/codec/support/recorder.ts';
import { Random, split } from './mutator.ts';

/** Throws when something is lost or out of order. */
export async function pipeline(seed: number): Promise<void> {
  const random = new Random(seed);
  const count = 1 + random.below(12);
  let text = '';
  const bodies: string[] = [];
  for (let i = 0; i < count; i++) {
    const body = 'x'.repeat(random.below(4) === 0 ? 0 : random.below(200));
    bodies.push(body);
    const head = `POST /${i} HTTP/1.1\r\nHost: h\r\n`;
    if (random.below(2) === 0) text += `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    else {
      const cut = random.below(body.length + 1);
      text += `${head}Transfer-Encoding: chunked\r\n\r\n`;
      for (const piece of [body.slice(0, cut), body.slice(cut)]) {
        if (piece !== '') text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
      }
      text += '0\r\n\r\n';
    }
    if (random.below(5) === 0) text += '\r\n';
  }
  const server = new ServerFixture();
  const pieces = split(text, random);
  let answered = 0;
  /** Answers some of the complete requests; `codec` allows one at a time. */
  const answer = (): void => {
    const request = server.requests[answered];
    if (request === undefined || !request.complete) return;
    answered++;
    request.stream.encodeHeaders(new ResponseHeaders(200 + answered), true);
  };
  for (const piece of pieces) {
    // As TCP does: nothing more is read while reading is disabled.
    while (server.connection.disabled !== 0) {
      answer();
      await nextTurn();
    }
    if (server.feed(piece) !== null) throw new Error('refused');
    if (random.below(3) === 0) answer();
    if (random.below(3) === 0) await nextTurn();
    if (random.below(9) === 0) {
      server.codec.onAboveWriteBufferHighWatermark();
      server.codec.onBelowWriteBufferLowWatermark();
    }
  }
  for (let turns = 0; turns < 2 * count + 2; turns++) {
    answer();
    await nextTurn();
  }
  const got = server.requests.map((request) => [request.headers?.path, request.body, request.complete]);
  const wanted = bodies.map((body, i) => [`/${i}`, body, true]);
  if (JSON.stringify(got) !== JSON.stringify(wanted))
    throw new Error(`got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
  const statuses = [...server.connection.output.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));
  if (statuses.join() !== bodies.map((_, i) => 201 + i).join()) throw new Error(`responses ${statuses.join()}`);
  if (server.connection.disabled !== 0) throw new Error(`reading is disabled ${server.connection.disabled} times`);
  if (server.completed.length !== count) throw new Error('not all complete');
}
