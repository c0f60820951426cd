// Owns the moment of writing: whatever connections gathered during one turn of the event loop is written once, in its
// check phase. setImmediate, not nextTick: a turn handles many sockets, and each then pays for one write (DESIGN 3.1).

export interface Flushable {
  flush(): void;
}

let queue: Flushable[] = [];
let spare: Flushable[] = [];
let scheduled = false;

export function scheduleFlush(target: Flushable): void {
  queue.push(target);
  if (!scheduled) {
    scheduled = true;
    setImmediate(flushAll);
  }
}

function flushAll(): void {
  scheduled = false;
  const batch = queue;
  queue = spare;
  for (let i = 0; i < batch.length; i++) (batch[i] as Flushable).flush();
  batch.length = 0;
  spare = batch;
}
