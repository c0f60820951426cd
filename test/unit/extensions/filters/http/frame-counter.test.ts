// gRPC messages are counted however the bytes come.
import t from 'tap';
import { FrameCounter } from '../../../../../src/extensions/filters/http/grpc-stats/frame-counter.ts';

const frame = (flag: number, length: number, body = 'x'.repeat(length)): Buffer => {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, Buffer.from(body)]);
};

t.test('cut at every byte', async (t) => {
  const whole = Buffer.concat([frame(0, 3), frame(1, 0), frame(0, 300), frame(0, 0)]);
  for (let size = 1; size <= whole.length; size++) {
    const counter = new FrameCounter();
    let messages = 0;
    for (let at = 0; at < whole.length; at += size) messages += counter.inspect(whole.subarray(at, at + size));
    if (messages !== 4 || counter.count !== 4) t.fail(`pieces of ${size}: ${messages}`);
  }
});

t.test('a giant length, and a flag that nobody knows', async (t) => {
  const giant = new FrameCounter();
  t.equal(giant.inspect(frame(0, 0xffffffff, 'abc')), 1);
  t.equal(giant.inspect(frame(0, 1)), 0, 'still in the body of the first');
  const lost = new FrameCounter();
  t.equal(lost.inspect(Buffer.concat([frame(0, 1), frame(2, 1), frame(0, 1)])), 1);
  t.equal(lost.inspect(frame(0, 1)), 0, 'where frames begin is not known any more');
});
