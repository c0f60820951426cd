// How fast a slowed body goes out, and what waits meanwhile.
import t from 'tap';
import {
  type PacedOutput,
  StreamRateLimiter,
} from '../../../src/extensions/common/rate-limiting/stream-rate-limiter.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

class Output implements PacedOutput {
  readonly seen: string[] = [];
  write(data: Buffer, endStream: boolean): void {
    this.seen.push(`${data.length}${endStream ? '.' : ''}`);
  }
  releaseTrailers(): void {
    this.seen.push('trailers');
  }
  pauseSource(pause: boolean): void {
    this.seen.push(pause ? 'pause' : 'resume');
  }
}

/** 20 KiB a second: 1,024 bytes each 50 ms. */
function limiter(bufferLimit = 0): { timers: FakeTimers; output: Output; limited: StreamRateLimiter } {
  const timers = new FakeTimers();
  const output = new Output();
  return { timers, output, limited: new StreamRateLimiter(20, bufferLimit, output, timers.clock, timers) };
}

t.test('a slice at once, then one each 50 ms; the end with the last', async (t) => {
  const { timers, output, limited } = limiter();
  const borrowed = Buffer.alloc(2500, 'a');
  limited.write(borrowed, true);
  borrowed.fill('?');
  t.same(output.seen, []);
  timers.advance(0);
  t.same(output.seen, ['1024']);
  timers.advance(49);
  t.same(output.seen, ['1024']);
  timers.advance(1);
  timers.advance(50);
  t.same(output.seen, ['1024', '1024', '452.']);
  t.equal(timers.pending.size, 0);
});

t.test('after a pause a second may go at once, not more', async (t) => {
  const { timers, output, limited } = limiter();
  limited.write(Buffer.alloc(10), false);
  timers.advance(0);
  timers.advance(60_000);
  limited.write(Buffer.alloc(30 * 1024), false);
  timers.advance(0);
  t.same(output.seen, ['10', String(20 * 1024)]);
});

t.test('trailers wait for the bytes before them', async (t) => {
  const { timers, output, limited } = limiter();
  limited.write(Buffer.alloc(1100), false);
  t.equal(limited.onTrailers(), true);
  timers.advance(0);
  timers.advance(50);
  t.same(output.seen, ['1024', '76', 'trailers']);
  const empty = limiter();
  t.equal(empty.limited.onTrailers(), false);
});

t.test('beyond the buffer limit the source pauses until half of it is gone', async (t) => {
  const { timers, output, limited } = limiter(3000);
  limited.write(Buffer.alloc(3001), false);
  t.same(output.seen, ['pause']);
  timers.advance(0);
  timers.advance(50);
  t.same(output.seen, ['pause', '1024', 'resume', '1024']);
});

t.test('destroyed: nothing more', async (t) => {
  const { timers, output, limited } = limiter();
  limited.write(Buffer.alloc(3001), false);
  limited.destroy();
  timers.advance(1000);
  t.same(output.seen, []);
});
