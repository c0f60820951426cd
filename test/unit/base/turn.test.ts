import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { atTurnEnd, beginEvent, endLoneEvent } from '../../../src/base/turn.ts';

/** One event whose work is done at the end of its turn: true when that was the end of the event. */
async function event(): Promise<boolean> {
  let done = false;
  const alone = beginEvent();
  atTurnEnd({ onTurnEnd: () => (done = true) });
  if (alone) endLoneEvent();
  const atOnce = done;
  await setImmediate();
  if (!done) t.fail('the work of an event was not done by the end of the turn of the loop');
  return atOnce;
}

async function turnOfThree(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    if (beginEvent()) endLoneEvent();
    atTurnEnd({ onTurnEnd: () => {} });
  }
  await setImmediate();
}

t.test('events that come alone soon end their own turn, but for a probe in 32', async (t) => {
  for (let i = 0; i < 16; i++) await event();
  let atOnce = 0;
  for (let i = 0; i < 320; i++) if (await event()) atOnce++;
  t.equal(atOnce, 310);
});

t.test('events that come together are gathered', async (t) => {
  for (let i = 0; i < 16; i++) await event();
  for (let i = 0; i < 1_000; i++) await turnOfThree();
  const order: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const alone = beginEvent();
    t.equal(alone, false, `${name} waits for the others`);
    atTurnEnd({ onTurnEnd: () => order.push(name) });
  }
  t.strictSame(order, []);
  await setImmediate();
  t.strictSame(order, ['a', 'b', 'c'], 'in the order of the calls');
});

t.test('work left behind by an earlier event of the turn keeps its place', async (t) => {
  for (let i = 0; i < 64; i++) await event();
  const order: string[] = [];
  atTurnEnd({ onTurnEnd: () => order.push('a timer') });
  t.equal(beginEvent(), false);
  atTurnEnd({ onTurnEnd: () => order.push('a socket') });
  await setImmediate();
  t.strictSame(order, ['a timer', 'a socket']);
});

t.test('work that leaves work without end does not hold up the loop', async (t) => {
  for (let i = 0; i < 64; i++) await event();
  let runs = 0;
  const endless = { onTurnEnd: (): void => void (++runs < 100 && atTurnEnd(endless)) };
  while (!beginEvent()) await event();
  atTurnEnd(endless);
  endLoneEvent();
  t.equal(runs, 4);
  while (runs < 100) await setImmediate();
});
