import { Writable } from 'node:stream';
import t from 'tap';
import { BodyReader, BodySender } from './body-stream.ts';
import { headerOf, MessageReader } from './message-reader.ts';

// The soak is worth what its two readers notice.

t.test('messages are told apart wherever the bytes are cut', (t) => {
  const text = 'HTTP/1.1 200 OK\r\nX-Soak-Id: 1\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 204 No\r\nx-soak-id: 2\r\n\r\n';
  for (let cut = 1; cut < text.length; cut++) {
    const seen: string[] = [];
    const reader = new MessageReader((head, body) => seen.push(`${headerOf(head, 'x-soak-id')}:${body.toString()}`));
    reader.feed(Buffer.from(text.slice(0, cut)));
    reader.feed(Buffer.from(text.slice(cut)));
    t.same(seen, ['1:abc', '2:'], `cut at ${cut}`);
  }
  t.throws(() =>
    new MessageReader(() => {}).feed(Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')),
  );
  t.end();
});

t.test('a body is checked byte by byte, in both framings', (t) => {
  const body = sent(200_000);
  const whole = new BodyReader(body.length);
  whole.feed(body);
  t.ok(whole.done);
  t.equal(whole.received, 200_000);

  const chunked = Buffer.concat([
    Buffer.from('3\r\n'),
    body.subarray(0, 3),
    Buffer.from('\r\n30D3D;ext=1\r\n'),
    body.subarray(3),
    Buffer.from('\r\n0\r\n\r\n'),
  ]);
  const byteByByte = new BodyReader(undefined);
  for (const byte of chunked) byteByByte.feed(Buffer.of(byte));
  t.ok(byteByByte.done);
  t.equal(byteByByte.received, 200_000);

  const swapped = Buffer.concat([body.subarray(100_000), body.subarray(0, 100_000)]);
  t.throws(() => new BodyReader(swapped.length).feed(swapped), { message: /differs/ });
  const lost = Buffer.concat([body.subarray(0, 70_000), body.subarray(70_001)]);
  t.throws(() => new BodyReader(lost.length).feed(lost), { message: /differs/ });
  t.throws(() => new BodyReader(undefined).feed(Buffer.from('zz\r\n')), { message: /chunk size/ });
  t.end();
});

/** The pattern as BodySender writes it. */
function sent(length: number): Buffer {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    highWaterMark: length * 2,
    write(chunk: Buffer, _encoding, done) {
      pieces.push(chunk);
      done();
    },
  });
  new BodySender(sink, length, 'content-length').send();
  return Buffer.concat(pieces);
}
