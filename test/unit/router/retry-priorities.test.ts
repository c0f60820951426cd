// Which priorities a retry leaves alone, and when it begins anew.
import t from 'tap';
import { PreviousPriorities } from '../../../src/router/retry-priorities.ts';
import type { Host } from '../../../src/upstream/api.ts';

const host = (priority: number): Host => ({ priority }) as Host;

t.test('what was tried is left out every so many attempts', (t) => {
  const tried = new PreviousPriorities(2).create();
  tried.onHostAttempted(host(0));
  t.equal(tried.excluded(), null, 'one attempt is too few');
  tried.onHostAttempted(host(0));
  t.strictSame(tried.excluded(), [true]);
  tried.onHostAttempted(host(1));
  t.strictSame(tried.excluded(), [true], 'not looked at again before the fourth');
  tried.onHostAttempted(host(1));
  t.strictSame(tried.excluded(), [true, true]);
  t.end();
});

t.test('nothing is left: all is forgotten', (t) => {
  const tried = new PreviousPriorities(1).create();
  tried.onHostAttempted(host(0));
  t.strictSame(tried.excluded(), [true]);
  tried.startOver();
  t.equal(tried.excluded(), null);
  tried.onHostAttempted(host(1));
  t.strictSame([...(tried.excluded() ?? [])].map(Boolean), [false, true]);
  t.end();
});

t.test('requests know nothing of each other', (t) => {
  const policy = new PreviousPriorities(1);
  policy.create().onHostAttempted(host(0));
  t.equal(policy.create().excluded(), null);
  t.end();
});
