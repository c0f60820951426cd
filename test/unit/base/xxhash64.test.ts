// xxHash64 against values that the reference implementation gives.
import t from 'tap';
import { xxHash64 } from '../../../src/base/xxhash64.ts';

t.test('known values', (t) => {
  t.equal(xxHash64('', 0n), 0xef46db3751d8e999n);
  t.equal(xxHash64('a', 0n), 0xd24ec4f1a98c6e5bn);
  t.equal(xxHash64('abc', 0n), 0x44bc2cf5ad770999n);
  t.equal(xxHash64('foo', 0n), 0x33bf00a859c4ba3fn);
  t.equal(xxHash64('Nobody inspects the spammish repetition', 0n), 0xfbcea83c8a378bf1n);
  t.end();
});
