// Sentences about the memory that sockets read into: idle connections hold none, a bulk transfer has pages of its own which a
// writer may keep, pages are used again, and a burst does not hold memory for good.
import t from 'tap';
import type { Timer } from '../../../src/base/timers.ts';
import {
  beginLending,
  bulkPageSize,
  endLending,
  keep,
  Page,
  PagePool,
  pageSize,
  sharedReadBuffer,
  writeKept,
} from '../../../src/network/read-buffer.ts';
import { ReadMemory } from '../../../src/network/read-memory.ts';

/** A read of `bytes` into wherever the socket reads at present; `deliver` is who gets them. */
function read(memory: ReadMemory, bytes: number, deliver: (data: Buffer) => void = () => undefined): Buffer {
  const buffer = memory.current;
  memory.beforeDelivery(buffer, bytes);
  deliver(memory.view(buffer, bytes));
  memory.afterDelivery(buffer, bytes);
  memory.takeNext();
  return buffer;
}

function fresh(): ReadMemory {
  const memory = new ReadMemory();
  memory.takeNext();
  return memory;
}

t.test('connections with little to read share one buffer', async (t) => {
  const [one, two] = [fresh(), fresh()];
  t.equal(read(one, 10), sharedReadBuffer());
  t.equal(read(two, pageSize), sharedReadBuffer());
  t.equal(read(one, 1000), sharedReadBuffer());
  t.equal(read(two, 1), sharedReadBuffer(), 'one full read is no bulk transfer');
  t.equal(read(two, pageSize), sharedReadBuffer());
  t.equal(two.current, sharedReadBuffer());
});

t.test('views of the shared buffer are made once for each length', async (t) => {
  const memory = fresh();
  const views: Buffer[] = [];
  for (const length of [100, 100, 164, 100]) read(memory, length, (data) => views.push(data));
  t.same(
    views.map(({ length }) => length),
    [100, 100, 164, 100],
  );
  t.equal(views[0], views[1]);
  t.ok(views.every(({ buffer }) => buffer === sharedReadBuffer().buffer));
});

t.test('two full reads in a row are a bulk transfer, which ends with a small one', async (t) => {
  const memory = fresh();
  read(memory, pageSize);
  read(memory, pageSize);
  const page = memory.current;
  t.not(page, sharedReadBuffer());
  t.equal(page.length, bulkPageSize);
  t.equal(read(memory, bulkPageSize), page, 'nobody kept it: it is read into again');
  t.equal(read(memory, pageSize >> 2), page, 'a quarter of a page is not small');
  t.equal(memory.current, page);
  read(memory, (pageSize >> 2) - 1);
  t.equal(memory.current, sharedReadBuffer());
  read(memory, pageSize);
  t.equal(memory.current, sharedReadBuffer(), 'it takes two again');
});

t.test('what is kept of a bulk transfer is not copied, and not read over', async (t) => {
  const memory = fresh();
  read(memory, pageSize);
  read(memory, pageSize);
  const page = memory.current;
  page.fill('a');
  const kept = { data: Buffer.alloc(0), page: null as Page | null };
  read(memory, bulkPageSize, (data) => Object.assign(kept, keep(data)));
  t.equal(kept.data.buffer, page.buffer, 'the same memory');
  t.not(memory.current, page, 'the next read goes elsewhere');
  memory.current.fill('b');
  t.equal(kept.data[0], 'a'.charCodeAt(0));
  kept.page?.release();
  memory.release();
});

t.test('bytes of the shared buffer are copied where they are kept', async (t) => {
  const memory = fresh();
  sharedReadBuffer().fill('a', 0, 5);
  const kept = { data: Buffer.alloc(0), page: null as Page | null };
  read(memory, 5, (data) => Object.assign(kept, keep(data)));
  sharedReadBuffer().fill('b', 0, 5);
  t.equal(kept.data.toString(), 'aaaaa');
  t.not(kept.data.buffer, sharedReadBuffer().buffer);
  kept.page?.release();
});

t.test('only bytes of the page that is lent at the moment are kept by reference', async (t) => {
  const page = Page.take();
  beginLending(page);
  const foreign = keep(Buffer.from('other'));
  t.equal(foreign.data.toString(), 'other');
  t.not(foreign.page, page);
  const own = keep(page.bytes.subarray(10, 10_000));
  const small = keep(page.bytes.subarray(10, 20));
  t.not(small.page, page, 'a few bytes do not hold a page of others');
  small.page?.release();
  t.equal(own.page, page);
  t.ok(page.shared);
  endLending();
  t.not(keep(page.bytes.subarray(0, 3)).page, page, 'the read is over');
  own.page?.release();
  t.notOk(page.shared);
  page.release();
  foreign.page?.release();
});

t.test('copies share a page, until it is full and the last of them is released', async (t) => {
  const kept = [keep(Buffer.alloc(20_000, 1)), keep(Buffer.alloc(20_000, 2)), keep(Buffer.alloc(20_000, 3))];
  const [one, two, three] = kept;
  t.equal(one?.page, two?.page);
  t.equal(one?.page, three?.page);
  const next = keep(Buffer.alloc(20_000, 4));
  t.not(next.page, one?.page);
  for (const [i, { data }] of [...kept, next].entries()) t.ok(data.every((octet) => octet === i + 1));
  for (const { page } of [...kept, next]) page?.release();
  t.equal(keep(Buffer.alloc(pageSize)).page, next.page, 'all of them gone, it begins anew');
  next.page?.release();
});

t.test('what is kept goes on by reference', async (t) => {
  const one = keep(Buffer.alloc(5_000, 1));
  const two = { data: Buffer.alloc(0), page: null as Page | null };
  writeKept({ writeBuffer: (data) => Object.assign(two, keep(data)) }, one.data.subarray(1_000), one.page);
  t.equal(two.page, one.page);
  t.equal(two.data.byteOffset, one.data.byteOffset + 1_000);
  one.page?.release();
  t.ok(two.page?.shared);
  two.page?.release();
});

t.test('more than a page holds is kept beside the pages', async (t) => {
  const { data, page } = keep(Buffer.alloc(bulkPageSize + 1, 1));
  t.equal(page, null);
  t.equal(data.length, bulkPageSize + 1);
});

t.test('a page comes back when its last user has left it', async (t) => {
  const pool = new PagePool(16, 4);
  const page = pool.take();
  page.retain();
  page.release();
  t.not(pool.take(), page, 'somebody still has it');
  page.release();
  t.equal(pool.take(), page);
});

t.test('pages of a burst are given up when for a second nobody took them, but for a few', async (t) => {
  const pool = new PagePool(16, 2);
  let refreshed = 0;
  const timer: Timer = {
    active: false,
    cancel: () => undefined,
    refresh: () => {
      refreshed++;
    },
  };
  const burst = Array.from({ length: 10 }, () => pool.take());
  for (const page of burst) page.release();
  const known = new Set(burst);
  const free = (): number => {
    const taken: Page[] = [];
    for (let page = pool.take(); known.has(page); page = pool.take()) taken.push(page);
    for (const page of taken) page.release();
    return taken.length;
  };
  // Half of them were in use within that second.
  const busy = Array.from({ length: 5 }, () => pool.take());
  for (const page of busy) page.release();
  pool.onTimer(timer);
  t.equal(refreshed, 1, 'it looks again');
  pool.onTimer(timer);
  pool.onTimer(timer);
  t.equal(free(), 2);
});
