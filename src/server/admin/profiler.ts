// Owns V8's profilers, driven through the inspector of the process itself. Loaded when somebody first asks for a profile.

import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { getHeapSnapshot } from 'node:v8';
import { errorText } from '../../base/error-text.ts';

type Kind = 'cpu' | 'heap';

/** Where Envoy writes when `admin.profile_path` is not set. */
const defaultPath = '/var/log/envoy/envoy.prof';

class Profiler {
  readonly #kind: Kind;
  #session: Session | null = null;
  path = '';

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  /** Empty, or why it could not be done. Ending what does not run is no failure, as in Envoy. */
  async switch(on: boolean): Promise<string> {
    try {
      if (!on) return await this.#stop();
      if (this.#session !== null) return 'the profiler runs already';
      const session = new Session();
      session.connect();
      this.#session = session;
      if (this.#kind === 'cpu') {
        await session.post('Profiler.enable');
        await session.post('Profiler.start');
      } else {
        await session.post('HeapProfiler.startSampling');
      }
      return '';
    } catch (error) {
      return `failure to switch the profiler: ${errorText(error)}`;
    }
  }

  async #stop(): Promise<string> {
    const session = this.#session;
    if (session === null) return '';
    this.#session = null;
    try {
      const { profile } =
        this.#kind === 'cpu' ? await session.post('Profiler.stop') : await session.post('HeapProfiler.stopSampling');
      await writeFile(this.path, JSON.stringify(profile));
      return '';
    } finally {
      session.disconnect();
    }
  }
}

const profilers: Readonly<Record<Kind, Profiler>> = { cpu: new Profiler('cpu'), heap: new Profiler('heap') };

/** `path`: `admin.profile_path`; the format is that of Chrome's developer tools. */
export function profiler(kind: Kind, path: string): { switch(on: boolean): Promise<string> } {
  const found = profilers[kind];
  found.path = path === '' ? defaultPath : path;
  return found;
}

export async function* heapSnapshot(): AsyncGenerator<Uint8Array> {
  for await (const part of getHeapSnapshot()) yield part as Uint8Array;
}
