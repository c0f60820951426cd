// Owns what /memory tells: the fields are those of Envoy's allocator, filled with what means the same in V8.
import { getHeapStatistics } from 'node:v8';

/** envoy.admin.v3.Memory; 64-bit numbers are texts in protobuf's JSON. */
export interface MemoryJson {
  /** Live objects, and memory of C++ that they hold. */
  readonly allocated: string;
  /** Reserved for the heap, used or not. */
  readonly heap_size: string;
  /** Given back to the system but still mapped: V8 does not tell. */
  readonly pageheap_unmapped: string;
  /** Free within the heap. */
  readonly pageheap_free: string;
  /** malloc keeps nothing aside for threads that it would tell of. */
  readonly total_thread_cache: string;
  /** Resident set of the process. */
  readonly total_physical_bytes: string;
}

export function memoryJson(): MemoryJson {
  const heap = getHeapStatistics();
  return {
    allocated: String(heap.used_heap_size + heap.malloced_memory + heap.external_memory),
    heap_size: String(heap.total_heap_size),
    pageheap_unmapped: '0',
    pageheap_free: String(Math.max(0, heap.total_heap_size - heap.used_heap_size)),
    total_thread_cache: '0',
    total_physical_bytes: String(process.memoryUsage.rss()),
  };
}
