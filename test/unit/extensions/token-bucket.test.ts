// Tokens come evenly, and never more than the bucket holds.
import t from 'tap';
import { TokenBucket } from '../../../src/extensions/common/rate-limiting/token-bucket.ts';

t.test('full at first, filled as time goes by', async (t) => {
  const bucket = new TokenBucket(2, 4, 1000);
  t.ok(bucket.take(2, 1000));
  t.notOk(bucket.take(1, 1000));
  t.equal(bucket.untilNext(1000), 250);
  t.notOk(bucket.take(1, 1249));
  t.equal(bucket.untilNext(1249), 1);
  t.ok(bucket.take(1, 1250));
  t.equal(bucket.remaining(60_000), 2);
  t.equal(bucket.untilNext(60_000), 0);
});

t.test('a part of what is asked for', async (t) => {
  const bucket = new TokenBucket(5, 1, 0);
  t.equal(bucket.takeUpTo(3, 0), 3);
  t.equal(bucket.takeUpTo(3, 0), 2);
  t.equal(bucket.takeUpTo(3, 1500), 1);
  bucket.reset(99, 1500);
  t.equal(bucket.remaining(1500), 5);
});
