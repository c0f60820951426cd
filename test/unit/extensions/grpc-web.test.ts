// Base64 bodies of gRPC-Web: bytes may be cut anywhere.
import t from 'tap';
import { Base64Decoder, FrameEncoder } from '../../../src/extensions/filters/http/grpc-web/base64.ts';

const frame = (body: string): Buffer => Buffer.from(`\0\0\0\0${String.fromCharCode(body.length)}${body}`, 'latin1');

t.test('each frame is a base64 text of its own, however the bytes come', async (t) => {
  const frames = [frame('abc'), frame(''), frame('0123456789')];
  const whole = Buffer.concat(frames);
  const expected = frames.map((one) => one.toString('base64')).join('');
  for (let size = 1; size <= whole.length; size++) {
    const encoder = new FrameEncoder();
    let text = '';
    for (let at = 0; at < whole.length; at += size)
      text += encoder.encode(whole.subarray(at, at + size)).toString('latin1');
    t.equal(text, expected, `in pieces of ${size}`);
  }
});

t.test('base64 is decoded by groups, however the text comes', async (t) => {
  const text = Buffer.from(frame('hello').toString('base64'), 'latin1');
  for (let size = 1; size <= text.length; size++) {
    const decoder = new Base64Decoder();
    const parts: Buffer[] = [];
    for (let at = 0; at < text.length; at += size) {
      const part = decoder.decode(text.subarray(at, at + size));
      if (part === undefined) t.fail('refused');
      else parts.push(part);
    }
    t.strictSame(Buffer.concat(parts), frame('hello'));
    t.notOk(decoder.incomplete);
  }
});

t.test('what is no base64 is refused', async (t) => {
  t.equal(new Base64Decoder().decode(Buffer.from('!!!!')), undefined);
  t.equal(new Base64Decoder().decode(Buffer.from('YQ==YQ==')), undefined, 'padding in the middle');
  const cut = new Base64Decoder();
  t.strictSame(cut.decode(Buffer.from('YWJjYW')), Buffer.from('abc'));
  t.ok(cut.incomplete);
});

t.test('bits that padding leaves over must be 0', async (t) => {
  t.strictSame(new Base64Decoder().decode(Buffer.from('YWI=')), Buffer.from('ab'));
  t.equal(new Base64Decoder().decode(Buffer.from('YWJ=')), undefined);
  t.equal(new Base64Decoder().decode(Buffer.from('YR==')), undefined);
});
