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

/** Sorting 1,024 names takes half a millisecond, writing 256 lines less. */
const RUN = 1024;
const BATCH = 256;

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

/** What is left of a sorted run. */
interface Cursor<Item> {
  readonly run: readonly Named<Item>[];
  at: number;
  name: string;
}

/** Takes the first of all runs again and again; `heap` has the run with the smallest name on top. */
async function* mergeRuns<Item>(runs: Named<Item>[][]): AsyncGenerator<Named<Item>[]> {
  const heap: Cursor<Item>[] = runs.map((run) => ({ run, at: 0, name: (run[0] as Named<Item>).name }));
  heap.sort(byName);
  let batch: Named<Item>[] = [];
  while (heap.length > 0) {
    const top = heap[0] as Cursor<Item>;
    batch.push(top.run[top.at++] as Named<Item>);
    const next = top.run[top.at];
    if (next !== undefined) {
      top.name = next.name;
    } else {
      const last = heap.pop() as Cursor<Item>;
      if (heap.length > 0) heap[0] = last;
    }
    sink(heap);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
      await nextTurn();
    }
  }
  if (batch.length > 0) yield batch;
}

/** Puts the top of the heap to its place. */
function sink<Item>(heap: Cursor<Item>[]): void {
  for (let at = 0; ; ) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && (heap[child] as Cursor<Item>).name < (heap[least] as Cursor<Item>).name) least = child;
    }
    if (least === at) return;
    const moved = heap[at] as Cursor<Item>;
    heap[at] = heap[least] as Cursor<Item>;
    heap[least] = moved;
    at = least;
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

export function* concat<Item>(...lists: Iterable<Item>[]): Generator<Item> {
  for (const list of lists) yield* list;
}
