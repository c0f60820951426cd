// Owns the walk over statistics for a scrape: chosen, in the order of their names, in batches with a turn of the event
// loop between them, so that a scrape of 300,000 names delays no request by more than a millisecond or two (DESIGN 4).
import type { NameFilter } from './filter.ts';

export interface Selection {
  /** Null takes all. */
  readonly filter: NameFilter | null;
  readonly usedOnly: boolean;
}

export interface Named<Item> {
  readonly name: string;
  readonly item: Item;
}

/** Sorting 2,048 names takes about a millisecond. */
const RUN = 2048;
const BATCH = 512;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What is selected of `items`, by name, a batch at a time. */
export async function* inOrder<Item extends { readonly name: string; readonly used: boolean }>(
  items: Iterable<Item>,
  selection: Selection,
): AsyncGenerator<Named<Item>[]> {
  const runs: Named<Item>[][] = [];
  let run: Named<Item>[] = [];
  let seen = 0;
  for (const item of items) {
    if (++seen % RUN === 0) await nextTurn();
    if (selection.usedOnly && !item.used) continue;
    const name = item.name;
    if (selection.filter !== null && !selection.filter(name)) continue;
    run.push({ name, item });
    if (run.length === RUN) {
      runs.push(run.sort(byName));
      run = [];
      await nextTurn();
    }
  }
  if (run.length > 0) runs.push(run.sort(byName));
  yield* runs.length === 1 ? batches(runs[0] as Named<Item>[]) : mergeRuns(runs);
}

async function* batches<Item>(sorted: Named<Item>[]): AsyncGenerator<Named<Item>[]> {
  for (let at = 0; at < sorted.length; at += BATCH) {
    if (at > 0) await nextTurn();
    yield sorted.slice(at, at + BATCH);
  }
}

async function* mergeRuns<Item>(runs: Named<Item>[][]): AsyncGenerator<Named<Item>[]> {
  const positions = new Array<number>(runs.length).fill(0);
  let batch: Named<Item>[] = [];
  for (;;) {
    let first: Named<Item> | undefined;
    let from = 0;
    for (let index = 0; index < runs.length; index++) {
      const candidate = runs[index]?.[positions[index] as number];
      if (candidate !== undefined && (first === undefined || candidate.name < first.name)) {
        first = candidate;
        from = index;
      }
    }
    if (first === undefined) break;
    (positions[from] as number)++;
    batch.push(first);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
      await nextTurn();
    }
  }
  if (batch.length > 0) yield batch;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

export function* concat<Item>(...lists: Iterable<Item>[]): Generator<Item> {
  for (const list of lists) yield* list;
}
