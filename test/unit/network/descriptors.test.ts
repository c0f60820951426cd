import t from 'tap';
import { DescriptorWatch, descriptorLimit } from '../../../src/network/descriptors.ts';
import { MemoryLog } from '../../support/memory-log.ts';

t.test('the limit of open files is told before connections are lost, once a minute', (t) => {
  const log = MemoryLog.capture();
  const watch = new DescriptorWatch(1000);
  watch.onAccepted(979, '127.0.0.1:80', 0);
  t.same(log.lines, []);
  watch.onAccepted(980, '127.0.0.1:80', 0);
  watch.onAccepted(999, '127.0.0.1:80', 59_999);
  t.equal(log.lines.length, 1);
  t.match(log.lines[0], /^\[warning\].*980 of 1000.*ulimit -n/);
  watch.onAccepted(999, '127.0.0.1:80', 60_000);
  t.equal(log.lines.length, 2);
  t.end();
});

t.test('the limit as Linux tells it', (t) => {
  t.equal(
    descriptorLimit(() => 'Max processes 1 2\nMax open files            1024                 524288 files\n'),
    1024,
  );
  t.equal(
    descriptorLimit(() => 'Max open files            unlimited            unlimited files\n'),
    Infinity,
  );
  t.equal(
    descriptorLimit(() => {
      throw new Error('no /proc');
    }),
    Infinity,
  );
  t.end();
});
