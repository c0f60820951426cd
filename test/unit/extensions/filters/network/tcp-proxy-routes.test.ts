// Which cluster a proxied connection goes to: one, or one of several by weight.
import t from 'tap';
import type { Random } from '../../../../../src/base/random.ts';
import { RouteChoice, type TcpRoute } from '../../../../../src/extensions/filters/network/tcp-proxy/settings.ts';
import type { ClusterHandle } from '../../../../../src/upstream/api.ts';
import { SeededRandom } from '../../../../support/seeded-random.ts';

/** Of the cluster a choice looks at nothing. */
const route = (name: string): TcpRoute => ({ cluster: { name } as unknown as ClusterHandle, metadataMatch: null });
const [a, b, c] = [route('a'), route('b'), route('c')];

class Fixed implements Random {
  readonly #fraction: number;

  constructor(fraction: number) {
    this.#fraction = fraction;
  }
  uint32(): number {
    return Math.floor(this.#fraction * 0x100000000);
  }
  fraction(): number {
    return this.#fraction;
  }
  uuid(): string {
    return '';
  }
}

/** No number is closer to 1 from below. */
const nearlyOne = 1 - Number.EPSILON / 2;

t.test('one cluster needs no chance', async (t) => {
  const choice = new RouteChoice([a], [1]);
  for (const fraction of [0, 0.5, nearlyOne]) t.equal(choice.pick(new Fixed(fraction)), a);
});

t.test('each weight has its part, to the edge', async (t) => {
  const choice = new RouteChoice([a, b, c], [1, 2, 1]);
  const expected = [
    [0, a],
    [0.2499, a],
    [0.25, b],
    [0.7499, b],
    [0.75, c],
    [nearlyOne, c],
  ] as const;
  for (const [fraction, picked] of expected) t.equal(choice.pick(new Fixed(fraction)), picked, String(fraction));
});

t.test('weight 0 is never chosen, wherever it stands', async (t) => {
  for (const [routes, weights] of [
    [
      [c, a, b],
      [0, 1, 1],
    ],
    [
      [a, c, b],
      [1, 0, 1],
    ],
    [
      [a, b, c],
      [1, 1, 0],
    ],
  ] as const) {
    const choice = new RouteChoice(routes, weights);
    for (const fraction of [0, 0.25, 0.4999, 0.5, 0.75, nearlyOne]) t.not(choice.pick(new Fixed(fraction)), c);
  }
  t.equal(new RouteChoice([a, b], [0, 0]).pick(new Fixed(0)), null, 'nowhere to go');
});

t.test('sums as large as the API allows', async (t) => {
  const most = 0xffffffff;
  const choice = new RouteChoice([a, b], [most - 1, 1]);
  t.equal(choice.pick(new Fixed(0.999)), a);
  t.equal(choice.pick(new Fixed(nearlyOne)), b);
});

t.test('many connections come out by weight', async (t) => {
  const random = new SeededRandom(17);
  t.comment(`seed ${random.seed}`);
  const choice = new RouteChoice([a, b, c], [70, 20, 10]);
  const counts = new Map<TcpRoute | null, number>();
  const total = 20_000;
  for (let i = 0; i < total; i++) {
    const picked = choice.pick(random);
    counts.set(picked, (counts.get(picked) ?? 0) + 1);
  }
  for (const [picked, share] of [
    [a, 0.7],
    [b, 0.2],
    [c, 0.1],
  ] as const) {
    // Five standard deviations.
    const spread = 5 * Math.sqrt(total * share * (1 - share));
    t.ok(Math.abs((counts.get(picked) ?? 0) - total * share) < spread, `${share}`);
  }
});
