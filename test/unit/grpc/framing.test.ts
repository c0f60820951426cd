// Messages across any borders of chunks, and what ends a call.
import * as fc from 'fast-check';
import t from 'tap';
import { frameMessage, MessageReader } from '../../../src/grpc/framing.ts';
import { GrpcCode } from '../../../src/grpc/status.ts';

class Gathered {
  readonly messages: string[] = [];
  wanted = Number.POSITIVE_INFINITY;
  onFramedMessage(message: Buffer): boolean {
    this.messages.push(message.toString('latin1'));
    return this.messages.length < this.wanted;
  }
}

t.test('any cut into chunks gives the same messages', (t) => {
  const messages = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 });
  const cuts = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(messages, cuts, (sent, sizes) => {
      const bytes = Buffer.concat(sent.map((message) => frameMessage(message)));
      const reader = new MessageReader(0);
      const sink = new Gathered();
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] as number;
        // What was read is overwritten, as the network's buffer is.
        const chunk = Buffer.from(bytes.subarray(at, at + size));
        if (reader.read(chunk, sink) !== null) return false;
        chunk.fill(0xff);
        at += size;
      }
      const expected = sent.map((message) => Buffer.from(message).toString('latin1'));
      return JSON.stringify(sink.messages) === JSON.stringify(expected);
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('compressed messages, unknown flags and long messages', (t) => {
  const compressed = frameMessage(Buffer.from('x'));
  compressed[0] = 1;
  t.match(new MessageReader(0).read(compressed, new Gathered()), { code: GrpcCode.Internal, cause: /compressed/ });
  compressed[0] = 2;
  t.match(new MessageReader(0).read(compressed, new Gathered()), { code: GrpcCode.Internal, cause: /flags 2/ });
  const reader = new MessageReader(4);
  const sink = new Gathered();
  t.equal(reader.read(frameMessage(Buffer.from('1234')), sink), null);
  t.match(reader.read(frameMessage(Buffer.from('12345')), sink), {
    code: GrpcCode.ResourceExhausted,
    cause: /5 bytes/,
  });
  t.same(sink.messages, ['1234']);
  t.end();
});

t.test('a length alone costs no memory', (t) => {
  const reader = new MessageReader(0);
  const before = process.memoryUsage().arrayBuffers;
  t.equal(reader.read(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]), new Gathered()), null);
  t.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
  t.end();
});

t.test('a sink that wants no more gets no more', (t) => {
  const sink = new Gathered();
  sink.wanted = 1;
  const two = Buffer.concat([frameMessage(Buffer.from('a')), frameMessage(Buffer.from('b'))]);
  t.equal(new MessageReader(0).read(two, sink), null);
  t.same(sink.messages, ['a']);
  t.end();
});
