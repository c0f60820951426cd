// Frames come out alike however the bytes are cut, and none of them is kept longer than it must be.
import t from 'tap';
import { FrameReader } from '../../../../../src/http/codec/h2/frame-reader.ts';
import {
  FrameFlag,
  FrameType,
  frameHeader,
  goAwayFrame,
  H2ErrorCode,
  headersFrames,
  pingFrame,
  rstStreamFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../../../../../src/http/codec/h2/frames.ts';

interface Read {
  readonly frames: readonly string[];
  readonly error: string | null;
  readonly midFrame: boolean;
}

/** Each frame as text; DATA that came in pieces as one. */
function read(text: string, pieceSize = text.length): Read {
  const frames: string[] = [];
  let data = '';
  let head = '';
  const reader = new FrameReader(
    {
      onFrame: (type, flags, streamId, length) => {
        head = `${type} ${flags} ${streamId} ${length}`;
        return null;
      },
      onDataPayload: (bytes, endOfFrame) => {
        data += bytes.toString('latin1');
        if (endOfFrame) {
          frames.push(`${head} ${data}`);
          data = '';
        }
        return null;
      },
      onPayload: (payload) => {
        frames.push(`${head} ${payload.toString('latin1')}`);
        return null;
      },
    },
    16_384,
  );
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += pieceSize) {
    const error = reader.read(bytes.subarray(at, at + pieceSize));
    if (error !== null) return { frames, error: `${error.code} ${error.message}`, midFrame: reader.midFrame };
  }
  return { frames, error: null, midFrame: reader.midFrame };
}

const { Data, Headers, Settings } = FrameType;
const { Padded, EndStream, EndHeaders } = FrameFlag;

t.test('frames of every kind, cut anywhere', async (t) => {
  const text =
    settingsFrame([[3, 100]]) +
    headersFrames('block', 1, false, 16_384) +
    headersFrames('a longer block', 3, true, 5) +
    frameHeader(0, Data, 0, 1) +
    `${frameHeader(5, Data, EndStream, 1)}hello` +
    `${frameHeader(9, Data, Padded, 3)}\x03hello\0\0\0` +
    `${frameHeader(4, Data, Padded, 3)}\x03\0\0\0` +
    `${frameHeader(1, Data, Padded, 3)}\0` +
    `${frameHeader(8, Headers, Padded | EndHeaders, 5)}\x02block\0\0` +
    pingFrame('12345678', true) +
    windowUpdateFrame(0, 0x7fffffff) +
    rstStreamFrame(0x7fffffff, H2ErrorCode.Cancel) +
    goAwayFrame(7, H2ErrorCode.EnhanceYourCalm, 'calm');
  const whole = read(text);
  t.same(whole, {
    frames: [
      '4 0 0 6 \0\x03\0\0\0d',
      '1 4 1 5 block',
      '1 1 3 5 a lon',
      '9 0 3 5 ger b',
      '9 4 3 4 lock',
      '0 0 1 0 ',
      '0 1 1 5 hello',
      '0 8 3 9 hello',
      '0 8 3 4 ',
      '0 8 3 1 ',
      '1 12 5 8 block',
      '6 1 0 8 12345678',
      '8 0 0 4 \x7f\xff\xff\xff',
      '3 0 2147483647 4 \0\0\0\b',
      '7 0 0 12 \0\0\0\x07\0\0\0\vcalm',
    ],
    error: null,
    midFrame: false,
  });
  for (let size = 1; size < 40; size++) t.same(read(text, size), whole, `pieces of ${size}`);
});

t.test('the bit in front of the stream is ignored', async (t) => {
  t.same(read('\0\0\0\x04\0\x80\0\0\0').frames, ['4 0 0 0 ']);
});

t.test('what is no frame', async (t) => {
  const errorOf = (text: string): string | null => read(text, 1).error;
  t.match(errorOf(frameHeader(16_385, Settings, 0, 0)), /^6 too large/);
  t.match(errorOf(frameHeader(0, Data, Padded, 1)), /^6 .*no room/);
  t.match(errorOf(frameHeader(0, Headers, Padded, 1)), /^6 .*no room/);
  t.match(errorOf(`${frameHeader(3, Data, Padded, 1)}\x03`), /^1 .*padding/);
  t.match(errorOf(`${frameHeader(3, Headers, Padded, 1)}\x03ab`), /^1 .*padding/);
});

t.test('a frame that is not whole', async (t) => {
  t.equal(read('\0').midFrame, true);
  t.equal(read(`${frameHeader(5, Data, 0, 1)}hell`).midFrame, true);
  t.equal(read(`${frameHeader(5, Settings, 0, 1)}hell`).midFrame, true);
});
