// Owns the memory that sockets read into. One shared buffer serves every connection that has little to read, so an idle
// connection holds none (DESIGN 3.1, 3.7). A connection in the middle of a bulk transfer reads into buffers of its own,
// which a writer may keep by reference instead of copying (`keep`).

/** Bytes that one read may bring. */
export const readBufferSize = 64 * 1024;

const shared = Buffer.allocUnsafeSlow(readBufferSize);

export function sharedReadBuffer(): Buffer {
  return shared;
}

/** Buffers that writers gave back; bounded, since a burst would otherwise stay for good. */
const free: Buffer[] = [];
const maxFree = 16;

export function takeReadBuffer(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(readBufferSize);
}

export function giveReadBufferBack(buffer: Buffer): void {
  if (free.length < maxFree && buffer.length === readBufferSize) free.push(buffer);
}

/** The memory that the read in progress lends out: only one is in progress on a thread. */
let lent: ArrayBufferLike | null = null;
let kept = false;

/** A connection starts delivering bytes that lie in memory of its own, so that `keep` may take them. */
export function beginLending(memory: ArrayBufferLike): void {
  lent = memory;
  kept = false;
}

/** Delivery ended. Returns whether somebody kept the memory: it must not be read into again. */
export function endLending(): boolean {
  lent = null;
  const result = kept;
  kept = false;
  return result;
}

/** The same bytes for as long as the caller wants: by reference where the reader's memory allows, else a copy. */
export function keep(data: Buffer): Buffer {
  if (data.buffer === lent) {
    kept = true;
    return data;
  }
  return Buffer.from(data);
}
